"""The day plan as people check it: versions, rows, who ticked what off, and what a newer version would change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stationmaster_base.times import Instant
from stationmaster_kernel.planned_call import PlannedCall

__all__ = ["DayPlan", "PlanRow", "RowChange", "row_id"]


class RowChange(StrEnum):
    """What a newer version of the plan would do to a row."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """The plan of one service date (`id`, ISO). `version` counts the plans taken; unlocked, `locked_by` is empty.

    `digest` is that of the newest version, whatever of it was taken; `made_at` is when that came.
    """

    id: str
    revision: int = 0
    day: date
    version: int
    made_at: Instant
    digest: str
    locked_by: str = ""
    locked_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One call of a day plan.

    `planned` is what stands: None for a row that only a newer version has, and for one that the plan's newest version
    took away, which stays to be seen until the next version. `version` is the version that last changed the row, and
    `before` what stood until then, None if there was no such row.
    `change` with `proposed` is what a newer version would do: `proposed` is None for *gone*. It waits for a decision;
    once `rejected_by` somebody, it is only kept so that the same is not asked again.
    `call` is the id of the call that the row became; empty if it never did.
    """

    id: str
    revision: int = 0
    day: date
    call: str
    version: int
    planned: PlannedCall | None
    before: PlannedCall | None = None
    checked_by: str = ""
    checked_at: Instant | None = None
    change: RowChange | None = None
    proposed: PlannedCall | None = None
    rejected_by: str = ""
    rejected_at: Instant | None = None

    @property
    def waits(self) -> bool:
        """Whether a person has to decide on a difference."""
        return self.change is not None and not self.rejected_by


def row_id(day: date, number: str, nth: int) -> str:
    """`<date>/<number>/<n>`."""
    return f"{day.isoformat()}/{number}/{nth}"
