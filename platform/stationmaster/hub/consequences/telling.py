"""What was told of trains, as the web API tells it: together with what is to be said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stationmaster.hub.consequences.corrections import Correction, correction_of
from stationmaster.hub.consequences.told import Heard, Proved, Shown, Version, heard_of, shown_of
from stationmaster_base.times import Instant
from stationmaster_kernel.state import State
from stationmaster_kernel.task import interval_on
from stationmaster_kernel.values import TaskKind

__all__ = ["Told", "told_after", "told_of"]

MOST_TOLD = 200
"""Announcements, and pictures of boards, that are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was heard and shown of `calls` that is no longer so, the oldest first, and what would put it right."""

    calls: tuple[str, ...]
    heard: tuple[Heard, ...]
    shown: tuple[Shown, ...]
    corrections: tuple[Correction, ...]


def told_of(
    state: State,
    calls: Sequence[str],
    versions: Iterable[Version],
    now: Instant,
    proved: Proved = lambda *_: False,
) -> Told:
    """What was told of these trains, going by the state, and by what their rows were."""
    there = [state.calls[item] for item in calls if item in state.calls]
    heard = [each for call in there for each in heard_of(state, call)]
    shown = list(shown_of(state, versions, now, proved))
    made = (
        correction_of(state, call, [h for h in heard if h.call == call.id], [s for s in shown if s.call == call.id])
        for call in there
    )
    return Told(
        calls=tuple(calls),
        heard=tuple(heard[-MOST_TOLD:]),
        shown=tuple(shown[-MOST_TOLD:]),
        corrections=tuple(each for each in made if each is not None),
    )


def told_after(before: State, after: State, calls: Sequence[str], now: Instant) -> Told:
    """What has been told of these trains that would no longer be so after a step: what was said, and what is on now."""
    versions = []
    for call in calls:
        for item in before.tasks_of.get(call, ()):
            task = before.tasks[item]
            if task.kind is TaskKind.DISPLAY and task.start is not None and interval_on(task, now):
                versions += [
                    Version(at=task.start, id=item, task=task),
                    Version(at=Instant(now + 1), id=item, task=after.tasks.get(item)),
                ]
    told = told_of(after, calls, versions, Instant(now + 1))
    return replace(told, shown=tuple(replace(each, until=None) for each in told.shown))
