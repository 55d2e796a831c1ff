"""Taking day plans: the first version of a day makes its calls, every later one is a difference to the one before.

What people have ticked off or locked is never replaced: there a difference waits for their decision, and so it does
where something has happened to the train that the plan does not know of. Everything else is taken at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import cast

from stationmaster_base.times import Instant, local_date
from stationmaster_kernel.call import Call
from stationmaster_kernel.day_plan import DayPlan, PlanRow, RowChange, row_id
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.inputs import Plan
from stationmaster_kernel.making import free_call_id, planned_call
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.planned_call import PlannedCall
from stationmaster_kernel.replanning import Stage, is_touched, replanned, rows_of, stage_of, unowned_call
from stationmaster_kernel.settling import rework, station_of

__all__ = ["PutCall", "apply_change", "take_plan"]

PutCall = Callable[[Call], None]
"""Takes a call that was made or changed, and sees to what follows from it."""

MINUTES_A_DAY = 24 * 60


def take_plan(draft: Draft, plan: Plan) -> None:
    """Take a version of a day's plan; the same version again changes nothing."""
    station = station_of(draft)
    known = cast("DayPlan | None", draft.record("plan", plan.day.isoformat()))
    if known is None:
        _take_first(draft, plan, station)
    elif not plan.digest or plan.digest != known.digest:
        _Taking(draft=draft, plan=plan, known=known, station=station).take()
    _drop_past(draft, plan, station)
    planned = _with_day(draft.facts.planned, plan, draft.now, station)
    draft.facts = replace(draft.facts, planned=planned)


def apply_change(
    draft: Draft, row: PlanRow, to: PlannedCall | None, *, version: int, station: ReadyStation, put: PutCall
) -> None:
    """Have a row say `to` (None: nothing any more), and its call with it, whatever has happened to that."""
    call = draft.call(row.call)
    if to is None:
        if call is not None:
            draft.drop_call(call)
    elif row.planned is not None:
        if call is not None:
            put(replanned(call, row.planned, to, station))
    else:
        held = {other.call for other in rows_of(draft, row.day) if other.id != row.id}
        there = unowned_call(draft, row.day, to, held)
        item = free_call_id(draft, station, row.day, to.number, held) if there is None else there.id
        row = replace(row, call=item)
        if there is None:
            put(planned_call(station, row.day, to, item))
    after = replace(
        row,
        version=version,
        planned=to,
        before=row.planned,
        checked_by="",
        checked_at=None,
        change=None,
        proposed=None,
        rejected_by="",
        rejected_at=None,
    )
    draft.put_record(after)


def _take_first(draft: Draft, plan: Plan, station: ReadyStation) -> None:
    owned: set[str] = set()
    for item, planned in _keyed(plan):
        there = unowned_call(draft, plan.day, planned, owned)
        call = free_call_id(draft, station, plan.day, planned.number, owned) if there is None else there.id
        owned.add(call)
        if there is None:
            rework(draft, planned_call(station, plan.day, planned, call))
        draft.put_record(PlanRow(id=item, day=plan.day, call=call, version=1, planned=planned))
    draft.put_record(DayPlan(id=plan.day.isoformat(), day=plan.day, version=1, made_at=draft.now, digest=plan.digest))


