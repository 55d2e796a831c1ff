"""What a control room hears and sees of broadcast before, while and after it is said; nothing is done by it.

The hub asks for these on behalf of its console: the zones as they are, the sound of what plays, the sounds of what was
said, and how words would sound if they were announced. What is made for a listener waits behind all that is due.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant, to_iso
from stationmaster_broadcast.emergencies.control import BroadcastControl
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.studio import LATER, Studio
from stationmaster_broadcast.zones.performer import BroadcastPerformer
from stationmaster_broadcast.zones.plays import Play, PlayLog
from stationmaster_kernel.task import Task, Text
from stationmaster_kernel.values import TaskKind
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST", "LONGEST", "MOST_PREVIEWS", "Hearing"]

LARGEST = 32_000
"""Bytes of a body."""

LONGEST = 1000
"""Characters in one language that are spoken for a listener: about four minutes."""

MOST_PREVIEWS = 4
"""Sounds that may be made for listeners at a time."""

USUAL_PLAYS, MOST_PLAYS = 100, 1000

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*\Z")
_NUMBER = re.compile(r"\d{1,15}\Z")


class Hearing:
    """The routes.

    - `GET /api/v1/zones`: every zone with what plays, waits and is held, its volume by hand, emergencies, messages
    - `GET /api/v1/zones/sound?zone=ID`: what plays there as a sound, else what was said there last. `X-Sound-Playing`
      says which, `X-Sound-Offset` how many seconds of it have been heard, `X-Sound-Task` what it is
    - `GET /api/v1/played/latest?zone=ID&before=N&count=N`: what was said, the newest first
    - `GET /api/v1/played/sound?play=N`: one of them as a sound
    - `POST /api/v1/preview`: `texts` by language, and `priority`, as a sound

    Args:
        face: where they go.
        performer, studio, plays: broadcast's parts.
        control: what was set by hand.
        state: what plays, waits and was said, as broadcast's page has it.

    """

    def __init__(
        self,
        *,
        face: Face,
        performer: BroadcastPerformer,
        studio: Studio,
        plays: PlayLog,
        control: BroadcastControl,
        state: Callable[[], dict[str, JsonValue]],
    ) -> None:
        self._performer = performer
        self._studio = studio
        self._plays = plays
        self._control = control
        self._state = state
        self._previews = 0
        for path, answer in (
            ("/api/v1/zones", self._zones),
            ("/api/v1/zones/sound", self._sound),
            ("/api/v1/played/latest", self._latest),
            ("/api/v1/played/sound", self._played),
        ):
            face.app.route(path, methods=["GET"], endpoint=path)(answer)
        face.app.route("/api/v1/preview", methods=["POST"], endpoint="preview")(self._preview)

    def _zones(self, request: WebRequest) -> bytes:
        state = self._state()
        messages: list[JsonValue] = [
            {"id": message.id, "texts": dict(message.texts), "ready": message.ready}
            for message in self._control.messages()
        ]
        emergencies: list[JsonValue] = [
            {
                "id": each.id,
                "by": each.by,
                "since": to_iso(each.since),
                "zones": list(each.zones),
                "message": each.message,
                "texts": dict(each.texts),
                "phase": each.phase.value,
                "problem": each.problem,
            }
            for each in self._control.emergencies()
        ]
        return json_answer(
            request,
            {
                "state": state["state"],
                "feed": state["feed"],
                "problem": state["problem"],
                "zones": state["zones"],
                "volumes": dict(self._control.volumes()),
                "messages": messages,
                "emergencies": emergencies,
            },
        )

    def _sound(self, request: WebRequest) -> bytes:
        zone = _word(request, "zone")
        if zone not in self._control.zones():
            return problem_answer(request, 404, "no-such-zone", f"There is no zone {zone!r} here.")
        known = self._performer.zones.get(zone)
        playing = None if known is None else known.playing
        if playing is not None:
            path = playing.recording.path
            return _wave(request, path, playing.play.task, playing.offset_at(self._performer.now()), playing=True)
        last = next((play for play in self._plays.latest(MOST_PLAYS) if play.target == zone and play.file), None)
        if last is None:
            return problem_answer(request, 404, "nothing-said", f"Nothing was said in {zone} of late.")
        return _wave(request, self._plays.path(last.file), last.task, 0.0)

    def _latest(self, request: WebRequest) -> bytes:
        zone = _word(request, "zone")
        before, count = _word(request, "before"), _word(request, "count") or str(USUAL_PLAYS)
        if not (_NUMBER.match(count) and 1 <= int(count) <= MOST_PLAYS and (not before or _NUMBER.match(before))):
            message = f"before={before!r} and count={count!r} are not possible."
            return problem_answer(request, 400, "bad-argument", message, f"Whole numbers; at most {MOST_PLAYS}.")
        found: list[JsonValue] = []
        for play in self._plays.newest():
            if (not before or play.n < int(before)) and (not zone or play.target == zone):
                found.append(play.body())
                if len(found) == int(count):
                    break
        return json_answer(request, {"plays": found})

    def _played(self, request: WebRequest) -> bytes:
        number = _word(request, "play")
        play: Play | None = None
        if _NUMBER.match(number):
            play = next((each for each in self._plays.newest() if each.n == int(number)), None)
        if play is None or not play.file:
            return problem_answer(request, 404, "no-such-play", f"There is no sound of play {number!r}, or no more.")
        return _wave(request, self._plays.path(play.file), play.task, 0.0)

    def _preview(self, request: WebRequest) -> bytes | Deferred[bytes]:
        if (request.getHeader("content-type") or "").partition(";")[0].strip().lower() != "application/json":
            # what a page of somebody else's can send without being asked first is not taken
            return problem_answer(request, 415, "no-json", "It is no JSON.", "Send Content-Type: application/json.")
        try:
            task = _task(request.content.read(LARGEST + 1))
        except StationError as error:
            return problem_answer(request, 400, error.code, error.message, error.hint)
        if self._previews >= MOST_PREVIEWS:
            return problem_answer(request, 429, "too-many", "Others wait for sounds of theirs.", "Ask again soon.")
        self._previews += 1
        making = self._made(task)
        making.addCallback(lambda recording: _wave(request, recording.path, "", 0.0))
        return making.addErrback(self._not_made, request).addBoth(self._over)

    def _made(self, task: Task) -> Deferred[Recording]:
        recipe = self._performer.recipe(task)
        if not recipe.utterances:
            return fail(StationError("no-text", "There is no text in any language of the station."))
        return self._studio.prepare(recipe, LATER)

    def _not_made(self, failure: Failure, request: WebRequest) -> bytes:
        failure.trap(StationError)
        error: Any = failure.value
        status = 400 if error.code == "no-text" else 503
        return problem_answer(request, status, error.code if status == 400 else "no-speech", error.message, error.hint)

    def _over(self, answer: Any) -> Any:
        self._previews -= 1
        return answer


def _task(body: bytes) -> Task:
    """What would be announced.

    Raises:
        StationError: `bad-request`.

    """
    if len(body) > LARGEST:
        raise StationError("bad-request", f"It is larger than {LARGEST} bytes.", "Say less.")
    try:
        given = json.loads(body)
        texts, priority = given["texts"], given.get("priority", 20)
        pairs = [(str(language), text) for language, text in texts.items()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StationError("bad-request", "It has no texts by language.", 'Send {"texts": {"zh": "…"}}.') from error
    if isinstance(priority, bool) or not isinstance(priority, int) or not 1 <= priority <= 100:
        raise StationError("bad-request", "Its priority is none.", "Give 1 to 100; 0 is for emergencies.")
    for language, text in pairs:
        if not _LANGUAGE.match(language) or not isinstance(text, str) or len(text) > LONGEST:
            raise StationError(
                "bad-request", f"It has no text in {language:.20}.", f"Give at most {LONGEST} characters a language."
            )
    never = Instant(0)
    return Task(
        id="preview",
        call="",
        rule="",
        occurrence=1,
        kind=TaskKind.ANNOUNCEMENT,
        targets=(),
        due=never,
        valid_until=never,
        order=never,
        priority=priority,
        texts=tuple(Text(name="speech", language=language, text=text) for language, text in pairs),
    )


def _wave(request: WebRequest, path: Path, task: str, offset: float, *, playing: bool = False) -> bytes:
    try:
        sound = path.read_bytes()
    except OSError:
        return problem_answer(request, 404, "no-sound", "The sound is no longer kept.")
    request.setHeader(b"Content-Type", b"audio/wav")
    request.setHeader(b"Cache-Control", b"no-store")
    request.setHeader(b"X-Sound-Playing", b"yes" if playing else b"no")
    request.setHeader(b"X-Sound-Offset", f"{offset:.2f}".encode())
    request.setHeader(b"X-Sound-Task", quote(task, safe="").encode())
    return sound


def _word(request: WebRequest, name: str) -> str:
    return request.args.get(name.encode(), [b""])[0].decode("utf-8", "replace")
