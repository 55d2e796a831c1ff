"""The web API's answers: what stands in them, and how values become JSON.

Every field of a value stands in its JSON, defaults too, under its own name. Instants are seconds since
1970-01-01T00:00:00Z, dates are ISO text. A deed has its name as `do`, as when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, NewType

from stationmaster.hub.alarms.record import Alarm
from stationmaster.hub.audit.confirmations import ConfirmationBody
from stationmaster.hub.view import FeedView, Noted
from stationmaster_base.errors import Fault
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Note, Resource
from stationmaster_kernel.configuration import StationFacts
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.day_plan import DayPlan, PlanRow
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.plain import TAG_KEY
from stationmaster_kernel.plan_difference import FieldDifference, RowDifference
from stationmaster_kernel.proposal import Acceptance, Proposal
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.hub_side import SubscriberInfo
from stationmaster_protocol.messages import Position

__all__ = [
    "ActBody",
    "ActsBody",
    "CallBody",
    "CallsBody",
    "ChangedBody",
    "ChangesBody",
    "ConflictsBody",
    "ModesBody",
    "Plain",
    "PlanBody",
    "PlanGlance",
    "PlansBody",
    "ProposalsBody",
    "RowBody",
    "StateBody",
    "SubsystemBody",
    "SubsystemsBody",
    "TasksBody",
    "as_json",
    "told_faults",
]


Plain = NewType("Plain", object)
"""JSON as it stands, of whatever shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsBody:
    """Calls in order of planned time, as of a position of the journal and a station time."""

    position: Position
    now: Instant
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBody:
    """One call with its tasks."""

    position: Position
    now: Instant
    call: Call
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksBody:
    """Tasks in the order in which they become due."""

    position: Position
    now: Instant
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsystemBody:
    """Someone who may connect. `sessions` are his connections, usually one; none means that he is absent."""

    identity: str
    connected: bool
    sessions: tuple[SubscriberInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsystemsBody:
    """Everyone who may connect."""

    position: Position
    now: Instant
    subsystems: tuple[SubsystemBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateBody:
    """The hub at a glance. `trouble` is empty while all is well; `drill`: this is none of the real day.

    `alarms` are what is wrong, the gravest first; `notes` are the last ones, oldest first; `confirmations` are what
    waits for a second person.
    """

    position: Position
    now: Instant
    station: StationFacts | None
    feed: FeedView
    calls: int
    tasks: int
    connected: tuple[str, ...]
    absent: tuple[str, ...]
    executors: tuple[TaskKind, ...]
    planned: tuple[date, ...]
    waiting: int
    trouble: str
    alarms: tuple[Alarm, ...]
    notes: tuple[Noted, ...]
    drill: bool = False
    confirmations: tuple[ConfirmationBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBody:
    """That a resource is another one now; `revision` is the one that it has."""

    kind: str
    id: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActBody:
    """An act that was done: `position` is its place in the journal, then what it changed, and what people should know.

    `id` is the act's own, by which it is undone.
    """

    id: str
    position: Position
    at: Instant
    by: str
    puts: tuple[ChangedBody, ...]
    deletes: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActsBody:
    """Acts, the newest first."""

    position: Position
    now: Instant
    acts: tuple[ActRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGlance:
    """A day plan, and how far it has been checked: its rows, those ticked off, and differences that wait."""

    plan: DayPlan
    rows: int
    checked: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansBody:
    """The day plans that there are, by date."""

    position: Position
    now: Instant
    plans: tuple[PlanGlance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBody:
    """A row; `fields` are what a newer version would change in it, in the order in which they matter."""

    row: PlanRow
    waits: bool
    fields: tuple[FieldDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBody:
    """One day plan, its rows in the order of the day, and how it differs.

    `since_previous_day` is None when there is no plan of the day before.
    """

    position: Position
    now: Instant
    plan: PlanGlance
    rows: tuple[RowBody, ...]
    since_version: tuple[RowDifference, ...]
    since_previous_day: tuple[RowDifference, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalsBody:
    """What waits for a decision, oldest first, and what is not taken by itself."""

    position: Position
    now: Instant
    proposals: tuple[Proposal, ...]
    acceptances: tuple[Acceptance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictsBody:
    """Calls that are in each other's way, grave ones first, then by time."""

    position: Position
    now: Instant
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModesBody:
    """What is manual."""

    position: Position
    now: Instant
    modes: tuple[Mode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesBody:
    """What commits changed, the last of them at `position`."""

    position: Position
    puts: tuple[Resource, ...]
    deletes: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...]


_AS_IT_IS = frozenset({str, int, bool, float, type(None)})
"""Classes whose values JSON has; most of what is told is of one of them, and they are looked for first."""


def as_json(value: Any) -> JsonValue:
    """A value as JSON-able data, every field included."""
    kind = value.__class__
    if kind in _AS_IT_IS:
        plain: JsonValue = value
        return plain
    if kind is tuple or kind is list:
        return [item if item.__class__ in _AS_IT_IS else as_json(item) for item in value]
    if isinstance(value, Enum):
        word: JsonValue = value.value
        return word
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    body: dict[str, JsonValue] = {}
    tag = getattr(kind, "TAG", None)
    if tag is not None:
        body[TAG_KEY] = tag
    for name in _names(kind):
        item = getattr(value, name)
        body[name] = item if item.__class__ in _AS_IT_IS else as_json(item)
    return body


def told_faults(faults: Iterable[Fault]) -> list[JsonValue]:
    """What is wrong with a body that was sent, without the file that it is not."""
    return [{"place": fault.place, "problem": fault.problem, "allowed": fault.allowed} for fault in faults]


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
