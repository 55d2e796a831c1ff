"""What becomes of a call's tasks when the call, the time or a result changes: `docs/kernel.md`, "Announcements"."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.altering import altered
from stationmaster_kernel.call import Call
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.planning import Wanted, wanted_tasks
from stationmaster_kernel.rules import Rule, RuleMode, Trigger
from stationmaster_kernel.state import ENDING_GRACE, EXPIRY_GRACE
from stationmaster_kernel.task import POINT_KINDS, Result, Task
from stationmaster_kernel.times import moved, useful_until
from stationmaster_kernel.values import Hand, TaskState

__all__ = [
    "OVER",
    "apply_result",
    "expire",
    "expire_tasks",
    "is_held",
    "may_have_had",
    "newest_of",
    "settle_tasks",
    "stem_of",
]

OVER = (TaskState.FAILED, TaskState.INTERRUPTED, TaskState.UNCONFIRMED, TaskState.EXPIRED, TaskState.DONE)
"""The states in which a target's part is over; of several targets' states, the first in this order is the task's."""

TO_BE_DONE = (TaskState.PLANNED, TaskState.BEGUN)
"""The states of a task of which something may still be done."""

BY_BEST_TIME = (Trigger.DELAY, Trigger.EARLY)
"""The triggers whose base is the best known time; it may creep, so a small step is no news."""


def settle_tasks(draft: Draft, call: Call, station: ReadyStation) -> None:
    """Bring the call's tasks in line with the call and the time."""
    latest: dict[str, Task] = {task.rule: task for task in draft.tasks_of(call.id)}
    for wanted in wanted_tasks(call, station):
        last = latest.pop(wanted.rule.id, None)
        if wanted.kind in POINT_KINDS:
            _settle_point(draft, call, wanted, last)
        else:
            _settle_interval(draft, call, wanted, last)
    for task in latest.values():
        if task.state is TaskState.PLANNED:
            draft.put_task(replace(task, state=TaskState.WITHDRAWN))
        elif task.state is TaskState.BEGUN:
            _cut_short(draft, task)


def expire_tasks(draft: Draft, call_id: str) -> bool:
    """Mark those of a call's point tasks that time alone has made too old; whether any of them had been begun.

    Until it is begun, a task follows its call; so only one that was begun can have been left behind by its base.
    """
    valid_from = moved(draft.now, -EXPIRY_GRACE)
    old = [task for task in draft.tasks_of(call_id) if task.valid_until is not None and task.valid_until <= valid_from]
    marked = [task for task in old if expire(draft, task) is not task]
    return any(task.state is TaskState.BEGUN for task in marked)


def stem_of(task: Task) -> str:
    """What the ids of all of a task's occurrences begin with; what hangs on no call has none in the first one's."""
    return task.id if not task.call and task.occurrence == 1 else task.id.rpartition("/")[0]


def newest_of(draft: Draft, task: Task) -> Task:
    """The newest occurrence of what the task is an occurrence of: the only one that may still be to be done."""
    stem = stem_of(task)
    return max(
        (other for other in draft.tasks_of(task.call) if stem_of(other) == stem), key=lambda item: item.occurrence
    )


def apply_result(draft: Draft, task: Task, result: Result) -> Task:
    """The task with what an executor says of one target; what comes after the end of that target's part is ignored."""
    known = task.result(result.target)
    reported_over = (TaskState.DONE, TaskState.FAILED, TaskState.INTERRUPTED)
    if known is not None and known.state in reported_over:
        return task
    others = tuple(item for item in task.results if item.target != result.target)
    task = _with_results(task, (*others, result))
    draft.put_task(task)
    return task


def may_have_had(draft: Draft, task: Task, target: str) -> bool:
    """Whether an executor can truly speak of this target: the task's own, or one that it may have lost with its call.

    What its call asks for can be another place by the time at which the word comes; an operator's task stays where he
    made it.
    """
    if target in task.targets or task.result(target) is not None:
        return True
    return bool(task.call) and draft.station is not None and draft.station.targets.knows(task.kind, target)


