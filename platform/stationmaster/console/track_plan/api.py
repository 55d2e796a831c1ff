"""The routes of the track plan.

It has a stream of its own, beside the hub's: trains move in and out by the clock, with nothing being committed, while
the hub's stream tells what stands in its journal and is taken up again by the journal's sequence; and what only the
plan needs is only sent to who looks at it. While nobody does, nothing is worked out.
"""

from __future__ import annotations

import json

from twisted.internet.defer import Deferred
from twisted.web.http import CACHED

from stationmaster.console.track_plan.drawing import Drawing, draw, drawing_of
from stationmaster.console.track_plan.legend import LEGEND
from stationmaster.console.track_plan.trains import Frame, TrainBook
from stationmaster.hub.openapi.track_plan import (
    DrawingBody,
    LegendBody,
    TrackPlanBody,
    TrackPlanChanges,
    TrainBody,
)
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json
from stationmaster.station.directions import Directions
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Configuration
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.events import EventStream
from stationmaster_service.face import Face
from stationmaster_service.interfaces import DelayedCall, WebRequest
from stationmaster_service.timer import Handle

__all__ = ["TrackPlanApi"]

TOGETHER_S = 0.1
"""Machine seconds for which commits are gathered before readers are told."""

_FOR_EVER = b"private, max-age=31536000, immutable"


class TrackPlanApi:
    """The routes under `/api/v1/track-plan`.

    Args:
        view: the hub.
        face: where the routes go; its timer says when trains move.

    """

    def __init__(self, view: HubView, face: Face) -> None:
        self._view = view
        self._timer = face.timer
        self._events = EventStream(whole=self._whole, reactor=face.timer.reactor, name="whole")
        self._directions: Directions | None = None
        self._book = TrainBook(Directions())
        self._drawn_of: tuple[Configuration, bytes | None] | None = None
        self._drawing: Drawing | None = None
        self._told: tuple[DrawingBody | None, dict[str, TrainBody]] = (None, {})
        self._waiting: DelayedCall | None = None
        self._next: Handle | None = None
        for path, answer in (
            ("/api/v1/track-plan", self._get),
            ("/api/v1/track-plan/legend", self._legend),
            ("/api/v1/track-plan/events", self._subscribe),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)
        face.app.route("/api/v1/track-plan/drawings/<identity>", methods=["GET"])(self._get_drawing)
        view.on_commit(self._committed)

    def _get(self, request: WebRequest) -> bytes:
        return json_answer(request, as_json(self._body(self._frame())))

    def _legend(self, request: WebRequest) -> bytes:
        return json_answer(request, as_json(LegendBody(entries=LEGEND)))

    def _get_drawing(self, request: WebRequest, identity: str) -> bytes:
        drawing = self._base()
        if drawing is None or drawing.identity != identity:
            message = f"There is no drawing {identity} now."
            return problem_answer(request, 404, "no-such-drawing", message, "Ask for the plan, which names it.")
        request.setHeader(b"Content-Type", b"image/svg+xml")
        request.setHeader(b"Cache-Control", _FOR_EVER)
        return b"" if request.setETag(b'"' + drawing.identity.encode() + b'"') is CACHED else drawing.svg

    def _subscribe(self, request: WebRequest) -> Deferred[None] | bytes:
        if not self._events.readers:
            frame = self._frame()
            self._remember(frame)
            self._wait_for(frame)
        return self._events.subscribe(request)

    def _whole(self) -> tuple[str, str]:
        return self._event_id(), _text(self._body(self._frame()))

    def _committed(self) -> None:
        if self._events.readers and self._waiting is None:
            self._waiting = self._timer.reactor.callLater(TOGETHER_S, self._tell)

    def _tell(self) -> None:
        """Tell the readers what is different, and wait for what comes next."""
        self._waiting = None
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if not self._events.readers:
            return
        before_drawing, before = self._told
        frame = self._frame()
        drawing, now = self._remember(frame)
        puts = tuple(train for train in frame.trains if before.get(train.id) != train)
        gone = tuple(item for item in before if item not in now)
        if puts or gone or drawing != before_drawing:
            body = TrackPlanChanges(
                position=self._view.position(), now=self._now(), drawing=drawing, puts=puts, gone=gone
            )
            self._events.publish(self._event_id(), "changes", _text(body))
        self._wait_for(frame)

    def _wait_for(self, frame: Frame) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = None if frame.next_at is None else self._timer.call_at(frame.next_at, self._tell)

    def _remember(self, frame: Frame) -> tuple[DrawingBody | None, dict[str, TrainBody]]:
        self._told = (self._drawing_body(), {train.id: train for train in frame.trains})
        return self._told

    def _frame(self) -> Frame:
        station = self._view.station
        directions = Directions() if station is None else station.directions
        if directions != self._directions:
            self._directions, self._book = directions, TrainBook(directions)
        return self._book.frame(self._view.state, self._view.now)

    def _body(self, frame: Frame) -> TrackPlanBody:
        return TrackPlanBody(
            position=self._view.position(), now=self._now(), drawing=self._drawing_body(), trains=frame.trains
        )

    def _base(self) -> Drawing | None:
        """The drawing of the station as it is now."""
        configuration = self._view.state.configuration
        if configuration is None:
            return None
        own = self._own()
        if self._drawn_of is None or self._drawn_of[0] is not configuration or self._drawn_of[1] is not own:
            self._drawn_of = (configuration, own)
            self._drawing = draw(configuration) if own is None else drawing_of(own)
        return self._drawing

    def _own(self) -> bytes | None:
        station = self._view.station
        return None if station is None else station.drawing

    def _drawing_body(self) -> DrawingBody | None:
        drawing = self._base()
        if drawing is None:
            return None
        path = f"/api/v1/track-plan/drawings/{drawing.identity}"
        return DrawingBody(identity=drawing.identity, path=path, own=self._own() is not None)

    def _event_id(self) -> str:
        position = self._view.position()
        return f"{position.epoch}:{position.sequence}"

    def _now(self) -> Instant:
        return Instant(int(self._view.now))


def _text(body: TrackPlanBody | TrackPlanChanges) -> str:
    return json.dumps(as_json(body), ensure_ascii=False, separators=(",", ":"))
