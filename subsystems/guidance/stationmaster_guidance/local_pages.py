"""Guidance's page for people: what every board should show beside what it shows, and what can be done with boards.

It is there without the hub. What is done with boards goes the way that commands from the hub go.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

from twisted.internet.defer import Deferred

from stationmaster_agent.desk import Desk
from stationmaster_agent.view import AgentHealth
from stationmaster_agent.wishes import MAY_HANDLE
from stationmaster_base.clock import StationClock
from stationmaster_base.configuration import Table
from stationmaster_base.health import JsonValue
from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_guidance.boards import Boards, ShownBoard
from stationmaster_guidance.commands import BoardCommands
from stationmaster_guidance.readings import Reading
from stationmaster_guidance.screens import Screens
from stationmaster_guidance.written_here import EMERGENCY, LONGEST_MIN, USUAL, WrittenHere, WrittenText
from stationmaster_people.logins import Login
from stationmaster_protocol.commands import Command, CommandResult, Parameter
from stationmaster_protocol.equipment import Device
from stationmaster_protocol.scalars import stamp_of
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LocalPages"]

ROWS = 4
"""Rows of a board that the list shows."""

LANGUAGES = ("zh", "en")


class LocalPages:
    """The page `/local` and what it asks for.

    - `GET /api/v1/local/boards`: every board, each with what it should show and what its page says that it shows
    - `POST /api/v1/local/boards/command`: `action` (`on`, `off`, `brightness`, `test`), `boards`, `percent`
    - `POST /api/v1/local/boards/text`: `boards`, `zh`, `en`, `minutes`, `whole`, `emergency`
    - `POST /api/v1/local/boards/end`: `text`

    Args:
        face: where the page goes.
        desk: lets people in.
        boards, screens, commands, written: guidance's parts.
        health: the agent's, for its devices.
        clock: station time.
        boot: an id of this start of the process.

    """

    def __init__(
        self,
        *,
        face: Face,
        desk: Desk,
        boards: Boards,
        screens: Screens,
        commands: BoardCommands,
        written: WrittenHere,
        health: Callable[[], AgentHealth],
        clock: StationClock,
        boot: str,
    ) -> None:
        self._desk = desk
        self._boards = boards
        self._screens = screens
        self._commands = commands
        self._written = written
        self._health = health
        self._clock = clock
        self._boot = boot
        self._count = 0
        self._page = resources.files("stationmaster_guidance").joinpath("static", "local.html").read_bytes()
        face.app.route("/local", methods=["GET"], endpoint="local page")(self._get_page)
        desk.look("/api/v1/local/boards", self._look)
        desk.action("/api/v1/local/boards/command", MAY_HANDLE, self._command)
        desk.action("/api/v1/local/boards/text", MAY_HANDLE, self._text)
        desk.action("/api/v1/local/boards/end", MAY_HANDLE, self._end)

    def _get_page(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return self._page

    def _look(self, _by: Login) -> JsonValue:
        self._boards.refresh()
        health = self._health()
        devices = {device.id: device for device in health.devices}
        shown = {board.board.id for board in self._boards.all()}
        alarms: list[JsonValue] = [
            {"id": sign.id, "severity": sign.severity.value, "since": to_iso(sign.since), "texts": dict(sign.texts)}
            for sign in health.alarms
        ]
        return {
            "boards": [self._board(board, devices.get(board.board.id)) for board in self._boards.all()],
            "devices": [_device(device) for device in health.devices if device.id not in shown],
            "alarms": alarms,
            "texts": [_text(text) for text in self._written.all()],
        }

    def _board(self, shown: ShownBoard, device: Device | None) -> JsonValue:
        board = shown.board
        reading = self._screens.reading(board.id)
        return {
            "id": board.id,
            "names": dict(board.names),
            "type": board.type,
            "on": shown.light.on,
            "percent": shown.light.percent,
            "percent_by_hand": self._boards.controls.of(board.id).percent is not None,
            "stale": shown.stale,
            "rows": len(shown.picture.rows),
            "intent": _intent(shown),
            "painted": None if reading is None else _painted(reading),
            "device": None if device is None else _device(device),
        }

    def _command(self, by: Login, words: Table) -> JsonValue | Deferred[JsonValue]:
        action = words.choice("action", ("on", "off", "brightness", "test"))
        boards = words.texts("boards", [shown.board.id for shown in self._boards.all()])
        percent = words.integer("percent", -1, low=-1, high=100)
        words.finish()
        if not boards:
            words.fault("boards", "names none", "one board at least")
        words.faults.raise_if_any()
        self._count += 1
        command = Command(
            id=f"here/{self._boot}/{self._count}",
            action=action,
            by=f"{by.name} ({by.id})",
            expires=stamp_of(self._clock.now() + MINUTE),
            devices=boards,
            parameters=(Parameter(name="percent", value=str(percent)),) if percent >= 0 else (),
        )
        result = self._commands.command(command)
        self._desk.changed()
        return result.addCallback(_result) if isinstance(result, Deferred) else _result(result)

    def _text(self, by: Login, words: Table) -> JsonValue:
        boards = words.texts("boards")
        texts = tuple((language, words.text(language, "")) for language in LANGUAGES)
        minutes = words.integer("minutes", low=1, high=LONGEST_MIN)
        emergency = words.flag("emergency", False)
        whole = words.flag("whole", False) or emergency
        words.finish()
        words.faults.raise_if_any()
        written = self._written.write(
            f"{by.name} ({by.id})",
            boards,
            texts,
            minutes=minutes,
            whole=whole,
            priority=EMERGENCY if emergency else USUAL,
        )
        self._desk.changed()
        return _text(written)

    def _end(self, by: Login, words: Table) -> JsonValue:
        name = words.text("text")
        words.finish()
        words.faults.raise_if_any()
        self._written.end(f"{by.name} ({by.id})", name)
        self._desk.changed()
        return {}


def _intent(shown: ShownBoard) -> JsonValue:
    """What a board should show, as one would say it: a text, or its first rows."""
    if shown.messages.whole:
        return [" / ".join(text for _, text in shown.messages.whole[0].texts)]
    rows: list[JsonValue] = [f"{row.number} {_first(row.status_texts)}".strip() for row in shown.picture.rows[:ROWS]]
    lines: list[JsonValue] = [f"▸ {' / '.join(text for _, text in line.texts)}" for line in shown.messages.lines[:2]]
    return [*rows, *lines]


def _painted(reading: Reading) -> JsonValue:
    """What a board's page says that stands in it, in the same manner."""
    if reading.dark:
        return ["—"]
    if reading.whole is not None:
        return [" / ".join(reading.whole.words)]
    rows: list[JsonValue] = []
    for row in sorted(reading.rows, key=lambda each: (each.region, each.page))[:ROWS]:
        said = dict(reversed(row.words))
        rows.append(" ".join(filter(None, (said.get("number", ""), said.get("status", "")))))
    lines: list[JsonValue] = [f"▸ {' / '.join(line.words)}" for line in reading.lines[:2]]
    return [*rows, *lines]


def _first(words: tuple[tuple[str, str], ...]) -> str:
    return next((text for _, text in words), "")


def _device(device: Device) -> JsonValue:
    readings: dict[str, JsonValue] = {reading.name: reading.value for reading in device.readings}
    return {
        "id": device.id,
        "kind": device.kind,
        "condition": device.condition.value,
        "since": to_iso(device.since),
        "detail": device.detail,
        "readings": readings,
    }


def _text(text: WrittenText) -> JsonValue:
    task = text.task
    return {
        "id": task.id,
        "by": text.by,
        "boards": list(task.targets),
        "texts": [each.text for each in task.texts],
        "end": to_iso(task.end or Instant(0)),
        "whole": task.whole,
        "emergency": task.priority == EMERGENCY,
    }


def _result(result: CommandResult) -> JsonValue:
    return {"state": result.state.value, "code": result.code, "detail": result.detail}
