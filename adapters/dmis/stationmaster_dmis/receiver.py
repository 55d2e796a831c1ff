"""The receiver as a Twisted service: the device, the decoder, the ledger and the grading, joined."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_dmis.device import open_receiver
from stationmaster_dmis.grading import Grading
from stationmaster_dmis.ledger import Ledger
from stationmaster_dmis.records import feed_record
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import FeedGrade
from stationmaster_service.interfaces import DelayedCall, MachineTime
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Counters, Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import CallRecord, DatabaseState, GatewayState

__all__ = ["FeedSink", "LineReceiver", "LineStatus", "ReadingReactor", "ReceiverSettings"]

_LOG = get_logger("line")

_CHUNK = 65536
_LOOK_S = 0.25
_RETRY_FIRST_S = 0.1
_RETRY_MOST_S = 2.0


class FeedSink(Protocol):
    """Who is told. Both are called in the reactor's thread and must not wait."""

    def news(self, records: Sequence[FeedRecord]) -> None:
        """Calls that are new or have changed, in the order in which they came."""

    def graded(self, grade: FeedGrade) -> None:
        """The feed has become better or worse."""


class ReadingReactor(MachineTime, Protocol):
    """A reactor that can wait for a descriptor (`IReactorFDSet`)."""

    def addReader(self, reader: Any, /) -> None: ...  # noqa: N802 - Twisted's name
    def removeReader(self, reader: Any, /) -> None: ...  # noqa: N802 - Twisted's name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings:
    """One line: its device and rate, whose telegrams are wanted, and the ages at which the feed is late and lost.

    `hold_s` is how long the feed must have been good before it counts as fresh again. All times in machine seconds.
    """

    device: Path
    baud: int
    station: str
    late_s: float = 10.0
    lost_s: float = 60.0
    hold_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStatus:
    """How the line is now.

    `complete`: at the last manifest everything that the gateway has was here. `missing`: calls that it has more.
    `age_s`: seconds since the feed was last known to be good; None if it never was. `database` and `database_time`
    are what the gateway last said of its database.
    """

    device_open: bool
    grade: FeedGrade
    age_s: float | None
    gateway: int | None
    epoch: int
    sequence: int
    complete: bool
    calls: int
    missing: int
    database: DatabaseState | None
    database_time: Instant | None
    faulty: int
    epochs: int
    stale_epochs: int
    old_revisions: int
    news: int
    counters: Counters


