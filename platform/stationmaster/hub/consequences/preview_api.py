"""`POST /api/v1/acts/preview`: what an act would do, before it is done.

The body is that of an act, and so are the refusals of who may not. What the kernel would refuse is part of the answer,
for a page asks while a person is still choosing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred

from stationmaster.hub.consequences.preview import Foreseen, preview
from stationmaster.hub.consequences.telling import Told, told_after
from stationmaster.hub.people.askers import Asker, Askers, refusal
from stationmaster.hub.people.deed_permits import check_deeds
from stationmaster.hub.view import HubView
from stationmaster.hub.web.act_reading import ActRequest
from stationmaster.hub.web.acts_api import CHANGED, act_asked
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.web.meanwhile import ChangedMeanwhile, changed_meanwhile, with_what_was_said
from stationmaster.hub.web.recent import Recent
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import Act
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.state import State
from stationmaster_protocol.messages import Position
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["PreviewApi", "PreviewBody", "RefusedBody"]

FEW_DEEDS = 20
"""Acts with more deeds are looked at in a thread: the hub must not wait for them."""

MOST_WAITING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedBody:
    """That the act would be refused; `changed` is what is not as it was known."""

    code: str
    message: str
    hint: str
    changed: tuple[ChangedMeanwhile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewBody:
    """What an act would do, as of a position of the journal; `refused`, or `preview` and what was told.

    `told` is what passengers have been told of its trains that would no longer be so, and what is to be said then.
    """

    position: Position
    now: Instant
    refused: RefusedBody | None
    preview: Foreseen | None
    told: Told | None


class PreviewApi:
    """The route.

    Args:
        view: the hub.
        recent: what was committed last.
        askers: who may act.
        face: where the route goes.
        in_thread: where large acts are looked at.

    """

    def __init__(self, *, view: HubView, recent: Recent, askers: Askers, face: Face, in_thread: InThread) -> None:
        self._view = view
        self._recent = recent
        self._askers = askers
        self._in_thread = in_thread
        self._waiting = 0
        face.app.route("/api/v1/acts/preview", methods=["POST"])(self._preview)

    def _preview(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            asker = self._askers.permit(request, "previewAct")
        except StationError as error:
            return refusal(request, error)
        asked = act_asked(request)
        if isinstance(asked, bytes):
            return asked
        try:
            check_deeds(asker, asked.deeds, self._view.state)
        except StationError as error:
            return refusal(request, error)
        if len(asked.deeds) <= FEW_DEEDS:
            return json_answer(request, as_json(self._looked(asked, asker)()))
        if self._waiting >= MOST_WAITING:
            return problem_answer(request, 503, "busy", "Others are asking too.", "Ask again.")
        self._waiting += 1
        looking: Deferred[Any] = maybeDeferred(self._in_thread, self._looked(asked, asker))
        return looking.addBoth(self._done).addCallback(lambda found: json_answer(request, as_json(found)))

    def _looked(self, asked: ActRequest, asker: Asker) -> Any:
        """What looks at the act, on the state of this moment; pure, so it may be done in a thread."""
        state, position = self._view.state, self._view.position()
        now = Instant(int(self._view.now))
        act = asked.act(asker.name, now, with_what_was_said(asked.known, state, self._recent))
        return lambda: self._look(state, position, act)

    def _look(self, state: State, position: Position, act: Act) -> PreviewBody:
        now = Instant(max(act.at, state.facts.now))
        try:
            after, found = preview(state, act)
        except Refused as error:
            changed = changed_meanwhile(act.known, state, self._recent) if error.code == CHANGED else ()
            refused = RefusedBody(code=error.code, message=error.message, hint=error.hint, changed=changed)
            return PreviewBody(position=position, now=now, refused=refused, preview=None, told=None)
        calls = [each.id for each in found.calls if each.call is not None]
        told = told_after(state, after, calls, now)
        return PreviewBody(position=position, now=now, refused=None, preview=found, told=told)

    def _done(self, outcome: Any) -> Any:
        self._waiting -= 1
        return outcome
