"""Taking a day plan over: the rows of its first version become calls."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_kernel.draft import Draft
from stationmaster_kernel.inputs import Plan
from stationmaster_kernel.making import free_call_id, planned_call
from stationmaster_kernel.settling import rework, station_of

__all__ = ["take_plan"]


def take_plan(draft: Draft, plan: Plan) -> None:
    """Make the calls of the plan that are not there yet."""
    station = station_of(draft)
    seen: dict[str, int] = {}
    for planned in plan.calls:
        seen[planned.number] = nth = seen.get(planned.number, 0) + 1
        there = [call for call in draft.calls_numbered(plan.day, (planned.number,)) if call.number == planned.number]
        if len(there) < nth:
            item = free_call_id(draft, station, plan.day, planned.number)
            rework(draft, planned_call(station, plan.day, planned, item))
    draft.facts = replace(draft.facts, planned=tuple(sorted({*draft.facts.planned, plan.day})))
