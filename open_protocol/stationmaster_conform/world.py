"""The world of the hub that the kit plays: resources with revisions, a history of entries, and the digest at each.

One client at a time looks at it, through one filter, so every entry keeps what it did to that filter's set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from stationmaster_kernel.changes import Resource, Value
from stationmaster_protocol.digest import Holding
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Deletion, Position, Snapshot, Update

__all__ = ["Committed", "World"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """One entry of the history; `before` and `after` are positions, `digest` is the filter's set's after it."""

    before: Position
    after: Position
    digest: str
    puts: tuple[Resource, ...]
    deletes: tuple[Deletion, ...]

    @property
    def update(self) -> Update:
        """The update that leads over this entry."""
        return Update(
            since=self.before.sequence,
            to=self.after.sequence,
            hash=self.after.hash,
            puts=self.puts,
            deletes=self.deletes,
        )


class World:
    """Args:
    epoch: the name of the history.

    `last` is the sequence of the last entry that concerned the filter.
    """

    def __init__(self, epoch: str) -> None:
        self.filter = Filter()
        self._resources: dict[tuple[str, str], Resource] = {}
        self._revision = 0
        self.begin(epoch)

    def begin(self, epoch: str) -> None:
        """A new epoch, with the resources as they are."""
        self._entries: list[Committed] = []
        self.position = Position(epoch=epoch, sequence=1, hash=_hash(epoch, 1))
        self.last = 1
        self._rebuild()

    def look_through(self, wanted: Filter) -> None:
        """The client asks for this from now on; what was sent before it is forgotten."""
        if wanted != self.filter:
            self.filter = wanted
            self._entries = []
            self.last = self.position.sequence
            self._rebuild()

    @property
    def digest(self) -> str:
        """Of the filter's set now."""
        return self._holding.digest

    def digest_at(self, sequence: int) -> str | None:
        """Of the filter's set at a sequence of this epoch; None if it is not known any more."""
        return self._digests.get(sequence)

    def resource(self, kind: str, name: str) -> Resource | None:
        """What stands there now."""
        return self._resources.get((kind, name))

    def admitted(self) -> tuple[Resource, ...]:
        """The filter's set."""
        return tuple(resource for resource in self._resources.values() if self.filter.admits(resource))

    def commit(self, *puts: tuple[str, str, Value], deletes: Sequence[tuple[str, str]] = ()) -> Committed:
        """One more entry; each put gets the next revision. A deletion of what is not there is nothing."""
        before = self.position
        sequence = before.sequence + 1
        self.position = replace(before, sequence=sequence, hash=_hash(before.epoch, sequence))
        put: list[Resource] = []
        gone = [Deletion(kind=kind, id=name) for kind, name in deletes if (kind, name) in self._resources]
        for deletion in gone:
            del self._resources[deletion.kind, deletion.id]
            self._holding.delete(deletion.kind, deletion.id)
        for kind, name, value in puts:
            self._revision += 1
            resource = Resource(kind=kind, id=name, revision=self._revision, value=_revised(value, self._revision))
            self._resources[kind, name] = resource
            if self.filter.admits(resource):
                self._holding.put(kind, name, self._revision)
                put.append(resource)
            elif self._holding.delete(kind, name):
                gone.append(Deletion(kind=kind, id=name))
        if put or gone:
            self.last = sequence
        self._digests[sequence] = self._holding.digest
        entry = Committed(
            before=before, after=self.position, digest=self._holding.digest, puts=tuple(put), deletes=tuple(gone)
        )
        self._entries.append(entry)
        return entry

    def since(self, held: Position | None) -> list[Committed] | None:
        """The entries that lead on from a held position; None if that is not known to be of this history."""
        if held == self.position:
            return []
        for number, entry in enumerate(self._entries):
            if entry.before == held:
                return self._entries[number:]
        return None

    def snapshot(self, parts: int = 1) -> list[Snapshot]:
        """The filter's set, in so many parts."""
        resources = self.admitted()
        size = max(1, -(-len(resources) // parts))
        cuts = [resources[first : first + size] for first in range(0, len(resources), size)] or [()]
        return [
            Snapshot(
                position=self.position,
                part=number,
                last=number == len(cuts),
                digest=self.digest,
                resources=cut,
            )
            for number, cut in enumerate(cuts, 1)
        ]

    def _rebuild(self) -> None:
        self._holding = Holding(self.admitted())
        self._digests = {self.position.sequence: self._holding.digest}


def _revised(value: Any, revision: int) -> Any:
    return replace(value, revision=revision)


def _hash(epoch: str, sequence: int) -> str:
    return sha256(f"{epoch}/{sequence}".encode()).hexdigest()
