"""Replay: the journal's inputs put through the kernel once more, and every entry compared byte for byte.

Pure: lines of a journal go in, what was found comes out. The kernel is deterministic, so a difference means that the
kernel of this software decides differently from the one that wrote the entry, or that the journal is not what was
written. Replay ends at the first difference, since all that follows would differ because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from stationmaster.hub.batch import Kernel, quarantined
from stationmaster.hub.storage.archive import Line
from stationmaster.hub.storage.checkpoint import Checkpoint
from stationmaster.hub.storage.journal import (
    UNREADABLE,
    JournalEntry,
    Row,
    Written,
    first_hash,
    input_from_text,
    make_entry,
)
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_protocol.messages import Position

__all__ = ["Difference", "Part", "Replayed", "replay"]

_PLAINLY = {False: "taken", True: "refused"}


class Part(StrEnum):
    """What differs."""

    ORDER = "sequence"
    CHAIN = "previous hash"
    HASH = "hash"
    INPUT = "input"
    OUTCOME = "outcome"
    CHANGES = "changes"
    NOTES = "notes"
    STATE = "state"
    """A checkpoint does not hold what the entries before it add up to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first difference: at which entry, in which part, and both texts.

    `input_id`, `input_kind` and `input_text` are empty where a checkpoint differs. `intact` tells whether the entry is
    what was written, by its hash. `software` wrote the last checkpoint before, and perhaps the entry.
    """

    sequence: int
    at: Instant
    part: Part
    journalled: str
    replayed: str
    input_id: str = ""
    input_kind: str = ""
    input_text: str = ""
    intact: bool = True
    software: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay went through.

    `begin` is where it began; None if there was nothing. `end` and `until` are position and time of the last entry that
    is as it was journalled. `entries`, `refused`, `checkpoints` and `epochs` count what was compared, and how often an
    epoch began on the way.
    """

    begin: Position | None = None
    since: Instant | None = None
    end: Position | None = None
    until: Instant | None = None
    entries: int = 0
    refused: int = 0
    checkpoints: int = 0
    epochs: int = 0
    difference: Difference | None = None


def replay(
    lines: Iterable[Line], kernel: Kernel = step, *, told: Callable[[Written], None] = lambda _: None
) -> Replayed:
    """Replay a journal until its end or the first difference.

    Args:
        lines: as an `Archive` gives them.
        kernel: the kernel's step.
        told: is given each entry that was as it was journalled.

    Raises:
        StationError: the journal cannot be read.

    """
    work = _Work(kernel)
    for line in lines:
        difference = work.checkpoint(line) if isinstance(line, Checkpoint) else work.entry(line)
        if difference is not None:
            return work.outcome(difference)
        if isinstance(line, Written):
            told(line)
    return work.outcome(None)


