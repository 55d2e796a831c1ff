"""What the web API tells of what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Task
from stationmaster_protocol.messages import Position

__all__ = ["FallenBody", "WaitingBody", "WaitingProposal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingProposal:
    """How a proposal stands that nobody has decided on, by its id; see `Urgency`."""

    id: str
    at: Instant
    matters_at: Instant | None
    event_at: Instant | None
    warn_at: Instant
    alarm_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingBody:
    """Everything that waits, what matters first at the top."""

    position: Position
    now: Instant
    waiting: tuple[WaitingProposal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FallenBody:
    """What would have begun in a scope since it became manual, and did not, in order of time."""

    position: Position
    now: Instant
    mode: Mode
    tasks: tuple[Task, ...]
