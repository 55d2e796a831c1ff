"""Broadcast's own page and its small API: what plays, what waits, what was said. They work without the hub."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from klein import Klein
from twisted.internet.defer import Deferred
from twisted.web.static import File

from stationmaster_agent.view import View
from stationmaster_base.health import JsonValue
from stationmaster_base.times import to_iso
from stationmaster_broadcast.speech.recording import speech_texts
from stationmaster_broadcast.speech.studio import Studio
from stationmaster_broadcast.zones.classes import class_of
from stationmaster_broadcast.zones.kept_back import kept_back
from stationmaster_broadcast.zones.performer import BroadcastPerformer
from stationmaster_broadcast.zones.plays import PlayLog
from stationmaster_broadcast.zones.queue import Waiting
from stationmaster_broadcast.zones.zone_state import ZoneState
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.task import Task
from stationmaster_service.events import EventStream
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import DelayedCall, MachineTime, WebRequest

__all__ = ["Pages"]

SHOWN = 30
"""How many past announcements the page shows."""

PACE = 0.1
"""Machine seconds between two states that are sent to pages."""

_SOUND = re.compile(r"\d{4}-\d{2}-\d{2}/[A-Za-z0-9_.-]+\.wav\Z")


class Pages:
    """The routes of broadcast, and the state that the page shows.

    - `GET /`: the page
    - `GET /api/v1/queue`: the zones, each with what plays and what waits
    - `GET /api/v1/played?after=N`: what has ended since play N, oldest first
    - `GET /api/v1/spoken?task=ID`: what the engine is given for a task, by language
    - `GET /api/v1/events`: the page's state, as server-sent events
    - `GET /sounds/<service date>/<file>`: to listen

    Args:
        face: where the routes go.
        reactor: paces what is sent.
        performer, studio, plays: what is shown.
        view: the agent's.
        sounds: the folder of sounds.
        boot: an id of this start of the process.

    """

    def __init__(
        self,
        *,
        face: Face,
        reactor: MachineTime,
        performer: BroadcastPerformer,
        studio: Studio,
        plays: PlayLog,
        view: Callable[[], View],
        sounds: Path,
        boot: str,
    ) -> None:
        self.events = EventStream(whole=self._whole, reactor=reactor, name="state")
        self._reactor = reactor
        self._performer = performer
        self._studio = studio
        self._plays = plays
        self._view = view
        self._sounds = sounds
        self._boot = boot
        self._count = 0
        self._told: DelayedCall | None = None
        face.static("/broadcast", "stationmaster_broadcast")
        self._routes(face.app)

    def changed(self) -> None:
        """Something that the page shows has changed."""
        if self._told is None and self.events.readers:
            self._told = self._reactor.callLater(PACE, self._tell)

    def stop(self) -> None:
        """Let the readers go."""
        if self._told is not None:
            self._told.cancel()
            self._told = None
        self.events.close()

    def _tell(self) -> None:
        self._told = None
        self._count += 1
        event_id, data = self._whole()
        self.events.publish(event_id, "state", data)

    def _whole(self) -> tuple[str, str]:
        return f"{self._boot}.{self._count}", json.dumps(self.state(), ensure_ascii=False, separators=(",", ":"))

    def _routes(self, app: Klein) -> None:
        app.route("/", methods=["GET"])(self._get_page)
        app.route("/api/v1/queue", methods=["GET"])(self._get_queue)
        app.route("/api/v1/played", methods=["GET"])(self._get_played)
        app.route("/api/v1/spoken", methods=["GET"])(self._get_spoken)
        app.route("/api/v1/events", methods=["GET"])(self._get_events)
        app.route("/sounds/<path:name>", methods=["GET"])(self._get_sound)

    def _get_page(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return (Path(__file__).parent / "static" / "broadcast.html").read_bytes()

    def _get_events(self, request: WebRequest) -> Deferred[None] | bytes:
        return self.events.subscribe(request)

    def _get_queue(self, request: WebRequest) -> bytes:
        return json_answer(request, {"zones": self._zones(), "waiting_sounds": self._studio.waiting})

    def _get_played(self, request: WebRequest) -> bytes:
        text = request.args.get(b"after", [b"0"])[0].decode("ascii", "replace")
        if not re.fullmatch(r"\d{1,15}", text):
            return json_answer(request, {"error": f"after={text!r} is not possible; give a whole number"}, 400)
        return json_answer(request, [play.body() for play in self._plays.after(int(text))])

    def _get_spoken(self, request: WebRequest) -> bytes:
        task = self._view().tasks.get(request.args.get(b"task", [b""])[0].decode("utf-8", "replace"))
        if task is None:
            return json_answer(request, {"error": "there is no such task; give its id as task=…"}, 404)
        recipe = self._performer.recipe(task)
        spoken: dict[str, JsonValue] = {item.language: item.text for item in recipe.utterances}
        return json_answer(request, {"task": task.id, "spoken": spoken, "made": self._studio.has(recipe)})

    def _get_sound(self, request: WebRequest, name: str) -> Any:
        path = self._sounds / name
        if not _SOUND.match(name) or not path.is_file():
            return json_answer(request, {"error": "there is no such sound; old ones are deleted"}, 404)
        return _Sound(path)

    def state(self) -> dict[str, JsonValue]:
        """What the page shows: the zones with what plays and waits, what was said last, and what is wrong."""
        view = self._view()
        configuration = view.configuration
        return {
            "station": dict(configuration.station.names) if configuration else {},
            "zone": configuration.station.zone if configuration else "UTC",
            "state": view.state.value,
            "feed": view.grade.value,
            "problem": self._studio.problem,
            "queue_problem": self._performer.problem,
            "zones": self._zones(),
            "played": [play.body() for play in self._plays.latest(SHOWN)],
        }

    def _zones(self) -> list[JsonValue]:
        """Every zone of the station in its order, then those that are no more and still have something."""
        configuration = self._view().configuration
        names = {zone.id: dict(zone.names) for zone in configuration.zones} if configuration else {}
        others = sorted(set(self._performer.zones) - set(names))
        waits: dict[str, list[JsonValue]] = {}
        for each in kept_back(self._view(), self._performer.now()):
            waits.setdefault(each.target, []).append({**self._task(each.task), "why": each.why.value})
        return [
            self._zone(target, names.get(target, {}), self._performer.zones.get(target, ZoneState()), waits)
            for target in [*names, *others]
        ]

    def _zone(
        self, target: str, names: dict[str, str], state: ZoneState, waits: dict[str, list[JsonValue]]
    ) -> JsonValue:
        playing: JsonValue = None
        if state.playing is not None:
            play = state.playing.play
            playing = {**_about(state.playing.work.task), **play.body(), "ends": to_iso(state.playing.ends)}
        return {
            "id": target,
            "names": dict(names),
            "playing": playing,
            "cut": [
                {**self._task(cut.work.task), "heard_s": round(cut.playing.play.pauses[-1].heard_s, 1), "why": cut.why}
                for cut in sorted(state.cuts, key=lambda cut: cut.place)
            ],
            "queue": [self._waiting(waiting) for waiting in state.queue.ordered()],
            "kept_back": waits.get(target, []),
            "held": state.held or self._performer.held,
            "seized": [{"by": each.by, "why": each.why} for each in state.seized.values()],
        }

    def _waiting(self, waiting: Waiting) -> JsonValue:
        return {**self._task(waiting.work.task), "made": self._studio.ready(waiting.recipe) is not None}

    def _task(self, task: Task) -> dict[str, JsonValue]:
        return {
            **_about(task),
            "due": None if task.due is None else to_iso(task.due),
            "valid_until": None if task.valid_until is None else to_iso(task.valid_until),
            "texts": dict(speech_texts(task, _languages(self._view().configuration))),
        }


class _Sound(File):
    """One file, answered in ranges where a browser asks for them."""

    isLeaf = True  # noqa: N815 - Twisted's name

    def __init__(self, path: Path) -> None:
        File.__init__(self, str(path))
        self.contentTypes = {".wav": "audio/wav"}


def _languages(configuration: Configuration | None) -> tuple[str, ...]:
    return configuration.station.languages if configuration else ()


def _about(task: Task) -> dict[str, JsonValue]:
    found = class_of(task.priority)
    return {
        "task": task.id,
        "call": task.call,
        "rule": task.rule,
        "priority": task.priority,
        "class": found.id,
        "class_names": dict(found.names),
    }