class _Work:
    """A replay on its way."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._state: State | None = None
        self._bodies: dict[tuple[str, str], str] = {}
        self._begin: Position | None = None
        self._since: Instant | None = None
        self._at: Position | None = None
        self._until: Instant | None = None
        self._software = ""
        self._entries = self._refused = self._checkpoints = self._epochs = 0

    def outcome(self, difference: Difference | None) -> Replayed:
        return Replayed(
            begin=self._begin,
            since=self._since,
            end=self._at,
            until=self._until,
            entries=self._entries,
            refused=self._refused,
            checkpoints=self._checkpoints,
            epochs=self._epochs,
            difference=difference,
        )

    def checkpoint(self, mark: Checkpoint) -> Difference | None:
        """Begin at a checkpoint; or compare it with what has become of the state, unless an epoch begins there."""
        self._software = mark.software
        if self._at is None or mark.position.epoch != self._at.epoch:
            try:
                self._state = mark.state()
            except UNREADABLE as error:
                return self._differs(mark, Part.STATE, "cannot be read", f"{type(error).__name__}: {error}")
            self._bodies = {(row.kind, row.id): row.body for row in mark.rows}
            if self._at is None:
                self._begin, self._since = mark.position, mark.at
            else:
                self._epochs += 1
            self._at, self._until = mark.position, mark.at
            return None
        self._checkpoints += 1
        if mark.position != self._at:
            return self._differs(mark, Part.CHAIN, mark.position.hash, self._at.hash)
        return self._compared(mark, {(row.kind, row.id): row.body for row in mark.rows})

    def entry(self, entry: Written) -> Difference | None:
        """Put an entry's input through the kernel, and compare what comes of it."""
        if self._at is None or self._state is None:
            raise ValueError("a journal begins with a checkpoint")
        previous, sequence = self._at.hash, self._at.sequence + 1
        if entry.epoch != self._at.epoch:  # from before there were checkpoints where epochs begin
            previous, sequence = first_hash(entry.epoch), max(sequence, entry.sequence)
            self._epochs += 1
        if entry.sequence != sequence:
            return self._differs(entry, Part.ORDER, str(entry.sequence), str(sequence))
        if entry.previous != previous:
            return self._differs(entry, Part.CHAIN, entry.previous, previous)
        try:
            given = input_from_text(entry.input_kind, entry.input_text)
        except UNREADABLE as error:
            return self._differs(
                entry, Part.INPUT, entry.input_text, f"cannot be read: {type(error).__name__}: {error}"
            )
        refused = False
        try:
            state, changes = self._kernel(self._state, given)
        except Exception as error:  # as in the pipeline, where it must not stop the others
            state, changes, refused = self._state, quarantined(given, error), True
        made = make_entry(sequence, previous, given, changes, refused=refused)
        difference = self._judge(entry, made)
        if difference is None:
            self._state = state
            self._apply(made.rows, changes)
            self._at = Position(epoch=entry.epoch, sequence=sequence, hash=made.hash)
            self._until = entry.at
            self._entries += 1
            self._refused += refused
        return difference

    def _judge(self, entry: Written, made: JournalEntry) -> Difference | None:
        pairs = (
            (Part.INPUT, _input_line(entry.input_id, entry.input_text), _input_line(made.input_id, made.input_text)),
            (Part.OUTCOME, _PLAINLY[entry.refused], _PLAINLY[made.refused]),
            (Part.CHANGES, entry.changes_text, made.changes_text),
            (Part.NOTES, entry.notes_text, made.notes_text),
            (Part.HASH, entry.hash, made.hash),
        )
        for part, journalled, replayed in pairs:
            if journalled != replayed:
                return self._differs(entry, part, journalled, replayed)
        return None

    def _apply(self, rows: Iterable[Row], changes: Changes) -> None:
        for gone in changes.deletes:
            self._bodies.pop(gone, None)
        self._bodies.update({(row.kind, row.id): row.body for row in rows})

    def _compared(self, mark: Checkpoint, there: dict[tuple[str, str], str]) -> Difference | None:
        if there == self._bodies:
            return None
        kind, item = min(key for key in there.keys() | self._bodies.keys() if there.get(key) != self._bodies.get(key))
        name = f"{kind} {item}: "
        journalled, replayed = there.get((kind, item), "is not there"), self._bodies.get((kind, item), "is not there")
        return self._differs(mark, Part.STATE, name + journalled, name + replayed)

    def _differs(self, line: Line, part: Part, journalled: str, replayed: str) -> Difference:
        if isinstance(line, Checkpoint):
            return Difference(
                sequence=line.position.sequence,
                at=line.at,
                part=part,
                journalled=journalled,
                replayed=replayed,
                software=self._software,
            )
        return Difference(
            sequence=line.sequence,
            at=line.at,
            part=part,
            journalled=journalled,
            replayed=replayed,
            input_id=line.input_id,
            input_kind=line.input_kind,
            input_text=line.input_text,
            intact=line.intact,
            software=self._software,
        )


def _input_line(item: str, text: str) -> str:
    return f"{item} {text}"
