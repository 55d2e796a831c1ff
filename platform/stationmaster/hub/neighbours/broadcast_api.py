"""`/api/v1/broadcast/…`: what plays in zones, what was said, and what would be, by eye and by ear.

Only broadcast can speak, so it is asked; what an announcement's words are the kernel says, from the very act that would
make it, and nothing is committed by that.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred

from stationmaster.hub.neighbours.asking import LARGEST_JSON, LARGEST_SOUND, MAKE_S, Neighbour, Told, not_told
from stationmaster.hub.neighbours.words import WordsBody
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.view import HubView
from stationmaster.hub.web.act_reading import read_act
from stationmaster.hub.web.bodies import as_json, told_faults
from stationmaster_base.configuration import Faults
from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import Announce
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Task
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_BODY", "BroadcastApi"]

LARGEST_BODY = 64_000
"""Bytes of an announcement."""

_WAVE, _JSON = "audio/wav", "application/json"


class BroadcastApi:
    """The routes.

    Args:
        view: the hub.
        broadcast: the process that speaks.
        askers: who may ask.
        face: where the routes go.

    """

    def __init__(self, *, view: HubView, broadcast: Neighbour, askers: Askers, face: Face) -> None:
        self._view = view
        self._broadcast = broadcast
        self._askers = askers
        for path, answer in (
            ("/api/v1/broadcast/zones", self._zones),
            ("/api/v1/broadcast/listen", self._listen),
            ("/api/v1/broadcast/played", self._played),
            ("/api/v1/broadcast/sound", self._sound),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)
        face.app.route("/api/v1/broadcast/words", methods=["POST"], endpoint="words")(self._words)
        face.app.route("/api/v1/broadcast/preview", methods=["POST"], endpoint="preview")(self._preview)

    def _zones(self, request: WebRequest) -> Deferred[bytes]:
        return self._json(request, "/api/v1/zones", {})

    def _played(self, request: WebRequest) -> Deferred[bytes]:
        words = {name: _word(request, name) for name in ("zone", "before", "count")}
        return self._json(request, "/api/v1/played/latest", words)

    def _listen(self, request: WebRequest) -> Deferred[bytes]:
        return self._wave(request, "/api/v1/zones/sound", {"zone": _word(request, "zone")})

    def _sound(self, request: WebRequest) -> Deferred[bytes]:
        return self._wave(request, "/api/v1/played/sound", {"play": _word(request, "play")})

    def _json(self, request: WebRequest, path: str, words: dict[str, str]) -> Deferred[bytes]:
        asking = self._broadcast.get(path, words, media=_JSON, largest=LARGEST_JSON)
        return asking.addCallback(lambda told: json_answer(request, told.json())).addErrback(not_told, request)

    def _wave(self, request: WebRequest, path: str, words: dict[str, str]) -> Deferred[bytes]:
        asking = self._broadcast.get(path, words, media=_WAVE, largest=LARGEST_SOUND)
        return asking.addCallback(_heard, request).addErrback(not_told, request)

    def _words(self, request: WebRequest) -> bytes:
        task = self._announcement(request)
        if isinstance(task, bytes):
            return task
        return json_answer(request, as_json(WordsBody(targets=task.targets, priority=task.priority, texts=task.texts)))

    def _preview(self, request: WebRequest) -> bytes | Deferred[bytes]:
        task = self._announcement(request)
        if isinstance(task, bytes):
            return task
        said = {text.language: text.text for text in task.texts if text.name == "speech" and text.text.strip()}
        # what an operator orders as an emergency is heard before it as usual speech
        body = {"texts": said, "priority": min(100, max(1, task.priority))}
        asking = self._broadcast.post("/api/v1/preview", body, media=_WAVE, largest=LARGEST_SOUND, within=MAKE_S)
        return asking.addCallback(_heard, request).addErrback(not_told, request)

    def _announcement(self, request: WebRequest) -> Task | bytes:
        """The announcement that an act would make; else the answer that says why there is none."""
        sent = request.content.read(LARGEST_BODY + 1)
        if len(sent) > LARGEST_BODY:
            return problem_answer(
                request, 413, "act-too-large", f"The act is larger than {LARGEST_BODY} bytes.", "Say less."
            )
        faults = Faults()
        asked = read_act(sent, faults)
        if asked is None:
            return problem_answer(request, 400, "bad-act", "The act cannot be read.", faults=told_faults(faults))
        if len(asked.deeds) != 1 or not isinstance(asked.deeds[0], Announce):
            return problem_answer(
                request, 400, "no-announcement", "It is not one announcement.", "Send an act with one such deed."
            )
        act = asked.act(self._askers.who(request) or "preview", Instant(int(self._view.now)))
        try:
            _, changes = step(self._view.state, act)
        except Refused as error:
            status = 422 if error.code == "deed-impossible" else 409
            return problem_answer(request, status, error.code, error.message, error.hint)
        return next(cast("Task", put.value) for put in changes.puts if put.kind == "task" and put.id == f"{act.id}/1")


def _heard(told: Told, request: WebRequest) -> bytes:
    request.setHeader(b"Content-Type", b"audio/wav")
    request.setHeader(b"Cache-Control", b"no-store")
    for name, value in told.headers.items():
        request.setHeader(name.encode("latin-1"), value.encode("latin-1"))
    return told.body


def _word(request: WebRequest, name: str) -> str:
    given: Any = request.args.get(name.encode(), [b""])
    return str(given[0].decode("utf-8", "replace"))
