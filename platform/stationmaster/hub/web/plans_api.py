"""`/api/v1/plans`, `/proposals`, `/conflicts`, `/modes`: what there is to check, to decide and to know.

A plan comes with its rows in the order of the day, with what a newer version would change in each, and with its
differences to the version before and to the previous day, as a controller reads them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast

from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import (
    ConflictsBody,
    ModesBody,
    PlanBody,
    PlanGlance,
    PlansBody,
    ProposalsBody,
    RowBody,
    as_json,
)
from stationmaster_base.times import Instant
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.day_plan import DayPlan, PlanRow
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.plan_difference import before_version, field_differences, plan_difference, standing
from stationmaster_kernel.proposal import Acceptance, Proposal
from stationmaster_kernel.state import State
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["PlansApi"]


class PlansApi:
    """The routes for plans and for what waits for a person.

    Args:
        view: the hub.
        face: where the routes go.

    """

    def __init__(self, view: HubView, face: Face) -> None:
        self._view = view
        for path, answer in (
            ("/api/v1/plans", self._plans),
            ("/api/v1/proposals", self._proposals),
            ("/api/v1/conflicts", self._conflicts),
            ("/api/v1/modes", self._modes),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)
        face.app.route("/api/v1/plans/<day>", methods=["GET"])(self._plan)

    def _plans(self, request: WebRequest) -> bytes:
        state = self._view.state
        plans = sorted(_plans(state).values(), key=lambda plan: plan.day)
        rows = _rows(state)
        glances = tuple(_glance(plan, rows.get(plan.day, [])) for plan in plans)
        body = PlansBody(position=self._view.position(), now=self._now(), plans=glances)
        return json_answer(request, as_json(body))

    def _plan(self, request: WebRequest, day: str) -> bytes:
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            message = f"{day!r} is not possible; it may be a date such as 2026-03-01."
            return problem_answer(request, 400, "bad-argument", message)
        state = self._view.state
        plan = _plans(state).get(wanted.isoformat())
        station = state.station
        if plan is None or station is None:
            return problem_answer(request, 404, "no-such-plan", f"There is no plan of {wanted}.")
        rows = _rows(state)
        own = rows.get(plan.day, [])
        now = standing(plan.day, own)
        yesterday = plan.day - timedelta(days=1)
        known = yesterday.isoformat() in _plans(state)
        body = PlanBody(
            position=self._view.position(),
            now=self._now(),
            plan=_glance(plan, own),
            rows=tuple(_row(row, station) for row in sorted(own, key=_order)),
            since_version=plan_difference(before_version(plan.day, own, plan.version), now, station),
            since_previous_day=(
                plan_difference(standing(yesterday, rows.get(yesterday, [])), now, station) if known else None
            ),
        )
        return json_answer(request, as_json(body))

    def _proposals(self, request: WebRequest) -> bytes:
        records = self._view.state.records
        proposals = [cast("Proposal", record) for record in records.get("proposal", {}).values()]
        acceptances = [cast("Acceptance", record) for record in records.get("acceptance", {}).values()]
        body = ProposalsBody(
            position=self._view.position(),
            now=self._now(),
            proposals=tuple(sorted(proposals, key=lambda item: (item.at, item.id))),
            acceptances=tuple(sorted(acceptances, key=lambda item: item.id)),
        )
        return json_answer(request, as_json(body))

    def _conflicts(self, request: WebRequest) -> bytes:
        conflicts = [cast("Conflict", record) for record in self._view.state.records.get("conflict", {}).values()]
        ordered = tuple(sorted(conflicts, key=lambda item: (not item.grave, item.begins, item.id)))
        body = ConflictsBody(position=self._view.position(), now=self._now(), conflicts=ordered)
        return json_answer(request, as_json(body))

    def _modes(self, request: WebRequest) -> bytes:
        modes = [cast("Mode", record) for record in self._view.state.records.get("mode", {}).values()]
        body = ModesBody(
            position=self._view.position(), now=self._now(), modes=tuple(sorted(modes, key=lambda item: item.id))
        )
        return json_answer(request, as_json(body))

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def _plans(state: State) -> dict[str, DayPlan]:
    return {item: cast("DayPlan", record) for item, record in state.records.get("plan", {}).items()}


def _rows(state: State) -> dict[date, list[PlanRow]]:
    found: dict[date, list[PlanRow]] = {}
    for record in state.records.get("row", {}).values():
        row = cast("PlanRow", record)
        found.setdefault(row.day, []).append(row)
    return found


def _glance(plan: DayPlan, rows: list[PlanRow]) -> PlanGlance:
    there = [row for row in rows if row.planned is not None]
    return PlanGlance(
        plan=plan,
        rows=len(there),
        checked=sum(bool(row.checked_by) for row in there),
        waiting=sum(row.waits for row in rows),
    )


def _row(row: PlanRow, station: ReadyStation) -> RowBody:
    fields = (
        ()
        if row.change is None or row.planned is None or row.proposed is None
        else field_differences(row.planned, row.day, row.proposed, row.day, station)
    )
    return RowBody(row=row, waits=row.waits, fields=fields)


def _order(row: PlanRow) -> tuple[Instant, str]:
    """By the time of the call, as it stands, else as it is proposed, else as it was."""
    planned = row.planned or row.proposed or row.before
    if planned is None:
        return Instant(0), row.id
    time = planned.departure if planned.departure is not None else planned.arrival
    return Instant(0) if time is None else time, row.id
