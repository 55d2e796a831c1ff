"""`/api/v1/station/draft` and `/versions`: the draft is checked, applied or dropped, and what was used is put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from stationmaster.hub.people.askers import Asker, Askers
from stationmaster.hub.plan_desk.answering import Answering, sent_json, sent_text
from stationmaster.hub.plan_desk.bodies import AppliedBody, DroppedBody, VersionsBody, version_body
from stationmaster.hub.plan_desk.desk import PlanDesk
from stationmaster.hub.plan_desk.recording import DeskDeed, Recorder, version_changes
from stationmaster.hub.plan_desk.refusals import DeskRefusal
from stationmaster.hub.plan_desk.work import AppliedVersion, DeskWork
from stationmaster_base.times import Instant
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_WORDS", "DraftApi"]

LARGEST_WORDS = 10_000
"""Bytes of what is said to apply or to put back."""


class DraftApi:
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
        route("/api/v1/station/draft/check", methods=["POST"])(self._check)
        route("/api/v1/station/draft/apply", methods=["POST"])(self._apply)
        route("/api/v1/station/draft", methods=["DELETE"], endpoint="drop draft")(self._drop)
        route("/api/v1/station/draft/files/<path:name>", methods=["DELETE"], endpoint="drop drafted file")(self._drop)
        route("/api/v1/station/versions", methods=["GET"])(self._versions)
        route("/api/v1/station/versions/<number>/apply", methods=["POST"])(self._put_back)

    def _check(self, request: WebRequest) -> Deferred[bytes] | bytes:
        return self._answer(request, "checkDraft", lambda _: self._work.check())

    def _apply(self, request: WebRequest) -> Deferred[bytes] | bytes:
        def apply(asker: Asker) -> Deferred[Any]:
            said = sent_json(request, LARGEST_WORDS)
            _only(said, "draft", "why")
            known, why = sent_text(said, "draft"), sent_text(said, "why")
            return self._taken(self._work.apply(known, asker.name, why), told)

        told: list[DeskDeed] = []
        return self._answer(request, "applyDraft", apply, deed=lambda _: told[0])

    def _put_back(self, request: WebRequest, number: str) -> Deferred[bytes] | bytes:
        def put_back(asker: Asker) -> Deferred[Any]:
            said = sent_json(request, LARGEST_WORDS)
            _only(said, "current", "why")
            current, why = said.get("current"), sent_text(said, "why")
            if not isinstance(current, int) or isinstance(current, bool):
                raise DeskRefusal("bad-draft", "current is no number.", "The version that is used, as you saw it.")
            if not (number.isascii() and number.isdigit() and len(number) <= 9):
                raise DeskRefusal("no-such-version", f"There is no version {number[:20]!r}.")
            return self._taken(self._work.put_back(int(number), current, asker.name, why), told)

        told: list[DeskDeed] = []
        return self._answer(request, "putBackVersion", put_back, deed=lambda _: told[0])

    def _taken(self, done: Deferred[Any], told: list[DeskDeed]) -> Deferred[Any]:
        """What is answered, and as `told` what is recorded, when a version has been taken."""

        def taken(applied: AppliedVersion) -> AppliedBody:
            version = applied.version
            again = f"version {version.again} again: " if version.again else ""
            told.append(
                DeskDeed(
                    kind="station-apply",
                    subject=f"version {version.number}",
                    words=again + ", ".join(version.changed),
                    why=version.why,
                    changes=version_changes(applied.before, version),
                )
            )
            return AppliedBody(version=version_body(version), difference=applied.difference)

        return done.addCallback(taken)

    def _drop(self, request: WebRequest, name: str = "") -> Deferred[bytes] | bytes:
        def drop(asker: Asker) -> Deferred[Any]:
            def deed(desk: PlanDesk) -> DroppedBody:
                desk.drop(name)
                return DroppedBody(draft=desk.draft().digest)

            return self._work.change(deed, "draft-dropped", asker.name, file=name)

        told = DeskDeed(kind="station-draft", subject=name or "all files", words="dropped")
        return self._answer(request, "dropDraftedFile" if name else "dropDraft", drop, deed=lambda _: told)

    def _versions(self, request: WebRequest) -> Deferred[bytes] | bytes:
        def tell(desk: PlanDesk) -> VersionsBody:
            versions = tuple(version_body(version) for version in desk.versions())
            return VersionsBody(now=Instant(int(self._now())), versions=versions)

        return self._answer(request, "stationVersions", lambda _: self._work.ask(tell))


def _only(said: dict[str, Any], *keys: str) -> None:
    for key in said:
        if key not in keys:
            raise DeskRefusal("bad-draft", f"{key[:40]!r} is not known.", ", ".join(keys))
