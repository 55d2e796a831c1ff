"""What holds for the kernel whatever it is given, in whatever order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import KINDS, Changes, Resource
from stationmaster_kernel.inputs import Feed, GradeFeed, Input, Presence, TaskResult, Tick
from stationmaster_kernel.plain import from_plain, to_plain
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Result, Task, interval_on
from stationmaster_kernel.values import CallKind, FeedGrade, Running, TaskKind, TaskState
from support.effort import scaled
from support.small_station import at, planned, record, running_station

START = at("06:00")
Act = Callable[[State, Instant, str], list[Input]]


def _times(low: int, high: int) -> st.SearchStrategy[Instant | None]:
    return st.none() | st.integers(low, high).map(lambda minutes: Instant(at("08:00") + minutes * MINUTE))


@st.composite
def _records(draw: st.DrawFn) -> Act:
    running = draw(st.sampled_from([Running.SCHEDULED] * 5 + [Running.SUSPENDED]))
    fields = {
        "expected_arrival": draw(_times(-10, 90)),
        "expected_departure": draw(_times(0, 120)),
        "actual_arrival": draw(_times(-10, 90)),
        "actual_departure": draw(_times(0, 120)),
        "arrival_unknown": draw(st.booleans()),
        "departure_unknown": draw(st.booleans()),
        "track": draw(st.sampled_from(["1", "2", "3", "9", "77", ""])),
        "running": running,
    }
    number = draw(st.sampled_from(["G1", "G2", "X7"]))
    return lambda _state, now, name: [Feed(id=name, at=now, records=(record(number, **fields),))]


def _wait(minutes: int) -> Act:
    def ticks(_state: State, now: Instant, name: str) -> list[Input]:
        first = floor_minute(now) + MINUTE
        return [Tick(id=f"{name}/{n}", at=Instant(first + n * MINUTE)) for n in range(minutes)]

    return ticks


def _leap(minutes: int) -> Act:
    return lambda _state, now, name: [Tick(id=name, at=Instant(floor_minute(now) + minutes * MINUTE))]


def _results(pick: int, state: TaskState) -> Act:
    def results(kernel: State, now: Instant, name: str) -> list[Input]:
        points = sorted(task.id for task in kernel.tasks.values() if task.kind is TaskKind.ANNOUNCEMENT)
        if not points:
            return []
        task = kernel.tasks[points[pick % len(points)]]
        result = Result(target=task.targets[pick % len(task.targets)], state=state, at=now, base=task.base)
        return [TaskResult(id=name, at=now, task=task.id, result=result)]

    return results


ACTS: st.SearchStrategy[Act] = st.one_of(
    _records(),
    st.integers(1, 20).map(_wait),
    st.integers(1, 300).map(_leap),
    st.builds(_results, st.integers(0, 50), st.sampled_from([TaskState.BEGUN, TaskState.DONE, TaskState.INTERRUPTED])),
    st.sampled_from(list(FeedGrade)).map(lambda grade: lambda _s, now, name: [GradeFeed(id=name, at=now, grade=grade)]),
    st.booleans().map(
        lambda present: lambda _s, now, name: [Presence(id=name, at=now, kind=TaskKind.ANNOUNCEMENT, present=present)]
    ),
)


def play(acts: list[Act]) -> tuple[State, list[tuple[Input, State, Changes]]]:
    """The acts in order; refused inputs are left out."""
    state = running_station(
        planned(),
        planned("G2", CallKind.ORIGIN, None, "08:40", "2"),
        planned("X7", CallKind.TERMINUS, "09:00", None, "3"),
    )
    history = []
    for number, act in enumerate(acts):
        second = min(59, state.facts.now % MINUTE + 7)  # inputs come within minutes, ticks begin them
        for given_input in act(state, Instant(floor_minute(state.facts.now) + second), f"input/{number}"):
            try:
                state, changes = step(state, given_input)
            except Refused:
                continue
            history.append((given_input, state, changes))
    return state, history


def index_of(state: State) -> tuple[object, ...]:
    return (
        state.facts,
        state.configuration,
        dict(state.calls),
        dict(state.tasks),
        dict(state.memory),
        dict(state.tasks_of),
        dict(state.numbers),
        dict(state.wakes),
        {minute: sorted(calls) for minute, calls in state.due.items()},
    )


many = settings(max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(st.lists(ACTS, max_size=25))
def test_incremental_equals_read_back(acts: list[Act]) -> None:
    """A state read back from its resources, through JSON, equals the one that was built step by step."""
    state, _ = play(acts)
    plain = json.loads(json.dumps([(item.kind, to_plain(item.value)) for item in state.resources()]))
    read = [
        Resource(kind=kind, id=item.id, revision=item.revision, value=from_plain(KINDS[kind], body))
        for (kind, body), item in zip(plain, state.resources(), strict=True)
    ]
    assert index_of(State.from_resources(read)) == index_of(state)


@many
@given(st.lists(ACTS, max_size=25))
def test_changes_tell_everything(acts: list[Act]) -> None:
    """Whoever applies the changes to the resources before has the resources after; revisions are never reused."""
    world = {(item.kind, item.id): item for item in play([])[0].resources()}
    seen = {item.revision for item in world.values()}
    state, history = play(acts)
    for _given, _after, changes in history:
        keys = [(put.kind, put.id) for put in changes.puts]
        assert len(set(keys)) == len(keys)
        assert not set(keys) & set(changes.deletes)
        for put in changes.puts:
            assert put.revision not in seen
            assert put.value.revision == put.revision
            seen.add(put.revision)
            world[put.kind, put.id] = put
        for key in changes.deletes:
            del world[key]
    assert world == {(item.kind, item.id): item for item in state.resources()}


@many
@given(st.lists(ACTS, max_size=25))
def test_the_same_inputs_give_the_same_changes(acts: list[Act]) -> None:
    """Determinism: replaying the inputs from a read-back state gives equal changes."""
    _, history = play(acts)
    start = play([])[0]
    replayed = State.from_resources(start.resources())
    for given_input, _, changes in history:
        replayed, again = step(replayed, given_input)
        assert again == changes


@many
@given(st.lists(ACTS, max_size=25))
def test_what_always_holds(acts: list[Act]) -> None:
    """No train goes by time alone; no announcement of a suspended train; every row ends; ids are lawful."""
    _, history = play(acts)
    for given_input, state, _changes in history:
        ticked = isinstance(given_input, Tick) and state.facts.grade is FeedGrade.FRESH
        for call in state.calls.values():
            for event in (call.arrival, call.departure):
                assert event is None or event.actual is None or event.best == event.actual
                assert event is None or not (ticked and event.overdue) or event.best == given_input.at
            assert not (call.unconfirmed and state.facts.grade is FeedGrade.FRESH)
        for task in state.tasks.values():
            call = state.calls[task.call]
            assert task.id == f"{task.call}/{task.rule}/{task.occurrence}"
            if task.kind is TaskKind.DISPLAY and task.state is TaskState.PLANNED:
                assert task.hard_end is not None
                assert not interval_on(task, task.hard_end)
            if call.running is Running.SUSPENDED and task.kind is TaskKind.ANNOUNCEMENT:
                assert task.state is not TaskState.PLANNED or task.rule == "suspended"


@many
@given(st.lists(ACTS, max_size=20))
def test_an_idle_minute_costs_nothing(acts: list[Act]) -> None:
    """A tick puts only calls and tasks of calls that were due for it."""
    state, _ = play(acts)
    tick = Tick(id="next", at=Instant(floor_minute(state.facts.now) + MINUTE))
    due = {item for minute, calls in state.due.items() if minute * MINUTE <= tick.at for item in calls}
    _, changes = step(state, tick)
    touched = {
        put.id if put.kind == "call" else put.id.rsplit("/", 2)[0] for put in changes.puts if put.kind != "kernel"
    }
    assert touched <= due


@many
@given(st.lists(ACTS, min_size=1, max_size=20), st.integers(1, 30))
def test_settling_again_changes_nothing(acts: list[Act], minutes: int) -> None:
    """A feed that is lost and comes back within one moment leaves every call and task as it was."""
    fresh: Act = lambda _s, now, name: [GradeFeed(id=name, at=now, grade=FeedGrade.FRESH)]  # noqa: E731
    state, _ = play([*acts, fresh, _wait(minutes)])
    there = GradeFeed(id="a", at=state.facts.now, grade=FeedGrade.LOST)
    back = GradeFeed(id="b", at=state.facts.now, grade=FeedGrade.FRESH)
    after = reduce(lambda known, item: step(known, item)[0], [there, back], state)
    assert _unrevised(after.calls) == _unrevised(state.calls)
    assert _unrevised(after.tasks) == _unrevised(state.tasks)


def _unrevised(values: Mapping[str, Call] | Mapping[str, Task]) -> dict[str, Call | Task]:
    return {key: replace(value, revision=0) for key, value in values.items()}
