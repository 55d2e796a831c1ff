"""A subsystem that nobody tells anything for days: nothing old is shown as fresh, and in the end nothing at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agent.making import at
from agent.station import CONFIGURATION, DAY, planned, replica
from stationmaster_agent.autonomy import Autonomy
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, GradeFeed, Input, Plan
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import announcement_open, expires, interval_on, stage_at
from stationmaster_kernel.values import CallKind, FeedGrade, Running, Status, TaskKind

MINUTES_A_DAY = 24 * 60
DAYS = 4
KINDS = frozenset({TaskKind.DISPLAY, TaskKind.ANNOUNCEMENT, TaskKind.CHECK_IN})
TIMES = (95, 600, 1080)
"""Minutes into each day at which a train leaves."""

OVERDUE_AFTER = CONFIGURATION.station.overdue_after


def told(day: date, number: str, departure: float, **more: object) -> FeedRecord:
    return FeedRecord(
        day=day,
        numbers=(number,),
        kind=CallKind.ORIGIN,
        train_class="G",
        origin="A",
        destination="B",
        planned_departure=at(departure),
        track="1",
        **more,  # type: ignore[arg-type]
    )


def four_days() -> State:
    """What a hub holds in the morning: four plans; one of today's trains has an unknown delay, one is suspended."""
    start = at(0)
    plans = [
        Plan(
            id=f"p{n}",
            at=start,
            day=DAY + timedelta(days=n),
            calls=tuple(planned(f"G{n}{m}", n * MINUTES_A_DAY + minutes) for m, minutes in enumerate(TIMES)),
        )
        for n in range(DAYS)
    ]
    given: list[Input] = [
        Configure(id="c", at=start, configuration=CONFIGURATION),
        GradeFeed(id="g", at=start, grade=FeedGrade.FRESH),
        *plans,
        Feed(
            id="f",
            at=start,
            records=(
                told(DAY, "G00", TIMES[0], departure_unknown=True),
                told(DAY, "G01", TIMES[1], running=Running.SUSPENDED),
            ),
        ),
    ]
    state = State.empty(start)
    for each in given:
        state, _ = step(state, each)
    return state


@pytest.fixture(scope="module")
def state() -> State:
    return four_days()


def test_alone_no_train_whose_time_has_passed_is_shown_as_fresh(state: State) -> None:
    """With the kernel: from two minutes after its time on, every row that is still on says that nobody knows."""
    alone = Autonomy(replica=replica(state, *KINDS), kinds=KINDS, now=at(0))
    moments = [n * MINUTES_A_DAY + each + more for n in range(5) for each in TIMES for more in (-60, 0, 3, 60, 119)]
    shown = unconfirmed = 0
    for moment in sorted(moments):
        now = at(moment)
        alone.tick(now)
        for task in alone.tasks.values():
            if task.kind is not TaskKind.DISPLAY or not interval_on(task, now):
                continue
            shown += 1
            call = alone.calls[task.call]
            stage = stage_at(task, now)
            assert stage is not None
            if call.departure is not None and call.departure.best is not None and call.running is Running.SCHEDULED:
                late = now >= call.departure.best + OVERDUE_AFTER * 60
                assert (stage.status is Status.UNCONFIRMED) == late, (task.id, moment)
                unconfirmed += late
            else:
                assert stage.status in (Status.DELAY_UNKNOWN, Status.SUSPENDED)
    assert shown > unconfirmed > 0


def test_after_its_last_plan_a_subsystem_shows_and_says_nothing(state: State) -> None:
    """Two hours after the last train's time no row is on and nothing can be said; then the calls go as well."""
    alone = Autonomy(replica=replica(state, *KINDS), kinds=KINDS, now=at(0))
    last = (DAYS - 1) * MINUTES_A_DAY + TIMES[-1]
    for hour in range(0, last + 121, 60):
        alone.tick(at(hour))
    alone.tick(at(last + 121))
    now = at(last + 121)
    assert alone.calls
    assert not [task.id for task in alone.tasks.values() if interval_on(task, now) or announcement_open(task, now)]
    alone.tick(at(last + CONFIGURATION.station.keep))
    assert not alone.calls
    assert not alone.tasks


def test_without_a_kernel_every_task_ends_by_its_own_data(state: State) -> None:
    """A client of level A that hears nothing: from its expiry on no task is on or may be begun, and all expire."""
    tasks = list(state.tasks.values())
    assert {task.kind for task in tasks} == KINDS
    for task in tasks:
        over = expires(task)
        begins = task.due if task.kind is TaskKind.ANNOUNCEMENT else task.start
        if over is None:
            assert begins is None, task.id
            continue
        assert not any(
            interval_on(task, over + later) or announcement_open(task, over + later) for later in (0, 60, 86400, 10**7)
        )
    unknown = next(task for task in tasks if task.call.endswith("/G00/1") and task.kind is TaskKind.DISPLAY)
    assert unknown.end is None
    assert expires(unknown) == at(TIMES[0] + MINUTES_A_DAY)
    last = max(over for over in map(expires, tasks) if over is not None)
    assert last <= at(DAYS * MINUTES_A_DAY + 120)


def test_a_subsystem_that_starts_after_days_alone_is_where_one_that_ran_is(state: State) -> None:
    """A power cut on the third day changes nothing: what is over is over, and what is still planned is still shown."""
    held = replica(state, *KINDS)
    ran = Autonomy(replica=held, kinds=KINDS, now=at(0))
    now = 3 * MINUTES_A_DAY + 60
    for moment in range(0, now + 1, 60):
        ran.tick(at(moment))
    started = Autonomy(replica=held, kinds=KINDS, now=at(now))

    def on(alone: Autonomy) -> list[tuple[str, Status]]:
        rows = sorted(alone.tasks.values(), key=lambda task: task.id)
        return [
            (task.id, stage.status)
            for task in rows
            if interval_on(task, at(now)) and (stage := stage_at(task, at(now))) is not None
        ]

    assert on(started) == on(ran)
    assert on(ran) == [(f"QHD/{DAY + timedelta(days=3)}/G30/1/row/1", Status.WAITING)]
