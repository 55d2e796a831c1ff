"""What one gateway says over one line, and how good that is: its calls, its state, its grade, its clock."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.logging import get_logger
from stationmaster_dmis.clock_difference import ClockDifference
from stationmaster_dmis.grading import Grading
from stationmaster_dmis.ledger import Ledger
from stationmaster_dmis.status import GatewayStatus
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import CallRecord, DatabaseState, GatewayState

__all__ = ["GatewayFeed", "Moment"]

_LOG = get_logger("line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something came: `machine` is the machine's monotonic time, `station` the station's."""

    machine: float
    station: float


class GatewayFeed:
    """One gateway on one line.

    Args:
        line: the line's name.
        gateway: the gateway's number, 1…255.
        grading: as it begins.

    """

    def __init__(self, line: str, gateway: int, grading: Grading) -> None:
        self.line = line
        self.gateway = gateway
        self.ledger = Ledger()
        self.grading = grading
        self.state: GatewayState | None = None
        self.heard_at = float("-inf")
        self._clock = ClockDifference()
        self._epochs = 0
        self._stale_epochs = 0

    @property
    def grade(self) -> FeedGrade:
        """As of the last look."""
        return self.grading.grade

    def take(self, telegram: Telegram, moment: Moment) -> tuple[CallRecord, ...]:
        """Take in a telegram; gives the newest records of the calls that it speaks of."""
        now = moment.machine
        taken = self.ledger.take(telegram, now)
        if taken.stale:
            self._stale_epochs += 1
            return ()
        self.heard_at = max(self.heard_at, now)
        self.grading.telegram(now)
        if taken.restarted:
            self._epochs += 1
            _LOG.info("gateway_epoch", line=self.line, gateway=self.gateway, epoch=self.ledger.epoch)
        if taken.state is not None:
            self._gateway_state(taken.state, moment)
        if self.ledger.complete:
            self.grading.complete(now)
        return taken.records

    def status(self, now: float, *, chosen: bool) -> GatewayStatus:
        """How it is at machine time `now`."""
        state = self.state
        ledger = self.ledger
        return GatewayStatus(
            line=self.line,
            gateway=self.gateway,
            chosen=chosen,
            grade=self.grade,
            age_s=self.grading.age(now),
            epoch=ledger.epoch,
            sequence=ledger.sequence,
            complete=ledger.complete,
            calls=ledger.calls,
            missing=ledger.missing,
            oldest_call_s=max((age for _, age in ledger.ages(now)), default=None),
            database=None if state is None else state.database,
            database_time=None if state is None else state.database_time,
            faulty=0 if state is None else state.faulty,
            held=0 if state is None else state.held,
            clock_difference_s=self._clock.seconds,
            epochs=self._epochs,
            stale_epochs=self._stale_epochs,
            old_revisions=ledger.old_revisions,
        )

    def _gateway_state(self, state: GatewayState, moment: Moment) -> None:
        before, self.state = self.state, state
        who = {"line": self.line, "gateway": self.gateway}
        self._clock.take(state.gateway_time, moment.station)
        if state.database is DatabaseState.GOOD:
            self.grading.database(moment.machine)
        if before is None or before.database is not state.database:
            _LOG.info("gateway_database", state=state.database.name.lower(), **who)
        if state.faulty and (before is None or before.faulty != state.faulty):
            _LOG.warning("gateway_rows_broken", count=state.faulty, do="see the gateway's log for which and why", **who)
