"""`/api/v1/proposals/waiting` and `/api/v1/modes/fallen`: how long a decision may wait, and what waits for a return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from stationmaster.hub.deciding.bodies import FallenBody, WaitingBody, WaitingProposal
from stationmaster.hub.deciding.proposal_signs import waiting
from stationmaster.hub.deciding.urgency import Patience, Urgency
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json
from stationmaster_base.times import Instant
from stationmaster_kernel.handling import fell_due
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.proposal import Proposal
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["DecidingApi"]

_NEVER = 1 << 40


class DecidingApi:
    """The routes.

    Args:
        view: the hub.
        patience: for how long a proposal may wait.
        face: where they go.

    """

    def __init__(self, view: HubView, patience: Patience, face: Face) -> None:
        self._view = view
        self._patience = patience
        for path, answer in (("/api/v1/proposals/waiting", self._waiting), ("/api/v1/modes/fallen", self._fallen)):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)

    def _waiting(self, request: WebRequest) -> bytes:
        now = self._now()
        found = sorted(waiting(self._view.state, now, self._patience), key=_order)
        body = WaitingBody(
            position=self._view.position(),
            now=now,
            waiting=tuple(
                WaitingProposal(
                    id=proposal.id,
                    at=proposal.at,
                    matters_at=how.matters_at,
                    event_at=how.event_at,
                    warn_at=how.warn_at,
                    alarm_at=how.alarm_at,
                )
                for proposal, how in found
            ),
        )
        return json_answer(request, as_json(body))

    def _fallen(self, request: WebRequest) -> bytes:
        scope = request.args.get(b"scope", [b""])[0].decode("utf-8", "replace")
        state, now = self._view.state, self._now()
        mode = cast("Mapping[str, Mode]", state.records.get("mode", {})).get(scope)
        if mode is None:
            return problem_answer(request, 404, "no-such-mode", f"{scope!r} is not manual.", "See /api/v1/modes.")
        tasks = tuple(fell_due(mode, state.tasks.values(), now))
        body = FallenBody(position=self._view.position(), now=now, mode=mode, tasks=tasks)
        return json_answer(request, as_json(body))

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def _order(item: tuple[Proposal, Urgency]) -> tuple[int, int, str]:
    proposal, how = item
    moment = how.event_at if how.matters_at is None else how.matters_at
    return (_NEVER if moment is None else moment), proposal.at, proposal.id
