"""Opening the lines on which the dispatching feed comes in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.settings import HubSettings
from stationmaster_dmis.decoders import open_line
from stationmaster_dmis.grading import Limits
from stationmaster_dmis.line import Line
from stationmaster_dmis.metrics import LineCollector
from stationmaster_dmis.receiver import LineReceiver
from stationmaster_dmis.settings import Place
from stationmaster_kernel.values import FeedGrade
from stationmaster_service.process import Running

__all__ = ["lines_of", "open_lines"]

OpenLines = Sequence[tuple[Line, Place]]
"""Lines, in the order in which they are preferred, with the place of each in the settings."""


def lines_of(settings: HubSettings, telecode: str, seconds: Callable[[], float]) -> OpenLines:
    """The lines of the settings, none of which is opened yet."""
    return [(open_line(line, telecode, seconds), line.place) for line in settings.lines]


def open_lines(settings: HubSettings, lines: OpenLines, feed: FeedIntake, running: Running) -> LineReceiver | None:
    """Begin to receive; without a line the feed is lost, and there is nothing that receives."""
    if not lines:
        feed.graded(FeedGrade.LOST)
        return None
    line = LineReceiver(
        lines,
        sink=feed,
        reactor=running.reactor,
        station_time=running.clock.now,
        wall=time.time,
        limits=Limits(late_s=settings.feed_late_s, lost_s=settings.feed_lost_s),
        grade=feed.grade,
    )
    feed.age = lambda: line.age_s
    running.registry.register(LineCollector(line))
    line.startService()
    return line
