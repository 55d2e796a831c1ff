"""What the hub says of itself at `/healthz`."""

from __future__ import annotations

import math

from stationmaster.hub.view import HubView
from stationmaster_base.health import Health, JsonValue
from stationmaster_base.times import Instant
from stationmaster_service.timer import StationTimer

__all__ = ["hub_health"]


def hub_health(view: HubView, timer: StationTimer, clock: JsonValue = None) -> Health:
    """The answer of the moment; `docs/operation.md` says what the keys mean. `clock` comes from the masters of time."""
    position = view.position()
    feed = view.feed()
    line = view.line()
    settled = view.settled()
    next_at = timer.next_at()
    return Health(
        process="hub",
        status="degraded" if view.trouble or not view.up else "ok",
        quiet=settled and (next_at is None or next_at > view.now),
        next_at=None if next_at is None else Instant(math.ceil(next_at)),
        more={
            "epoch": position.epoch,
            "head": position.sequence,
            "feed": {"state": feed.grade.value, "age_s": None if feed.age_s is None else round(feed.age_s, 3)},
            "calls": len(view.state.calls),
            "subscribers": len(view.subscribers()),
            "line": {
                "epoch": feed.epoch,
                "sequence": feed.sequence,
                "complete": line is not None and line.complete,
            },
            "clock": clock,
            "alarms": [alarm.id for alarm in view.alarms()],
            "settled": settled,
            "trouble": view.trouble,
        },
    )