def _settle_interval(draft: Draft, call: Call, wanted: Wanted, last: Task | None) -> None:
    base = _new(call, wanted, 1) if last is None else last
    if base.state is TaskState.WITHDRAWN:
        base = _without_hand(base)  # else a gate would open by itself, hours after a person opened it for once
    start = wanted.start
    if base.by_hand is not None:
        start = base.by_hand if start is None else min(start, base.by_hand)
    draft.put_task(
        altered(
            base,
            targets=wanted.targets,
            base=wanted.base,
            start=start,
            end=wanted.end,
            hard_end=wanted.hard_end,
            awaits=wanted.awaits,
            order=wanted.order,
            state=TaskState.SKIPPED if base.state is TaskState.SKIPPED else TaskState.PLANNED,
            held=is_held(base, wanted.rule),
            stages=wanted.stages,
            texts=wanted.texts,
        )
    )


def _settle_point(draft: Draft, call: Call, wanted: Wanted, last: Task | None) -> None:
    if last is None:
        _arm(draft, _new(call, wanted, 1), wanted)
        return
    if last.state is TaskState.WITHDRAWN:
        last = _arm(draft, _without_hand(last), wanted)
    elif last.state is TaskState.PLANNED:
        keep_due = wanted.rule.trigger is not None or last.by_hand is not None
        changed = _as_reported(_updated(last, _hurried(draft.now, call, wanted, last), keep_due=keep_due))
        if changed != last:
            draft.put_task(changed)
        last = expire(draft, changed)
    else:
        last = expire(draft, last)
    if last.state not in TO_BE_DONE and last.state is not TaskState.WITHDRAWN and _again(draft.now, last, wanted):
        _arm(draft, _new(call, wanted, last.occurrence + 1), wanted)


def _hurried(now: Instant, call: Call, wanted: Wanted, last: Task) -> Wanted:
    """What is asked of a planned task, but due now if its time has come nearer by so much that it would be too old.

    A delay that shrinks must not swallow what nobody has been told yet, as long as it can still be of use.
    """
    rule = wanted.rule
    if rule.due is None or wanted.due is None or wanted.awaits is not None or now < moved(wanted.due, rule.valid):
        return wanted
    if last.valid_until is not None and now >= last.valid_until:
        return wanted  # it was too old before
    useful = useful_until(call, rule.due.base)
    if useful is None or now >= useful:
        return wanted
    return replace(wanted, due=last.due if last.due is not None and last.base == wanted.base else now)


def _arm(draft: Draft, task: Task, wanted: Wanted) -> Task:
    """Make (or make again) a point task that has not been begun, unless it would already be too old."""
    if wanted.rule.trigger is not None and wanted.due is not None:
        wanted = replace(wanted, due=Instant(max(draft.now, wanted.due)))
    armed = _as_reported(replace(_updated(task, wanted, keep_due=False), state=TaskState.PLANNED))
    if armed.awaits is None and armed.valid_until is not None and draft.now >= armed.valid_until:
        return task
    draft.put_task(armed)
    return armed


def _without_hand(task: Task) -> Task:
    """A person's "now" was for the moment at which he said it: what is planned again goes by its rule again."""
    return task if task.by_hand is None else replace(task, by_hand=None, hand=Hand.AUTOMATIC)


def _cut_short(draft: Draft, task: Task) -> None:
    """Nothing asks any more for a task that is being done: what has begun goes to its end, the rest is not begun."""
    silent = [target for target in task.targets if task.result(target) is None]
    if silent:
        marks = (Result(target=item, state=TaskState.WITHDRAWN, at=draft.now, base=task.base) for item in silent)
        draft.put_task(_with_results(task, (*task.results, *marks)))


