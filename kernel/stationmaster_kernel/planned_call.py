"""A call as the timetable has it, before anything has happened to it."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.values import CallKind

__all__ = ["PlannedCall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One call as the timetable and its operation template have it; times are absolute.

    `formation` is the train's make-up as people write it. `turnaround` is, for a terminus call, the number of the
    origin call that leaves with the same train set (立折). `opens` and `closes` are minutes from the departure to
    check-in open and close, usually negative; None leaves them to the check-in rule.
    """

    number: str
    numbers: tuple[str, ...]
    train_class: str
    kind: CallKind
    origin: str
    destination: str
    arrival: Instant | None = None
    departure: Instant | None = None
    track: str = ""
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()
    formation: str = ""
    turnaround: str = ""
    opens: int | None = None
    closes: int | None = None
