"""Commands: what somebody wants a device to do now, done at most once, with an answer that can be asked for again.

A command's id is on disk before it is acted on. The same id again only brings the same answer again, also after
the process has died in the middle; then the answer is that it failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster_agent.store import COMMANDS, Store
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_protocol.codec import LARGEST_TO_HUB, encode
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.equipment import Device
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.scalar_codecs import cleaned
from stationmaster_protocol.scalars import stamp_of

__all__ = ["CommandDesk", "CommandPerformer"]

_LOG = get_logger("commands")

LONGEST = 2000


class CommandPerformer(Protocol):
    """Does commands: dims a light, silences an amplifier, opens a door of a cabinet."""

    def command(self, command: Command) -> CommandResult | Deferred[CommandResult]:
        """Do it now and say what became of it.

        What takes longer is a Deferred; the hub hears `accepted` meanwhile. An action that is not known here is
        `refused` with a code and words. A `StationError` that is raised, or that the Deferred fails with, is
        the result `failed` with that error's code.
        """


@dataclass(slots=True, kw_only=True)
class _Answer:
    result: CommandResult


class CommandDesk:
    """Args:
    store: remembers what was begun.
    performer: does commands; None: every command is refused.
    devices: gives the devices that are there: a command for another is refused.
    now: gives station time.
    send: sends a result to the hub, if there is one.

    """

    def __init__(
        self,
        store: Store,
        performer: CommandPerformer | None,
        *,
        devices: Callable[[], Iterable[Device]],
        now: Callable[[], float],
        send: Callable[[CommandResult], None],
    ) -> None:
        self._store = store
        self._performer = performer
        self._devices = devices
        self._now = now
        self._send = send
        self._known = {result.id: result for result in store.commands()}
        self.stored = True
        for result in [known for known in self._known.values() if known.state is CommandState.ACCEPTED]:
            self._remember(
                self._result(result.id, CommandState.FAILED, "interrupted", "the subsystem stopped in the middle")
            )

    @property
    def last(self) -> CommandResult | None:
        """How far the newest command has come."""
        return next(reversed(self._known.values()), None)

    def take(self, command: Command) -> None:
        """The hub gives a command, or asks again what became of it."""
        known = self._known.get(command.id)
        if known is not None:
            self._send(known)
        elif stamp_of(self._now()) >= command.expires:
            self._conclude(self._result(command.id, CommandState.EXPIRED, "expired", "it came too late"))
        elif self._performer is None:
            text = "this subsystem takes no commands"
            self._conclude(self._result(command.id, CommandState.REFUSED, "unknown-action", text))
        elif missing := sorted(set(command.devices).difference(device.id for device in self._devices())):
            text = f"there is no device {', '.join(missing)} here"
            self._conclude(self._result(command.id, CommandState.REFUSED, "no-such-device", text))
        else:
            _LOG.info("command", id=command.id, action=command.action, by=command.by)
            self._remember(self._result(command.id, CommandState.ACCEPTED))
            self._perform(self._performer, command)

    def _perform(self, performer: CommandPerformer, command: Command) -> None:
        try:
            outcome = performer.command(command)
        except Exception:
            self._concluded(command, self._failed(command, Failure()))
            return
        if isinstance(outcome, Deferred):
            if not outcome.called:
                self._send(self._known[command.id])
            outcome.addErrback(lambda failure: self._failed(command, failure))
            outcome.addCallback(lambda result: self._concluded(command, result))
        else:
            self._concluded(command, outcome)

    def _concluded(self, command: Command, result: CommandResult) -> None:
        problem = _nonsense(command, result)
        if problem:
            _LOG.error("command-confused", id=command.id, problem=problem, todo="report this to the maker")
            result = self._result(command.id, CommandState.FAILED, "internal", "the subsystem has a fault of its own")
        self._conclude(result)

    def _failed(self, command: Command, failure: Failure) -> CommandResult:
        error = failure.value
        if isinstance(error, StationError):
            return self._result(command.id, CommandState.FAILED, error.code, error.message)
        _LOG.error("command-failed", id=command.id, problem=failure.getTraceback(), todo="report this to the maker")
        return self._result(command.id, CommandState.FAILED, "internal", "the subsystem has a fault of its own")

    def _conclude(self, result: CommandResult) -> None:
        self._remember(result)
        self._send(result)

    def _remember(self, result: CommandResult) -> None:
        self._known[result.id] = result
        while len(self._known) > COMMANDS:
            del self._known[next(iter(self._known))]
        try:
            self._store.record_command(result)
        except StationError as error:
            if self.stored:
                _LOG.error("state-not-stored", problem=error.message, todo=error.hint)
            self.stored = False
        else:
            self.stored = True

    def _result(self, name: str, state: CommandState, code: str | None = None, detail: str = "") -> CommandResult:
        at = Instant(int(self._now()))
        return CommandResult(id=name, state=state, at=at, code=code, detail=cleaned(detail)[:LONGEST])


def _nonsense(command: Command, result: CommandResult) -> str:
    """What is wrong with a performer's answer; empty if nothing is."""
    if result.id != command.id:
        return f"it answers {result.id}"
    if result.state is CommandState.ACCEPTED:
        return "`accepted` is no end: give a Deferred"
    try:
        encode(result, largest=LARGEST_TO_HUB)
    except LocalProtocolError as error:
        return error.message
    return ""