def _again(now: Instant, last: Task, wanted: Wanted) -> bool:
    """Whether a task that is over is to be done once more, on its new base."""
    if wanted.base is None or last.base is None:
        return False
    bases = (item.base for item in last.results if item.base is not None and item.target in last.targets)
    acted = max(bases, default=last.base)
    if wanted.rule.trigger not in (None, *BY_BEST_TIME):
        return wanted.base != acted
    far = abs(wanted.base - acted) > wanted.rule.rearm * MINUTE
    if wanted.rule.awaits is not None and last.state is TaskState.SKIPPED:
        return False  # however late the train, what it was skipped for comes only now
    if wanted.rule.trigger in BY_BEST_TIME:
        return far
    if wanted.awaits is not None or wanted.due is None:
        return False
    # What waits for a report is due before that comes, so it need only not be too old.
    last_moment = wanted.due if wanted.rule.awaits is None else moved(wanted.due, wanted.rule.valid)
    return far and last_moment > now


def _new(call: Call, wanted: Wanted, occurrence: int) -> Task:
    """The law of task ids: call, rule, occurrence, and nothing else."""
    return Task(
        id=f"{call.id}/{wanted.rule.id}/{occurrence}",
        call=call.id,
        rule=wanted.rule.id,
        occurrence=occurrence,
        kind=wanted.kind,
        targets=wanted.targets,
        order=wanted.order,
        priority=wanted.rule.priority,
        feed_limit=wanted.rule.feed_limit,
    )


def _updated(task: Task, wanted: Wanted, *, keep_due: bool) -> Task:
    due = task.due if keep_due else wanted.due
    by_hand = task.by_hand is not None
    return altered(
        task,
        targets=wanted.targets,
        base=wanted.base,
        due=due,
        valid_until=None if due is None else moved(due, wanted.rule.valid),
        awaits=None if by_hand else wanted.awaits,
        order=wanted.order,
        priority=wanted.rule.priority,
        feed_limit=wanted.rule.feed_limit,
        held=is_held(task, wanted.rule),
        texts=wanted.texts,
    )


def is_held(task: Task, rule: Rule) -> bool:
    """Whether a task waits for a person: because one said so, or because its rule leaves it to one."""
    return task.hand is Hand.HELD or (task.hand is Hand.AUTOMATIC and rule.mode is RuleMode.MANUAL)


def expire(draft: Draft, task: Task) -> Task:
    """The task, with those targets marked that are too old and of which nobody has said anything.

    What was begun and never came to an end is unconfirmed in the end: its executor may be gone for good, and a task
    that counts as being done for ever would never be done again.
    """
    if task.valid_until is None or task.awaits is not None or task.state not in TO_BE_DONE:
        return task
    if draft.now < moved(task.valid_until, EXPIRY_GRACE):
        return task
    silent = [target for target in task.targets if task.result(target) is None]
    unended = [result for result in task.results if result.state is TaskState.BEGUN]
    if draft.now < moved(task.valid_until, ENDING_GRACE):
        unended = []
    if not silent and not unended:
        return task
    state = TaskState.EXPIRED if task.kind in draft.facts.present else TaskState.UNCONFIRMED
    marks = (
        *(Result(target=target, state=state, at=draft.now, base=task.base) for target in silent),
        *(replace(result, state=TaskState.UNCONFIRMED, at=draft.now) for result in unended),
    )
    others = (result for result in task.results if result not in unended)
    marked = _with_results(task, (*others, *marks))
    draft.put_task(marked)
    if task.kind in draft.facts.seen:  # a station without this subsystem is not told so with every task
        if silent:
            draft.note(f"task-{state}", task.id, targets=" ".join(silent))
        if unended:
            draft.note("task-unconfirmed", task.id, targets=" ".join(result.target for result in unended))
    return marked


def _with_results(task: Task, results: tuple[Result, ...]) -> Task:
    return _as_reported(altered(task, results=tuple(sorted(results, key=lambda item: item.target))))


def _as_reported(task: Task) -> Task:
    """The task in the state that its results make of it: those of its present targets; without any, as it is."""
    known = {result.target: result.state for result in task.results if result.target in task.targets}
    if not known:
        return task
    if all(known.get(target) in (*OVER, TaskState.WITHDRAWN) for target in task.targets):
        state = next((state for state in OVER if state in known.values()), TaskState.WITHDRAWN)
    else:
        state = TaskState.BEGUN
    return altered(task, state=state)
