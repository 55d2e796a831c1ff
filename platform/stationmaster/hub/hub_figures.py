"""Figures of the hub that are looked at only when somebody asks for the metrics."""

from __future__ import annotations

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.sign import Severity
from stationmaster.hub.metrics import HubMetrics
from stationmaster.hub.pipeline import Pipeline
from stationmaster.hub.view import HubView

__all__ = ["watch_hub"]


def watch_hub(metrics: HubMetrics, pipeline: Pipeline, view: HubView, alarms: AlarmBook) -> None:
    """Have the metrics look at these.

    Args:
        metrics: the hub's.
        pipeline: what waits, and whether anything can be committed.
        view: the committed state, and who is connected.
        alarms: what is wrong.

    """
    metrics.watch("queue_inputs", "Inputs that are not yet committed.", lambda: pipeline.waiting)
    metrics.watch("store_down", "Whether nothing can be committed now.", lambda: float(bool(pipeline.trouble)))
    metrics.watch("calls", "Calls in the state.", lambda: len(view.state.calls))
    metrics.watch("alarms", "What is wrong and concerns passengers now.", lambda: alarms.count(Severity.ALARM))
    metrics.watch("warnings", "What else is wrong.", lambda: alarms.count(Severity.WARNING))
    metrics.watch("subscribers", "Connected subscribers.", lambda: len(view.subscribers()))
