"""What every process says of itself at `/healthz` and `/metrics`.

`/healthz` is JSON. Every process gives `process`, `status` (`ok`, `degraded` or `down`), `station_time` (ISO, UTC),
`shadow`, `quiet` and `next_at`; each adds its own keys. `quiet` means that the process has nothing left to do at the
present station time, and `next_at` names the station time at which it next will have (null: only on input). Both
let an exact test, or a person with a stepped clock, know when a moment is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from stationmaster_base.clock import StationClock
from stationmaster_base.times import Instant, to_iso

__all__ = ["Health", "JsonValue", "health_body", "metrics_text"]

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One process's answer at one moment."""

    process: str
    status: Literal["ok", "degraded", "down"] = "ok"
    quiet: bool = True
    next_at: Instant | None = None
    more: Mapping[str, JsonValue] = field(default_factory=dict)


def health_body(health: Health, clock: StationClock) -> dict[str, JsonValue]:
    """The JSON object for `/healthz`."""
    return {
        "process": health.process,
        "status": health.status,
        "station_time": to_iso(Instant(int(clock.now()))),
        "shadow": clock.shadow,
        "rate": clock.rate,
        "quiet": health.quiet,
        "next_at": None if health.next_at is None else to_iso(health.next_at),
        **health.more,
    }


def metrics_text(health: Health, registry: CollectorRegistry) -> bytes:
    """The registry in Prometheus' text format, with `stationmaster_up` for this process."""
    up = CollectorRegistry()
    Gauge("stationmaster_up", "1 while the process is ok.", ["process"], registry=up).labels(health.process).set(
        health.status == "ok"
    )
    return generate_latest(up) + generate_latest(registry)
