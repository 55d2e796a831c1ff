"""One filter and all that is the same for everybody who asked for it: the set, its digest, the bytes on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from stationmaster_kernel.changes import Resource
from stationmaster_protocol.codec import encode
from stationmaster_protocol.digest import Holding
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import Entry
from stationmaster_protocol.messages import Deletion, HubMessage, Position, Snapshot, Update
from stationmaster_protocol.writing import Fragment

__all__ = ["FilterClass", "Framed", "Frames", "SnapshotParts", "Unsendable"]

_TIMES_KEPT = 64
"""Of so many changes a filter class knows when they were published."""


class Unsendable(Exception):
    """A resource that cannot be sent, for what reason."""

    def __init__(self, resource: Resource, reason: LocalProtocolError) -> None:
        super().__init__(f"{resource.kind} {resource.id}: {reason}")
        self.resource = resource
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A message and its bytes, made once."""

    message: HubMessage
    frame: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """How messages become bytes here.

    `fragment` gives the XML of a resource and raises `Unsendable`; `largest` is the longest document, `part` about how
    long a part of a snapshot is.
    """

    fragment: Fragment
    largest: int
    part: int

    def framed(self, message: HubMessage) -> Framed:
        """A message with its bytes.

        Raises:
            Unsendable: a resource in it cannot be sent.
            LocalProtocolError: `too-large`.

        """
        return Framed(message=message, frame=encode(message, largest=self.largest, fragment=self.fragment))


class SnapshotParts:
    """A snapshot whose parts are made when the first subscriber needs them, and then serve all.

    Args:
        position: what the snapshot is of.
        digest: of all of `resources`.
        resources: the whole set.
        frames: how parts become bytes.

    """

    def __init__(self, position: Position, digest: str, resources: Sequence[Resource], frames: Frames) -> None:
        self.position = position
        self.digest = digest
        self._made: list[Framed] = []
        self._making = self._parts(resources, frames)
        self._fault: Unsendable | None = None

    def part(self, number: int) -> Framed:
        """Part `number`, counted from 1, of those up to the last.

        Raises:
            Unsendable: a resource in it cannot be sent.

        """
        while len(self._made) < number:
            if self._fault is not None:
                raise self._fault
            try:
                self._made.append(next(self._making))
            except Unsendable as fault:
                self._fault = fault
                raise
        return self._made[number - 1]

    def _parts(self, resources: Sequence[Resource], frames: Frames) -> Iterator[Framed]:
        number = 0
        texts: dict[tuple[str, str], str] = {}
        chunk: list[Resource] = []
        size = 0
        for resource in resources:
            text = frames.fragment(resource)
            if chunk and size + len(text) > frames.part:
                number += 1
                yield self._framed(number, chunk, texts, frames, last=False)
                texts, chunk, size = {}, [], 0
            texts[resource.kind, resource.id] = text
            chunk.append(resource)
            size += len(text)
        yield self._framed(number + 1, chunk, texts, frames, last=True)

    def _framed(
        self, number: int, chunk: list[Resource], texts: dict[tuple[str, str], str], frames: Frames, *, last: bool
    ) -> Framed:
        message = Snapshot(position=self.position, part=number, last=last, digest=self.digest, resources=tuple(chunk))
        try:
            frame = encode(message, largest=frames.largest, fragment=lambda item: texts[item.kind, item.id])
        except LocalProtocolError as error:
            raise Unsendable(max(chunk, key=lambda item: len(texts[item.kind, item.id])), error) from error
        return Framed(message=message, frame=frame)


