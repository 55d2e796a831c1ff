"""What a newer version of the day plan does to a call, and when it may do so by itself.

A field follows the plan as long as it has the plan's value; what a feed or a person set stays.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import replace
from datetime import date
from enum import Enum, auto
from typing import Any, cast

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.day_plan import PlanRow
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.making import planned_events
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.planned_call import PlannedCall
from stationmaster_kernel.task import Task
from stationmaster_kernel.times import last_time
from stationmaster_kernel.values import EventName, Hand, Source, TaskState

__all__ = ["Stage", "as_planned", "has_acted", "is_touched", "replanned", "rows_of", "stage_of", "unowned_call"]

PLACES = ("gates", "areas", "exits")
IDENTITY = ("numbers", "train_class", "kind", "origin", "destination", "opens", "closes")
"""Fields that nothing but the plan sets."""

SETTABLE = ("formation", "turnaround")
ACTED = (TaskState.BEGUN, TaskState.DONE, TaskState.INTERRUPTED, TaskState.FAILED)


class Stage(Enum):
    """How far a call has come, as far as its plan is concerned.

    AHEAD: a newer plan may be taken. UNDER_WAY: reported in part, or its last time has passed: people decide.
    OVER: the train has left the plan behind, and nothing is to be decided any more.
    """

    AHEAD = auto()
    UNDER_WAY = auto()
    OVER = auto()


def stage_of(call: Call | None, now: Instant) -> Stage:
    """The stage of the call of a row that was made earlier; None is a call that was dropped or never made."""
    if call is None:
        return Stage.OVER
    last = call.departure or call.arrival
    if last is not None and last.actual is not None:
        return Stage.OVER
    if (call.arrival is not None and call.arrival.actual is not None) or last_time(call) < now:
        return Stage.UNDER_WAY
    return Stage.AHEAD


def is_touched(draft: Draft, call: Call) -> bool:
    """Whether anybody but the plan has said anything of the call, or anything was done for it."""
    return (
        bool(call.provenance)
        or draft.remembered(call.id) is not None
        or any(_touched(task) for task in draft.tasks_of(call.id))
    )


def has_acted(draft: Draft, call: Call) -> bool:
    """Whether the train has been here, or an executor has done something for it."""
    return any(event is not None and event.actual is not None for event in (call.arrival, call.departure)) or any(
        _acted(task) for task in draft.tasks_of(call.id)
    )


def rows_of(draft: Draft, day: date) -> list[PlanRow]:
    """The rows of a day plan, by id."""
    rows = (cast("PlanRow", record) for record in draft.records("row"))
    return [row for row in rows if row.day == day]


def unowned_call(draft: Draft, day: date, planned: PlannedCall, owned: Container[str] | None = None) -> Call | None:
    """A call of the row's number that no row has become, the nearest in time: a feed or a person was faster.

    `owned` are the calls of the day's rows; they are looked up unless given.
    """
    there = [call for call in draft.calls_numbered(day, (planned.number,)) if call.number == planned.number]
    arrival, departure = planned_events(planned)
    event = departure or arrival
    if not there or event is None:
        return None
    wanted = event.planned
    calls = {row.call for row in rows_of(draft, day)} if owned is None else owned
    free = (call for call in there if call.id not in calls)
    return min(free, key=lambda call: (abs(call.planned - wanted), call.id), default=None)


def replanned(call: Call, old: PlannedCall, new: PlannedCall, station: ReadyStation) -> Call:
    """The call with what the newer plan changes, as far as the call still has the older plan's values."""
    changed = replace(
        call,
        arrival=_event(call, EventName.ARRIVAL, old, new),
        departure=_event(call, EventName.DEPARTURE, old, new),
        planned_track=new.track,
        planned_platform=station.platform_of(new.track),
        **{field: getattr(new, field) for field in IDENTITY if getattr(new, field) != getattr(old, field)},
        **{
            field: getattr(new, field)
            for field in SETTABLE
            if getattr(new, field) != getattr(old, field)
            and _follows(call, field, getattr(call, field) == getattr(old, field))
        },
    )
    if new.track != old.track and _follows(call, "track", call.track == old.track):
        changed = replace(changed, track=new.track, platform=changed.planned_platform)
    followed = {
        field for field in PLACES if changed.platform != call.platform or getattr(new, field) != getattr(old, field)
    }
    places = _places(changed, new, followed, station)
    gone = tuple(name for name in EventName if changed.event(name) is None)
    provenance = tuple(item for item in call.provenance if item.field.partition(".")[0] not in gone)
    return replace(changed, provenance=provenance, **places)


def as_planned(draft: Draft, call: Call, fields: Collection[str], station: ReadyStation) -> Call:
    """The call with what its row now says of these fields, which nobody else says anything of any more.

    The plan may have changed while somebody's value stood before it.
    """
    row = next((row for row in rows_of(draft, call.service_date) if row.call == call.id), None)
    plan = None if row is None else row.planned
    if plan is None:
        return call
    changed = call
    if "track" in fields:
        changed = replace(changed, track=call.planned_track, platform=station.platform_of(call.planned_track))
    for name, will in zip(EventName, planned_events(plan), strict=True):
        event = changed.event(name)
        if f"{name}.planned" in fields and event is not None and will is not None:
            changed = _with_event(changed, name, replace(event, planned=will.planned))
    changed = replace(changed, **{field: getattr(plan, field) for field in SETTABLE if field in fields})
    followed = {field for field in PLACES if field in fields or changed.platform != call.platform}
    return replace(changed, **_places(changed, plan, followed, station))


def _places(call: Call, plan: PlannedCall, fields: Collection[str], station: ReadyStation) -> dict[str, Any]:
    """The plan's places on the plan's platform, the platform's own on any other, for fields that follow the plan."""
    where = station.places_of(call.platform)
    at_plan = call.platform == call.planned_platform
    return {
        field: (getattr(plan, field) if at_plan else ()) or getattr(where, field)
        for field in fields
        if _follows(call, field, True)
    }


def _with_event(call: Call, name: EventName, event: Event) -> Call:
    return replace(call, arrival=event) if name is EventName.ARRIVAL else replace(call, departure=event)


def _event(call: Call, name: EventName, old: PlannedCall, new: PlannedCall) -> Event | None:
    event = call.event(name)
    was, will = (dict(zip(EventName, planned_events(plan), strict=True))[name] for plan in (old, new))
    if will is None or event is None:
        return will
    if was is None or will.planned == was.planned:
        return event
    if _follows(call, f"{name}.planned", event.planned == was.planned):
        return replace(event, planned=will.planned)
    return event


def _follows(call: Call, field: str, same: bool) -> bool:
    """Whether a field goes with the plan; `same`: it has the older plan's value."""
    origin = call.origin_of(field)
    return origin is None or (same and origin.source is Source.TIMETABLE and not origin.locked)


def _acted(task: Task) -> bool:
    return task.state in ACTED or any(result.state in ACTED for result in task.results)


def _touched(task: Task) -> bool:
    return (
        _acted(task) or task.hand is not Hand.AUTOMATIC or task.by_hand is not None or task.state is TaskState.SKIPPED
    )
