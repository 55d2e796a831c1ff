"""The dispatching feed on its way into the pipeline: what of it is news, and how fresh it is.

The line repeats everything without end, so almost every record is one that the kernel knows. Only news is put in.
A record that the kernel will not take (an unknown track, a train that is long gone) would be news for ever: it is put
in once, and again when it has become possible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from stationmaster_base.clock import StationClock
from stationmaster_base.times import Instant
from stationmaster_kernel.feed import impossible
from stationmaster_kernel.inputs import Feed, FeedRecord, GradeFeed, Input
from stationmaster_kernel.state import State
from stationmaster_kernel.step import is_news
from stationmaster_kernel.values import FeedGrade

__all__ = ["FeedIntake", "Intake"]

_Key = tuple[date, tuple[str, ...]]

MOST_SET_ASIDE = 5000
"""Records that the kernel would not take and that are remembered; with more, all are forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _SetAside:
    record: FeedRecord
    was_impossible: bool


class Intake(Protocol):
    """The pipeline, as those see it who put something in."""

    @property
    def state(self) -> State: ...
    def put(self, given: Input, /) -> Deferred[Any]: ...


class FeedIntake:
    """Takes what the line's receiver decodes.

    Args:
        pipeline: where news goes.
        clock: station time.
        boot: makes the ids of this process's inputs unique.

    """

    def __init__(self, pipeline: Intake, clock: StationClock, boot: str) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._boot = boot
        self._count = 0
        self._grade = FeedGrade.LOST
        self._fresh_at: Instant | None = None
        self._on_the_way: dict[_Key, FeedRecord] = {}
        self._set_aside: dict[_Key, _SetAside] = {}
        self._listeners: list[Callable[[], None]] = []
        self.age: Callable[[], float | None] = lambda: None
        """Gives the machine seconds since the feed was last known to be good; set by who has the receiver."""

    def on_grade(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when the grade has become another one, as `grade` and `fresh_at` tell by then."""
        self._listeners.append(listener)

    def loaded(self) -> None:
        """The stored state is there: the feed is taken to be as fresh as it was then, until the line says."""
        facts = self._pipeline.state.facts
        self._grade = facts.grade
        if facts.grade is FeedGrade.FRESH:
            self._fresh_at = facts.now

    @property
    def grade(self) -> FeedGrade:
        """How far the feed can be relied on now."""
        return self._grade

    @property
    def fresh_at(self) -> Instant | None:
        """The station time at which the feed was last fresh; None if it never was."""
        return self._now() if self._grade is FeedGrade.FRESH else self._fresh_at

    def news(self, records: Sequence[FeedRecord]) -> None:
        """Put in what is news of records that arrived together."""
        state = self._pipeline.state
        news: list[FeedRecord] = []
        latest: dict[_Key, FeedRecord] = {}
        for record in records:
            before = latest.get(_key(record))
            if record != before if before is not None else self._is_wanted(state, record):
                latest[_key(record)] = record
                news.append(record)
        self._put(tuple(news))

    def graded(self, grade: FeedGrade) -> None:
        """Put in how fresh the feed is, if that has changed."""
        before, self._grade = self._grade, grade
        if grade is before:
            return
        if before is FeedGrade.FRESH:
            self._fresh_at = Instant(int(self._clock.now() - (self.age() or 0.0) * self._clock.rate))
        self._pipeline.put(GradeFeed(id=self._next_id("grade"), at=self._now(), grade=grade))
        for listener in self._listeners:
            listener()

    def try_again(self) -> None:
        """Put in what was impossible and no longer is; called when time or the configuration has moved."""
        station = self._pipeline.state.station
        if station is None:
            return
        now = self._now()
        self._put(
            tuple(
                item.record
                for item in self._set_aside.values()
                if item.was_impossible and not impossible(item.record, station, now)
            )
        )

    def _put(self, news: tuple[FeedRecord, ...]) -> None:
        if not news:
            return
        for record in news:
            self._set_aside.pop(_key(record), None)
            self._on_the_way[_key(record)] = record
        done = self._pipeline.put(Feed(id=self._next_id("feed"), at=self._now(), records=news))
        done.addCallback(self._committed, news)

    def _is_wanted(self, state: State, record: FeedRecord) -> bool:
        on_the_way = self._on_the_way.get(_key(record))
        if on_the_way is not None:  # the state does not have it yet, so only the record itself can be compared
            return record != on_the_way
        aside = self._set_aside.get(_key(record))
        return (aside is None or aside.record != record) and is_news(state, record)

    def _committed(self, _: None, records: Sequence[FeedRecord]) -> None:
        state = self._pipeline.state
        for record in records:
            if self._on_the_way.get(_key(record)) is not record:
                continue  # a later one of the same train is on the way
            del self._on_the_way[_key(record)]
            if state.station is not None and is_news(state, record):  # it was not taken
                if len(self._set_aside) >= MOST_SET_ASIDE:
                    self._set_aside.clear()
                was_impossible = bool(impossible(record, state.station, state.facts.now))
                self._set_aside[_key(record)] = _SetAside(record=record, was_impossible=was_impossible)

    def _next_id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}/{self._boot}/{self._count}"

    def _now(self) -> Instant:
        return Instant(int(self._clock.now()))


def _key(record: FeedRecord) -> _Key:
    return record.day, record.numbers
