"""The lines' figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stationmaster_dmis.status import FeedStatus
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters

__all__ = ["LineCollector", "ShowsStatus"]


class ShowsStatus(Protocol):
    """A receiver, as far as its figures go."""

    def status(self) -> FeedStatus: ...


class LineCollector(Collector):
    """Reads a receiver's status whenever the metrics are asked for; register it in the process's registry."""

    def __init__(self, receiver: ShowsStatus) -> None:
        self._receiver = receiver

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        status = self._receiver.status()
        yield from _feed(status)
        yield from _lines(status)
        yield from _gateways(status)


def _feed(status: FeedStatus) -> Iterator[Metric]:
    grade = GaugeMetricFamily("stationmaster_line_grade", "1 for the feed's present grade.", labels=["grade"])
    for word in FeedGrade:
        grade.add_metric([word], float(word is status.grade))
    yield grade
    for name, what, value in (
        ("complete", "1 while everything that the chosen gateway has is here.", float(status.complete)),
        ("age_seconds", "Seconds since the feed was last known to be good.", status.age_s),
        ("epoch", "The chosen gateway's epoch.", float(status.epoch)),
        ("sequence", "Its last telegram.", float(status.sequence)),
        ("differing_calls", "Calls of which two good gateways say different things.", float(status.differing)),
    ):
        yield GaugeMetricFamily(f"stationmaster_line_{name}", what, value=_number(value))
    yield CounterMetricFamily("stationmaster_line_news", "Records given to the kernel.", value=status.news)
    yield CounterMetricFamily(
        "stationmaster_line_changeovers", "Times that another gateway became the best.", value=status.changeovers
    )


def _lines(status: FeedStatus) -> Iterator[Metric]:
    for field in fields(Counters):
        family = CounterMetricFamily(
            f"stationmaster_line_{field.name}",
            f"A line's {field.name.replace('_', ' ')} since the start.",
            labels=["line"],
        )
        for line in status.lines:
            family.add_metric([line.name], getattr(line.counters, field.name))
        yield family
    is_open = GaugeMetricFamily("stationmaster_line_open", "1 while the line can be received from.", labels=["line"])
    dropped = CounterMetricFamily("stationmaster_line_dropped", "What came and was not looked at.", labels=["line"])
    for line in status.lines:
        is_open.add_metric([line.name], float(line.is_open))
        dropped.add_metric([line.name], line.dropped)
    yield is_open
    yield dropped


def _gateways(status: FeedStatus) -> Iterator[Metric]:
    gateways = [(line.name, gateway) for line in status.lines for gateway in line.gateways]
    for name, what, values in (
        ("chosen", "1 for the gateway whose word counts.", [float(each.chosen) for _, each in gateways]),
        ("complete", "1 while everything that it has is here.", [float(each.complete) for _, each in gateways]),
        ("age_seconds", "Seconds since it was last known to be good.", [_number(each.age_s) for _, each in gateways]),
        ("calls", "Calls held.", [float(each.calls) for _, each in gateways]),
        ("missing", "Calls that it has and that are not here.", [float(each.missing) for _, each in gateways]),
        (
            "oldest_call_seconds",
            "Age of the call that was not said for longest.",
            [_number(each.oldest_call_s) for _, each in gateways],
        ),
        ("faulty", "Database rows that it cannot understand.", [float(each.faulty) for _, each in gateways]),
        (
            "clock_difference_seconds",
            "Its clock less the station's.",
            [_number(each.clock_difference_s) for _, each in gateways],
        ),
    ):
        gauge = GaugeMetricFamily(f"stationmaster_line_gateway_{name}", what, labels=["line", "gateway"])
        for (line, each), value in zip(gateways, values, strict=True):
            gauge.add_metric([line, str(each.gateway)], value)
        yield gauge
    for name, what, counts in (
        ("epochs", "Times that a new epoch began.", [each.epochs for _, each in gateways]),
        ("stale_epochs", "Telegrams of an old epoch.", [each.stale_epochs for _, each in gateways]),
        ("old_revisions", "Records older than what was known.", [each.old_revisions for _, each in gateways]),
    ):
        counter = CounterMetricFamily(f"stationmaster_line_gateway_{name}", what, labels=["line", "gateway"])
        for (line, each), count in zip(gateways, counts, strict=True):
            counter.add_metric([line, str(each.gateway)], count)
        yield counter


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
