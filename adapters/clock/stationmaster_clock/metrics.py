"""The clock's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stationmaster_base.timekeeping import ClockState
from stationmaster_clock.masters import ClockMasters
from stationmaster_clock.nmea import Counters
from stationmaster_clock.ntp_master import NtpCounters
from stationmaster_clock.reading import Condition

__all__ = ["ClockCollector"]

_NAN = float("nan")


class ClockCollector(Collector):
    """Reads the masters' state whenever the metrics are asked for; register it in the process's registry."""

    def __init__(self, masters: ClockMasters) -> None:
        self._masters = masters

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        masters = self._masters
        quality = masters.quality()
        state = GaugeMetricFamily("stationmaster_clock_state", "1 for the clock's present state.", labels=["state"])
        for word in ClockState:
            state.add_metric([word], float(word is quality.state))
        yield state
        yield GaugeMetricFamily(
            "stationmaster_clock_error_seconds",
            "How wrong station time may be.",
            value=_NAN if quality.error_s is None else quality.error_s,
        )
        yield CounterMetricFamily("stationmaster_clock_steps", "Times it was moved at once.", value=masters.steps)
        yield GaugeMetricFamily(
            "stationmaster_clock_leap_table_expires",
            "When the table of leap seconds expires, in seconds since 1970.",
            value=masters.leaps.expires,
        )
        for name, what, count in (
            ("asked", "Requests for the time that were answered.", masters.server.asked),
            ("ignored", "Datagrams that were no request for the time.", masters.server.ignored),
        ):
            yield CounterMetricFamily(f"stationmaster_clock_serve_{name}", what, value=count)
        yield from self._sources()
        yield from self._serial()
        yield from self._ntp()

    def _sources(self) -> Iterator[Metric]:
        condition = GaugeMetricFamily(
            "stationmaster_clock_source", "1 for a source's present condition.", labels=["source", "condition"]
        )
        ahead = GaugeMetricFamily(
            "stationmaster_clock_source_ahead_seconds", "How far a source is ahead.", labels=["source"]
        )
        for each in self._masters.verdict.sources:
            for word in Condition:
                condition.add_metric([each.name, word], float(word is each.condition))
            ahead.add_metric([each.name], _NAN if each.ahead_s is None else each.ahead_s)
        yield condition
        yield ahead

    def _serial(self) -> Iterator[Metric]:
        opened = GaugeMetricFamily("stationmaster_clock_device_open", "1 while the device is there.", labels=["source"])
        faults = CounterMetricFamily(
            "stationmaster_clock_leap_faults", "Leap seconds named where there are none.", labels=["source"]
        )
        for master, is_open in self._masters.serial:
            opened.add_metric([master.name], float(is_open))
            faults.add_metric([master.name], master.leap_faults)
        yield opened
        yield faults
        for field in fields(Counters):
            family = CounterMetricFamily(
                f"stationmaster_clock_nmea_{field.name}", "NMEA sentences of this kind.", labels=["source"]
            )
            for master, _ in self._masters.serial:
                family.add_metric([master.name], getattr(master.counters, field.name))
            yield family

    def _ntp(self) -> Iterator[Metric]:
        for field in fields(NtpCounters):
            family = CounterMetricFamily(
                f"stationmaster_clock_ntp_{field.name}", "Exchanges with time servers.", labels=["source"]
            )
            for master in self._masters.ntp:
                family.add_metric([master.name], getattr(master.counters, field.name))
            yield family
