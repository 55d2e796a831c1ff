"""What the database holds at one moment, whatever the order in which it came there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from stationmaster_kernel.values import EventName
from stationmaster_simulator.events import Report, ScenarioEvent, StagePlan, TimetableEntry

__all__ = ["Picture", "picture_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The rows of the three tables by their keys; of several events for one row the last holds."""

    timetable: dict[int, TimetableEntry] = field(default_factory=dict)
    stage_plan: dict[int, StagePlan] = field(default_factory=dict)
    reports: dict[tuple[int, EventName], Report] = field(default_factory=dict)


def picture_of(events: Iterable[ScenarioEvent]) -> Picture:
    """The picture after these events, which are in order."""
    picture = Picture()
    for event in events:
        match event:
            case TimetableEntry():
                picture.timetable[event.run] = event
            case StagePlan():
                picture.stage_plan[event.run] = event
            case Report():
                picture.reports[event.run, event.event] = event
    return picture