@dataclass(slots=True, kw_only=True)
class _Taking:
    """One later version on its way in."""

    draft: Draft
    plan: Plan
    known: DayPlan
    station: ReadyStation
    taken: int = 0
    waiting: int = 0
    settled: int = 0

    def take(self) -> None:
        rows = {row.id: row for row in rows_of(self.draft, self.known.day)}
        newest = dict(_keyed(self.plan))
        gone_before = [row for row in rows.values() if row.planned is None and row.change is None]
        for item in (*newest, *(item for item in rows if item not in newest)):
            self._compare(item, rows.get(item), newest.get(item))
        differs = bool(self.taken or self.waiting or self.settled)
        if differs:
            for row in gone_before:
                if row.id not in newest:
                    self.draft.delete_record("row", row.id)
            self.draft.note("plan-changed", self.known.id, taken=str(self.taken), waiting=str(self.waiting))
        if differs or self.plan.digest:
            version = self.known.version + 1 if differs else self.known.version
            made_at = self.draft.now if differs else self.known.made_at
            self.draft.put_record(replace(self.known, version=version, made_at=made_at, digest=self.plan.digest))

    def _compare(self, item: str, row: PlanRow | None, newest: PlannedCall | None) -> None:
        standing = None if row is None else row.planned
        if newest == standing:
            self._settle(row)
            return
        if row is not None and row.change is not None and row.proposed == newest and row.rejected_by:
            return
        stage = self._stage(row, standing, newest)
        if stage is Stage.OVER:
            return
        change = RowChange.ADDED if standing is None else RowChange.GONE if newest is None else RowChange.CHANGED
        row = row or PlanRow(id=item, day=self.plan.day, call="", version=self.known.version, planned=None)
        if stage is Stage.AHEAD and not self.known.locked_by and not row.checked_by and self._may(row, change, newest):
            apply_change(
                self.draft,
                row,
                newest,
                version=self.known.version + 1,
                station=self.station,
                put=lambda call: rework(self.draft, call),
            )
            self.taken += 1
        elif (row.change, row.proposed, row.rejected_by) != (change, newest, ""):
            before = row.before if standing is not None else None
            self.draft.put_record(
                replace(row, before=before, change=change, proposed=newest, rejected_by="", rejected_at=None)
            )
            self.waiting += 1

    def _settle(self, row: PlanRow | None) -> None:
        """The newest version says what stands: there is nothing to decide any more."""
        if row is None or row.change is None:
            return
        if row.planned is None:
            self.draft.delete_record("row", row.id)
        else:
            self.draft.put_record(replace(row, change=None, proposed=None, rejected_by="", rejected_at=None))
        self.settled += 1

    def _stage(self, row: PlanRow | None, standing: PlannedCall | None, newest: PlannedCall | None) -> Stage:
        last = None if newest is None else newest.departure if newest.departure is not None else newest.arrival
        if row is not None and standing is not None:
            stage = stage_of(self.draft.call(row.call), self.draft.now)
            past = last is not None and last < self.draft.now
            return Stage.UNDER_WAY if past and stage is Stage.AHEAD else stage
        return Stage.OVER if last is None or last < self.draft.now else Stage.AHEAD

    def _may(self, row: PlanRow, change: RowChange, newest: PlannedCall | None) -> bool:
        """Whether nothing that happened to the call stands against the change."""
        call = self.draft.call(row.call)
        if call is None or change is RowChange.ADDED:
            return True
        if change is RowChange.GONE or newest is None or row.planned is None:
            return not is_touched(self.draft, call)
        after = replanned(call, row.planned, newest, self.station)
        return {item.field for item in after.provenance} == {item.field for item in call.provenance}


def _keyed(plan: Plan) -> Iterator[tuple[str, PlannedCall]]:
    """The calls with the ids of their rows; n tells the same number apart, in the plan's order."""
    seen: dict[str, int] = {}
    for planned in plan.calls:
        seen[planned.number] = nth = seen.get(planned.number, 0) + 1
        yield row_id(plan.day, planned.number, nth), planned


def _drop_past(draft: Draft, plan: Plan, station: ReadyStation) -> None:
    """Forget the plans, except this one, that are older than yesterday's."""
    yesterday = local_date(draft.now, station.zone) - timedelta(days=1)
    for known in cast("Iterable[DayPlan]", draft.records("plan")):
        if known.day < yesterday and known.day != plan.day:
            for row in rows_of(draft, known.day):
                draft.delete_record("row", row.id)
            draft.delete_record("plan", known.id)


def _with_day(planned: tuple[date, ...], plan: Plan, now: Instant, station: ReadyStation) -> tuple[date, ...]:
    """The days that have a plan, without those of which no call can be left."""
    oldest = local_date(now, station.zone) - timedelta(days=2 + station.facts.keep // MINUTES_A_DAY)
    return tuple(sorted({*(day for day in planned if day >= oldest), plan.day}))
