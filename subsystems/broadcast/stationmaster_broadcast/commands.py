"""What can be commanded of broadcast over the open protocol: emergencies, and a hand on the zones.

Targets are zones or groups of zones; devices stand for the zones that they serve; none of both means all zones.

| action | parameters |
| --- | --- |
| `emergency` | `message`, or `text` (in the station's first language) and `text.<language>`; none: the usual message |
| `emergency-end` | `id`: that one alone |
| `stop`, `hold`, `release`, `test` | |
| `skip` | `task`: that one instead of the next |
| `volume` | `percent`: 0 to 100; without: as the time of day has it |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_broadcast.emergencies.control import BroadcastControl, EmergencyOrder, ZoneTest
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import Device

__all__ = ["ACTIONS", "BroadcastCommands"]

ACTIONS: dict[str, tuple[str, ...]] = {
    "emergency": ("message", "text"),
    "emergency-end": ("id",),
    "stop": (),
    "skip": ("task",),
    "hold": (),
    "release": (),
    "volume": ("percent",),
    "test": (),
}
"""Every action, with its parameters."""

LONGEST = 1500


class BroadcastCommands:
    """The agent's performer of commands.

    Args:
        control: does it; None as long as nothing is there to do it.
        clock: station time.
        device: gives a device by its id.
        language: gives the station's first language.

    """

    def __init__(
        self,
        *,
        control: Callable[[], BroadcastControl],
        clock: StationClock,
        device: Callable[[str], Device | None],
        language: Callable[[], str],
    ) -> None:
        self._control = control
        self._clock = clock
        self._device = device
        self._language = language

    def command(self, command: Command) -> CommandResult | Deferred[CommandResult]:
        """Do it.

        Raises:
            StationError: `no-such-zone`, `no-such-message`, `bad-parameter`, `emergency-under-way`, `not-stored`.

        """
        if command.action not in ACTIONS:
            text = f"broadcast knows {', '.join(ACTIONS)}, and not {command.action}"
            return self._result(command, CommandState.REFUSED, "unknown-action", text)
        given = {each.name: each.value for each in command.parameters}
        _check(command, given)
        control, by, zones = self._control(), command.by, self._zones(command)
        match command.action:
            case "emergency":
                order = EmergencyOrder(by=by, zones=zones, message=given.get("message", ""), texts=self._texts(given))
                called = control.emergency(order)
                return self._done(command, (called.id, *called.zones))
            case "emergency-end":
                return self._done(command, control.end_emergency(by, zones, given.get("id", "")))
            case "stop":
                return self._done(command, control.stop(by, zones))
            case "skip":
                return self._done(command, control.skip(by, zones, given.get("task", "")))
            case "hold":
                return self._done(command, control.hold(by, zones))
            case "release":
                return self._done(command, control.release(by, zones))
            case "volume":
                return self._done(command, control.volume(by, _percent(given), zones))
            case _:
                return control.test(by, zones).addCallback(lambda found: self._tested(command, found))

    def _zones(self, command: Command) -> tuple[str, ...]:
        zones = list(command.targets)
        for name in command.devices:
            device = self._device(name)
            if device is None or not device.targets:
                raise StationError("bad-parameter", f"The device {name} serves no zone.", "Name zones as targets.")
            zones += device.targets
        return tuple(dict.fromkeys(zones))

    def _texts(self, given: dict[str, str]) -> tuple[tuple[str, str], ...]:
        first = [(self._language(), given["text"])] if "text" in given else []
        others = [(name.removeprefix("text."), text) for name, text in given.items() if name.startswith("text.")]
        return (*first, *others)

    def _tested(self, command: Command, found: Sequence[ZoneTest]) -> CommandResult:
        words = tuple(f"{each.zone}: {each.problem or 'well'}" for each in found)
        if any(each.problem for each in found):
            return self._result(command, CommandState.FAILED, "test-failed", "; ".join(words))
        return self._done(command, words)

    def _done(self, command: Command, what: Sequence[str]) -> CommandResult:
        return self._result(command, CommandState.DONE, None, ", ".join(what))

    def _result(self, command: Command, state: CommandState, code: str | None, detail: str) -> CommandResult:
        return CommandResult(
            id=command.id, state=state, at=Instant(int(self._clock.now())), code=code, detail=detail[:LONGEST]
        )


def _check(command: Command, given: dict[str, str]) -> None:
    """A parameter that is misspelt may not change what is said in an emergency.

    Raises:
        StationError: `bad-parameter`.

    """
    allowed = ACTIONS[command.action]
    for name in given:
        if name not in allowed and not (command.action == "emergency" and name.startswith("text.")):
            raise StationError(
                "bad-parameter",
                f"{command.action} has no parameter {name}.",
                f"It has: {', '.join(allowed) or 'none'}.",
            )
    if len(given) != len(command.parameters):
        raise StationError("bad-parameter", "A parameter is given twice.", "Give each once.")
    if "message" in given and len(given) > 1:
        raise StationError("bad-parameter", "There is a message, and words of its own.", "Give the one or the other.")


def _percent(given: dict[str, str]) -> int | None:
    """Which volume is wanted; None: that of the time of day.

    Raises:
        StationError: `bad-parameter`.

    """
    text = given.get("percent")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > 100:
        raise StationError("bad-parameter", f"percent is {text!r}.", "Give 0 to 100, or none for the time of day's.")
    return int(text)
