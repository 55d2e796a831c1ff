"""`/api/v1/commands`: how operators have subsystems' devices do something now, and what came of it.

`POST` takes one command as JSON (a `CommandRequest`) from an operator and answers at once with what is known; `GET`
says what has become of it since. The id is the client's: sent again, it is not given again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import succeed

from stationmaster.hub.audit.confirmations import Hold, Wanted, kinds_of_command, nothing_held
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.people.deed_permits import check_command
from stationmaster.hub.subsystems.command_desk import LONGEST_S, CommandDesk
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster.hub.subsystems.equipment_bodies import CommandBody, CommandsBody
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json, told_faults
from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_protocol.commands import Command, Parameter
from stationmaster_protocol.scalars import stamp_of
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_BODY", "CommandRequest", "CommandsApi", "read_command"]

LARGEST_BODY = 64_000
"""Bytes of one command."""

USUAL_S = 30
USUAL_COMMANDS = 100

_PLACE = "command"
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\Z")
_UNSENDABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_TEXT = 2000
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """A command as it was asked for.

    `identity` is who is to do it; empty: whoever serves `targets`. `expires_s` are seconds of station time. `by` says
    more exactly who wants it than the operator's name.
    """

    id: str
    identity: str
    action: str
    devices: tuple[str, ...]
    targets: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    expires_s: int
    by: str


class CommandsApi:
    """The routes.

    Args:
        view: the hub.
        desk: where commands go.
        equipment: who serves what.
        askers: who may command.
        face: where the routes go.
        hold: asked whether a second person is needed.

    """

    def __init__(
        self,
        *,
        view: HubView,
        desk: CommandDesk,
        equipment: EquipmentBook,
        askers: Askers,
        face: Face,
        hold: Hold = nothing_held,
    ) -> None:
        self._view = view
        self._desk = desk
        self._equipment = equipment
        self._askers = askers
        self._hold = hold
        face.app.route("/api/v1/commands", methods=["POST"], endpoint="commands-do")(self._post)
        face.app.route("/api/v1/commands", methods=["GET"])(self._all)
        face.app.route("/api/v1/commands/<path:name>", methods=["GET"])(self._one)

    def _post(self, request: WebRequest) -> bytes:
        try:
            asker = self._askers.permit(request, "doCommand")
        except StationError as error:
            return refusal(request, error)
        body = request.content.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            return problem_answer(
                request, 413, "command-too-large", f"It is larger than {LARGEST_BODY} bytes.", "Split it."
            )
        faults = Faults()
        asked = read_command(body, faults)
        if asked is None:
            told = told_faults(faults)
            return problem_answer(request, 400, "bad-command", "The command cannot be read.", faults=told)
        try:
            self._askers.permit_act(request, asker, lambda who: check_command(who, asked.action))
        except StationError as error:
            return refusal(request, error)
        held = self._hold(request, asker, self._wanted(asked, asker))
        return self._do(request, asked, asker) if held is None else held

    def _wanted(self, asked: CommandRequest, asker: Asker) -> Wanted:
        """The command, as a second person is asked about it, and gives it."""
        given = " ".join(f"{each.name}={each.value}" for each in asked.parameters)
        where = ", ".join((*asked.devices, *asked.targets)) or "*"
        return Wanted(
            id=asked.id,
            kinds=kinds_of_command(asked.action),
            words=" ".join(part for part in (asked.action, asked.identity, where, given) if part),
            why="",
            digest=repr(asked),
            check=lambda other: check_command(other, asked.action),
            perform=lambda: succeed(lambda request: self._do(request, asked, asker)),
        )

    def _do(self, request: WebRequest, asked: CommandRequest, asker: Asker) -> bytes:
        known = self._desk.order(asked.id)
        if known is None:
            commands = self._commands(asked, f"{asked.by} ({asker.name})" if asked.by else asker.name)
            if not commands:
                where = ", ".join(asked.targets)
                return problem_answer(
                    request, 404, "nobody-serves", f"No subsystem serves {where}.", "Name its identity."
                )
            known = self._desk.give(asked.id, commands)
        if known is None:
            return problem_answer(
                request, 429, "too-many", "Too many commands are under way.", "See why none is answered."
            )
        return json_answer(request, as_json(CommandBody(now=self._now(), command=known)))

    def _commands(self, asked: CommandRequest, by: str) -> dict[str, Command]:
        """What each subsystem is to do."""
        who = {asked.identity: asked.targets} if asked.identity else self._equipment.serving(asked.targets)
        return {
            identity: Command(
                id=asked.id,
                action=asked.action,
                by=by,
                expires=stamp_of(self._view.now + asked.expires_s),
                devices=asked.devices,
                targets=targets,
                parameters=asked.parameters,
            )
            for identity, targets in who.items()
        }

    def _all(self, request: WebRequest) -> bytes:
        commands = tuple(self._desk.orders()[:USUAL_COMMANDS])
        return json_answer(request, as_json(CommandsBody(now=self._now(), commands=commands)))

    def _one(self, request: WebRequest, name: str) -> bytes:
        known = self._desk.order(name)
        if known is None:
            return problem_answer(request, 404, "no-such-command", f"There is no command {name}, or no more.")
        return json_answer(request, as_json(CommandBody(now=self._now(), command=known)))

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def read_command(body: bytes, faults: Faults) -> CommandRequest | None:
    """The command that a request's body describes; None if it describes none, with every reason in `faults`."""
    try:
        plain = plain_json(body)
    except ValueError as error:
        faults.add(_PLACE, "body", f"is not JSON: {error}", "a JSON object in UTF-8")
        return None
    if not isinstance(plain, dict):
        faults.add(_PLACE, "body", "is no object", "a JSON object")
        return None
    before = len(faults)
    reading = _Reading(plain, faults)
    request = CommandRequest(
        id=reading.word("id", _ID, "1 to 64 letters, digits, '.', '_', ':', '-'"),
        identity=reading.word("identity", _IDENTITY, "a subsystem's identity", needed=False),
        action=reading.word("action", _WORD, "a word"),
        devices=reading.texts("devices"),
        targets=reading.texts("targets"),
        parameters=reading.parameters(),
        expires_s=reading.seconds(),
        by=reading.text("by"),
    )
    reading.finish()
    if not (request.identity or request.targets) and len(faults) == before:
        faults.add(_PLACE, "identity", "is missing, and so are targets", "one of them")
    return request if len(faults) == before else None


