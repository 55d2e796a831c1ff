"""A feed in which all is well: one serial line with one gateway."""

from __future__ import annotations

from stationmaster_dmis.status import FeedStatus, GatewayStatus, LineStatus
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.records import DatabaseState

GATEWAY = GatewayStatus(
    line="A",
    gateway=1,
    chosen=True,
    grade=FeedGrade.FRESH,
    age_s=0.5,
    epoch=1,
    sequence=9,
    complete=True,
    calls=1,
    missing=0,
    oldest_call_s=1.5,
    database=DatabaseState.GOOD,
    database_time=None,
    faulty=0,
    held=0,
    clock_difference_s=-0.7,
    epochs=1,
    stale_epochs=0,
    old_revisions=0,
)
LINE = LineStatus(
    name="A",
    medium="serial",
    place="/dev/ttyS0",
    is_open=True,
    dropped=0,
    heard_s=0.5,
    signed=False,
    counters=Counters(frames=9),
    gateways=(GATEWAY,),
)
STATUS = FeedStatus(
    grade=FeedGrade.FRESH,
    age_s=0.5,
    line="A",
    gateway=1,
    epoch=1,
    sequence=9,
    complete=True,
    changeovers=0,
    news=1,
    differing=0,
    differing_s=0.0,
    lines=(LINE,),
)
