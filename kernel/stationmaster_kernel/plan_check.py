"""What people do with a day plan: tick its rows off, lock it, and decide on what a newer version would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any, cast

from stationmaster_kernel.applying import Setting
from stationmaster_kernel.day_plan import DayPlan, PlanRow, RowChange
from stationmaster_kernel.deeds import CheckRows, DecideRows, LockPlan
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.plan_versions import apply_change
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.replanning import has_acted, rows_of
from stationmaster_kernel.settling import station_of

__all__ = ["PLAN_DEEDS", "check_rows", "decide_rows", "lock_plan"]

SHOWN = 5
"""Rows that a message names; of more it gives the number."""


def check_rows(draft: Draft, deed: CheckRows, setting: Setting) -> None:
    """Tick rows off, with name and time, or take the tick back. Who ticked a row first stays its checker.

    Raises:
        Refused: no such plan or row; a difference of the row waits; the plan is locked and a tick is to go.

    """
    plan, rows = _rows(draft, deed.day, deed.rows)
    if not deed.checked and plan.locked_by:
        raise Refused("plan-locked", f"The plan of {plan.id} was locked by {plan.locked_by}.", "Unlock it first.")
    undecided = [row for row in rows if row.waits]
    if deed.checked and undecided:
        raise Refused(
            "row-undecided",
            f"A newer version says something else of {_named(undecided)}.",
            "Accept or reject that first.",
        )
    for row in rows:
        if deed.checked and not row.checked_by:
            draft.put_record(replace(row, checked_by=setting.by, checked_at=setting.at))
        elif not deed.checked and row.checked_by:
            draft.put_record(replace(row, checked_by="", checked_at=None))


def lock_plan(draft: Draft, deed: LockPlan, setting: Setting) -> None:
    """Lock a plan, with name and time, or unlock it.

    Only a plan that has been checked through is locked: every row is ticked off and nothing waits for a decision.

    Raises:
        Refused: no such plan; it is (un)locked already; it has not been checked through.

    """
    plan = _plan(draft, deed.day)
    if deed.locked and plan.locked_by:
        raise Refused("plan-locked", f"The plan of {plan.id} was locked by {plan.locked_by} already.")
    if not deed.locked and not plan.locked_by:
        raise Refused("plan-not-locked", f"The plan of {plan.id} is not locked.")
    if deed.locked:
        rows = rows_of(draft, plan.day)
        undecided = [row for row in rows if row.waits]
        unticked = [row for row in rows if row.planned is not None and not row.checked_by]
        if undecided or unticked:
            faults = [
                *((f"not ticked off: {_named(unticked)}",) if unticked else ()),
                *((f"undecided: {_named(undecided)}",) if undecided else ()),
            ]
            raise Refused(
                "plan-not-checked",
                f"The plan of {plan.id} has not been checked through; {'; '.join(faults)}.",
                "Decide on every difference and tick every row off, then lock it.",
            )
    draft.put_record(
        replace(plan, locked_by=setting.by, locked_at=setting.at)
        if deed.locked
        else replace(plan, locked_by="", locked_at=None)
    )


def decide_rows(draft: Draft, deed: DecideRows, setting: Setting) -> None:
    """Accept or reject what a newer version would do to rows.

    What is accepted stands, unticked, and its call goes with it. What is rejected is not asked again until a newer
    version says something else; it can still be accepted.

    Raises:
        Refused: no such plan or row; a row without a difference; a train that is to go and has been here.

    """
    plan, rows = _rows(draft, deed.day, deed.rows)
    same = [row for row in rows if row.change is None]
    if same:
        raise Refused(
            "row-without-difference",
            f"No version says anything else of {_named(same)}.",
            "Decide on rows that have a change.",
        )
    station = station_of(draft)
    for row in rows:
        if deed.accept:
            _check_unused(draft, row)
            apply_change(draft, row, row.proposed, version=plan.version, station=station, put=draft.put_call)
        elif row.waits:
            draft.put_record(replace(row, rejected_by=setting.by, rejected_at=setting.at))


PLAN_DEEDS: dict[type, Callable[[Draft, Any, Setting], None]] = {
    CheckRows: check_rows,
    LockPlan: lock_plan,
    DecideRows: decide_rows,
}
"""How each deed on a day plan is done."""


def _check_unused(draft: Draft, row: PlanRow) -> None:
    call = draft.call(row.call)
    if row.change is RowChange.GONE and call is not None and has_acted(draft, call):
        raise Refused(
            "call-has-happened",
            f"{call.id} cannot be taken out of the plan: it was reported, or something has been done for it.",
            "Suspend the train, or reject the difference.",
        )


def _plan(draft: Draft, day: date) -> DayPlan:
    plan = cast("DayPlan | None", draft.record("plan", day.isoformat()))
    if plan is None:
        days = ", ".join(record.id for record in draft.records("plan")) or "none"
        raise Refused("no-such-plan", f"There is no plan of {day.isoformat()}.", f"There are plans of: {days}.")
    return plan


def _rows(draft: Draft, day: date, items: Iterable[str]) -> tuple[DayPlan, list[PlanRow]]:
    """The plan of a day and the named rows of it, each once."""
    plan = _plan(draft, day)
    found = {item: cast("PlanRow | None", draft.record("row", item)) for item in items}
    unknown = [
        item
        for item, row in found.items()
        if row is None or row.day != day or (row.planned is None and row.change is None)
    ]
    if unknown or not found:
        raise Refused(
            "no-such-row",
            f"The plan of {plan.id} has no row {_listed(unknown)}." if found else "No row is named.",
            f"Rows are named as in /api/v1/plans/{plan.id}, for example {_example(draft, plan)}.",
        )
    return plan, [row for row in found.values() if row is not None]


def _example(draft: Draft, plan: DayPlan) -> str:
    return next((row.id for row in rows_of(draft, plan.day)), f"{plan.id}/G1/1")


def _named(rows: list[PlanRow]) -> str:
    return _listed([row.id for row in rows])


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more
