"""What a person does with single tasks, and the tasks that he makes himself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from stationmaster_base.times import Instant
from stationmaster_kernel.addressing import addressed
from stationmaster_kernel.applying import Setting
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.deeds import Announce, Handle, Handling, SetMode, Show
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.mode import Mode, covers
from stationmaster_kernel.planning import wanted_tasks
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.settling import derived, station_of
from stationmaster_kernel.task import GONE, POINT_KINDS, Task, interval_on
from stationmaster_kernel.tasks import OVER, newest_of, stem_of
from stationmaster_kernel.times import moved
from stationmaster_kernel.topics import topic_texts
from stationmaster_kernel.values import Hand, Running, TaskKind, TaskState

__all__ = ["announce", "fell_due", "handle", "is_scope", "set_mode", "show"]

NOW_IS_VALID = 5
"""Minutes for which a task that is to be done now may still be begun, if its rule does not say longer."""


def handle(draft: Draft, deed: Handle, station: Configuration) -> None:
    """Carry out what a person says of tasks."""
    for item in deed.tasks:
        task = draft.task(item)
        if task is None:
            raise Refused("no-such-task", f"There is no task {item}.", "It may have gone with its call.")
        draft.put_task(_handled(draft, task, deed.how, station))


def announce(draft: Draft, deed: Announce, item: str, station: Configuration) -> None:
    """Make an operator's announcement; `item` is its id."""
    _check_targets(deed.targets, [zone.id for zone in station.zones], "zone")
    texts = topic_texts(draft, deed, station) if deed.template else deed.texts
    _check_texts(item, [text.text for text in texts])
    if not 1 <= deed.valid <= 24 * 60:
        raise Refused("deed-impossible", f"A validity of {deed.valid} minutes cannot be.", "Allowed: 1 to 1440.")
    due = draft.now if deed.due is None else deed.due
    draft.put_task(
        Task(
            id=item,
            call="",
            rule="",
            occurrence=1,
            kind=TaskKind.ANNOUNCEMENT,
            targets=deed.targets,
            due=due,
            valid_until=moved(due, deed.valid),
            order=due,
            priority=deed.priority,
            hand=Hand.RELEASED,
            texts=texts,
        )
    )


def show(draft: Draft, deed: Show, item: str, station: Configuration) -> None:
    """Put an operator's text on boards; `item` is its id."""
    targets = addressed(deed.targets, station.boards)
    _check_texts(item, [text.text for text in deed.texts])
    start = draft.now if deed.start is None else deed.start
    if deed.end <= max(start, draft.now):
        raise Refused("deed-impossible", "A text that ends before it begins cannot be.", "Give a later end.")
    draft.put_task(
        Task(
            id=item,
            call="",
            rule="",
            occurrence=1,
            kind=TaskKind.MESSAGE,
            targets=targets,
            start=start,
            end=deed.end,
            hard_end=deed.end,
            order=start,
            priority=deed.priority,
            hand=Hand.RELEASED,
            whole=deed.whole,
            texts=deed.texts,
        )
    )


def set_mode(draft: Draft, deed: SetMode, setting: Setting, station: Configuration) -> None:
    """Make a scope manual, or automatic again; then only what is chosen of what fell due meanwhile is done."""
    if not is_scope(draft, deed.scope, station):
        kinds = ", ".join(f"kind.{kind}" for kind in TaskKind)
        raise Refused(
            "no-such-scope",
            f"There is no scope {deed.scope!r}.",
            f"Allowed: station, {kinds}, call.<call id>, rule.<rule id>.",
        )
    mode = cast("Mode | None", draft.record("mode", deed.scope))
    if deed.manual:
        if mode is None:
            draft.put_record(Mode(id=deed.scope, since=setting.at, by=setting.by))
        return
    if mode is None:
        return
    fallen = {task.id: task for task in fell_due(mode, draft.all_tasks(), draft.now)}
    for item in deed.chosen:
        if item not in fallen:
            raise Refused(
                "not-fallen-due", f"Task {item} did not fall due in scope {deed.scope}.", "Choose from those that did."
            )
    draft.delete_record("mode", deed.scope)
    for item, task in fallen.items():
        how = Handling.NOW if item in deed.chosen else Handling.SKIP
        untouched = draft.task(item) is task  # else it is done now in place of an older one that was chosen
        if untouched and (how is Handling.NOW or task.state is TaskState.PLANNED):
            draft.put_task(_handled(draft, task, how, station))


def fell_due(mode: Mode, tasks: Iterable[Task], now: Instant) -> list[Task]:
    """The tasks that would have begun in a mode's scope since it became manual, and did not; in order of time.

    Of the point tasks all, even those that are too old by now; of the intervals those that would still be on.
    """
    return sorted(
        (task for task in tasks if covers(mode, task) and _fell_due(mode, task, now)),
        key=lambda task: (task.due or task.start or task.order, task.id),
    )


