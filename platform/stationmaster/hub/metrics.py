"""What the hub counts and times, for `/metrics`."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from stationmaster.hub.writer import Work

__all__ = ["HubMetrics"]

_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class HubMetrics:
    """The hub's counters in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._inputs = Counter("stationmaster_hub_inputs", "Inputs committed, by kind.", ["kind"], registry=registry)
        self._quarantined = Counter(
            "stationmaster_hub_quarantined", "Inputs set aside, by kind.", ["kind"], registry=registry
        )
        self._commits = Counter("stationmaster_hub_commits", "Transactions committed.", registry=registry)
        self._batch = Histogram(
            "stationmaster_hub_batch_inputs",
            "Inputs in a batch.",
            buckets=(1, 2, 5, 10, 25, 50, 100, 256),
            registry=registry,
        )
        self._commit_s = Histogram(
            "stationmaster_hub_commit_seconds",
            "From the state worked out to the batch on disk.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._kernel_s = Histogram(
            "stationmaster_hub_kernel_seconds", "The kernel's work for a batch.", buckets=_SECONDS, registry=registry
        )
        self._tick_s = Histogram(
            "stationmaster_hub_tick_seconds",
            "Kernel and commit of a tick that was a batch.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._sequence = Gauge("stationmaster_hub_sequence", "The journal's last entry.", registry=registry)

    def committed(self, work: Work) -> None:
        """A batch is on disk."""
        entries = work.batch.entries
        self._commits.inc()
        self._batch.observe(len(entries))
        self._commit_s.observe(work.commit_s)
        self._kernel_s.observe(work.kernel_s)
        if len(entries) == 1 and entries[0].input_kind == "tick":
            self._tick_s.observe(work.kernel_s + work.commit_s)
        for entry in entries:
            (self._quarantined if entry.refused else self._inputs).labels(entry.input_kind).inc()
        self._sequence.set(work.batch.head.sequence)

    def watch(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Add a gauge that is read when somebody asks."""
        Gauge(f"stationmaster_hub_{name}", help_text, registry=self._registry).set_function(value)
