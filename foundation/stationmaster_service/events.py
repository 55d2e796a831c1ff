"""Server-sent events: how a page learns of every change without asking.

A stream carries whole states, so a page that missed some needs only the latest: a reader that is slow gets nothing
while its connection is full, and the whole state once there is room again. It never slows another reader and never
makes the process hold more than one state for it.

A reader may be behind when he comes: who knows what he had gives the events since, and until then he is held. What is
published meanwhile is not lost to him, for it is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_base.logging import get_logger
from stationmaster_service.answers import problem_answer
from stationmaster_service.interfaces import MachineTime, WebRequest

__all__ = ["EventStream", "event_bytes"]

_LOG = get_logger("events")

KEEP_ALIVE = 15.0
"""Machine seconds between comments that keep proxies and dead connections honest."""

ALIVE = b"event: alive\ndata: {}\n\n"
"""A comment keeps a connection open, but browsers do not tell pages of it."""

MOST_READERS = 500

Whole = Callable[[], tuple[str, str]]
"""Gives the id and the data of the last whole state."""

Since = Deferred[Sequence[bytes] | None]
"""Fires with the events that a reader has missed, up to the moment at which it fires; with None: the whole state."""


def event_bytes(event_id: str, name: str, data: str) -> bytes:
    """One event in the form of the HTML standard's section on server-sent events."""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"id: {event_id}\nevent: {name}\n{lines}\n".encode()


class EventStream:
    """One stream with any number of readers.

    Args:
        whole: what a reader gets first, and after it was too slow.
        reactor: machine time.
        name: the event name under which `whole` is sent.
        pulse_s: machine seconds between events `alive`, by which a page sees that it hears; None: comments will do.

    """

    def __init__(
        self, *, whole: Whole, reactor: MachineTime, name: str = "state", pulse_s: float | None = None
    ) -> None:
        self._whole = whole
        self._name = name
        self._pulse_s = pulse_s
        self._readers: set[_Reader] = set()
        self._keep_alive = cast("Any", LoopingCall(self._say_alive))  # its clock is declared as a zope interface
        self._keep_alive.clock = reactor

    @property
    def readers(self) -> int:
        """How many connections are open."""
        return len(self._readers)

    def subscribe(self, request: WebRequest, since: Callable[[], Since] | None = None) -> Deferred[None] | bytes:
        """Answer `request` with the stream; to be returned from a route.

        It begins with the whole state, or with what `since` gives.

        The Deferred never fires by itself: it is cancelled when the reader goes. With too many readers the answer is
        503, as a problem.
        """
        if len(self._readers) >= MOST_READERS:
            return problem_answer(request, 503, "too-many-readers", "Too many read.", "Close some pages and try again.")
        request.setHeader(b"Content-Type", b"text/event-stream; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-store")
        request.setHeader(b"X-Accel-Buffering", b"no")
        reader = _Reader(request, self._first)
        self._readers.add(reader)
        request.notifyFinish().addBoth(self._gone, reader)
        request.registerProducer(reader, True)
        if since is None:
            reader.write(self._first())
        else:
            reader.hold()
            since().addErrback(_not_known).addCallback(self._release, reader)
        if not self._keep_alive.running:
            self._keep_alive.start(self._pulse_s or KEEP_ALIVE, now=False)
        open_end: Deferred[None] = Deferred()
        return open_end

    def publish(self, event_id: str, name: str, data: str) -> None:
        """Send one event to every reader that has room; the others get the whole state when they have."""
        if self._readers:
            self.send(event_bytes(event_id, name, data))

    def send(self, event: bytes) -> None:
        """The same, with an event in its form."""
        for reader in tuple(self._readers):
            reader.write(event)

    def close(self) -> None:
        """End every connection; pages connect again by themselves."""
        for reader in tuple(self._readers):
            reader.close()

    def _first(self) -> bytes:
        event_id, data = self._whole()
        return event_bytes(event_id, self._name, data)

    def _release(self, missed: Sequence[bytes] | None, reader: _Reader) -> None:
        if reader in self._readers:
            reader.release(self._first() if missed is None else b"".join(missed))

    def _say_alive(self) -> None:
        for reader in tuple(self._readers):
            reader.write(b":\n\n" if self._pulse_s is None else ALIVE, state=False)

    def _gone(self, result: Failure | None, reader: _Reader) -> None:  # noqa: ARG002 - how it went is the same to us
        self._readers.discard(reader)
        if not self._readers and self._keep_alive.running:
            self._keep_alive.stop()


def _not_known(failure: Failure) -> None:
    """Nobody can say what the reader has missed: he gets the whole state."""
    _LOG.error("events-not-known", problem=failure.getTraceback(), todo="report this to the maker")


@implementer(IPushProducer)
class _Reader:
    """One connection. It is its transport's producer, and so hears when the transport is full and when it has room."""

    def __init__(self, request: WebRequest, first: Callable[[], bytes]) -> None:
        self._request = request
        self._first = first
        self._full = False
        self._missed = False
        self._held = False

    def hold(self) -> None:
        """Send nothing but the headers until `release`."""
        self._held = True
        self._request.write(b":\n\n")

    def release(self, events: bytes) -> None:
        """Send these, and go on from there."""
        self._held = False
        if events:
            self.write(events)

    def write(self, event: bytes, *, state: bool = True) -> None:
        """Send, or remember that something was left out."""
        if self._held and state:
            return
        if self._full:
            self._missed = self._missed or state
        else:
            self._request.write(event)

    def close(self) -> None:
        """Say goodbye."""
        self._request.unregisterProducer()
        self._request.finish()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._full = True

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._full = False
        if self._missed:
            self._missed = False
            self._request.write(self._first())

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._full = True
