"""Reading back what the store wrote: the head, the state, the last entries, and whether they fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from stationmaster.hub.storage.journal import (
    Row,
    changes_from_text,
    entry_hash,
    first_hash,
    notes_from_text,
    resource_from_row,
)
from stationmaster.hub.storage.schema import HEAD, INPUT, JOURNAL, RESOURCE
from stationmaster_base.collecting import uncollected
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.state import State
from stationmaster_protocol.messages import Position

__all__ = [
    "Loaded",
    "Recorded",
    "Stored",
    "last_sequence",
    "position_of",
    "read_entries",
    "read_fault",
    "read_head",
    "read_recorded",
    "read_state",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One journal entry as it was read back."""

    sequence: int
    hash: str
    at: Instant
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An input as it was put in (its JSON text), and what came of it."""

    input_text: str
    epoch: str
    entry: Stored
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a store held when it was opened.

    `state` is None if nothing was ever committed. `tail` are the last entries of this epoch, oldest first.
    `fault` tells why a new epoch was begun, and is empty if none was.
    """

    position: Position
    state: State | None
    tail: tuple[Stored, ...]
    fault: str = ""


def read_head(connection: Connection) -> Any:
    """The row of `head`; None if there is none, or no such table."""
    if not inspect(connection).has_table(HEAD.name):
        return None
    return connection.execute(select(HEAD)).one_or_none()


def position_of(head: Any) -> Position:
    """The position that a row of `head` says."""
    return Position(epoch=head.epoch, sequence=head.sequence, hash=head.hash)


def last_sequence(connection: Connection) -> int:
    """The highest sequence in the journal, of whatever epoch; 0 without any."""
    return connection.execute(select(func.max(JOURNAL.c.sequence))).scalar() or 0


def read_fault(connection: Connection, head: Any) -> str:
    """What is wrong between the head row and the journal; nothing if they agree."""
    last = connection.execute(select(JOURNAL).order_by(JOURNAL.c.sequence.desc()).limit(1)).one_or_none()
    if last is None or last.epoch != head.epoch:
        begins = head.hash == first_hash(head.epoch) and head.sequence >= (0 if last is None else last.sequence)
        return "" if begins else f"the journal has no entry of epoch {head.epoch}, but the head has {head.sequence}"
    if (last.sequence, last.hash) != (head.sequence, head.hash):
        return f"the journal ends at {last.sequence}, the head says {head.sequence}"
    if entry_hash(last.previous, last.sequence, last.input, last.changes, last.notes) != last.hash:
        return f"entry {last.sequence} of the journal is not what was written"
    return ""


def read_state(connection: Connection) -> State | None:
    """The whole state; None if nothing was ever committed.

    Raises:
        ValueError, TypeError, KeyError: a row does not hold what a hub wrote.

    """
    rows = connection.execute(select(RESOURCE)).all()
    if not rows:
        return None
    with uncollected():  # nothing of it is waste, and to look for waste in it again and again takes a third of the time
        return State.from_resources(
            resource_from_row(Row(kind=row.kind, id=row.id, revision=row.revision, body=row.body)) for row in rows
        )


def read_entries(connection: Connection, epoch: str, most: int, size: int) -> Iterator[Stored]:
    """The last entries of an epoch, oldest first, as far back as both limits allow."""
    sizes = (
        select(JOURNAL.c.sequence, func.length(JOURNAL.c.changes).label("size"))
        .where(JOURNAL.c.epoch == epoch)
        .order_by(JOURNAL.c.sequence.desc())
        .limit(most)
    )
    first = None
    for row in connection.execute(sizes):
        size -= row.size
        if size < 0:
            break
        first = row.sequence
    if first is None:
        return
    question = (
        select(JOURNAL.c.sequence, JOURNAL.c.hash, JOURNAL.c.at, JOURNAL.c.changes, JOURNAL.c.notes)
        .where(JOURNAL.c.epoch == epoch, JOURNAL.c.sequence >= first)
        .order_by(JOURNAL.c.sequence)
    )
    for entry in connection.execute(question):
        changes = changes_from_text(entry.changes, notes_from_text(entry.notes))
        yield Stored(sequence=entry.sequence, hash=entry.hash, at=Instant(entry.at), changes=changes)


def read_recorded(connection: Connection, input_id: str) -> Recorded | None:
    """What the journal has of an input; None if it was never committed, or its entry is no longer kept."""
    question = (
        select(JOURNAL, INPUT.c.body)
        .join(INPUT, INPUT.c.sequence == JOURNAL.c.sequence)
        .where(INPUT.c.id == input_id, JOURNAL.c.input == input_id)
    )
    row = connection.execute(question).first()
    if row is None:
        return None
    changes = changes_from_text(row.changes, notes_from_text(row.notes))
    entry = Stored(sequence=row.sequence, hash=row.hash, at=Instant(row.at), changes=changes)
    return Recorded(input_text=row.body, epoch=row.epoch, entry=entry, refused=bool(row.refused))
