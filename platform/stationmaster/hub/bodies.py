"""The web API's answers: what stands in them, and how values become JSON.

Every field of a value stands in its JSON, defaults too, under its own name. Instants are seconds since
1970-01-01T00:00:00Z, dates are ISO text.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from functools import cache
from typing import Any

from stationmaster.hub.view import FeedView, Noted
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Note, Resource
from stationmaster_kernel.configuration import StationFacts
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.hub_side import SubscriberInfo
from stationmaster_protocol.messages import Position

__all__ = [
    "CallBody",
    "CallsBody",
    "ChangesBody",
    "StateBody",
    "SubsystemBody",
    "SubsystemsBody",
    "TasksBody",
    "as_json",
]


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
    """The hub at a glance. `trouble` is empty while all is well; `notes` are the last ones, oldest first."""

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
    notes: tuple[Noted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesBody:
    """What commits changed, the last of them at `position`."""

    position: Position
    puts: tuple[Resource, ...]
    deletes: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...]


def as_json(value: Any) -> JsonValue:
    """A value as JSON-able data, every field included."""
    if isinstance(value, Enum):
        word: JsonValue = value.value
        return word
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    return {name: as_json(getattr(value, name)) for name in _names(value.__class__)}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
