"""What a station would change that is not used yet: worked out by the kernel itself, on the state as it is, and let go.

The kernel is pure, so what it makes of a configuration and of plans now is what it would make of them if they were
applied now; the state that it was given stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from stationmaster.hub.reload import KindDifference, differences
from stationmaster.station.load import Station
from stationmaster.station.plans import plan_day, plan_digest
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, local_date
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.day_plan import PlanRow
from stationmaster_kernel.inputs import Configure, Input, Plan, PlannedCall
from stationmaster_kernel.places import ReadyStation, make_ready
from stationmaster_kernel.plan_difference import PlanSide, RowDifference, plan_difference
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import GONE, Task
from stationmaster_kernel.values import TaskKind
from stationmaster_kernel.wording import template_fields

__all__ = ["DayPreview", "StationPreview", "TaskPreview", "TasksPreview", "TextSample", "preview"]

MOST_TASKS = 300
"""Tasks that a preview names; it counts them all."""

MOST_SAMPLES = 100

_TRIAL: dict[str, str | int] = {"minutes": 15, "reason": "…"}
"""Fields that the sample's call has nothing for, and that a text may be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPreview:
    """What the plan of a day would have more, less, or else.

    `waiting` are the rows of which that would not be taken at once: people have checked or locked them, or the
    train has run; a person decides.
    """

    day: date
    rows: tuple[RowDifference, ...]
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPreview:
    """One task that would be made, moved, changed (it says or does something else at the same time) or gone.

    `before` and `after` are when it is due or begins; None: it is not there, or its time is not known.
    """

    change: str
    day: date | None
    number: str
    rule: str
    kind: TaskKind
    before: Instant | None
    after: Instant | None
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksPreview:
    """How many tasks of which days, and the first of them: tomorrow's before all others, and what is made, moved
    or gone before what says something else at its time. `tomorrow` counts those of tomorrow.
    """

    made: int
    moved: int
    changed: int
    gone: int
    tomorrow: int
    first: tuple[TaskPreview, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSample:
    """A text of a template that would be new or another, as it would be said of `number`: now and then."""

    template: str
    language: str
    number: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPreview:
    """Everything that would be different."""

    at: Instant
    configuration: tuple[KindDifference, ...]
    plans: tuple[DayPreview, ...]
    tasks: TasksPreview
    samples: tuple[TextSample, ...]

    @property
    def anything(self) -> bool:
        """Whether there is any difference."""
        return bool(self.configuration or self.plans)


def preview(state: State, used: Station, drafted: Station, now: Instant, days: int) -> StationPreview:
    """What would be different if `drafted` took the place of `used`.

    Args:
        state: the committed state.
        used: the station's folder as it was last read.
        drafted: what may take its place.
        now: station time.
        days: service dates after today that have a plan.

    Raises:
        StationError: the kernel would not take it.

    """
    ready = make_ready(drafted.configuration)
    today = local_date(now, ready.zone)
    plans = [today + timedelta(days=ahead) for ahead in range(days + 1)]
    after, touched = _stepped(state, _inputs(used, drafted, now, plans))
    return StationPreview(
        at=now,
        configuration=tuple(differences(used.configuration, drafted.configuration)),
        plans=tuple(_days(used, drafted, plans, ready, after)),
        tasks=_tasks(state, after, touched, today + timedelta(days=1)),
        samples=_samples(state, used.configuration, drafted.configuration, today + timedelta(days=1)),
    )


def _days(
    used: Station, drafted: Station, days: Iterable[date], ready: ReadyStation, after: State
) -> Iterator[DayPreview]:
    waiting = Counter(row.day for row in map(_row, after.records.get("row", {}).values()) if row.waits)
    for day in days:
        rows = plan_difference(_side(day, plan_day(used, day)), _side(day, plan_day(drafted, day)), ready)
        if rows:
            yield DayPreview(day=day, rows=rows, waiting=waiting[day])


def _row(record: object) -> PlanRow:
    return cast("PlanRow", record)


def _side(day: date, calls: Iterable[PlannedCall]) -> PlanSide:
    seen: Counter[str] = Counter()
    keyed = []
    for call in calls:
        seen[call.number] += 1
        keyed.append(((call.number, seen[call.number]), call))
    return PlanSide(day=day, calls=tuple(keyed))


def _inputs(used: Station, drafted: Station, now: Instant, days: Iterable[date]) -> Iterator[Input]:
    if differences(used.configuration, drafted.configuration):
        yield Configure(id="preview/configure", at=now, configuration=drafted.configuration)
    for day in days:
        calls = plan_day(drafted, day)
        digest = plan_digest(calls)
        if digest != plan_digest(plan_day(used, day)):
            yield Plan(id=f"preview/{day.isoformat()}", at=now, day=day, calls=calls, digest=digest)


def _stepped(state: State, inputs: Iterable[Input]) -> tuple[State, list[str]]:
    """The state that comes of the inputs, and the ids of the tasks that they touch."""
    after, touched = state, dict[str, None]()
    for given in inputs:
        try:
            after, changes = step(after, given)
        except StationError as error:
            raise StationError("reload-refused", f"It would not be taken: {error.message}", error.hint) from error
        touched.update((put.id, None) for put in changes.puts if isinstance(put.value, Task))
        touched.update((item, None) for kind, item in changes.deletes if kind == "task")
    return after, list(touched)


def _tasks(state: State, after: State, touched: Iterable[str], tomorrow: date) -> TasksPreview:
    found = [each for item in touched if (each := _task(item, state, after)) is not None]
    count = Counter(each.change for each in found)
    found.sort(
        key=lambda each: (
            each.day != tomorrow,
            each.change == "changed",
            each.day or tomorrow,
            each.after or each.before or 0,
            each.id,
        )
    )
    return TasksPreview(
        made=count["made"],
        moved=count["moved"],
        changed=count["changed"],
        gone=count["gone"],
        tomorrow=sum(each.day == tomorrow for each in found),
        first=tuple(found[:MOST_TASKS]),
    )


def _task(item: str, before: State, after: State) -> TaskPreview | None:
    was, now = _there(before, item), _there(after, item)
    task = now or was
    if task is None or was == now:
        return None
    call = after.calls.get(task.call) or before.calls.get(task.call)
    then = None if was is None else _moment(was)
    due = None if now is None else _moment(now)
    return TaskPreview(
        change="made" if was is None else "gone" if now is None else "moved" if _moved(was, now) else "changed",
        day=None if call is None else call.service_date,
        number="" if call is None else call.number,
        rule=task.rule,
        kind=task.kind,
        before=then,
        after=due,
        id=item,
    )


def _there(state: State, item: str) -> Task | None:
    task = state.tasks.get(item)
    return None if task is None or task.state in GONE else task


def _moment(task: Task) -> Instant | None:
    return task.due if task.due is not None else task.start


def _moved(was: Task, now: Task) -> bool:
    return (_moment(was), was.end, was.valid_until) != (_moment(now), now.end, now.valid_until)


def _samples(state: State, used: Configuration, drafted: Configuration, day: date) -> tuple[TextSample, ...]:
    known = {template.id: dict(template.texts) for template in used.templates}
    new = [template for template in drafted.templates if known.get(template.id) != dict(template.texts)]
    call = _sample_call(state, day)
    if not new or call is None:
        return ()
    before, after = make_ready(used), make_ready(drafted)
    event = call.departure or call.arrival
    found = []
    for template in new:
        for language in after.languages:
            old = {**template_fields(call, event, before, language)}
            fields = {**template_fields(call, event, after, language)}
            for trial in (old, fields):
                trial.update({name: value for name, value in _TRIAL.items() if not trial.get(name)})
            texts = (before.render(template.id, language, old), after.render(template.id, language, fields))
            if texts[0] != texts[1]:
                found.append(
                    TextSample(
                        template=template.id, language=language, number=call.number, before=texts[0], after=texts[1]
                    )
                )
    return tuple(found[:MOST_SAMPLES])


def _sample_call(state: State, day: date) -> Call | None:
    """A call about which there is much to say: tomorrow's, with both times, a platform and gates, if there is one."""

    def rank(call: Call) -> tuple[object, ...]:
        both = call.arrival is not None and call.departure is not None
        return call.service_date != day, not both, not call.platform, not call.gates, call.planned, call.id

    return min(state.calls.values(), key=rank, default=None)
