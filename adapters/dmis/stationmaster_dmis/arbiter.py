"""Which gateway's word counts, when several can be heard: the best one's, and no other's.

Better is who is fresher; among equals who is proven to be complete; among those who is younger; then the order of the
configuration, and the lower gateway's number. Another one takes over when its grade is better, when the present one
has fallen behind it by half the time after which a feed is late, or when the other alone has been complete for a
while. Who took over stays: a gateway that comes back does not make a change by coming back.

Nothing is lost and nothing is told twice when another one takes over. Whatever the chosen gateway says is compared
with what was told, repeats too; so what the old one had not brought comes at once with all that the new one holds,
if that is proven to be complete, and otherwise call by call as the new one says it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from stationmaster_base.logging import get_logger
from stationmaster_dmis.feed import GatewayFeed, Moment
from stationmaster_dmis.grading import Grading, Limits
from stationmaster_dmis.line import Line
from stationmaster_dmis.records import feed_record
from stationmaster_dmis.told import Told
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.records import CallRecord, Manifest

__all__ = ["Arbiter", "FeedSink"]

_LOG = get_logger("line")

_GOODNESS = {FeedGrade.LOST: 0, FeedGrade.LATE: 1, FeedGrade.FRESH: 2}
_COMPARE_S = 5.0
_MOST_GATEWAYS = 8
"""Gateways followed on one line; beyond that the one of the others that has been silent for longest is forgotten."""


class FeedSink(Protocol):
    """Who is told. Both are called in the reactor's thread and must not wait."""

    def news(self, records: Sequence[FeedRecord]) -> None:
        """Calls that are new or have changed, in the order in which they came."""

    def graded(self, grade: FeedGrade) -> None:
        """The feed has become better or worse."""


