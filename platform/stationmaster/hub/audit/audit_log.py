"""The log as the hub writes it: everything that was done goes in, one after the other, and nothing ever comes out.

Whoever does something that no journal has (a login, a command, an export) has it recorded here; what the journal has
is taken over from there after each commit. While the database is down, records wait in memory, and are written when it
is back; if too many wait, the newest are counted and that they are missing is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.audit.from_journal import KINDS
from stationmaster.hub.audit.log_table import AT_ONCE, LogTable, Written
from stationmaster.hub.audit.proof import LogEnd, LogProof
from stationmaster.hub.audit.record import Change, Happening, LogHead, LogRecord
from stationmaster.hub.pipeline import Committed
from stationmaster.hub.storage.compaction import DAY_S
from stationmaster.hub.storage.store import Displaced, Probe, Store
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["MOST_WAITING", "AuditLog"]

_LOG = get_logger("audit")

MOST_WAITING = 10_000
"""Records that wait while the database is down."""

_AGAIN_S = 2.0
_LOOK_AFTER = DAY_S // 2


class AuditLog:
    """The log of one hub.

    Args:
        store: the hub's; used through `in_writer` alone.
        in_writer: the writer's thread.
        reactor: machine time.
        now: station time.
        keep_days: for how long records are kept.
        probe: told the points of a commit.

    """

    def __init__(
        self,
        *,
        store: Store,
        in_writer: InThread,
        reactor: MachineTime,
        now: Callable[[], float],
        keep_days: int,
        probe: Probe = lambda _: None,
    ) -> None:
        self._table = LogTable(store, probe)
        self._in_writer = in_writer
        self._reactor = reactor
        self._now = now
        self._keep = keep_days * DAY_S
        self._waiting: list[tuple[Happening, Deferred[LogRecord]]] = []
        self._lost = 0
        self._behind = True
        """Whether the journal may have what the log does not."""
        self._end: LogEnd | None = None
        self._working = False
        self._open = False
        self._again: DelayedCall | None = None
        self._trouble = ""
        self._proof: LogProof | None = None
        self._keep_at = Instant(0)
        self._listeners: list[Callable[[Sequence[LogRecord]], None]] = []

    @property
    def head(self) -> LogHead | None:
        """The last record that is on disk; None as long as the log was not read."""
        return None if self._end is None else self._end.head

    @property
    def waiting(self) -> int:
        """Records that are not on disk yet."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether everything that there is to be recorded is on disk."""
        return not (self._working or self._waiting or self._behind)

    def on_records(self, listener: Callable[[Sequence[LogRecord]], None]) -> None:
        """Have `listener` told what was recorded, when it is on disk."""
        self._listeners.append(listener)

    def record(
        self,
        kind: str,
        *,
        who: str = "",
        login: str = "",
        origin: str = "",
        subject: str = "",
        words: str = "",
        why: str = "",
        changes: Sequence[Change] = (),
    ) -> Deferred[LogRecord]:
        """Record something that no journal has; the fields are those of `Happening`. Fires when it is on disk."""
        done: Deferred[LogRecord] = Deferred()
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            done.addErrback(lambda _: None)
            done.errback(StationError("log-full", "Too many records wait for the database.", "Mend it."))
            return done
        happening = Happening(
            kind=kind,
            at=self._instant(),
            who=who,
            login=login,
            origin=origin,
            subject=subject,
            words=words,
            why=why,
            changes=tuple(changes),
        )
        self._waiting.append((happening, done))
        self._pump()
        return done

    def begin(self) -> None:
        """The store has been opened: read where the log ends, and take over what the journal has more."""
        self._open = self._behind = True
        self._pump()

    def committed(self, committed: Sequence[Committed]) -> None:
        """A batch has been committed."""
        if any(each.input_kind in KINDS for each in committed):
            self._behind = True
        now = self._instant()
        if now >= self._keep_at:
            self._keep_at = Instant(now + _LOOK_AFTER)
            self._cut(now)
        self._pump()

    def begun_anew(self) -> None:
        """The database was displaced: see what it has of the log."""
        self._behind = True
        self._pump()

    def stop(self) -> None:
        """Write no more."""
        self._open = False
        if self._again is not None and self._again.active():
            self._again.cancel()

    def proved(self, proof: LogProof) -> None:
        """Somebody has looked at the whole log, and this came of it."""
        before, self._proof = self._proof, proof
        if not proof.faults:
            # Who keeps this line elsewhere has a place that proves the log later.
            _LOG.info("log-whole", records=proof.records, end=f"{proof.last}:{proof.hash}")
        if proof.faults and (before is None or before.faults != proof.faults):
            told = "; ".join(f"{fault.sequence} {fault.code}" for fault in proof.faults)
            _LOG.error("log-damaged", faults=told, todo="see who could write to the database; keep a copy of it")
            self.record("log-damaged", words=told)

    def signs(self) -> Iterator[Sign]:
        """What is wrong with the log."""
        if self._proof is not None and self._proof.faults:
            first = self._proof.faults[0]
            yield Sign(
                id="log-damaged",
                severity=Severity.ALARM,
                zh=f"操作日志被改动或缺失 (记录 {first.sequence}): 请审计员核查",
                en=f"The log was altered or lacks records (at {first.sequence}): the auditor is to look",
                after_s=0.0,
            )
        if self._trouble and self._waiting:
            yield Sign(
                id="log-not-written",
                severity=Severity.WARNING,
                zh=f"操作日志无法写入, {len(self._waiting)} 条记录等待",
                en=f"The log cannot be written, and {len(self._waiting)} records wait",
            )

    # The writer's turns.

    def _pump(self) -> None:
        pausing = self._again is not None and self._again.active()
        if not self._open or self._working or pausing or not (self._waiting or self._behind):
            return
        self._working = True
        now = self._instant()
        if self._lost and len(self._waiting) < MOST_WAITING:
            words = f"{self._lost} records are missing: the database was down for too long"
            self._waiting.append((Happening(kind="log-lost", at=now, words=words), Deferred()))
            self._lost = 0
        batch = self._waiting[:AT_ONCE]
        happenings = [happening for happening, _ in batch]
        self._behind = False
        self._in_writer(lambda: self._table.write(happenings, now)).addCallbacks(self._wrote, self._failed)

    def _wrote(self, written: Written) -> None:
        if self._trouble:
            _LOG.info("log-written-again")
        self._working, self._trouble, self._end = False, "", written.end
        if written.more:
            self._behind = True
        records = {id(record.happening): record for record in written.records}
        while self._waiting and id(self._waiting[0][0]) in records:
            happening, done = self._waiting.pop(0)
            done.callback(records[id(happening)])
        if written.records:
            for listener in self._listeners:
                listener(written.records)
        self._pump()

    def _failed(self, failure: Failure) -> None:
        self._working = False
        self._behind = True
        error = failure.value
        if not isinstance(error, StationError | Displaced):
            _LOG.error("log-not-written", problem=failure.getTraceback(), todo="report this with the log")
        elif not self._trouble:
            _LOG.warning("log-not-written", problem=str(error), todo="mend the database; records wait")
        self._trouble = str(error) or "it failed"
        if self._open:
            self._again = self._reactor.callLater(_AGAIN_S, self._pump)

    def _cut(self, now: Instant) -> None:
        before = Instant(now - self._keep)

        def done(outcome: tuple[int, LogEnd]) -> None:
            count, end = outcome
            if count:
                self._end = end
                _LOG.info("log-cut", records=count)
                self._cut(now)

        def failed(failure: Failure) -> None:
            _LOG.warning("log-not-cut", problem=failure.getErrorMessage(), todo="mend the database; it is tried again")

        if self._open:
            self._in_writer(lambda: self._table.cut(before, now)).addCallbacks(done, failed)

    def _instant(self) -> Instant:
        return Instant(int(self._now()))
