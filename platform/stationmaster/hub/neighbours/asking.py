"""Asks a subsystem's own pages for what only it has, on behalf of somebody at the hub's.

No more is asked than the few paths that routes name; whoever is away, slow, or sends too much is said to be so, and
keeps nothing of the hub waiting. What a neighbour refuses is handed on with its own words, if the code is one of ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, ResponseDone
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_service.answers import problem_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["HANDED_ON", "MOST_ASKED", "Neighbour", "Told", "not_told"]

_LOG = get_logger("neighbours")

ANSWER_S = 5.0
"""Machine seconds for an answer that only has to be looked up."""

MAKE_S = 11.0
"""For one that has to be made, such as speech; the console itself waits for twelve."""

CONNECT_S = 2.0
SHARED_S = 1.0
"""For so long an answer is given to whoever asks the same."""

LARGEST_SHARED = 1_000_000
"""Bytes that are kept for that."""

MOST_ASKED = 16
"""Questions to one neighbour that may be under way."""

LARGEST_JSON = 8_000_000
LARGEST_SOUND = 24_000_000
LARGEST_PICTURE = 2_000_000
"""Bytes of an answer."""

HANDED_ON: Mapping[str, int] = {
    "bad-argument": 400,
    "bad-request": 400,
    "no-text": 400,
    "no-such-board": 404,
    "no-such-play": 404,
    "no-such-zone": 404,
    "no-sound": 404,
    "not-read": 404,
    "nothing-said": 404,
    "too-many": 429,
    "no-speech": 503,
}
"""What neighbours refuse with, by code, with the status."""

_OF_OURS: Mapping[str, int] = {
    "neighbour-unset": 404,
    "too-many": 429,
    "neighbour-wrong": 502,
    "neighbour-away": 503,
    "neighbour-slow": 504,
}
"""Why nothing was told at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer: what kind of content it is, the content, and the headers that begin with `x-`."""

    media: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The content as JSON.

        Raises:
            StationError: `neighbour-wrong`.

        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise StationError("neighbour-wrong", "The answer is no JSON.", "See what runs at this address.") from error


class Neighbour:
    """One process that is asked.

    Args:
        name: what people call it.
        base: where its pages are; empty: nobody has said.
        reactor: connections and machine time.

    """

    def __init__(self, name: str, base: str, reactor: Any) -> None:
        self._name = name
        self._base = base
        self._reactor = reactor
        self._asked = 0
        self._away = False
        self._shared: dict[str, _Shared] = {}

    def get(
        self, path: str, words: Mapping[str, str], *, media: str, largest: int, within: float = ANSWER_S
    ) -> Deferred[Told]:
        """Ask for something.

        Args:
            path: of the neighbour's API, from its root.
            words: what stands after the `?`; empty ones are left out.
            media: what kind of content it must be.
            largest: bytes that it may have.
            within: machine seconds for it.

        Whoever asks the same within a second is told the same: many consoles cost a neighbour no more than one.
        Fails with a StationError that `not_told` answers with.

        """
        asked = urlencode({name: value for name, value in words.items() if value})
        question = f"{path}?{asked}" if asked else path
        now = self._reactor.seconds()
        for old in [old for old, known in self._shared.items() if known.over and now - known.at >= SHARED_S]:
            del self._shared[old]
        shared = self._shared.get(question)
        if shared is None:
            shared = self._shared[question] = _Shared(now)
            asking = self._ask(b"GET", question, None, media, largest, within).addBoth(shared.told)
            asking.addCallback(lambda _: self._keep_if_small(question, shared))
        return shared.join()

    def _keep_if_small(self, question: str, shared: _Shared) -> None:
        """A sound is given to those who asked meanwhile, and is not kept for others."""
        if shared.size > LARGEST_SHARED and self._shared.get(question) is shared:
            del self._shared[question]

    def post(self, path: str, body: Any, *, media: str, largest: int, within: float = MAKE_S) -> Deferred[Told]:
        """The same, with `body` as JSON."""
        sent = json.dumps(body, ensure_ascii=False).encode()
        return self._ask(b"POST", path, sent, media, largest, within)

    def _ask(  # noqa: PLR0917 - it is one question, and only asked above
        self, method: bytes, path: str, body: bytes | None, media: str, largest: int, within: float
    ) -> Deferred[Told]:
        if not self._base:
            hint = f"Set [hub.console] {self._name}."
            return fail(StationError("neighbour-unset", f"Nobody has said where {self._name}'s pages are.", hint))
        if self._asked >= MOST_ASKED:
            return fail(StationError("too-many", f"{self._name} is asked too much at a time.", "Ask again soon."))
        self._asked += 1
        agent = Agent(self._reactor, connectTimeout=CONNECT_S, pool=HTTPConnectionPool(self._reactor, persistent=False))
        headers = Headers({b"Accept": [media.encode()]})
        if body is not None:
            headers.addRawHeader(b"Content-Type", b"application/json")
        sent: Any = None if body is None else _Sent(body)
        asking: Deferred[Any] = agent.request(method, f"{self._base}{path}".encode(), headers, sent)
        asking.addCallback(lambda response: self._answered(response, media, largest))
        late: list[bool] = []

        def give_up() -> None:
            late.append(True)
            asking.cancel()

        patience = self._reactor.callLater(within, give_up)
        return asking.addErrback(self._failed, late).addBoth(self._over, patience)

    def _answered(self, response: Any, media: str, largest: int) -> Deferred[Told]:
        self._there()
        told = response.headers.getRawHeaders(b"content-type", [b""])[0].decode("latin-1").partition(";")[0].strip()
        own = {
            name.decode("latin-1").lower(): values[0].decode("latin-1")
            for name, values in response.headers.getAllRawHeaders()
            if name.lower().startswith(b"x-sound-")
        }
        body = _Body(largest)
        response.deliverBody(body)
        return body.done.addCallback(
            lambda whole: self._checked(response.code, Told(media=told, body=whole, headers=own), media)
        )

    def _checked(self, status: int, told: Told, media: str) -> Told:
        if status == 200 and told.media == media:
            return told
        refused = told.json() if told.media == "application/problem+json" else {}
        code = refused.get("error", "") if isinstance(refused, dict) else ""
        if code in HANDED_ON:
            raise StationError(code, str(refused.get("message", "")), str(refused.get("hint", "")))
        raise StationError(
            "neighbour-wrong",
            f"{self._name} answers with {status} and {told.media or 'nothing'}.",
            f"See what runs at {self._base}; it may be another version.",
        )

    def _failed(self, failure: Failure, late: list[bool]) -> Failure:
        if failure.check(StationError):
            return failure
        if late:
            problem = StationError("neighbour-slow", f"{self._name} takes too long.", "Ask again; see its log.")
        else:
            problem = StationError("neighbour-away", f"{self._name} cannot be asked.", "See whether it runs.")
            if not self._away:
                self._away = True
                _LOG.warning(
                    "neighbour-away",
                    neighbour=self._name,
                    problem=failure.getErrorMessage(),
                    todo="start it, or see [hub.console]",
                )
        return Failure(problem)

    def _there(self) -> None:
        if self._away:
            self._away = False
            _LOG.info("neighbour-there", neighbour=self._name)

    def _over(self, result: Any, patience: Any) -> Any:
        self._asked -= 1
        if patience.active():
            patience.cancel()
        return result


def not_told(failure: Failure, request: WebRequest) -> bytes:
    """The answer where a neighbour has told nothing."""
    failure.trap(StationError)
    error: Any = failure.value
    status = HANDED_ON.get(error.code) or _OF_OURS[error.code]
    return problem_answer(request, status, error.code, error.message, error.hint)


class _Shared:
    """One answer, for everybody who asks for it."""

    def __init__(self, at: float) -> None:
        self.at = at
        self._answer: Any = None
        self._waiting: list[Deferred[Told]] = []
        self.over = False

    def told(self, answer: Any) -> None:
        """It has come, or why it has not."""
        self.over, self._answer = True, answer
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._give(each)

    @property
    def size(self) -> int:
        """Bytes of the answer."""
        return len(self._answer.body) if isinstance(self._answer, Told) else 0

    def join(self) -> Deferred[Told]:
        """Fires with the answer."""
        wanted: Deferred[Told] = Deferred()
        if self.over:
            self._give(wanted)
        else:
            self._waiting.append(wanted)
        return wanted

    def _give(self, wanted: Deferred[Told]) -> None:
        if wanted.called:  # who asked has gone meanwhile
            return
        if isinstance(self._answer, Failure):
            wanted.errback(Failure(self._answer.value))
        else:
            wanted.callback(self._answer)


class _Body(Protocol):
    """Takes in an answer, as far as it may be large."""

    def __init__(self, largest: int) -> None:
        self.done: Deferred[bytes] = Deferred(lambda _: self._give_up())
        self._left = largest
        self._parts: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._left -= len(data)
        if self._left < 0:
            if not self.done.called:
                self.done.errback(StationError("neighbour-wrong", "The answer is too large.", "See what runs there."))
            self._give_up()
            return
        self._parts.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - likewise
        if self.done.called:
            return
        if reason.check(ResponseDone):
            self.done.callback(b"".join(self._parts))
        else:
            self.done.errback(reason)

    def _give_up(self) -> None:
        transport: Any = self.transport
        transport.abortConnection()


@implementer(IBodyProducer)
class _Sent:
    """A body that is small: it is written at once."""

    def __init__(self, body: bytes) -> None:
        self.length = len(body)
        self._body = body

    def startProducing(self, consumer: Any) -> Deferred[None]:  # noqa: N802 - Twisted's name
        consumer.write(self._body)
        return succeed(None)

    def pauseProducing(self) -> None:  # noqa: N802 - likewise
        """It is written already."""

    def resumeProducing(self) -> None:  # noqa: N802 - likewise
        """It is written already."""

    def stopProducing(self) -> None:  # noqa: N802 - likewise
        """It is written already."""
