"""`Idempotency-Key`: what changes something is done once, however often it is asked for.

Who got no answer does not know whether his request was carried out. With a key of his own making in the header (as in
the IETF's draft `httpapi-idempotency-key-header`) he sends it again, and has the answer of the first time. Acts and
commands have an id in their bodies, which the journal keeps for good; for everything else this one place stands before
every route, so that none can forget it.

The answers are kept in memory, for ten minutes and up to a bound, for nobody but who asked. After that, or after a
restart, the same key is a new one.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from twisted.internet.defer import Deferred

from stationmaster_service.answers import problem_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["KEPT_S", "KEY_PATTERN", "KEY_PROBLEMS", "LONGEST_KEY", "MOST_KEPT", "Repeats", "takes_keys"]

KEPT_S = 600.0
MOST_KEPT = 1000
LARGEST_KEPT = 4_000_000
"""Characters of all answers that are kept."""

LONGEST_KEY = 128
KEY_PATTERN = r"^[!#-\[\]-~]{1,128}$"
"""Printable ASCII without quotation marks, backslashes and spaces; it may stand in quotation marks, as in the draft."""

KEY_PROBLEMS = {400: ("key-impossible",), 409: ("key-under-way",), 422: ("key-used",)}
"""What may be wrong with a key."""

_KEY = re.compile(r'("?)([!#-\[\]-~]{1,128})\1\Z')
_CHANGING = (b"POST", b"PUT", b"PATCH", b"DELETE")
_SESSIONS = "/api/v1/session"
"""Logging in and out: what is answered there opens doors, and is not kept."""

_LOOKS = "/preview"
"""Asked with a body, and changes nothing."""

_CHUNK = 65536
_FOR_NOW = (202, 401, 403, 429)
"""Answers that another time may be others; so are those from 500 on."""

Answer = Callable[[], Any]


@dataclass(slots=True, kw_only=True)
class _Kept:
    """A request by the digest of what was asked, and its answer as soon as there is one."""

    asked: str
    since: float
    code: int = 0
    headers: tuple[tuple[bytes, tuple[bytes, ...]], ...] = ()
    body: bytes = b""


class Repeats:
    """Answers repeats; to be put around every route.

    Args:
        who: the name of who asks; None: nobody that is known, to whom nothing is kept.
        seconds: machine time.

    """

    def __init__(self, who: Callable[[WebRequest], str | None], seconds: Callable[[], float]) -> None:
        self._who = who
        self._seconds = seconds
        self._kept: OrderedDict[tuple[str, str, str], _Kept] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __call__(self, request: WebRequest, path: str, answer: Answer) -> Any:
        """What is answered: as the first time, or what `answer` gives.

        Args:
            request: what is asked.
            path: the route's, with the names of what stands in it.
            answer: has the route answer; bytes, or a Deferred of them.

        """
        wire: Any = request
        key = request.getHeader("idempotency-key")
        if key is None or wire.method not in _CHANGING or not takes_keys(path):
            return answer()
        found = _KEY.match(key.strip())
        if found is None:
            message = f"{key!r:.80} is no key."
            hint = f"1 to {LONGEST_KEY} printable characters without spaces."
            return problem_answer(request, 400, "key-impossible", message, hint)
        who = self._who(request)
        if who is None:
            return answer()
        self._forget_old()
        place, asked = (who, f"{wire.method.decode()} {path}", found[2]), _digest(wire)
        known = self._kept.get(place)
        if known is None:
            return self._first(request, place, asked, answer)
        if known.asked != asked:
            message = "Something else was asked for with this key."
            return problem_answer(request, 422, "key-used", message, "Use a new key for each new request.")
        if not known.code:
            request.setHeader(b"Retry-After", b"1")
            return problem_answer(request, 409, "key-under-way", "It is being done.", "Ask again in a moment.")
        return _again(wire, known)

    def _first(self, request: WebRequest, place: tuple[str, str, str], asked: str, answer: Answer) -> Any:
        kept = self._kept[place] = _Kept(asked=asked, since=self._seconds())
        try:
            result = answer()
        except BaseException:
            del self._kept[place]
            raise
        if isinstance(result, Deferred):
            return result.addBoth(self._answered, request, place, kept)
        return self._answered(result, request, place, kept)

    def _answered(self, result: Any, request: Any, place: tuple[str, str, str], kept: _Kept) -> Any:
        if self._kept.get(place) is not kept:
            return result  # it took so long that it was forgotten
        stays = request.code < 500 and request.code not in _FOR_NOW
        if not isinstance(result, bytes) or not stays or len(result) > LARGEST_KEPT:
            del self._kept[place]
        else:
            kept.code, kept.body = request.code, result
            names = request.responseHeaders.getAllRawHeaders()
            kept.headers = tuple((name, tuple(values)) for name, values in names)
            self._size += len(result)
            self._forget_old()
        return result

    def _forget_old(self) -> None:
        now = self._seconds()
        while self._kept:
            place, oldest = next(iter(self._kept.items()))
            if now - oldest.since < KEPT_S and len(self._kept) <= MOST_KEPT and self._size <= LARGEST_KEPT:
                return
            del self._kept[place]
            self._size -= len(oldest.body)


def takes_keys(path: str) -> bool:
    """Whether what is asked for under this path may have a key: not what only looks, nor what opens doors."""
    return path.startswith("/api/") and not path.startswith(_SESSIONS) and not path.endswith(_LOOKS)


def _again(request: Any, known: _Kept) -> bytes:
    request.setResponseCode(known.code)
    for name, values in known.headers:
        if name.lower() != b"set-cookie":
            request.responseHeaders.setRawHeaders(name, list(values))
    request.setHeader(b"Idempotency-Replayed", b"true")
    return known.body


def _digest(request: Any) -> str:
    """A digest of the address and the body, which is left as it was."""
    digest = sha256(bytes(request.uri) + b"\n" + (request.getHeader("if-match") or "").encode() + b"\n")
    while part := request.content.read(_CHUNK):
        digest.update(part)
    request.content.seek(0)
    return digest.hexdigest()
