"""Broadcast's page for people: zones by hand, and emergencies, whether or not there is a hub.

It calls the same few functions as commands from the hub do (`control.BroadcastControl`), so that a hand on a zone means
the same wherever it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import resources
from secrets import token_urlsafe

from twisted.internet.defer import Deferred

from stationmaster_agent.agent import Agent
from stationmaster_agent.desk import Desk, DeskSettings
from stationmaster_agent.view import AgentHealth
from stationmaster_agent.wishes import MAY_HANDLE
from stationmaster_base.configuration import Table
from stationmaster_base.health import JsonValue
from stationmaster_base.times import to_iso
from stationmaster_broadcast.emergencies.control import BroadcastControl, EmergencyNow, EmergencyOrder, ZoneTest
from stationmaster_people.logins import Login, Offload
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.process import Running

__all__ = ["LocalPages", "local_desk"]

LANGUAGES = ("zh", "en")
LONGEST_TEXT = 500
ACTIONS = ("stop", "skip", "hold", "release", "volume", "test")


class LocalPages:
    """The page `/local` and what it asks for.

    - `GET /api/v1/local/zones`: the zones, what was said, what is held, volumes, emergencies and their messages
    - `POST /api/v1/local/zones/command`: `action` (`stop`, `skip`, `hold`, `release`, `volume`, `test`), `zones`,
      `everywhere`, `percent`, `task`
    - `POST /api/v1/local/emergency`: `zones` or `everywhere`, `message` or `zh` and `en`
    - `POST /api/v1/local/emergency/end`: `emergency`, or none for all

    Args:
        face: where the page goes.
        desk: lets people in.
        control: what can be done by hand.
        state: what plays, waits and was said, as broadcast's other page has it.
        health: the agent's, for its devices and alarms.

    """

    def __init__(
        self,
        *,
        face: Face,
        desk: Desk,
        control: BroadcastControl,
        state: Callable[[], dict[str, JsonValue]],
        health: Callable[[], AgentHealth],
    ) -> None:
        self._desk = desk
        self._control = control
        self._state = state
        self._health = health
        self._page = resources.files("stationmaster_broadcast").joinpath("static", "local.html").read_bytes()
        face.app.route("/local", methods=["GET"], endpoint="local page")(self._get_page)
        desk.look("/api/v1/local/zones", self._look)
        desk.action("/api/v1/local/zones/command", MAY_HANDLE, self._command)
        desk.action("/api/v1/local/emergency", MAY_HANDLE, self._emergency)
        desk.action("/api/v1/local/emergency/end", MAY_HANDLE, self._end)

    def _get_page(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return self._page

    def _look(self, _by: Login) -> JsonValue:
        state, health = self._state(), self._health()
        alarms: list[JsonValue] = [
            {"id": sign.id, "severity": sign.severity.value, "since": to_iso(sign.since), "texts": dict(sign.texts)}
            for sign in health.alarms
        ]
        devices: list[JsonValue] = [
            {"id": device.id, "kind": device.kind, "condition": device.condition.value, "detail": device.detail}
            for device in health.devices
        ]
        messages: list[JsonValue] = [
            {"id": message.id, "texts": dict(message.texts), "ready": message.ready}
            for message in self._control.messages()
        ]
        return {
            "problem": state["problem"],
            "zones": state["zones"],
            "played": state["played"],
            "held": list(self._control.held()),
            "volumes": dict(self._control.volumes()),
            "messages": messages,
            "emergencies": [_now(each) for each in self._control.emergencies()],
            "alarms": alarms,
            "devices": devices,
        }

    def _command(self, by: Login, words: Table) -> JsonValue | Deferred[JsonValue]:
        action = words.choice("action", ACTIONS)
        zones = self._zones(words)
        percent = words.integer("percent", -1, low=-1, high=100)
        task = words.text("task", "")
        words.finish()
        words.faults.raise_if_any()
        who = _name(by)
        self._desk.changed()
        match action:
            case "stop":
                return _did(self._control.stop(who, zones))
            case "skip":
                return _did(self._control.skip(who, zones, task))
            case "hold":
                return _did(self._control.hold(who, zones))
            case "release":
                return _did(self._control.release(who, zones))
            case "volume":
                return _did(self._control.volume(who, None if percent < 0 else percent, zones))
            case _:
                return self._control.test(who, zones).addCallback(_tested)

    def _emergency(self, by: Login, words: Table) -> JsonValue:
        zones = self._zones(words)
        message = words.text("message", "")
        texts = tuple((language, words.text(language, "")) for language in LANGUAGES)
        words.finish()
        for language, text in texts:
            if len(text) > LONGEST_TEXT:
                words.fault(language, f"has {len(text)} characters", f"at most {LONGEST_TEXT}")
        words.faults.raise_if_any()
        order = EmergencyOrder(
            by=_name(by), zones=tuple(zones), message=message, texts=tuple(pair for pair in texts if pair[1])
        )
        begun = self._control.emergency(order)
        self._desk.changed()
        return _now(begun)

    def _end(self, by: Login, words: Table) -> JsonValue:
        name = words.text("emergency", "")
        words.finish()
        words.faults.raise_if_any()
        ended = self._control.end_emergency(_name(by), (), name)
        self._desk.changed()
        return {"ended": list(ended)}

    def _zones(self, words: Table) -> Collection[str]:
        """The zones that are meant; none, which means all of them, has to be said."""
        zones = words.texts("zones", self._control.zones())
        everywhere = words.flag("everywhere", False)
        if bool(zones) is everywhere:
            words.fault("zones", "names none" if not everywhere else "are named as well", "zones, or everywhere")
        return zones


def local_desk(
    running: Running,
    settings: DeskSettings,
    *,
    face: Face,
    agent: Agent,
    control: BroadcastControl,
    state: Callable[[], dict[str, JsonValue]],
    offload: Offload,
    boot: str,
) -> Desk:
    """The page for people, joined to the process; whoever changes what it shows calls `changed` of what this gives.

    Args:
        running: the process.
        settings: what the file says of it.
        face: where its routes go.
        agent: the subsystem's.
        control: what can be done by hand.
        state: what plays, waits and was said.
        offload: runs functions away from the reactor.
        boot: an id of this start of the process.

    """
    desk = Desk(
        settings,
        face=face,
        agent=agent,
        clock=running.clock,
        reactor=running.reactor,
        offload=offload,
        new_secret=lambda: token_urlsafe(24),
        boot=boot,
    )
    LocalPages(face=face, desk=desk, control=control, state=state, health=agent.health)
    return desk


def _name(by: Login) -> str:
    return f"{by.name} ({by.id})"


def _did(zones: Collection[str]) -> JsonValue:
    return {"zones": list(zones)}


def _tested(found: Collection[ZoneTest]) -> JsonValue:
    tests: list[JsonValue] = [{"zone": each.zone, "problem": each.problem} for each in found]
    return {"tests": tests}


def _now(emergency: EmergencyNow) -> JsonValue:
    return {
        "id": emergency.id,
        "by": emergency.by,
        "since": to_iso(emergency.since),
        "until": None if emergency.until is None else to_iso(emergency.until),
        "zones": list(emergency.zones),
        "everywhere": emergency.everywhere,
        "message": emergency.message,
        "texts": dict(emergency.texts),
        "phase": emergency.phase.value,
        "rounds": emergency.rounds,
        "problem": emergency.problem,
    }
