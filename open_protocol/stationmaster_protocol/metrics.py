"""What the protocol's server tells Prometheus; all names begin with `stationmaster_protocol`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

__all__ = ["ProtocolMetrics"]


class ProtocolMetrics:
    """The server's figures.

    Args:
        registry: where they are kept; nobody sees them without it.

    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        prefix, kept = "stationmaster_protocol", registry or CollectorRegistry()
        self.connections = Gauge(f"{prefix}_connections", "Open connections.", registry=kept)
        self.messages = Counter(f"{prefix}_messages_sent", "Messages sent.", registry=kept)
        self.sent = Counter(f"{prefix}_bytes_sent", "Bytes sent.", registry=kept)
        self.snapshots = Counter(f"{prefix}_snapshots", "Snapshots begun.", registry=kept)
        self.refused = Counter(f"{prefix}_refused", "Sessions that ended in an error.", ["code"], registry=kept)