class _Reading:
    """Reads the fields of a JSON object, and tells every fault."""

    def __init__(self, plain: dict[str, Any], faults: Faults) -> None:
        self._plain = dict(plain)
        self._faults = faults

    def word(self, key: str, pattern: re.Pattern[str], allowed: str, *, needed: bool = True) -> str:
        value = self._plain.pop(key, None)
        if value is None and not needed:
            return ""
        if isinstance(value, str) and pattern.match(value):
            return value
        self._faults.add(_PLACE, key, "is missing" if value is None else f"{value!r:.60} is not possible", allowed)
        return ""

    def text(self, key: str) -> str:
        value = self._plain.pop(key, "")
        return value if self._sendable(value, key) else ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._plain.pop(key, [])
        if not isinstance(value, list) or len(value) > _MOST:
            self._faults.add(_PLACE, key, "is no list", f"a list of at most {_MOST} texts")
            return ()
        return tuple(item for number, item in enumerate(value) if self._sendable(item, f"{key}[{number}]"))

    def parameters(self) -> tuple[Parameter, ...]:
        value = self._plain.pop("parameters", {})
        if not isinstance(value, dict) or len(value) > _MOST:
            self._faults.add(_PLACE, "parameters", "is no object", "names and their texts")
            return ()
        found = []
        for name, item in value.items():
            if not _WORD.match(name):
                self._faults.add(_PLACE, "parameters", f"{name!r:.60} is not possible", "a word")
            elif self._sendable(item, f"parameters.{name}"):
                found.append(Parameter(name=name, value=item))
        return tuple(found)

    def seconds(self) -> int:
        value = self._plain.pop("expires_s", USUAL_S)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_S:
            return value
        self._faults.add(_PLACE, "expires_s", f"{value!r:.60} is not possible", f"1 to {LONGEST_S}")
        return USUAL_S

    def finish(self) -> None:
        for key in self._plain:
            self._faults.add(_PLACE, f"{key:.60}", "is not known")

    def _sendable(self, value: object, place: str) -> bool:
        if isinstance(value, str) and len(value) <= _LONGEST_TEXT and not _UNSENDABLE.search(value):
            return True
        self._faults.add(_PLACE, place, "is no text that can be sent", f"a text of at most {_LONGEST_TEXT} characters")
        return False
