"""From when on a proposal matters: when passengers first see or hear something that may be wrong because of it.

Pure: a proposal, its train and the train's tasks go in. What the feed says and nobody has decided on changes no task,
so it is the tasks as they stand that tell what is shown and said meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.proposal import Proposal
from stationmaster_kernel.task import GONE, POINT_KINDS, Task, interval_on
from stationmaster_kernel.values import EventName, TaskState

__all__ = ["Patience", "Urgency", "urgency"]

FIRST_S = 60
"""Station seconds that a person has in any case, even if it matters at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how long a proposal may wait: `wait_min` station minutes, and until `before_min` before it matters."""

    wait_min: int = 5
    before_min: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """How a proposal stands.

    `matters_at`: when passengers see or hear something of its train next, the past if they do already; None: they will
    not. `event_at`: when the train comes or leaves, as it stands. From `warn_at` on it has waited too long, from
    `alarm_at` on it matters too soon; None: never.
    """

    matters_at: Instant | None
    event_at: Instant | None
    warn_at: Instant
    alarm_at: Instant | None


def urgency(proposal: Proposal, call: Call, tasks: Iterable[Task], now: Instant, patience: Patience) -> Urgency:
    """How a proposal that nobody has decided on stands at `now`.

    Args:
        proposal: what waits.
        call: its train.
        tasks: the train's.
        now: station time.
        patience: for how long it may wait.

    """
    moments = [moment for task in tasks if (moment := _moment(task, now)) is not None]
    matters = min(moments, default=None)
    soon = None if matters is None else Instant(matters - patience.before_min * MINUTE)
    return Urgency(
        matters_at=matters,
        event_at=_event_at(proposal, call),
        warn_at=Instant(proposal.at + patience.wait_min * MINUTE),
        alarm_at=None if soon is None else Instant(max(soon, proposal.at + FIRST_S)),
    )


def _moment(task: Task, now: Instant) -> Instant | None:
    """When something of a task is seen or heard next; since when, if it is seen now; None: never."""
    if task.state in GONE:
        return None
    if task.kind in POINT_KINDS:
        return task.due if task.state is TaskState.PLANNED and task.due is not None and task.due >= now else None
    if task.start is None:
        return None
    return task.start if task.start >= now or interval_on(task, now) else None


def _event_at(proposal: Proposal, call: Call) -> Instant | None:
    """When the event is that it speaks of; the train's own time where it speaks of none."""
    name = proposal.field.partition(".")[0]
    event = call.event(EventName(name)) if name in list(EventName) else call.departure or call.arrival
    return None if event is None else event.best or event.expected or event.planned
