"""The receiver as a Twisted service: the lines' devices, and the arbiter that makes one feed of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from twisted.application.service import Service

from stationmaster_dmis.arbiter import Arbiter, FeedSink
from stationmaster_dmis.device import open_receiver
from stationmaster_dmis.feed import Moment
from stationmaster_dmis.folder_medium import FolderMedium
from stationmaster_dmis.grading import Limits
from stationmaster_dmis.line import Line
from stationmaster_dmis.medium import Medium
from stationmaster_dmis.serial_medium import SerialMedium
from stationmaster_dmis.settings import FolderPlace, Place, SerialPlace
from stationmaster_dmis.status import FeedStatus, LineStatus
from stationmaster_dmis.udp_medium import UdpMedium
from stationmaster_kernel.values import FeedGrade
from stationmaster_service.interfaces import DelayedCall
from stationmaster_service.serial_input import OpenDevice, ReadingReactor
from stationmaster_telegram.records import CallRecord

__all__ = ["LineReceiver"]

_LOOK_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    """A line with what brings it."""

    line: Line
    medium: Medium


class LineReceiver(Service):
    """Receives every line of a station.

    Args:
        places: each line, and where it comes in, in the order in which they are preferred.
        sink: who is told of news and grades.
        reactor: waits for the devices and for time.
        station_time: the station's clock, to compare the gateways' with.
        wall: the machine's clock, to know how old files are.
        limits: ages at which a gateway's feed is late and lost.
        grade: how the kernel takes the feed to be now; `sink.graded` is called when it becomes something else.
        open_device: opens a serial port.

    """

    name = "line"

    def __init__(
        self,
        places: Sequence[tuple[Line, Place]],
        *,
        sink: FeedSink,
        reactor: ReadingReactor,
        station_time: Callable[[], float],
        wall: Callable[[], float],
        limits: Limits | None = None,
        grade: FeedGrade = FeedGrade.LOST,
        open_device: OpenDevice = open_receiver,
    ) -> None:
        self._reactor = reactor
        self._station_time = station_time
        self._wall = wall
        self._open_device = open_device
        self._joined = [_Joined(line=line, medium=self._medium(line, place)) for line, place in places]
        self._arbiter = Arbiter(
            [line for line, _ in places],
            sink=sink,
            limits=limits or Limits(),
            grade=grade,
            now=reactor.seconds(),
        )
        self._looking: DelayedCall | None = None

    @property
    def position(self) -> tuple[int, int] | None:
        """Epoch and sequence of the last telegram; all up to it have been given to the sink. None before any."""
        return self._arbiter.position

    @property
    def grade(self) -> FeedGrade:
        """How far the feed can be relied on now."""
        return self._arbiter.grade

    @property
    def age_s(self) -> float | None:
        """Seconds of machine time since the feed was last known to be good; None if it never was."""
        return self._arbiter.age(self._reactor.seconds())

    @property
    def complete(self) -> bool:
        """Whether the last manifest proved that everything is here."""
        return self._arbiter.complete

    def ages(self) -> list[tuple[CallRecord, float]]:
        """Each call of the chosen gateway, and how many seconds ago it was last said, the oldest first."""
        chosen = self._arbiter.chosen
        ages = () if chosen is None else chosen.ledger.ages(self._reactor.seconds())
        return sorted(ages, key=lambda item: (-item[1], item[0].run))

    def status(self) -> FeedStatus:
        """Everything that there is to say of the lines."""
        arbiter, now = self._arbiter, self._reactor.seconds()
        chosen = arbiter.chosen
        epoch, sequence = arbiter.position or (0, 0)
        return FeedStatus(
            grade=arbiter.grade,
            age_s=arbiter.age(now),
            line=None if chosen is None else chosen.line,
            gateway=None if chosen is None else chosen.gateway,
            epoch=epoch,
            sequence=sequence,
            complete=arbiter.complete,
            changeovers=arbiter.changeovers,
            news=arbiter.news,
            differing=arbiter.differing,
            differing_s=arbiter.differing_s(now),
            lines=tuple(self._line_status(joined, now) for joined in self._joined),
        )

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        super().startService()  # type: ignore[no-untyped-call]  # Twisted has no types here
        for joined in self._joined:
            joined.medium.start(partial(self._receive, joined.line), joined.line.interrupted)
        self._look()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted has no types here
        if self._looking is not None and self._looking.active():
            self._looking.cancel()
        self._looking = None
        for joined in self._joined:
            joined.medium.stop()
            joined.line.close()

    def _receive(self, line: Line, data: bytes, age_s: float) -> None:
        now = self._reactor.seconds()
        came = Moment(machine=now - age_s, station=self._station_time() - age_s)
        self._arbiter.receive(line, data, came, now)

    def _look(self) -> None:
        self._looking = self._reactor.callLater(_LOOK_S, self._look)
        self._arbiter.look(self._reactor.seconds())

    def _medium(self, line: Line, place: Place) -> Medium:
        match place:
            case SerialPlace():
                return SerialMedium(place, self._reactor, self._open_device)
            case FolderPlace():
                return FolderMedium(place, self._reactor, wall=self._wall, frames=lambda: line.counters.frames)
        return UdpMedium(place, self._reactor)

    def _line_status(self, joined: _Joined, now: float) -> LineStatus:
        line, medium = joined.line, joined.medium
        chosen = self._arbiter.chosen
        return LineStatus(
            name=line.name,
            medium=medium.kind,
            place=medium.place,
            is_open=medium.is_open,
            dropped=medium.dropped,
            heard_s=None if line.heard_at is None else now - line.heard_at,
            signed=line.signed,
            counters=line.counters,
            gateways=tuple(feed.status(now, chosen=feed is chosen) for _, feed in sorted(line.feeds.items())),
        )
