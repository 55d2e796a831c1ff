"""Bringing all that follows from a call in line with it: times, check-in, tasks, and when to look again."""

from __future__ import annotations

from stationmaster_base.times import Instant
from stationmaster_kernel.altering import altered
from stationmaster_kernel.call import Call
from stationmaster_kernel.deciding import lapse_locks
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.loose import settle_loose
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.tasks import expire_tasks, settle_tasks
from stationmaster_kernel.times import last_time, moved, with_check_in, with_times
from stationmaster_kernel.values import EventName

__all__ = ["derived", "is_over", "rework", "settle_by_time", "station_of"]


def rework(draft: Draft, call: Call) -> None:
    """Put the call as it now is, with everything that follows from it; drop it if it is over."""
    station = station_of(draft)
    if is_over(call, station, draft.now):
        before = draft.call(call.id)
        if before is not None:
            draft.drop_call(before)
        return
    _settle(draft, call, derived(draft, call, station), station)


def settle_by_time(draft: Draft, call_id: str) -> None:
    """Do what time alone brings about for a call, or for what hangs on none (`""`).

    While its own times stay as they are, its tasks are what they were, and only some of them may be too old by now;
    so most of what a tick concerns costs next to nothing.
    """
    if not call_id:
        settle_loose(draft, station_of(draft).facts.keep)
        draft.reschedule("")
        return
    call = draft.call(call_id)
    if call is None:
        return
    station = station_of(draft)
    if is_over(call, station, draft.now):
        draft.drop_call(call)
        return
    changed = lapse_locks(draft, call, station)
    settled = derived(draft, changed, station)
    if settled is call or settled == call:
        if expire_tasks(draft, call.id):
            settle_tasks(draft, call, station)  # what ended so may be due again on a base that has moved since
        draft.reschedule(call.id)
    else:
        _settle(draft, changed, settled, station)


def derived(draft: Draft, call: Call, station: ReadyStation) -> Call:
    """The call with all that follows from what is said of it: since when its platform, its best times, its check-in."""
    settled = with_times(_with_platform_history(draft, call), station.facts, draft.facts.grade, draft.now)
    return with_check_in(settled, station.check_in_rule(settled))


def _with_platform_history(draft: Draft, call: Call) -> Call:
    """The call with when its platform became what it is, whoever or whatever made it another one, and from which.

    What it was in the middle of the step does not count: nobody has seen it. A plan sends nobody from a platform to
    another: what it says is where the train was to be all along.
    """
    before = draft.call_before(call.id)
    since: Instant | None = draft.now
    left = ""
    if before is not None and before.platform == call.platform:
        since, left = before.platform_since, before.platform_before
    elif before is not None and before.planned_platform == call.planned_platform:
        left = before.platform or before.platform_before
    if (since, left) == (call.platform_since, call.platform_before):
        return call
    return altered(call, platform_since=since, platform_before=left)


def _settle(draft: Draft, call: Call, settled: Call, station: ReadyStation) -> None:
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
