"""What clients tell the hub: reports of what was done and how things are, and commands with what became of them.

Rights are looked at here, before anything reaches the hub.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, FirstError, gatherResults, maybeDeferred
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_protocol.admission import refuse_for
from stationmaster_protocol.commands import ActRefusal, Command, CommandResult, CommandState
from stationmaster_protocol.connection import HubConnection
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.hub_side import HubSide, ProtocolSettings
from stationmaster_protocol.messages import Report
from stationmaster_protocol.scalars import stamp_of

__all__ = ["Intake"]

_LOG = get_logger("protocol")


class Intake:
    """Args:
        hub: takes everything in.
        settings: limits.
        settled: is called when all may be settled.

    `pending` reports wait to be committed.
    """

    def __init__(self, hub: HubSide, settings: ProtocolSettings, settled: Callable[[], None]) -> None:
        self._hub = hub
        self._most_commands = settings.pending_commands
        self._settled = settled
        self.pending = 0

    def report(self, connection: HubConnection, report: Report) -> None:
        """Have results and acts committed, and only then tell the client so."""
        reason = self._forbidden(connection, report)
        if reason:
            connection.refuse("forbidden", reason)
            return
        if report.devices or report.readbacks or report.alarms or report.gone or report.whole:
            self._hub.observed(connection.identity, report)
        self.pending += 1
        committing: list[Deferred[Any]] = []
        if report.acts:
            # Before the results: what was done may have been done as the person at the page wished.
            committing.append(maybeDeferred(self._hub.acts, connection.identity, report.acts))
        if report.results:
            committing.append(maybeDeferred(self._hub.results, connection.identity, report.results))

        def committed(outcomes: list[tuple[ActRefusal, ...] | None]) -> None:
            connection.reported(report.number, tuple(each for refusals in outcomes for each in refusals or ()))

        def failed(failure: Failure) -> None:
            first = failure.value
            failure = first.subFailure if isinstance(first, FirstError) else failure
            _LOG.error("report_failed", identity=connection.identity, report=report.number, reason=str(failure.value))
            refuse_for(connection, failure, f"Report {report.number} could not be committed.")

        def over(_: object) -> None:
            self.pending -= 1
            self._settled()

        gatherResults(committing, consumeErrors=True).addCallbacks(committed, failed).addBoth(over)

    def command(self, connection: HubConnection, command: Command) -> None:
        """Pass a client's command on to the hub, and tell the client what is known of it."""
        if self._hub.station_time() * 1_000_000 >= command.expires:
            self._answer(connection, command, CommandState.EXPIRED)
        elif command.identity is None:
            self._answer(connection, command, CommandState.REFUSED, "no-identity", "It does not say who is to do it.")
        elif connection.grant is None or not connection.grant.commands:
            self._answer(connection, command, CommandState.REFUSED, "forbidden", "It may command nobody.")
        elif connection.pending_commands >= self._most_commands:
            self._answer(connection, command, CommandState.REFUSED, "too-often", "Too many are waiting.")
        else:
            connection.pending_commands += 1
            asking = maybeDeferred(self._hub.commanded, connection.identity, command)
            asking.addErrback(lambda failure: self._not_passed_on(connection, command, failure))
            asking.addCallback(lambda result: self._commanded(connection, result))

    def command_result(self, connection: HubConnection, result: CommandResult) -> None:
        """A subsystem says what became of a command."""
        self._hub.command_result(connection.identity, result)

    def _forbidden(self, connection: HubConnection, report: Report) -> str:
        """Why a report may not be taken in; empty if it may."""
        grant = connection.grant
        if grant is None:
            return "It was not welcomed."
        if report.acts and not grant.acts:
            return f"{grant.kind} {grant.identity} may not report acts of a local page."
        for result in report.results:
            kind = self._hub.task_kind(result.task)
            if kind is not None and kind not in grant.executes:
                return f"{grant.kind} {grant.identity} may not report on a task of kind {kind}: {result.task[:200]}."
        return ""

    def _not_passed_on(self, connection: HubConnection, command: Command, failure: Failure) -> CommandResult:
        error = failure.value
        _LOG.warning("command_failed", identity=connection.identity, command=command.id, reason=str(error))
        if isinstance(error, RemoteProtocolError):
            return self._result(command, CommandState.REFUSED, error.code, error.message)
        return self._result(command, CommandState.FAILED, "internal", "The hub has a fault of its own.")

    def _commanded(self, connection: HubConnection, result: CommandResult) -> None:
        connection.pending_commands -= 1
        connection.answer(result)

    def _answer(
        self, connection: HubConnection, command: Command, state: CommandState, code: str | None = None, text: str = ""
    ) -> None:
        _LOG.warning("command_refused", identity=connection.identity, command=command.id, state=state.value, code=code)
        connection.answer(self._result(command, state, code, text))

    def _result(self, command: Command, state: CommandState, code: str | None, text: str) -> CommandResult:
        at = Instant(stamp_of(self._hub.station_time()) // 1_000_000)
        return CommandResult(id=command.id, state=state, at=at, code=code, detail=text[:2000])
