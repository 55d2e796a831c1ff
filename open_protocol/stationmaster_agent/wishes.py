"""What a person at the subsystem's own page may wish, how it is read from his page's words, and how it is taken back.

The protocol carries delays, unknown delays, tracks and what is to become of tasks, and nothing to undo an act by. So
a wish is taken back by its counterpart, which is an act like any other: it sets what was there before, and is only
offered for as long as what the wish left is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stationmaster_base.configuration import Table
from stationmaster_base.times import MINUTE
from stationmaster_kernel.account import Role
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.deeds import Delay, Handle, Handling, SetTrack, Unknown
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import EventName, Hand, TaskState

__all__ = ["LONGEST_WHY", "MAY_HANDLE", "MAY_WORK_THE_DAY", "Wish", "counterpart", "wish_from"]

LONGEST_WHY = 200
LONGEST_ID = 300
LONGEST_DELAY = 48 * 60
"""Minutes; the kernel's own bound."""

MOST_TASKS = 100

MAY_WORK_THE_DAY = (Role.CONTROLLER, Role.SUPERVISOR)
"""Who may say that a train is late, or on another track."""

MAY_HANDLE = (Role.ANNOUNCER, *MAY_WORK_THE_DAY)
"""Who may hold, release, skip and do single tasks, speak, and write on boards."""

_BACK = {Hand.AUTOMATIC: Handling.AUTOMATIC, Hand.HELD: Handling.HOLD, Hand.RELEASED: Handling.RELEASE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be, and why; all of it or nothing."""

    why: str = ""
    delays: tuple[Delay, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    tracks: tuple[SetTrack, ...] = ()
    handles: tuple[Handle, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.delays or self.unknowns or self.tracks or self.handles)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may wish this: any of these."""
        return MAY_WORK_THE_DAY if self.delays or self.unknowns or self.tracks else MAY_HANDLE

    @property
    def fields(self) -> frozenset[tuple[str, str, str]]:
        """What it sets by itself: kind, id and field, as `outlook.Difference` names them."""
        return frozenset(
            {
                *(("call", each.call, f"{each.event}.expected") for each in self.delays),
                *(("call", each.call, f"{each.event}.unknown") for each in self.unknowns),
                *(("call", each.call, "track") for each in self.tracks),
                *(("task", name, "hand") for each in self.handles for name in each.tasks),
                *(("task", name, "state") for each in self.handles for name in each.tasks if each.how is Handling.SKIP),
            }
        )


def wish_from(table: Table) -> Wish:
    """Read a wish from what a page has sent; faults go to the table.

    Its keys, all but one optional: `why`; `delay` with `call`, `events`, `minutes`, `cumulative`, `check_in`; `unknown`
    with `call`, `events`, `unknown`; `track` with `call`, `track`; `handle` with `tasks`, `how`.
    """
    why = table.text("why", "")
    if len(why) > LONGEST_WHY:
        table.fault("why", f"has {len(why)} characters", f"at most {LONGEST_WHY}")
    wish = Wish(
        why=why,
        delays=_delays(table.table("delay")) if "delay" in table else (),
        unknowns=_unknowns(table.table("unknown")) if "unknown" in table else (),
        tracks=_tracks(table.table("track")) if "track" in table else (),
        handles=_handles(table.table("handle")) if "handle" in table else (),
    )
    table.finish()
    if wish.empty and not table.faults:
        table.fault("delay", "is missing, as are the others", "one of delay, unknown, track, handle")
    return wish


def counterpart(wish: Wish, calls: Mapping[str, Call], tasks: Mapping[str, Task]) -> Wish | None:
    """What takes a wish back, from how things were before it; None: nothing does.

    What is done at once cannot be taken back, and a train that had no track gets none again.
    """
    delays: list[Delay] = []
    unknowns: list[Unknown] = []
    for delay in wish.delays:
        event = _event(calls, delay.call, delay.event)
        if event is None:
            return None
        expected = event.planned if event.expected is None else event.expected
        delays.append(Delay(call=delay.call, event=delay.event, minutes=int((expected - event.planned) // MINUTE)))
        if event.unknown:
            unknowns.append(Unknown(call=delay.call, event=delay.event))
    for unknown in wish.unknowns:
        event = _event(calls, unknown.call, unknown.event)
        if event is None:
            return None
        if event.unknown != unknown.unknown:
            unknowns.append(Unknown(call=unknown.call, event=unknown.event, unknown=event.unknown))
    tracks: list[SetTrack] = []
    for track in wish.tracks:
        call = calls.get(track.call)
        if call is None or not call.track:
            return None
        tracks.append(SetTrack(call=track.call, track=call.track))
    handles: list[Handle] = []
    for handle in wish.handles:
        for name in handle.tasks:
            task = tasks.get(name)
            if task is None or handle.how is Handling.NOW:
                return None
            how = Handling.SKIP if task.state is TaskState.SKIPPED else _BACK[task.hand]
            handles.append(Handle(tasks=(name,), how=how))
    back = Wish(
        delays=tuple(delays),
        unknowns=tuple(unknowns),
        tracks=tuple(tracks),
        handles=tuple(handles),
    )
    return None if back.empty else back


def _event(calls: Mapping[str, Call], name: str, event: EventName) -> Event | None:
    call = calls.get(name)
    return None if call is None else call.event(event)


def _id(table: Table, key: str) -> str:
    name = table.text(key)
    if len(name) > LONGEST_ID:
        table.fault(key, f"has {len(name)} characters", f"at most {LONGEST_ID}")
    return name


def _events(table: Table) -> tuple[EventName, ...]:
    names = table.texts("events", [each.value for each in EventName])
    if not names:
        table.fault("events", "names none", ", ".join(EventName))
    return tuple(each for each in EventName if each.value in names)


def _delays(table: Table) -> tuple[Delay, ...]:
    call, events = _id(table, "call"), _events(table)
    minutes = table.integer("minutes", low=-LONGEST_DELAY, high=LONGEST_DELAY)
    cumulative, check_in = table.flag("cumulative"), table.flag("check_in", True)
    table.finish()
    return tuple(
        Delay(call=call, event=event, minutes=minutes, cumulative=cumulative, check_in=check_in) for event in events
    )


def _unknowns(table: Table) -> tuple[Unknown, ...]:
    call, events, unknown = _id(table, "call"), _events(table), table.flag("unknown", True)
    table.finish()
    return tuple(Unknown(call=call, event=event, unknown=unknown) for event in events)


def _tracks(table: Table) -> tuple[SetTrack, ...]:
    deed = SetTrack(call=_id(table, "call"), track=_id(table, "track"))
    table.finish()
    return (deed,)


def _handles(table: Table) -> tuple[Handle, ...]:
    tasks = table.texts("tasks")
    if not 0 < len(tasks) <= MOST_TASKS or any(not 0 < len(each) <= LONGEST_ID for each in tasks):
        table.fault("tasks", f"are {len(tasks)}", f"1 to {MOST_TASKS} ids of tasks")
    how = Handling(table.choice("how", [each.value for each in Handling]))
    table.finish()
    return (Handle(tasks=tasks, how=how),)
