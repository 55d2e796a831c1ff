"""Commands that put words on boards: an emergency, which takes them all at once, and texts.

They are named and refused as broadcast's are, so that one order means the same to loudspeakers and boards. They do not
go through the hub's journal, and so need none of its database.

| action | parameters |
| --- | --- |
| `emergency` | `text` (in the first language) and `text.<language>`; `message`: broadcast's name for it; `minutes` |
| `emergency-end`, `text-end` | `id`: that one alone |
| `text` | `text` and `text.<language>`; `minutes`; `whole`: `true` for the whole board, else a line of it |

Targets are boards, or types, places and groups of boards, as in an operator's text; none: all boards.
"""

from __future__ import annotations

from stationmaster_base.errors import StationError
from stationmaster_guidance.written_here import EMERGENCY, LONGEST_MIN, USUAL, WrittenHere
from stationmaster_kernel.addressing import addressed
from stationmaster_kernel.configuration import Configuration, Words
from stationmaster_kernel.refused import Refused
from stationmaster_protocol.commands import Command

__all__ = ["TEXT_ACTIONS", "USUAL_MIN", "TextCommands"]

TEXT_ACTIONS: dict[str, tuple[str, ...]] = {
    "emergency": ("message", "text", "minutes"),
    "emergency-end": ("id",),
    "text": ("text", "minutes", "whole"),
    "text-end": ("id",),
}
"""Every action, with its parameters."""

USUAL_MIN = 60
"""Minutes after which a text is taken down, if the command does not say."""

_ENDS = ("emergency-end", "text-end")


class TextCommands:
    """Does them.

    Args:
        written: where texts stand.

    """

    def __init__(self, written: WrittenHere) -> None:
        self._written = written

    def command(self, command: Command) -> str:
        """Do it; what was done, in words: ids of texts, and boards.

        An emergency that is seen and cannot be kept is done all the same, and its words say so: whoever called it must
        not believe that nobody sees it.

        Raises:
            StationError: `no-such-board`, `bad-parameter`, `text-impossible`, `not-stored`: it is seen, but not over a
                restart.

        """
        given = {each.name: each.value for each in command.parameters}
        _check(command, given)
        station = self._written.view.configuration
        if station is None:
            raise StationError("no-such-board", "The station's boards are not known yet.", "Connect the hub once.")
        boards = _boards(command, station)
        if command.action in _ENDS:
            return self._end(command, boards, given.get("id", ""))
        return self._show(command, boards or tuple(board.id for board in station.boards), given, station)

    def _show(self, command: Command, boards: tuple[str, ...], given: dict[str, str], station: Configuration) -> str:
        urgent = command.action == "emergency"
        texts = _texts(given, station)
        if not texts and "message" in given:
            raise StationError(
                "bad-parameter",
                f"Boards do not know the words of the message {given['message']}.",
                "Give them as text beside it.",
            )
        if not texts:
            raise StationError("bad-parameter", "There are no words.", "Give text, or text.<language>.")
        minutes, whole = _minutes(given), urgent or _whole(given)
        priority = EMERGENCY if urgent else USUAL
        text = self._written.put(command.by, boards, texts, minutes=minutes, whole=whole, priority=priority, here=False)
        stored = self._stored([text.task.id], urgent, "it is seen, but not over a restart")
        return ", ".join((stored, *boards))

    def _end(self, command: Command, boards: tuple[str, ...], name: str) -> str:
        """Take down what stands there; nothing is wrong if there was none."""
        urgent = command.action == "emergency-end"
        ended = []
        for text in self._written.all():
            if text.emergency is not urgent or (name and text.task.id != name):
                continue
            if boards and not set(boards).intersection(text.task.targets):
                continue
            self._written.take_down(command.by, text.task.id, boards)
            ended.append(text.task.id)
        return self._stored(ended, urgent, "a restart would bring it back") if ended else ""

    def _stored(self, done: list[str], urgent: bool, otherwise: str) -> str:
        """Keep it over a restart; of an emergency that cannot be kept that is said, and it is done nevertheless."""
        words = ", ".join(done)
        try:
            self._written.store()
        except StationError as error:
            if not urgent:
                raise
            return f"{words}; {otherwise}: {error.message}"
        return words


def _check(command: Command, given: dict[str, str]) -> None:
    """A parameter that is misspelt may not change what is shown in an emergency.

    Raises:
        StationError: `bad-parameter`.

    """
    allowed = TEXT_ACTIONS[command.action]
    for name in given:
        if name not in allowed and not ("text" in allowed and name.startswith("text.")):
            raise StationError(
                "bad-parameter", f"{command.action} has no parameter {name}.", f"It has: {', '.join(allowed)}."
            )
    if len(given) != len(command.parameters):
        raise StationError("bad-parameter", "A parameter is given twice.", "Give each once.")


def _boards(command: Command, station: Configuration) -> tuple[str, ...]:
    """The boards that are named; none: all.

    Raises:
        StationError: `no-such-board`.

    """
    named = (*command.devices, *command.targets)
    if not named:
        return ()
    try:
        return addressed(named, station.boards)
    except Refused as refused:
        raise StationError("no-such-board", refused.message, refused.hint) from refused


def _texts(given: dict[str, str], station: Configuration) -> Words:
    first = [(station.station.languages[0], given["text"])] if "text" in given else []
    others = [(name.removeprefix("text."), text) for name, text in given.items() if name.startswith("text.")]
    return (*first, *others)


def _minutes(given: dict[str, str]) -> int:
    text = given.get("minutes", str(USUAL_MIN))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LONGEST_MIN:
        raise StationError("bad-parameter", f"minutes is {text!r:.20}.", f"Give 1 to {LONGEST_MIN}.")
    return int(text)


def _whole(given: dict[str, str]) -> bool:
    text = given.get("whole", "false")
    if text not in ("true", "false"):
        raise StationError("bad-parameter", f"whole is {text!r:.20}.", "Give true, or false for a line.")
    return text == "true"
