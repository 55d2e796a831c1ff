"""`/api/v1/station/import`: a timetable is uploaded, and goes into the draft.

What takes longer than a browser waits is answered with 202, and `GET` tells how it goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, UnsupportedOperation
from typing import Any, BinaryIO

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster.hub.people.askers import Asker, Askers
from stationmaster.hub.plan_desk.answering import Answering
from stationmaster.hub.plan_desk.bodies import ImportBody
from stationmaster.hub.plan_desk.recording import DeskDeed, Recorder
from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.hub.plan_desk.uploads import KINDS, LARGEST_UPLOAD, NUMBERS_FROM, Upload, UploadReport
from stationmaster.hub.plan_desk.work import DeskWork
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_service.face import Face
from stationmaster_service.interfaces import MachineTime, WebRequest

__all__ = ["PATIENCE_S", "ImportApi"]

_LOG = get_logger("plan-desk")

PATIENCE_S = 8.0
"""Machine seconds after which an upload that is still being read is answered."""

MOST_WORDS = 200
LONGEST_WORD = 200


class ImportApi:
    """The routes.

    Args:
        face: where they go.
        askers: who may.
        recorder: has recorded what was done.
        work: the desk.
        now: station time.
        reactor: machine time.

    """

    def __init__(
        self,
        *,
        face: Face,
        askers: Askers,
        recorder: Recorder,
        work: DeskWork,
        now: Callable[[], float],
        reactor: MachineTime,
    ) -> None:
        self._recorder = recorder
        self._answer = Answering(askers, recorder)
        self._work = work
        self._now = now
        self._reactor = reactor
        self._last = ImportBody(state="none")
        face.app.route("/api/v1/station/import", methods=["POST"], endpoint="import")(self._post)
        face.app.route("/api/v1/station/import", methods=["GET"], endpoint="last import")(self._get)

    def _get(self, request: WebRequest) -> Deferred[bytes] | bytes:
        return self._answer(request, "timetableImport", lambda _: self._last)

    def _post(self, request: WebRequest) -> Deferred[bytes] | bytes:
        def take(asker: Asker) -> Deferred[ImportBody]:
            if self._last.state == "running":
                raise DeskRefusal("desk-busy", f"An upload of {self._last.by} is being read.", "Wait for it.")
            upload = _upload(request)
            self._last = ImportBody(state="running", by=asker.name, at=Instant(int(self._now())))
            done: Deferred[Any] = self._work.take_in(upload, asker.name)
            done.addCallbacks(self._done, self._refused)
            done.addCallback(self._record, request, asker, upload.kind)
            return self._patiently(done)

        return self._answer(request, "importTimetable", take, status=_status)

    def _patiently(self, done: Deferred[Any]) -> Deferred[ImportBody]:
        """The outcome, or, when it takes too long, that it goes on."""
        answer: Deferred[ImportBody] = Deferred()

        patience = self._reactor.callLater(PATIENCE_S, lambda: answer.callback(self._last))

        def tell(outcome: object) -> None:
            if not patience.active():
                return
            patience.cancel()
            if isinstance(outcome, Failure):
                answer.errback(outcome)
            else:
                answer.callback(self._last)

        done.addBoth(tell)
        return answer

    def _record(self, _: object, request: WebRequest, asker: Asker, kind: str) -> None:
        report = self._last.report
        drafted = report is not None and report.drafted
        words = f"{kind}: {0 if report is None else report.rows} rows, {'drafted' if drafted else 'not taken'}"
        self._recorder.record(request, asker, DeskDeed(kind="station-import", subject="timetable.csv", words=words))

    def _done(self, report: UploadReport) -> None:
        self._last = replace(self._last, state="done", report=report)

    def _refused(self, failure: Failure) -> Failure:
        error = failure.value
        if not isinstance(error, (StationError, OSError)):
            _LOG.error("import-failed", problem=failure.getTraceback(), todo="report this to the maker")
        faults = error.faults if isinstance(error, DeskRefusal) else ()
        self._last = replace(self._last, state="refused", problem=str(error), faults=faults)
        return failure


def _status(body: ImportBody) -> int:
    return 202 if body.state == "running" else 200


def _upload(request: WebRequest) -> Upload:
    kind, numbers = _word(request, "kind", KINDS), _word(request, "number_from", NUMBERS_FROM)
    stops = tuple(_words(request, "stop"))
    free = _word(request, "without_track", ("no", "yes"))
    classes, tracks = _pairs(request, "class"), _pairs(request, "track")
    if kind == "gtfs" and not stops:
        raise DeskRefusal("bad-draft", "A feed has many stops.", "Say with stop=… which one the station is.")
    size = request.content.seek(0, os.SEEK_END)
    if size > LARGEST_UPLOAD:
        raise DeskRefusal("upload-too-large", f"It has more than {LARGEST_UPLOAD} bytes.", "Upload a part of it.")
    if not size:
        raise DeskRefusal("bad-draft", "Nothing was uploaded.", "The file itself as the body.")
    return Upload(
        kind=kind,
        content=_own(request.content),
        without_track=free == "yes",
        stops=stops,
        classes=classes,
        tracks=tracks,
        number_from=numbers,
    )


def _own(content: BinaryIO) -> BinaryIO:
    """The content for somebody who may still read it when the request has been answered."""
    content.seek(0)
    try:
        return os.fdopen(os.dup(content.fileno()), "rb")
    except UnsupportedOperation:  # it is small, and in memory
        return BytesIO(content.read())


def _words(request: WebRequest, name: str) -> list[str]:
    words = [value.decode("utf-8", "replace") for value in request.args.get(name.encode(), [])]
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise DeskRefusal("bad-draft", f"{name} is too much.", f"{MOST_WORDS} of {LONGEST_WORD} characters")
    return [word for word in words if word]


def _word(request: WebRequest, name: str, allowed: tuple[str, ...]) -> str:
    words = _words(request, name)
    word = words[0] if words else allowed[0]
    if word not in allowed:
        raise DeskRefusal("bad-draft", f"{name}={word!r} is not possible.", " or ".join(allowed))
    return word


def _pairs(request: WebRequest, name: str) -> tuple[tuple[str, str], ...]:
    pairs = [word.partition("=") for word in _words(request, name)]
    for key, equals, value in pairs:
        if not (key and equals and value):
            raise DeskRefusal("bad-draft", f"{name} wants pairs.", f"{name}=ICE=高速动车")
    return tuple((key, value) for key, _, value in pairs)
