"""A proposal (变更确认): a difference from a source that waits for a person's decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import CallDeed
from stationmaster_kernel.values import Source

__all__ = ["Acceptance", "Proposal", "WhyProposed", "acceptance_id", "proposal_id"]


class WhyProposed(StrEnum):
    """Why a value was not taken at once."""

    LOCKED = "locked"
    MANUAL = "manual"
    CONTRADICTION = "contradiction"
    CONFLICT = "conflict"
    TURNAROUND = "turnaround"
    TIMETABLE = "timetable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What accepting it would do (`deed`), to which field of which call, who says so, since when, and why it waits.

    There is one for each call, field and source; a newer one of the same source takes the older one's place. It goes
    by itself when the call has the value, or when the source no longer says so. `rejected`: the kernel itself would
    propose this for as long as it holds, and a person has said no.
    """

    id: str
    revision: int = 0
    call: str
    field: str
    source: Source
    why: WhyProposed
    at: Instant
    deed: CallDeed
    rejected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """That what `source` says of `field` is not taken by itself. Where there is none, it is."""

    id: str
    revision: int = 0
    source: Source
    field: str


def proposal_id(call: str, field: str, source: Source) -> str:
    """`<call id>/<field>/<source>`."""
    return f"{call}/{field}/{source}"


def acceptance_id(source: Source, field: str) -> str:
    """`<source>/<field>`."""
    return f"{source}/{field}"