class FilterClass:
    """The set that a filter admits, kept up to date entry by entry.

    Args:
        wanted: the normalised filter.
        head: the position at which `resources` stand.
        resources: the hub's resources.
        frames: how messages become bytes.

    `last` is the sequence of the last change that concerned this class (at first, that of `head`).

    """

    def __init__(self, wanted: Filter, head: Position, resources: Iterable[Resource], frames: Frames) -> None:
        self.filter = wanted
        self._sieve = wanted.sieve()
        self._frames = frames
        self._unsendable: set[tuple[str, str, int]] = set()
        self._snapshot: SnapshotParts | None = None
        self._replays: dict[Position, Framed] = {}
        self._published: dict[int, float] = {}
        self.reset(head, resources)

    def reset(self, head: Position, resources: Iterable[Resource]) -> None:
        """Begin anew at another position, as in a new epoch."""
        self._head = head.sequence
        self.last = head.sequence
        self._holding = Holding(resource for resource in resources if self._admits(resource))
        self._published.clear()
        self.forget()

    @property
    def digest(self) -> str:
        """The digest of the set as it is since `last`."""
        return self._holding.digest

    def __len__(self) -> int:
        return len(self._holding)

    def forget(self) -> None:
        """Drop bytes that are kept for subscribers still to come."""
        self._snapshot = None
        self._replays = {}

    def published(self, now: float) -> None:
        """The change `last` is sent to all, at this machine time."""
        if len(self._published) >= _TIMES_KEPT:
            del self._published[next(iter(self._published))]
        self._published[self.last] = now

    def age_ms(self, sequence: int, now: float, otherwise: int | None) -> int | None:
        """Milliseconds since the change `sequence` was sent to all; `otherwise` if that is not known."""
        sent = self._published.get(sequence)
        return otherwise if sent is None else round((now - sent) * 1000)

    def take(self, entries: Iterable[Entry]) -> Update | None:
        """Bring the set up to date; the update for its subscribers, or None if nothing concerns them."""
        before, puts, deletes, hash_ = self.last, dict[tuple[str, str], Resource](), dict[tuple[str, str], None](), ""
        for entry in entries:
            if entry.sequence <= self._head:
                continue
            self._head = entry.sequence
            concerned = False
            for resource in entry.changes.puts:
                key = (resource.kind, resource.id)
                if self._admits(resource):
                    self._holding.put(*key, resource.revision)
                    deletes.pop(key, None)
                    puts[key] = resource
                    concerned = True
                elif self._holding.delete(*key):
                    puts.pop(key, None)
                    deletes[key] = None
                    concerned = True
            for key in entry.changes.deletes:
                if self._holding.delete(*key):
                    puts.pop(key, None)
                    deletes[key] = None
                    concerned = True
            if concerned:
                self.last, hash_ = entry.sequence, entry.hash
        if self.last == before:
            return None
        self.forget()
        return _update(before, self.last, hash_, puts, deletes)

    def replay(self, held: Position, entries: Sequence[Entry]) -> Framed | None:
        """What leads from a held position to `last` or beyond; None if it is there already.

        Args:
            held: a position of this epoch.
            entries: all entries after it, up to the head at least.

        Raises:
            Unsendable: a resource in it cannot be sent.
            LocalProtocolError: `too-large`; a snapshot serves better.

        """
        if held.sequence >= self.last:
            return None
        if held not in self._replays:
            puts, deletes, hash_, to = dict[tuple[str, str], Resource](), dict[tuple[str, str], None](), "", 0
            for entry in entries:
                if entry.sequence > self._head:
                    break
                to, hash_ = entry.sequence, entry.hash
                for resource in entry.changes.puts:
                    key = (resource.kind, resource.id)
                    puts.pop(key, None)
                    deletes.pop(key, None)
                    if self._admits(resource):
                        puts[key] = resource
                    elif self.filter.admits_kind(resource.kind):
                        # Whether the filter admitted it at the held position is not known any more.
                        deletes[key] = None
                for key in entry.changes.deletes:
                    puts.pop(key, None)
                    if self.filter.admits_kind(key[0]):
                        deletes[key] = None
            self._replays[held] = self._frames.framed(_update(held.sequence, to, hash_, puts, deletes))
        return self._replays[held]

    def snapshot(self, head: Position, resources: Callable[[], Iterable[Resource]]) -> SnapshotParts:
        """The whole set; `head` and `resources` are the hub's, and no further than the entries that were taken in."""
        if self._snapshot is None or self._snapshot.position.epoch != head.epoch:
            admitted = [resource for resource in resources() if self._admits(resource)]
            self._snapshot = SnapshotParts(head, self.digest, admitted, self._frames)
        return self._snapshot

    def exclude(self, resource: Resource) -> None:
        """Go on without this revision of a resource, which cannot be sent."""
        self._unsendable.add((resource.kind, resource.id, resource.revision))
        if self._holding.revision(resource.kind, resource.id) == resource.revision:
            self._holding.delete(resource.kind, resource.id)
        self.forget()

    def _admits(self, resource: Resource) -> bool:
        return self._sieve(resource) and (resource.kind, resource.id, resource.revision) not in self._unsendable


def _update(
    since: int, to: int, hash_: str, puts: dict[tuple[str, str], Resource], deletes: dict[tuple[str, str], None]
) -> Update:
    return Update(
        since=since,
        to=to,
        hash=hash_,
        puts=tuple(puts.values()),
        deletes=tuple(Deletion(kind=kind, id=resource_id) for kind, resource_id in deletes),
    )