class Arbiter:
    """Joins lines into one feed. It knows no clock and no device; times are given with what comes.

    Args:
        lines: in the order in which they are preferred.
        sink: who is told of news and grades.
        limits: ages at which a gateway's feed is late and lost.
        grade: how the kernel takes the feed to be now; `sink.graded` is called when it becomes something else.
        now: machine time.

    """

    def __init__(self, lines: Sequence[Line], *, sink: FeedSink, limits: Limits, grade: FeedGrade, now: float) -> None:
        self.lines = tuple(lines)
        self.grade = grade
        self.chosen: GatewayFeed | None = None
        self.changeovers = 0
        self.differing = 0
        self._sink = sink
        self._limits = limits
        self._before_any = Grading(limits=limits, grade=grade, now=now)
        self._told = Told()
        self._caught_up = True
        self._more_complete_since: float | None = None
        self._compared_at = now
        self._differing_since: float | None = None

    @property
    def news(self) -> int:
        """Records told since the start."""
        return self._told.count

    @property
    def position(self) -> tuple[int, int] | None:
        """Epoch and sequence of the chosen gateway; all that it said up to there has been told. None before any."""
        return None if self.chosen is None else (self.chosen.ledger.epoch, self.chosen.ledger.sequence)

    @property
    def complete(self) -> bool:
        """Whether the last manifest of the chosen gateway proved that everything is here."""
        return self.chosen is not None and self.chosen.ledger.complete

    def age(self, now: float) -> float | None:
        """Seconds since the feed was last known to be good; None if it never was."""
        return None if self.chosen is None else self.chosen.grading.age(now)

    def differing_s(self, now: float) -> float:
        """For how long two gateways that are both good have said different things; 0 if they do not."""
        return 0.0 if self._differing_since is None else now - self._differing_since

    def receive(self, line: Line, data: bytes, came: Moment, now: float | None = None) -> None:
        """Take bytes that came down a line, and tell what is news.

        Args:
            line: one of the lines.
            data: what came; any length, cut anywhere.
            came: when it came to this machine.
            now: machine time, if that was longer ago.

        """
        said: list[CallRecord] = []
        for telegram in line.receive(data):
            feed = self._feed(line, telegram, came.machine)
            records = feed.take(telegram, came)
            if feed is self.chosen:
                said += records
                if isinstance(telegram.content, Manifest) and feed.ledger.complete:
                    self._told.keep(feed.ledger.records())
                    said += self._not_told_yet(feed)
        self._tell(said)
        self.look(came.machine if now is None else now)

    def look(self, now: float) -> None:
        """Grade, choose and compare; called with what comes, and from time to time, since silence makes no event."""
        grades = [feed.grading.look(now) for feed in self._feeds()]
        if not grades:
            self._grade(self._before_any.look(now))
            return
        self._choose(now)
        if self.chosen is not None:
            self._grade(self.chosen.grade)
        if now >= self._compared_at + _COMPARE_S:
            self._compared_at = now
            self._compare(now)

    def _feeds(self) -> Iterable[GatewayFeed]:
        return (feed for line in self.lines for feed in line.feeds.values())

    def _feed(self, line: Line, telegram: Telegram, now: float) -> GatewayFeed:
        gateway = telegram.header.gateway
        feed = line.feeds.get(gateway)
        if feed is None:
            if len(line.feeds) >= _MOST_GATEWAYS:
                others = (other for other in line.feeds.values() if other is not self.chosen)
                del line.feeds[min(others, key=lambda other: other.heard_at).gateway]
            first = self.chosen is None
            grading = self._before_any if first else Grading(limits=self._limits, grade=FeedGrade.LOST, now=now)
            feed = line.feeds[gateway] = GatewayFeed(line.name, gateway, grading)
            if first:
                self.chosen = feed
        return feed

    def _choose(self, now: float) -> None:
        best = max(self._ranked(now), key=lambda item: item[0])[1]
        if best is self.chosen:
            self._more_complete_since = None
            return
        if self._is_reason(best, now):
            before, self.chosen = self.chosen, best
            self._more_complete_since = None
            self.changeovers += 1
            _LOG.warning(
                "feed_changeover",
                line=best.line,
                gateway=best.gateway,
                before=None if before is None else f"{before.line}/{before.gateway}",
                do="see why the other line is worse: /api/v1/lines",
            )
            self._caught_up = False
            if best.ledger.complete:
                self._tell(self._not_told_yet(best))

    def _ranked(self, now: float) -> Iterable[tuple[tuple[float, ...], GatewayFeed]]:
        for place, line in enumerate(self.lines):
            for feed in line.feeds.values():
                age = feed.grading.age(now)
                behind = float("inf") if age is None else age // self._behind_s
                rank = (_GOODNESS[feed.grade], feed.ledger.complete, -behind, feed is self.chosen, -place)
                yield (*rank, -feed.gateway), feed

    def _is_reason(self, best: GatewayFeed, now: float) -> bool:
        """Whether a change to `best`, which ranks higher than the chosen one, is worth it now."""
        chosen = self.chosen
        if chosen is None or best.grade is not chosen.grade:
            return True
        if best.ledger.complete and not chosen.ledger.complete:
            if self._more_complete_since is None:
                self._more_complete_since = now
            return now - self._more_complete_since >= self._limits.hold_s
        self._more_complete_since = None
        best_age, age = best.grading.age(now), chosen.grading.age(now)
        return best_age is not None and (age is None or age - best_age >= self._behind_s)

    @property
    def _behind_s(self) -> float:
        return self._limits.late_s / 2

    def _not_told_yet(self, complete: GatewayFeed) -> Iterable[CallRecord]:
        """What it said before its word counted, once."""
        if self._caught_up:
            return ()
        self._caught_up = True
        return complete.ledger.records()

    def _tell(self, records: Iterable[CallRecord]) -> None:
        news = self._told.news(records)
        if news:
            self._sink.news([feed_record(record) for record in news])

    def _grade(self, grade: FeedGrade) -> None:
        if grade is not self.grade:
            before, self.grade = self.grade, grade
            _LOG.info("feed_graded", grade=grade, before=before)
            self._sink.graded(grade)

    def _compare(self, now: float) -> None:
        """Count the calls of which good gateways say different things; their database is the same, so it is a fault."""
        good = [feed for feed in self._feeds() if feed.grade is FeedGrade.FRESH and feed.ledger.complete]
        self.differing = 0
        if len(good) > 1:
            first, *others = (
                {record.run: replace(record, revision=0) for record in feed.ledger.records()} for feed in good
            )
            self.differing = max(
                sum(first.get(run) != other.get(run) for run in first.keys() | other.keys()) for other in others
            )
        if not self.differing:
            self._differing_since = None
        elif self._differing_since is None:
            self._differing_since = now