@implementer(IReadDescriptor)
class _Reading:
    """The descriptor that the reactor waits for."""

    def __init__(self, device: int, receive: Callable[[bytes], None], lost: Callable[[str], None]) -> None:
        self._device = device
        self._receive = receive
        self._lost = lost

    def fileno(self) -> int:
        return self._device

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        try:
            data = os.read(self._device, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(str(error))
            return
        if data:
            self._receive(data)
        else:
            self._lost("end of file")

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        self._lost(reason.getErrorMessage())

    def logPrefix(self) -> str:  # noqa: N802 - Twisted's name
        return "line"


class LineReceiver(Service):
    """Receives one line.

    Args:
        settings: which.
        sink: who is told of news and grades.
        reactor: waits for the device and for time.
        grade: how the kernel takes the feed to be now; `sink.graded` is called when it becomes something else.
        open_device: opens the device.
        verifier: judges the tags of telegrams; None: they come without. It is closed when the service stops.

    """

    name = "line"

    def __init__(
        self,
        settings: ReceiverSettings,
        *,
        sink: FeedSink,
        reactor: ReadingReactor,
        grade: FeedGrade = FeedGrade.LOST,
        open_device: Callable[[Path, int], int] = open_receiver,
        verifier: Verifier | None = None,
    ) -> None:
        self._settings = settings
        self._sink = sink
        self._reactor = reactor
        self._open_device = open_device
        self._verifier = verifier
        self._decoder = Decoder(settings.station, verifier)
        self._ledgers: dict[int, Ledger] = {}
        self._gateway: int | None = None
        self._state: GatewayState | None = None
        self._grading = Grading(
            late_s=settings.late_s,
            lost_s=settings.lost_s,
            hold_s=settings.hold_s,
            grade=grade,
            now=reactor.seconds(),
        )
        self._told = grade
        self._reading: _Reading | None = None
        self._retry_s = _RETRY_FIRST_S
        self._opening: DelayedCall | None = None
        self._looking: DelayedCall | None = None
        self._epochs = 0
        self._stale_epochs = 0
        self._news = 0

    @property
    def position(self) -> tuple[int, int] | None:
        """Epoch and sequence of the last telegram; all up to it have been given to the sink. None before any."""
        ledger = self._ledger()
        return None if ledger is None else (ledger.epoch, ledger.sequence)

    @property
    def grade(self) -> FeedGrade:
        """How far the feed can be relied on now."""
        return self._told

    @property
    def age_s(self) -> float | None:
        """Seconds of machine time since the feed was last known to be good; None if it never was."""
        return self._grading.age(self._reactor.seconds())

    @property
    def complete(self) -> bool:
        """Whether the last manifest proved that everything is here."""
        ledger = self._ledger()
        return ledger is not None and ledger.complete

    def status(self) -> LineStatus:
        """Everything that there is to say of the line."""
        ledger = self._ledger() or Ledger()
        state = self._state
        return LineStatus(
            device_open=self._reading is not None,
            grade=self._told,
            age_s=self.age_s,
            gateway=self._gateway,
            epoch=ledger.epoch,
            sequence=ledger.sequence,
            complete=ledger.complete,
            calls=ledger.calls,
            missing=ledger.missing,
            database=None if state is None else state.database,
            database_time=None if state is None else state.database_time,
            faulty=0 if state is None else state.faulty,
            epochs=self._epochs,
            stale_epochs=self._stale_epochs,
            old_revisions=sum(one.old_revisions for one in self._ledgers.values()),
            news=self._news,
            counters=self._decoder.counters,
        )

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        super().startService()  # type: ignore[no-untyped-call]  # Twisted has no types here
        self._open()
        self._look()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted has no types here
        for call in (self._opening, self._looking):
            if call is not None and call.active():
                call.cancel()
        self._opening = self._looking = None
        self._close()
        if self._verifier is not None:
            self._verifier.close()

    def receive_data(self, data: bytes) -> None:
        """Take bytes that came down the line."""
        now = self._reactor.seconds()
        self._decoder.receive_data(data)
        news: dict[tuple[int, int], CallRecord] = {}
        while (event := self._decoder.next_event()) is not None:
            if isinstance(event, Telegram):
                for record in self._take(event, now):
                    news.pop((event.header.gateway, record.run), None)
                    news[event.header.gateway, record.run] = record
        if news:
            self._news += len(news)
            self._sink.news([feed_record(record) for record in news.values()])
        self._grade()

    def _take(self, telegram: Telegram, now: float) -> tuple[CallRecord, ...]:
        gateway = telegram.header.gateway
        ledger = self._ledgers.setdefault(gateway, Ledger())
        taken = ledger.take(telegram, now)
        if taken.stale:
            self._stale_epochs += 1
            return ()
        self._gateway = gateway
        self._grading.telegram(now)
        if taken.restarted:
            self._epochs += 1
            _LOG.info("gateway_epoch", gateway=gateway, epoch=ledger.epoch)
        if taken.state is not None:
            self._gateway_state(taken.state, now)
        if ledger.complete:
            self._grading.complete(now)
        return taken.news

    def _gateway_state(self, state: GatewayState, now: float) -> None:
        before, self._state = self._state, state
        if state.database is DatabaseState.GOOD:
            self._grading.database(now)
        if before is None or before.database is not state.database:
            _LOG.info("gateway_database", state=state.database.name.lower())
        if state.faulty and (before is None or before.faulty != state.faulty):
            _LOG.warning("gateway_rows_broken", count=state.faulty, do="see the gateway's log for which and why")

    def _ledger(self) -> Ledger | None:
        return None if self._gateway is None else self._ledgers[self._gateway]

    def _look(self) -> None:
        """Grade from time to time, since silence makes no event."""
        self._looking = self._reactor.callLater(_LOOK_S, self._look)
        self._grade()

    def _grade(self) -> None:
        grade = self._grading.look(self._reactor.seconds())
        if grade is not self._told:
            before, self._told = self._told, grade
            _LOG.info("feed_graded", grade=grade, before=before)
            self._sink.graded(grade)

    def _open(self) -> None:
        self._opening = None
        path = self._settings.device
        try:
            device = self._open_device(path, self._settings.baud)
        except (OSError, StationError) as error:
            if self._retry_s == _RETRY_FIRST_S:
                _LOG.warning("line_missing", device=str(path), problem=str(error), do="connect it; it is tried again")
            self._retry()
            return
        self._retry_s = _RETRY_FIRST_S
        self._reading = _Reading(device, self.receive_data, self._lost)
        self._reactor.addReader(self._reading)
        _LOG.info("line_opened", device=str(path))

    def _retry(self) -> None:
        self._opening = self._reactor.callLater(self._retry_s, self._open)
        self._retry_s = min(_RETRY_MOST_S, 2 * self._retry_s)

    def _lost(self, problem: str) -> None:
        """The device has gone; wait for it."""
        if self._reading is None:
            return
        _LOG.warning("line_lost", device=str(self._settings.device), problem=problem, do="nothing; it is opened again")
        self._close()
        self._decoder.interrupted()
        if self.running:
            self._retry()

    def _close(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            self._reactor.removeReader(reading)
            os.close(reading.fileno())
