"""How the feed, its lines and its gateways are at a moment: what the console, the web API and the metrics show.

Ages are in seconds of machine time; None: it never was.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.records import DatabaseState

__all__ = ["FeedStatus", "GatewayStatus", "LineStatus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStatus:
    """One gateway on one line. `chosen`: it is the one whose word counts now.

    `complete`: at the last manifest everything that it has was here. `missing`: calls that it has more.
    `age_s`: since it was last known to be good. `oldest_call_s`: since the call was said that was not said for longest.
    `database` and `database_time` are what it last said of its database; `faulty` rows it cannot understand, `held`
    calls it holds back since they vanished too suddenly. `clock_difference_s`: its clock less the station's.
    """

    line: str
    gateway: int
    chosen: bool
    grade: FeedGrade
    age_s: float | None
    epoch: int
    sequence: int
    complete: bool
    calls: int
    missing: int
    oldest_call_s: float | None
    database: DatabaseState | None
    database_time: Instant | None
    faulty: int
    held: int
    clock_difference_s: float | None
    epochs: int
    stale_epochs: int
    old_revisions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStatus:
    """One line: `medium` is `serial`, `udp` or `folder`, `place` the device, address or folder.

    `is_open`: it can be received from. `dropped`: what came and was not looked at, since it was too much, too large or
    from somebody else. `heard_s`: since the last good telegram. `signed`: telegrams without a right tag are refused.
    """

    name: str
    medium: str
    place: str
    is_open: bool
    dropped: int
    heard_s: float | None
    signed: bool
    counters: Counters
    gateways: tuple[GatewayStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """All lines together, and which gateway's word counts: `line` and `gateway`, None before any telegram.

    `changeovers`: how often another one became the best. `news`: records told to the hub.
    `differing`: calls of which two gateways that are both fresh and complete say different things, for `differing_s`.
    """

    grade: FeedGrade
    age_s: float | None
    line: str | None
    gateway: int | None
    epoch: int
    sequence: int
    complete: bool
    changeovers: int
    news: int
    differing: int
    differing_s: float
    lines: tuple[LineStatus, ...]
