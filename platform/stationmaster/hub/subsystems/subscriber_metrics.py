"""The table of subscribers for `/metrics`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from stationmaster.hub.subsystems.equipment_bodies import SubscriberBody

__all__ = ["SubscriberCollector"]

_PREFIX = "stationmaster_subscriber_"

_FIGURES: tuple[tuple[str, str, Callable[[SubscriberBody], float | None]], ...] = (
    ("connected", "Whether the subsystem is connected.", lambda body: float(body.connected)),
    ("behind", "Sequences that it has not acknowledged.", lambda body: body.behind if body.connected else None),
    ("queued_bytes", "Bytes that wait to be sent to it.", lambda body: body.queued if body.connected else None),
    (
        "ack_seconds",
        "From a change published to its acknowledgement, the last time.",
        lambda body: None if body.ack_ms is None else body.ack_ms / 1000,
    ),
    (
        "whole",
        "Whether its last digest was the hub's.",
        lambda body: None if body.digest == "unproved" else float(body.digest == "whole"),
    ),
    ("snapshots", "Snapshots sent in this session.", lambda body: body.snapshots if body.connected else None),
    ("silent_seconds", "Since anything was last heard of it.", lambda body: body.heard_s),
    ("devices", "Devices that it has told of.", lambda body: body.devices),
    ("trouble", "Of its devices and boards, how many are not well.", lambda body: len(body.trouble)),
)


class SubscriberCollector(Collector):
    """Asks for the table when somebody asks for the metrics.

    Args:
        subscribers: the table.

    """

    def __init__(self, subscribers: Callable[[], Iterable[SubscriberBody]]) -> None:
        self._subscribers = subscribers

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Which there are; the registry asks so that no two are called the same."""
        return [family for family, _ in _families()]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All that can be said of each."""
        table = list(self._subscribers())
        for family, figure in _families():
            for body in table:
                value = figure(body)
                if value is not None:
                    family.add_metric([body.identity, body.kind], value)
            yield family


def _families() -> list[tuple[GaugeMetricFamily, Callable[[SubscriberBody], float | None]]]:
    return [
        (GaugeMetricFamily(f"{_PREFIX}{name}", says, labels=("identity", "kind")), figure)
        for name, says, figure in _FIGURES
    ]
