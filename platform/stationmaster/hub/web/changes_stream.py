"""`/api/v1/events`: the stream of what changes, which goes on where a reader stopped.

A reader says what he has with the header `Last-Event-ID`, as browsers do by themselves, or with `?after=`; both are an
event's id, `epoch:sequence`. Then he gets every change since, once and in order: from memory, else from the journal,
and when neither reaches back so far, or the epoch is another, an event `whole`.

What is read from the journal takes a while. The reader is held meanwhile, and the commits of that time are taken from
memory at the moment at which he is let go, so nothing is told twice and nothing is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import LoopingCall

from stationmaster.hub.pipeline import Committed
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.storage.store import Stored
from stationmaster.hub.web.bodies import StateBody
from stationmaster.hub.web.recent import Recent, changes_event, event_id, event_text
from stationmaster.hub.writer import InThread
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_protocol.messages import Position
from stationmaster_service.answers import problem_answer
from stationmaster_service.events import EventStream, event_bytes
from stationmaster_service.face import Face
from stationmaster_service.interfaces import MachineTime, WebRequest

__all__ = ["ChangesStream", "Missed", "ReadBack", "journal_reader"]

_LOG = get_logger("events")

_LOOK_S = 1.0
"""Machine seconds between looks at what changes without a commit."""

_PULSE_S = 2.0
"""Machine seconds between events `alive`: with two missed, a console says that it hears nothing."""

_POINT = re.compile(r"([^:\s]{1,100}):([0-9]{1,18})\Z")

_SIZE = 4_000_000
"""Characters of journal that are read for one reader; who has missed more asks for everything anew."""

_MOST_READING = 8
"""Readers for whom the journal is read at once; others ask for everything anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Events that lead to an entry of the journal."""

    sequence: int
    events: tuple[bytes, ...]


ReadBack = Callable[[str, int], Deferred[Missed | None]]
"""Reads the entries of an epoch after a sequence from the journal."""


def journal_reader(database: URL, in_thread: InThread) -> ReadBack:
    """What reads entries back from the journal, in a thread."""

    def read(epoch: str, sequence: int) -> Deferred[Missed | None]:
        return in_thread(lambda: _read(database, epoch, sequence))

    return read


class ChangesStream:
    """The stream, and its route.

    Args:
        glance: the hub at a glance.
        position: of the last committed entry.
        face: where the route goes.
        reactor: machine time.
        read_back: reads the journal; None: what is not in memory is not known.

    """

    def __init__(
        self,
        *,
        glance: Callable[[], StateBody],
        position: Callable[[], Position],
        face: Face,
        reactor: MachineTime,
        read_back: ReadBack | None = None,
    ) -> None:
        self.recent = Recent()
        """What was committed last."""
        self._glance = glance
        self._position = position
        self._read_back = read_back
        self._reading = 0
        self._begun = False
        self._before: list[tuple[str, int, Deferred[Sequence[bytes] | None]]] = []
        self._events = EventStream(whole=self._whole, reactor=reactor, name="whole", pulse_s=_PULSE_S)
        self._last: object = None
        self._looking = cast("Any", LoopingCall(self.look))  # its clock is declared as a zope interface
        self._looking.clock = reactor
        face.app.route("/api/v1/events", methods=["GET"], endpoint="events")(self._subscribe)

    def loaded(self, position: Position, tail: Sequence[Stored]) -> None:
        """The store has been read: this is the head, and these are the last entries."""
        self.recent.begin(position, tail)

    def start(self) -> None:
        """The hub is up: who came before it was gets what he has missed, and what changes by itself is looked at."""
        self._begun = True
        waiting, self._before = self._before, []
        if self._events.readers > len(waiting):
            self.begun_again()
        for epoch, sequence, since in waiting:
            self._missed(epoch, sequence).chainDeferred(since)
        self._looking.start(_LOOK_S, now=False)

    def stop(self) -> None:
        """End every stream."""
        if self._looking.running:
            self._looking.stop()
        self._events.close()

    def committed(self, committed: Sequence[Committed]) -> None:
        """Tell the readers what was committed."""
        position = self._position()
        self.recent.add(position, [each.stored for each in committed])
        if not self._events.readers:
            return
        event = self.recent.event()
        if event is None:
            self.begun_again()
        else:
            self._events.send(event)

    def alarms_changed(self, text: str) -> None:
        """Tell the readers with an event `alarm` that there are other alarms; `text` is an `AlarmsChanged`."""
        self._events.publish(event_id(self._position()), "alarm", text)

    def begun_again(self) -> None:
        """Tell the readers to ask for everything anew."""
        self._events.publish(*self._first("whole"))

    def _subscribe(self, request: WebRequest) -> Deferred[None] | bytes:
        asked = request.args.get(b"after", [])
        header = request.getHeader("last-event-id")
        text = asked[0].decode("utf-8", "replace") if asked else header
        point = None if text is None else _POINT.match(text)
        if asked and point is None:
            message = f"after={text!r:.80} is not possible; it may be an event's id, such as epoch:12."
            return problem_answer(request, 400, "bad-argument", message)
        if header is not None:  # a browser that connects again has come further than its address says
            point = _POINT.match(header) or point
        if point is None:
            return self._events.subscribe(request)
        epoch, sequence = point[1], int(point[2])
        return self._events.subscribe(request, lambda: self._since(epoch, sequence))

    def _since(self, epoch: str, sequence: int) -> Deferred[Sequence[bytes] | None]:
        if self._begun:
            return self._missed(epoch, sequence)
        since: Deferred[Sequence[bytes] | None] = Deferred()
        self._before.append((epoch, sequence, since))
        return since

    def _missed(self, epoch: str, sequence: int) -> Deferred[Sequence[bytes] | None]:
        """Fires with the events since then, and at the end how things are now."""
        if self.recent.reaches(epoch, sequence) or self._read_back is None or self._reading >= _MOST_READING:
            return succeed(self._with_state(self.recent.after(epoch, sequence)))
        self._reading += 1
        return self._read_back(epoch, sequence).addBoth(self._read).addCallback(lambda read: self._joined(epoch, read))

    def _read(self, outcome: Any) -> Any:
        self._reading -= 1
        return outcome

    def _joined(self, epoch: str, read: Missed | None) -> Sequence[bytes] | None:
        """What was read from the journal, and then what was committed meanwhile."""
        more = None if read is None else self.recent.after(epoch, read.sequence)
        return self._with_state(None if read is None or more is None else [*read.events, *more])

    def _with_state(self, events: Sequence[bytes] | None) -> Sequence[bytes] | None:
        return None if events is None else [*events, event_bytes(*self._first("state"))]

    def _first(self, name: str) -> tuple[str, str, str]:
        event, text = self._whole()
        return event, name, text

    def _whole(self) -> tuple[str, str]:
        return event_id(self._position()), event_text(self._glance())

    def look(self) -> None:
        """See whether something is different without a commit, and tell it; it is done each second anyway."""
        if not self._events.readers:
            self._last = None
            return
        glance = self._glance()
        # What moves all the time is told with what matters, and what comes with commits is told by them.
        feed = replace(glance.feed, age_s=None, fresh_at=None, sequence=None)
        waiting = tuple(each.id for each in glance.confirmations)
        still = (glance.connected, glance.absent, glance.trouble, glance.alarms, feed, waiting)
        if self._last is not None and still != self._last:
            self._events.publish(event_id(glance.position), "state", event_text(glance))
        self._last = still


def _read(database: URL, epoch: str, sequence: int) -> Missed | None:
    try:
        archive = DatabaseArchive(database)
        try:
            entries = archive.entries_since(epoch, sequence, _SIZE)
        finally:
            archive.close()
    except StationError as error:
        _LOG.warning("events-not-read", problem=str(error), todo=error.hint)
        return None
    if not entries:
        return None
    events = [changes_event(epoch, (entry,)) for entry in entries]
    told = tuple(event for event in events if event is not None)
    return Missed(sequence=entries[-1].sequence, events=told) if len(told) == len(events) else None
