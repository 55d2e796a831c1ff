"""What the protocol's server tells Prometheus; all names begin with `stationmaster_protocol`."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["ProtocolMetrics", "Sent"]

_PREFIX = "stationmaster_protocol"


class Sent(Collector):
    """How much was sent, counted in plain numbers: it is added to a thousand times for one update."""

    __slots__ = ("bytes", "messages")

    def __init__(self) -> None:
        self.messages = 0
        self.bytes = 0

    def collect(self) -> Iterator[Metric]:
        """What Prometheus is told."""
        yield CounterMetricFamily(f"{_PREFIX}_messages_sent", "Messages sent.", value=self.messages)
        yield CounterMetricFamily(f"{_PREFIX}_bytes_sent", "Bytes sent.", value=self.bytes)


class ProtocolMetrics:
    """The server's figures.

    Args:
        registry: where they are kept; nobody sees them without it.

    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        kept = registry or CollectorRegistry()
        self.connections = Gauge(f"{_PREFIX}_connections", "Open connections.", registry=kept)
        self.sent = Sent()
        kept.register(self.sent)
        self.snapshots = Counter(f"{_PREFIX}_snapshots", "Snapshots begun.", registry=kept)
        self.refused = Counter(f"{_PREFIX}_refused", "Sessions that ended in an error.", ["code"], registry=kept)