def is_scope(draft: Draft, scope: str, station: Configuration) -> bool:
    """Whether a scope names something that there is."""
    what, _, item = scope.partition(".")
    match what:
        case "kind":
            return item in list(TaskKind)
        case "call":
            return draft.call(item) is not None
        case "rule":
            return any(rule.id == item for rule in station.rules)
        case _:
            return scope == "station"


def _fell_due(mode: Mode, task: Task, now: Instant) -> bool:
    if task.hand is not Hand.AUTOMATIC or task.held:
        return False
    if task.kind in POINT_KINDS:
        waited = task.state in (TaskState.PLANNED, TaskState.EXPIRED, TaskState.UNCONFIRMED)
        return waited and task.awaits is None and task.due is not None and task.due <= now and _open(mode, task)
    return task.start is not None and task.start > mode.since and interval_on(task, now)


def _open(mode: Mode, task: Task) -> bool:
    """Whether a point task was still to be done when the mode was set."""
    return task.valid_until is not None and task.valid_until > mode.since


def _handled(draft: Draft, task: Task, how: Handling, station: Configuration) -> Task:
    match how:
        case Handling.NOW:
            return _now(draft, task, station)
        case Handling.SKIP:
            _check_not_begun(task)
            return replace(task, state=TaskState.SKIPPED)
        case Handling.HOLD:
            _check_not_begun(task)
            return replace(task, hand=Hand.HELD, held=True)
        case Handling.RELEASE:
            return replace(task, hand=Hand.RELEASED, held=False)
        case Handling.AUTOMATIC:
            planned_again = task.state is TaskState.SKIPPED and newest_of(draft, task) == task
            state = TaskState.PLANNED if planned_again else task.state
            return replace(task, hand=Hand.AUTOMATIC, by_hand=None, held=False, state=state)


def _now(draft: Draft, task: Task, station: Configuration) -> Task:
    """The task, or what follows it if it is over already, to be done at once."""
    now = draft.now
    task = newest_of(draft, task)
    if task.state is TaskState.BEGUN:
        raise Refused("task-begun", f"Task {task.id} is being done.", "Wait for its end.")
    _check_asked_for(draft, task)
    if task.kind not in POINT_KINDS:
        start = now if task.start is None else min(task.start, now)
        return replace(task, hand=Hand.RELEASED, by_hand=now, held=False, start=start, state=TaskState.PLANNED)
    if task.state in OVER:
        occurrence = task.occurrence + 1
        task = replace(task, id=f"{stem_of(task)}/{occurrence}", occurrence=occurrence, results=())
    valid = next((rule.valid for rule in station.rules if rule.id == task.rule), NOW_IS_VALID)
    return replace(
        task,
        revision=0,
        hand=Hand.RELEASED,
        by_hand=now,
        held=False,
        due=now,
        valid_until=moved(now, max(valid, NOW_IS_VALID)),
        awaits=None,
        state=TaskState.PLANNED,
    )


def _check_asked_for(draft: Draft, task: Task) -> None:
    """What nothing asks for is withdrawn whatever a person says, so he is not told that it will be done."""
    if task.state is TaskState.WITHDRAWN:
        raise _not_now(task, "it is withdrawn, because nothing asks for it", "announce or show it yourself")
    call = draft.call(task.call)
    if call is None:  # an operator's own
        return
    station = station_of(draft)
    if any(wanted.rule.id == task.rule for wanted in wanted_tasks(derived(draft, call, station), station)):
        return
    if call.running is Running.SUSPENDED:
        raise _not_now(task, "its train is suspended", "restore the train first, or announce or show it yourself")
    raise _not_now(task, "nothing asks for it any more", "announce or show it yourself")


def _not_now(task: Task, why: str, allowed: str) -> Refused:
    return Refused("task-gone", f"Task {task.id} cannot be done now: {why}.", f"Allowed: {allowed}.")


def _check_not_begun(task: Task) -> None:
    if task.state is TaskState.BEGUN or task.state in OVER:
        raise Refused("task-begun", f"Task {task.id} is {task.state} already.", "Only what has not begun can wait.")
    if task.state in GONE and task.call == "":
        raise Refused("task-gone", f"Task {task.id} is {task.state} already.", "Make it anew.")


def _check_targets(targets: tuple[str, ...], known: list[str], what: str) -> None:
    if not targets:
        raise Refused("deed-impossible", f"It names no {what}.", f"Allowed: {', '.join(known)}.")
    for target in targets:
        if target not in known:
            raise Refused("deed-impossible", f"There is no {what} {target!r}.", f"Allowed: {', '.join(known)}.")


def _check_texts(item: str, texts: list[str]) -> None:
    if not any(text.strip() for text in texts):
        raise Refused("deed-impossible", f"{item} says nothing.", "Give a text.")
