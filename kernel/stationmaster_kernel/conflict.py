"""A conflict: two calls that cannot both be as they now are, or should not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_base.times import Instant

__all__ = ["Conflict", "ConflictKind", "conflict_id"]


class ConflictKind(StrEnum):
    """What two calls are in each other's way on."""

    TRACK = "track"
    CLEARANCE = "clearance"
    GATE = "gate"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two calls (`calls`, by id in order) and where (`place`) and when they meet.

    `grave`: one of them cannot be true (two trains on one track); otherwise a person should look.
    `solution` is the id of the proposal that would end it; empty without one.
    """

    id: str
    revision: int = 0
    kind: ConflictKind
    calls: tuple[str, str]
    place: str
    begins: Instant
    ends: Instant
    grave: bool
    solution: str = ""


def conflict_id(kind: ConflictKind, one: str, other: str) -> str:
    """`<kind>:<call>|<call>`, the calls in order."""
    first, second = sorted((one, other))
    return f"{kind}:{first}|{second}"
