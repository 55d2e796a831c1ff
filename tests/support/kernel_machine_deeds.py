"""What people do, drawn: every deed, on what is there and on what is not, with what can be and what cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.applying import FIELDS
from stationmaster_kernel.call import Call
from stationmaster_kernel.day_plan import PlanRow
from stationmaster_kernel.deeds import (
    Actual,
    AddCall,
    Announce,
    CheckRows,
    Decide,
    DecideRows,
    Deed,
    Delay,
    Expect,
    Handle,
    Handling,
    Lock,
    LockPlan,
    Replan,
    SetAcceptance,
    SetCheckIn,
    SetFormation,
    SetMode,
    SetPlaces,
    SetRunning,
    SetTrack,
    SetTurnaround,
    Show,
    Undo,
    Unknown,
)
from stationmaster_kernel.inputs import Act
from stationmaster_kernel.planned_call import PlannedCall
from stationmaster_kernel.task import Text
from stationmaster_kernel.values import CallKind, EventName, Running, Source, TaskKind
from support.kernel_machine_draws import Draw, draw_moment, one_of
from support.kernel_machine_station import TRACK_IDS
from support.kernel_machine_world import MachineWorld

__all__ = [
    "ALL_DEEDS",
    "CALL_DEEDS",
    "DECISIONS",
    "LOOSE_DEEDS",
    "PLAN_DEEDS",
    "ROW_DECISIONS",
    "TASK_DEEDS",
    "Maker",
    "draw_act",
    "draw_undo",
]

Maker = Callable[[Draw, MachineWorld], Deed]
FEW = st.sampled_from((1, 1, 1, 1, 2, 3))
TEXTS = (Text(name="speech", language="zh", text="请注意"),)


def draw_act(draw: Draw, world: MachineWorld, makers: tuple[Maker, ...]) -> Act:
    """One to three deeds of a person."""
    deeds = tuple(one_of(draw, makers)(draw, world) for _ in range(draw(FEW)))
    until = draw(st.sampled_from((None, None, world.now + 5 * MINUTE, world.now + 3600, world.now - 60)))
    return Act(
        id=world.name("act"),
        at=draw_moment(draw, world),
        by=one_of(draw, ("controller 1", "controller 2")),
        deeds=deeds,
        lock=draw(st.booleans()),
        lock_until=None if until is None else Instant(until),
    )


def draw_undo(draw: Draw, world: MachineWorld) -> Act:
    """An earlier act is taken back, an undo perhaps."""
    return Act(
        id=world.name("act"),
        at=draw_moment(draw, world),
        by="controller 1",
        deeds=(Undo(act=one_of(draw, world.acts[-8:] or ["act/none"])),),
    )


def _call(draw: Draw, world: MachineWorld) -> Call:
    """One of the calls, those next to now first."""
    calls = sorted(world.state.calls.values(), key=lambda call: (abs(call.planned - world.now), call.id))
    return one_of(draw, calls)  # type: ignore[no-any-return]


def _event(draw: Draw, call: Call) -> EventName:
    """Mostly an event that the call has."""
    there = [name for name in EventName if call.event(name) is not None]
    return one_of(draw, (*there, *there, *there, *EventName))  # type: ignore[no-any-return]


def _time(draw: Draw, planned: Instant) -> Instant:
    return Instant(planned + draw(st.integers(-20, 60) | st.sampled_from((-2881, -600, 300, 1800, 2881))) * MINUTE)


def _replan(draw: Draw, world: MachineWorld) -> Deed:
    call = _call(draw, world)
    return Replan(call=call.id, event=_event(draw, call), at=_time(draw, call.planned))


def _expect(draw: Draw, world: MachineWorld) -> Deed:
    call = _call(draw, world)
    at = None if draw(st.integers(0, 3)) == 0 else _time(draw, call.planned)
    return Expect(call=call.id, event=_event(draw, call), at=at, check_in=draw(st.booleans()))


def _delay(draw: Draw, world: MachineWorld) -> Deed:
    minutes = draw(st.integers(-10, 60) | st.sampled_from((1800, 2881)))
    call, check_in = _call(draw, world), draw(st.booleans())
    event = _event(draw, call)
    return Delay(call=call.id, event=event, minutes=minutes, cumulative=draw(st.booleans()), check_in=check_in)


def _unknown(draw: Draw, world: MachineWorld) -> Deed:
    call = _call(draw, world)
    return Unknown(call=call.id, event=_event(draw, call), unknown=draw(st.sampled_from((True, True, False))))


def _actual(draw: Draw, world: MachineWorld) -> Deed:
    ago = draw(st.none() | st.sampled_from((0, 60, 300, 3600, 30 * 3600, -900)))
    at = None if ago is None else Instant(world.now - ago)
    call = _call(draw, world)
    return Actual(call=call.id, event=_event(draw, call), at=at)


def _track(draw: Draw, world: MachineWorld) -> Deed:
    return SetTrack(call=_call(draw, world).id, track=draw(st.sampled_from((*TRACK_IDS, "77"))))


def _places(draw: Draw, world: MachineWorld) -> Deed:
    gates = draw(st.sampled_from((None, (), ("1A",), ("2A", "1A"), ("9Z",))))
    areas = draw(st.sampled_from((None, (), ("B",))))
    return SetPlaces(call=_call(draw, world).id, gates=gates, areas=areas, exits=draw(st.sampled_from((None, ("N",)))))


def _check_in(draw: Draw, world: MachineWorld) -> Deed:
    call = _call(draw, world)
    opens = draw(st.none() | st.integers(-60, 10).map(lambda minutes: Instant(call.planned + minutes * MINUTE)))
    closes = draw(st.none() | st.integers(-20, 20).map(lambda minutes: Instant(call.planned + minutes * MINUTE)))
    return SetCheckIn(call=call.id, opens=opens, closes=closes)


def _formation(draw: Draw, world: MachineWorld) -> Deed:
    return SetFormation(call=_call(draw, world).id, formation=draw(st.sampled_from(("", "8+8"))))


def _running(draw: Draw, world: MachineWorld) -> Deed:
    running = one_of(draw, (Running.SUSPENDED, Running.SUSPENDED, Running.SCHEDULED, Running.EXTRA, Running.DIVERTED))
    return SetRunning(call=_call(draw, world).id, running=running, reason=draw(st.sampled_from(("", "大风"))))


def _turnaround(draw: Draw, world: MachineWorld) -> Deed:
    return SetTurnaround(call=_call(draw, world).id, number=draw(st.sampled_from(("", "K8", "G2", "G3"))))


def _lock(draw: Draw, world: MachineWorld) -> Deed:
    until = draw(st.none() | st.integers(-1, 30).map(lambda minutes: Instant(world.now + minutes * MINUTE)))
    field = draw(st.sampled_from((*FIELDS, "colour")))
    return Lock(call=_call(draw, world).id, field=field, locked=draw(st.sampled_from((True, True, False))), until=until)


CALL_DEEDS: tuple[Maker, ...] = (
    _replan,
    _expect,
    _delay,
    _unknown,
    _actual,
    _track,
    _places,
    _check_in,
    _formation,
    _running,
    _turnaround,
    _lock,
)
"""What is done to a call that is there."""


def _add(draw: Draw, world: MachineWorld) -> Deed:
    first = Instant(world.now - world.now % MINUTE + draw(st.integers(-30, 200)) * MINUTE)
    number, kind = draw(st.sampled_from(("X1", "X5", "K8", "G1"))), one_of(draw, CallKind)
    day = draw(st.sampled_from((world.evening, date.fromordinal(world.evening.toordinal() + 1))))
    planned = PlannedCall(
        number=number,
        numbers=(number,),
        train_class="快速",
        kind=kind,
        origin="北京",
        destination="包头",
        arrival=None if kind is CallKind.ORIGIN else first,
        departure=None if kind is CallKind.TERMINUS else first,
        track=draw(st.sampled_from((*TRACK_IDS, "", "77"))),
        turnaround="K8" if kind is CallKind.TERMINUS else "",
    )
    return AddCall(day=day, planned=planned)


def _decide(draw: Draw, world: MachineWorld) -> Deed:
    known = sorted(world.state.records.get("proposal", {})) or ["none"]
    return Decide(proposals=tuple(draw(_some(known))), accept=draw(st.booleans()))


def _acceptance(draw: Draw, world: MachineWorld) -> Deed:
    source = one_of(draw, (Source.STAGE_PLAN, Source.REPORT, Source.TIMETABLE))
    return SetAcceptance(source=source, field=draw(st.sampled_from((*FIELDS, "?"))), automatic=draw(st.booleans()))


def _mode(draw: Draw, world: MachineWorld) -> Deed:
    calls = [f"call.{item}" for item in sorted(world.state.calls)[:4]]
    kinds = [f"kind.{kind}" for kind in (TaskKind.ANNOUNCEMENT, TaskKind.NOTICE, TaskKind.DISPLAY)]
    modes = sorted(world.state.records.get("mode", {}))
    scope = draw(st.sampled_from(("station", *kinds, *calls, *modes, *modes, "rule.left", "rule.none")))
    return SetMode(
        scope=scope, manual=draw(st.booleans()), chosen=tuple(draw(_some(_near_tasks(world)))) if modes else ()
    )


def _handle(draw: Draw, world: MachineWorld) -> Deed:
    return Handle(tasks=tuple(draw(_some(_near_tasks(world)))), how=one_of(draw, Handling))


def _near_tasks(world: MachineWorld) -> list[str]:
    """The tasks whose moment is nearest to now."""
    tasks = sorted(
        world.state.tasks.values(), key=lambda task: (abs((task.due or task.start or task.order) - world.now), task.id)
    )
    return [task.id for task in tasks[:25]] or ["none"]


def _announce(draw: Draw, world: MachineWorld) -> Deed:
    due = draw(st.none() | st.integers(-5, 30).map(lambda minutes: Instant(world.now + minutes * MINUTE)))
    targets = draw(st.sampled_from((("waiting-A",), ("waiting-A", "platform-2"), ("nowhere",), ())))
    return Announce(targets=targets, texts=TEXTS, due=due, valid=draw(st.sampled_from((1, 10, 0))))


def _show(draw: Draw, world: MachineWorld) -> Deed:
    start = draw(st.none() | st.integers(-5, 30).map(lambda minutes: Instant(world.now + minutes * MINUTE)))
    end = Instant(world.now + draw(st.sampled_from((-60, 60, 1800, 7200))))
    boards = draw(st.sampled_from((("hall-1",), ("gate-1A", "arr-1"))))
    return Show(targets=boards, texts=TEXTS, start=start, end=end, whole=draw(st.booleans()))


def _check_rows(draw: Draw, world: MachineWorld) -> Deed:
    day, rows = _rows(draw, world)
    return CheckRows(day=day, rows=rows, checked=draw(st.sampled_from((True, True, True, False))))


def _lock_plan(draw: Draw, world: MachineWorld) -> Deed:
    return LockPlan(day=_rows(draw, world)[0], locked=draw(st.sampled_from((True, True, False))))


def _decide_rows(draw: Draw, world: MachineWorld) -> Deed:
    day, rows = _rows(draw, world, waiting=True)
    return DecideRows(day=day, rows=rows, accept=draw(st.booleans()))


def _rows(draw: Draw, world: MachineWorld, *, waiting: bool = False) -> tuple[date, tuple[str, ...]]:
    """Some or all of a plan's rows."""
    day = one_of(draw, sorted(world.rows))
    rows: Any = world.state.records.get("row", {})
    there = [item for item in sorted(rows) if _is_of(rows[item], day, waiting)] or ["none"]
    return day, tuple(there if draw(st.booleans()) else draw(_some(there)))


def _is_of(row: PlanRow, day: date, waiting: bool) -> bool:
    return row.day == day and (row.change is not None if waiting else row.planned is not None and not row.waits)


def _some(items: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=3, unique=True)


TASK_DEEDS: tuple[Maker, ...] = (_handle, _handle, _mode)
PLAN_DEEDS: tuple[Maker, ...] = (_check_rows, _check_rows, _lock_plan)
LOOSE_DEEDS: tuple[Maker, ...] = (_announce, _show, _add, _acceptance)
DECISIONS: tuple[Maker, ...] = (_decide,)
ROW_DECISIONS: tuple[Maker, ...] = (_decide_rows,)
ALL_DEEDS = (*CALL_DEEDS, *TASK_DEEDS, *PLAN_DEEDS, *LOOSE_DEEDS, *DECISIONS, *ROW_DECISIONS)
