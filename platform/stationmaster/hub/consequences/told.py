"""What passengers were told of a train that is no longer so, and what is to be said to put it right.

An announcement that has been made keeps the words that were said, and what its template would say now follows from the
train, so what was heard is stale where the two differ. A row of a board is stale where it showed other words than it
shows now, or where it has been taken off. Pure: the state, and what tasks were, go in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call, Provenance
from stationmaster_kernel.rules import Rule
from stationmaster_kernel.selecting import own_event
from stationmaster_kernel.state import State
from stationmaster_kernel.task import GONE, Result, Task, Text, interval_on, stage_at
from stationmaster_kernel.values import Source, TaskKind, TaskState
from stationmaster_kernel.wording import CallWords

__all__ = ["Heard", "HeardIn", "Proved", "Shown", "Version", "heard_of", "shown_of"]

_MADE = (TaskState.DONE, TaskState.BEGUN, TaskState.INTERRUPTED)
"""Of an announcement of which at least some was heard."""

Proved = Callable[[str, str, int], bool]
"""Whether a board has read back a task in a revision."""

_NOT_SAID = frozenset({"formation", "turnaround"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardIn:
    """A zone in which it was heard: how far it came there, and when."""

    zone: str
    state: TaskState
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An announcement that is no longer right. `texts` were said; `now` is what it would say, nothing if nothing.

    `because` are the fields of the train that were set since, by whom and when.
    """

    task: str
    call: str
    rule: str
    zones: tuple[HeardIn, ...]
    texts: tuple[Text, ...]
    now: tuple[Text, ...]
    because: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What boards showed from `since` to `until` that is no longer right; `until` is null while it is still on.

    `status` and `texts` were to be seen; `now` is what the row shows now, nothing if it is off. `proved` are those of
    `boards` that have read back that they did.
    """

    task: str
    call: str
    rule: str
    boards: tuple[str, ...]
    since: Instant
    until: Instant | None
    status: str
    texts: tuple[Text, ...]
    now: tuple[Text, ...]
    proved: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A task as it was from `at` on; None: it was not there any more."""

    at: Instant
    id: str
    task: Task | None


def heard_of(state: State, call: Call) -> Iterator[Heard]:
    """The announcements of a train that were made, and would say something else now; in order of time."""
    station = state.station
    if station is None or state.configuration is None:
        return
    rules = {rule.id: rule for rule in state.configuration.rules}
    words = CallWords(call, station)
    found = []
    for item in state.tasks_of.get(call.id, ()):
        task = state.tasks[item]
        made = [result for result in task.results if result.state in _MADE]
        rule = rules.get(task.rule)
        if task.kind is not TaskKind.ANNOUNCEMENT or not made or rule is None:
            continue
        now = _said_now(call, rule, words)
        last = max(result.at for result in made)
        because = tuple(_set_since(call, last))
        if now != task.texts or any(each.field == "running" for each in because):
            found.append(_heard(task, made, now, because))
    yield from sorted(found, key=lambda each: (each.zones[0].at, each.task))


def _said_now(call: Call, rule: Rule, words: CallWords) -> tuple[Text, ...]:
    event = own_event(rule, call)
    return () if event is None else words.said(rule.does, rule.template, event)


def _heard(task: Task, made: Sequence[Result], now: tuple[Text, ...], because: tuple[Provenance, ...]) -> Heard:
    return Heard(
        task=task.id,
        call=task.call,
        rule=task.rule,
        zones=tuple(
            HeardIn(zone=result.target, state=result.state, at=result.at)
            for result in sorted(made, key=lambda result: (result.at, result.target))
        ),
        texts=task.texts,
        now=now,
        because=because,
    )


def _set_since(call: Call, moment: Instant) -> Iterator[Provenance]:
    for item in call.provenance:
        bare = item.field.rpartition(".")[2]
        if item.at >= moment and item.source is not Source.TIMETABLE and bare not in (*_NOT_SAID, "actual"):
            yield item


def shown_of(
    state: State, versions: Iterable[Version], now: Instant, proved: Proved = lambda *_: False
) -> Iterator[Shown]:
    """What boards showed of trains that they show otherwise now; in order of time.

    Args:
        state: as it is now.
        versions: of rows on boards, in order of time; each counts until the next of its task.
        now: station time.
        proved: whether a board has read back that it showed a row in a revision.

    """
    by_task: dict[str, list[Version]] = {}
    for version in versions:
        by_task.setdefault(version.id, []).append(version)
    found = []
    for item, each in by_task.items():
        present = state.tasks.get(item)
        for place, version in enumerate(each):
            if version.task is None or version.task.kind is not TaskKind.DISPLAY:
                continue
            ends = each[place + 1].at if place + 1 < len(each) else None
            boards = tuple(board for board in version.task.targets if proved(board, item, version.task.revision))
            found += [replace(shown, proved=boards) for shown in _shown(version.task, version.at, ends, present, now)]
    yield from sorted(_joined(found), key=lambda shown: (shown.since, shown.task))


def _shown(task: Task, begins: Instant, ends: Instant | None, present: Task | None, now: Instant) -> Iterator[Shown]:
    """What a version of a row showed, while it was that version and on, if it is something else now."""
    if task.start is None or task.held or task.state in GONE:
        return
    since = max(begins, task.start)
    until = _off(task, since, now if ends is None else ends)
    if until is None or (ends is not None and until <= since) or since > now:
        return
    on = present is not None and interval_on(present, now)
    texts = present.texts if present is not None and on else ()
    if texts == task.texts or (not on and ends is None):
        return  # it is as it was, or its time was simply over
    stage = stage_at(task, since)
    yield Shown(
        task=task.id,
        call=task.call,
        rule=task.rule,
        boards=task.targets,
        since=since,
        until=until,
        status="" if stage is None else str(stage.status),
        texts=task.texts,
        now=texts,
        proved=(),
    )


def _off(task: Task, since: Instant, ends: Instant) -> Instant | None:
    """When a row that is on at `since` went off at the latest at `ends`; None: it was not on then."""
    if not interval_on(task, since):
        return None
    limit = task.hard_end if task.awaits is not None or task.end is None else task.end
    return ends if limit is None else min(limit, ends)


def _joined(shown: Iterable[Shown]) -> Iterator[Shown]:
    """What was shown in the same words by one version after the other is told once."""
    last: dict[str, Shown] = {}
    for each in sorted(shown, key=lambda item: (item.task, item.since)):
        before = last.get(each.task)
        if before is not None and before.until == each.since and _same(before, each):
            each = _longer(before, each)  # noqa: PLW2901 - the two are one
        elif before is not None:
            yield before
        last[each.task] = each
    yield from last.values()


def _same(one: Shown, other: Shown) -> bool:
    return (one.texts, one.boards, one.now) == (other.texts, other.boards, other.now)


def _longer(before: Shown, after: Shown) -> Shown:
    proved = tuple(board for board in before.boards if board in (*before.proved, *after.proved))
    return replace(before, until=after.until, proved=proved)
