"""The line's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stationmaster_dmis.receiver import LineReceiver
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters

__all__ = ["LineCollector"]


class LineCollector(Collector):
    """Reads a receiver's status whenever the metrics are asked for; register it in the process's registry."""

    def __init__(self, receiver: LineReceiver) -> None:
        self._receiver = receiver

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        status = self._receiver.status()
        for field in fields(Counters):
            yield CounterMetricFamily(
                f"stationmaster_line_{field.name}",
                f"The line's {field.name.replace('_', ' ')} since the start.",
                value=getattr(status.counters, field.name),
            )
        grade = GaugeMetricFamily("stationmaster_line_grade", "1 for the feed's present grade.", labels=["grade"])
        for word in FeedGrade:
            grade.add_metric([word], float(word is status.grade))
        yield grade
        for name, what, value in (
            ("complete", "1 while everything that the gateway has is here.", float(status.complete)),
            ("calls", "Calls held.", float(status.calls)),
            ("missing", "Calls that the gateway has and that are not here.", float(status.missing)),
            ("age_seconds", "Seconds since the feed was last known to be good.", status.age_s),
            ("epoch", "The gateway's epoch.", float(status.epoch)),
            ("sequence", "The last telegram.", float(status.sequence)),
            ("device_open", "1 while the device is there.", float(status.device_open)),
            ("gateway_faulty", "Database rows that the gateway cannot understand.", float(status.faulty)),
        ):
            yield GaugeMetricFamily(f"stationmaster_line_{name}", what, value=float("nan") if value is None else value)
        for name, what, count in (
            ("epochs", "Times that a new epoch began.", status.epochs),
            ("stale_epochs", "Telegrams of an old epoch.", status.stale_epochs),
            ("old_revisions", "Records older than what was known.", status.old_revisions),
            ("news", "Records given to the kernel.", status.news),
        ):
            yield CounterMetricFamily(f"stationmaster_line_{name}", what, value=count)
