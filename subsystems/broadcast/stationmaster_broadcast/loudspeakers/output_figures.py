"""What outputs have counted, in Prometheus' format, read when somebody asks."""

from __future__ import annotations

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from stationmaster_broadcast.loudspeakers.feeding import Feeding
from stationmaster_broadcast.loudspeakers.rtp_output import RtpOutput
from stationmaster_broadcast.loudspeakers.zone_outputs import ZoneOutputs

__all__ = ["OutputFigures"]


class OutputFigures:
    """A collector of the sounds, trouble and packets of outputs, and of the zones that are on a spare route."""

    def __init__(self, outputs: ZoneOutputs, feeding: Feeding) -> None:
        self._outputs = outputs
        self._feeding = feeding

    def collect(self) -> list[Metric]:
        """The figures as they are now."""
        sounds = CounterMetricFamily(
            "stationmaster_output_sounds", "Sounds of an output, by what became of them.", labels=["output", "outcome"]
        )
        trouble = GaugeMetricFamily("stationmaster_output_trouble", "1 if an output is in trouble.", labels=["output"])
        packets = CounterMetricFamily(
            "stationmaster_rtp_packets", "Packets of a stream, by what became of them.", labels=["output", "outcome"]
        )
        stalls = CounterMetricFamily(
            "stationmaster_rtp_stalls", "How often a stream's schedule had to begin anew.", labels=["output"]
        )
        for name, lane in self._outputs.lanes.items():
            figures = lane.figures
            sounds.add_metric([name, "played"], figures.played)
            sounds.add_metric([name, "failed"], figures.failed)
            sounds.add_metric([name, "left-out"], figures.left_out)
            sounds.add_metric([name, "taken-over"], figures.taken_over)
            trouble.add_metric([name], 0 if lane.well else 1)
            if isinstance(lane.output, RtpOutput):
                packets.add_metric([name, "sent"], lane.output.packets)
                packets.add_metric([name, "lost"], lane.output.lost)
                stalls.add_metric([name], lane.output.late)
        amplifiers = GaugeMetricFamily(
            "stationmaster_amplifier_trouble", "1 if a rack as a whole is in trouble.", labels=["amplifier"]
        )
        for name, link in self._feeding.links.items():
            amplifiers.add_metric([name], 1 if link.problem else 0)
        spare = GaugeMetricFamily(
            "stationmaster_zone_on_spare", "1 if a zone is not on its usual route.", labels=["zone"]
        )
        for zone, feed in self._feeding.feeds.items():
            spare.add_metric([zone], 0 if feed.usual else 1)
        return [sounds, trouble, packets, stalls, amplifiers, spare]
