"""`/api/v1/station/files`: the station's files, each read, and drafted with `PUT`. Nothing goes live by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from stationmaster.hub.people.askers import Asker, Askers
from stationmaster.hub.plan_desk.answering import Answering, sent_json
from stationmaster.hub.plan_desk.bodies import StationFileBody, StationFilesBody, file_body, file_glance
from stationmaster.hub.plan_desk.desk import PlanDesk, text_of
from stationmaster.hub.plan_desk.files import LARGEST_FILE, others
from stationmaster.hub.plan_desk.hunks import hunks
from stationmaster.hub.plan_desk.recording import DeskDeed, Recorder, line_changes
from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.hub.plan_desk.work import DeskWork
from stationmaster_base.errors import Fault
from stationmaster_base.times import Instant
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_SENT", "FilesApi"]

LARGEST_SENT = 2 * LARGEST_FILE + 1000
"""Bytes of JSON: a file's text with its line ends and quotes escaped."""


class FilesApi:
    """The routes.

    Args:
        face: where they go.
        askers: who may.
        recorder: has recorded what was done.
        work: the desk.
        now: station time.

    """

    def __init__(
        self, face: Face, askers: Askers, recorder: Recorder, work: DeskWork, now: Callable[[], float]
    ) -> None:
        self._answer = Answering(askers, recorder)
        self._work = work
        self._now = now
        route = face.app.route
        route("/api/v1/station/files", methods=["GET"])(self._files)
        route("/api/v1/station/files/<path:name>", methods=["GET"], endpoint="station file")(self._file)
        route("/api/v1/station/files/<path:name>", methods=["PUT"], endpoint="put station file")(self._put)

    def _files(self, request: WebRequest) -> Deferred[bytes] | bytes:
        return self._answer(request, "stationFiles", lambda _: self._work.ask(self._all))

    def _file(self, request: WebRequest, name: str) -> Deferred[bytes] | bytes:
        def tell(file: StationFileBody) -> StationFileBody:
            request.setHeader(b"ETag", f'"{file.file.tag}"'.encode())
            return file

        def ask(_: Asker) -> Deferred[Any]:
            done: Deferred[Any] = self._work.ask(lambda desk: self._one(desk, name))
            return done.addCallback(tell)

        return self._answer(request, "stationFile", ask)

    def _put(self, request: WebRequest, name: str) -> Deferred[bytes] | bytes:
        def put(asker: Asker) -> Deferred[Any]:
            known = _known(request)
            said = sent_json(request, LARGEST_SENT)
            text = said.get("text")
            if set(said) != {"text"} or not (text is None or isinstance(text, str)):
                raise DeskRefusal("bad-draft", "It is not as described.", '{"text": "…"}, or null for a file that goes')

            def deed(desk: PlanDesk) -> StationFileBody:
                before, after = desk.file(name), desk.put(name, text, known, asker.name)
                differences.extend(hunks(name, text_of(before.shown), text_of(after.shown)))
                return self._one(desk, name)

            return self._work.change(deed, "drafted", asker.name, file=name)

        def told(_: object) -> DeskDeed:
            return DeskDeed(kind="station-draft", subject=name, words="drafted", changes=line_changes(differences))

        differences: list[Fault] = []
        return self._answer(request, "putStationFile", put, deed=told)

    def _all(self, desk: PlanDesk) -> StationFilesBody:
        files = tuple(file_glance(file) for file in desk.files())
        return StationFilesBody(
            now=Instant(int(self._now())),
            draft=desk.draft().digest,
            files=files,
            possible=others({file.name for file in files}),
        )

    def _one(self, desk: PlanDesk, name: str) -> StationFileBody:
        file = desk.file(name)
        if file.shown is None and file.live is None and file.drafted is None:
            raise DeskRefusal("no-such-file", f"There is no {name} yet.", 'Make it with PUT and If-Match "-.-".')
        return file_body(file, desk.draft(), Instant(int(self._now())))


def _known(request: WebRequest) -> str:
    header: str | None = request.getHeader("if-match")
    if not header:
        raise DeskRefusal("no-if-match", "It is not said which state of the file was edited.", "If-Match: the tag.")
    return header.strip().removeprefix("W/").strip('"')
