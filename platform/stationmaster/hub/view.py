"""The hub as those see it who only look: the console, the web API, `/healthz`.

Everything here is a frozen value of the committed state or a number of the moment; nothing can be changed through it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.record import Alarm
from stationmaster.hub.audit.confirmations import ConfirmationBody
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.settings import Subsystem
from stationmaster.hub.storage.store import Stored
from stationmaster.station.load import Station
from stationmaster_base.clock import StationClock
from stationmaster_base.times import MINUTE, Instant
from stationmaster_dmis.status import FeedStatus
from stationmaster_kernel.changes import SECRET_NOTES, Note
from stationmaster_kernel.state import State
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.hub_side import SubscriberInfo
from stationmaster_protocol.messages import Position
from stationmaster_telegram.records import CallRecord

__all__ = ["FeedView", "HubView", "Line", "Noted", "Subscribers"]

MOST_NOTES = 500
MOST_ALARMS = 100


class Line(Protocol):
    """The receiver of the lines."""

    @property
    def position(self) -> tuple[int, int] | None: ...
    @property
    def age_s(self) -> float | None: ...
    def status(self) -> FeedStatus: ...
    def ages(self) -> list[tuple[CallRecord, float]]: ...


class Subscribers(Protocol):
    """The open protocol's server."""

    @property
    def subscribers(self) -> list[SubscriberInfo]: ...
    def settled(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """How far the feed can be relied on.

    `age_s` is in machine seconds; None if nothing ever came. `fresh_at` is station time. `epoch` and `sequence` are of
    the last telegram; everything up to it has been put into the pipeline. `line` and `gateway` are whose word counts.
    """

    grade: FeedGrade
    age_s: float | None
    fresh_at: Instant | None
    epoch: int | None
    sequence: int | None
    line: str | None
    gateway: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A note from the journal."""

    sequence: int
    at: Instant
    note: Note


class HubView:
    """What there is to see of the hub.

    Args:
        pipeline: the committed state.
        feed: the feed's grade.
        subsystems: who may connect.
        clock: station time.
        alarms: what is wrong; None: nobody looks.

    """

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        feed: FeedIntake,
        subsystems: Sequence[Subsystem],
        clock: StationClock,
        alarms: AlarmBook | None = None,
    ) -> None:
        self._alarms = alarms
        self.drill = False
        """Whether this is a drill, with a copy of the day."""
        self._pipeline = pipeline
        self._feed = feed
        self._clock = clock
        self._notes: deque[Noted] = deque(maxlen=MOST_NOTES)
        self._line: Line | None = None
        self._server: Subscribers | None = None
        self._station: Callable[[], Station] | None = None
        self.confirmations: Callable[[], tuple[ConfirmationBody, ...]] = tuple
        """What waits for a second person."""
        self.identities = tuple(each.identity for each in subsystems)
        """Who may connect, whether or not he is."""
        pipeline.on_commit(self._take_notes)

    def attach(self, server: Subscribers, line: Line | None) -> None:
        """The hub is up: these serve and receive from now on."""
        self._server = server
        self._line = line

    def read_from(self, station: Callable[[], Station]) -> None:
        """What the station's folder said when it was last read is asked here."""
        self._station = station

    def confirmed_by(self, waiting: Callable[[], tuple[ConfirmationBody, ...]]) -> None:
        """What waits for a second person is asked here."""
        self.confirmations = waiting

    def may_connect(self, identities: Sequence[str]) -> None:
        """These may connect from now on."""
        self.identities = tuple(identities)

    def loaded(self, tail: Sequence[Stored]) -> None:
        """Take the notes of the entries that were there at the start."""
        for entry in tail:
            self._remember(entry)

    @property
    def state(self) -> State:
        """The committed state; what it gives out never changes."""
        return self._pipeline.state

    @property
    def station(self) -> Station | None:
        """The station as its folder said when it was last read; None where nobody reads one."""
        return None if self._station is None else self._station()

    @property
    def now(self) -> float:
        """Station time."""
        return self._clock.now()

    @property
    def up(self) -> bool:
        """Whether the store has been read and subsystems are served."""
        return self._server is not None

    @property
    def trouble(self) -> str:
        """What keeps the hub from working as it should; empty if nothing does."""
        if self._pipeline.trouble:
            return self._pipeline.trouble
        ticked = self.state.facts.ticked
        if ticked is not None and self.now < ticked - MINUTE:
            return "Station time is behind that of the last tick. Set the clock right."
        return ""

    @property
    def waiting(self) -> int:
        """Inputs that are not yet committed."""
        return self._pipeline.waiting

    def position(self) -> Position:
        """Of the last committed entry."""
        return self._pipeline.position

    def feed(self) -> FeedView:
        """How far the feed can be relied on now."""
        epoch, sequence = (None if self._line is None else self._line.position) or (None, None)
        line = self.line()
        return FeedView(
            grade=self._feed.grade,
            age_s=None if self._line is None else self._line.age_s,
            fresh_at=self._feed.fresh_at,
            epoch=epoch,
            sequence=sequence,
            line=None if line is None else line.line,
            gateway=None if line is None else line.gateway,
        )

    def line(self) -> FeedStatus | None:
        """Everything that there is to say of the lines; None without one."""
        return None if self._line is None else self._line.status()

    def call_ages(self) -> list[tuple[CallRecord, float]]:
        """Each call of the gateway whose word counts, and how many seconds ago it was last said, the oldest first."""
        return [] if self._line is None else self._line.ages()

    def alarms(self) -> tuple[Alarm, ...]:
        """What is wrong and needs a person, the gravest first; at most 100, since who sees more sees nothing."""
        return () if self._alarms is None else self._alarms.alarms()[:MOST_ALARMS]

    def subscribers(self) -> tuple[SubscriberInfo, ...]:
        """Who is connected."""
        return () if self._server is None else tuple(self._server.subscribers)

    def notes(self) -> tuple[Noted, ...]:
        """The last notes, oldest first; at most 500."""
        return tuple(self._notes)

    def settled(self) -> bool:
        """Whether everything that came in is committed, and acknowledged by every subscriber that it concerns."""
        return self._pipeline.idle and self._server is not None and self._server.settled()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each commit; it must be quick."""
        self._pipeline.on_commit(lambda _: listener())

    def _take_notes(self, committed: Sequence[Committed]) -> None:
        for each in committed:
            self._remember(each.stored)

    def _remember(self, entry: Stored) -> None:
        told = (note for note in entry.changes.notes if note.code not in SECRET_NOTES)
        self._notes.extend(Noted(sequence=entry.sequence, at=entry.at, note=note) for note in told)
