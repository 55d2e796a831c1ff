"""Bringing all that follows from a call in line with it: times, check-in, tasks, and when to look again."""

from __future__ import annotations

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.tasks import settle_tasks
from stationmaster_kernel.times import last_time, moved, with_check_in, with_times
from stationmaster_kernel.values import EventName

__all__ = ["is_over", "rework", "station_of"]


def rework(draft: Draft, call: Call) -> None:
    """Put the call as it now is, with everything that follows from it; drop it if it is over."""
    station = station_of(draft)
    if is_over(call, station, draft.now):
        before = draft.call(call.id)
        if before is not None:
            draft.drop_call(before)
        return
    settled = with_times(call, station.facts, draft.facts.grade, draft.now)
    settled = with_check_in(settled, station.check_in_rule(settled))
    for name in EventName:
        old, new = call.event(name), settled.event(name)
        if old is not None and new is not None and new.overdue and not old.overdue:
            draft.note("call-overdue", call.id, event=name)
    draft.put_call(settled)
    settle_tasks(draft, settled, station)
    draft.reschedule(call.id)


def is_over(call: Call, station: ReadyStation, now: Instant) -> bool:
    """Whether the call is so long past that it is dropped."""
    return now >= moved(last_time(call), station.facts.keep)


def station_of(draft: Draft) -> ReadyStation:
    """The station's look-ups.

    Raises:
        Refused: there is no configuration yet.

    """
    if draft.station is None:
        raise Refused("not-configured", "The kernel has no station yet.", "A configuration must come first.")
    return draft.station
