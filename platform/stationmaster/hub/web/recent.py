"""The last commits, as readers of the stream of changes are told them: bounded, and in order.

A page that was away for a moment gets what it has missed from here, without the database. Each commit becomes text
once, when the first reader needs it, however many there are.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from stationmaster.hub.storage.store import Stored
from stationmaster.hub.web.bodies import ChangesBody, StateBody, as_json
from stationmaster_base.health import JsonValue
from stationmaster_kernel.changes import KINDS, SECRET_KINDS, SECRET_NOTES, Resource
from stationmaster_protocol.messages import Position
from stationmaster_service.events import event_bytes

__all__ = ["MOST_PUTS", "TOLD_KINDS", "Recent", "changes_event", "event_id", "event_text"]

MOST_PUTS = 500
"""Changed resources of a commit that are told one by one; with more, readers are told to ask for everything anew."""

KEPT_PUTS = 5000
KEPT_COMMITS = 2000

_OF_THE_KERNEL = frozenset({"feed", "kernel"})
"""What the kernel keeps for itself, and that nobody looks at."""

TOLD_KINDS = KINDS.keys() - SECRET_KINDS - _OF_THE_KERNEL
"""The kinds of resource that the stream of changes tells."""


@dataclass(slots=True, kw_only=True)
class _Commit:
    """Entries that were committed as one, the first of which follows the entry of sequence `after`."""

    after: int
    entries: tuple[Stored, ...]
    event: bytes | None = None

    @property
    def last(self) -> int:
        return self.entries[-1].sequence

    @property
    def puts(self) -> int:
        return sum(len(entry.changes.puts) for entry in self.entries)


class Recent:
    """What was committed last, in one epoch."""

    def __init__(self) -> None:
        self._epoch = ""
        self._head = 0
        self._commits: deque[_Commit] = deque()
        self._puts = 0

    def begin(self, position: Position, tail: Sequence[Stored] = ()) -> None:
        """Forget everything; the head is at `position`, and `tail` are the entries that lead there."""
        self._epoch, self._head = position.epoch, position.sequence
        self._commits.clear()
        self._puts = 0
        for entry in tail:
            self._keep(_Commit(after=entry.sequence - 1, entries=(entry,)))

    def add(self, position: Position, entries: Sequence[Stored]) -> None:
        """These were committed as one, and have led to `position`."""
        if position.epoch != self._epoch or entries[0].sequence != self._head + 1:
            self.begin(position)
        self._head = position.sequence
        self._keep(_Commit(after=entries[0].sequence - 1, entries=tuple(entries)))

    def event(self) -> bytes | None:
        """The last commit as an event; None if readers had better ask for everything anew."""
        return self._event(self._commits[-1]) if self._commits else None

    def reaches(self, epoch: str, sequence: int) -> bool:
        """Whether everything after this is in memory, or there is no such place."""
        if epoch != self._epoch or sequence >= self._head:
            return True
        return bool(self._commits) and sequence >= self._commits[0].after

    def after(self, epoch: str, sequence: int) -> list[bytes] | None:
        """The events that lead from there to the head; None if that is not known, or too much."""
        if epoch != self._epoch or sequence > self._head:
            return None
        if sequence == self._head:
            return []
        if not self.reaches(epoch, sequence):
            return None
        events: list[bytes] = []
        for commit in self._commits:
            if commit.last <= sequence:
                continue
            if commit.after >= sequence:
                event = self._event(commit)
            else:  # whoever asks stopped in the middle of it, as none of our pages does
                event = changes_event(epoch, [entry for entry in commit.entries if entry.sequence > sequence])
            if event is None:
                return None
            events.append(event)
        return events

    def value(self, kind: str, item: str, revision: int) -> Resource | None:
        """A resource as it was in this revision; None if that is not kept."""
        for commit in reversed(self._commits):
            for entry in reversed(commit.entries):
                for put in entry.changes.puts:
                    if put.revision == revision and put.kind == kind and put.id == item:
                        return put
        return None

    def _event(self, commit: _Commit) -> bytes | None:
        if commit.event is None:
            commit.event = changes_event(self._epoch, commit.entries) or b""
        return commit.event or None

    def _keep(self, commit: _Commit) -> None:
        self._commits.append(commit)
        self._puts += commit.puts
        while len(self._commits) > 1 and (self._puts > KEPT_PUTS or len(self._commits) > KEPT_COMMITS):
            self._puts -= self._commits.popleft().puts


def changes_event(epoch: str, entries: Sequence[Stored]) -> bytes | None:
    """Entries that were committed as one, as an event; None if they are too much to be told one by one."""
    puts = tuple(put for entry in entries for put in entry.changes.puts if put.kind in TOLD_KINDS)
    if len(puts) > MOST_PUTS:
        return None
    last = entries[-1]
    body = ChangesBody(
        position=Position(epoch=epoch, sequence=last.sequence, hash=last.hash),
        puts=puts,
        deletes=tuple(gone for entry in entries for gone in entry.changes.deletes if gone[0] in TOLD_KINDS),
        notes=tuple(note for entry in entries for note in entry.changes.notes if note.code not in SECRET_NOTES),
    )
    return event_bytes(event_id(body.position), "changes", event_text(body))


def event_id(position: Position) -> str:
    """What stands as the id of an event, and by which a reader says what he has."""
    return f"{position.epoch}:{position.sequence}"


def event_text(body: StateBody | ChangesBody) -> str:
    """A body in one line of JSON."""
    told: JsonValue = as_json(body)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
