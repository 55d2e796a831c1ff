"""The journal: one entry for each input, each bound to the one before it by its hash.

An entry's hash is SHA-256 over the hash of the entry before, a line feed, and the entry's canonical bytes:
`[sequence,"input id"]`, its changes and its notes, each as the JSON text that is stored, joined by line feeds. So an
entry is checked from what is stored, without making values of it. The hash before the first entry of an
epoch is SHA-256 over the epoch's name.

The texts are made here once, and the same text of a value stands in the journal and in the row of its resource.
What is read back is `Written`: texts as they are stored, of which values are made only where they are needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, get_args

from stationmaster_base.times import Instant
from stationmaster_kernel.changes import KINDS, Changes, Note, Resource
from stationmaster_kernel.inputs import Input
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.plain_text import compact, quoted, to_text

__all__ = [
    "INPUT_KINDS",
    "UNREADABLE",
    "JournalEntry",
    "Row",
    "Written",
    "changes_from_text",
    "compact",
    "entry_hash",
    "first_hash",
    "input_from_text",
    "input_kind",
    "input_text",
    "make_entry",
    "notes_from_text",
    "resource_from_row",
    "row_of",
    "rows_from_text",
]

INPUT_KINDS: dict[str, type] = {kind.__name__.lower(): kind for kind in get_args(Input)}
"""Every kind of input by its word."""

_AT_ONCE = 1 << 20
"""Characters that are made bytes of together for a hash."""

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What is raised for a text that does not describe what it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One resource as it is stored; `body` is JSON text."""

    kind: str
    id: str
    revision: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One input, what it changed, and its place in the chain.

    `at` is the station time of the input; `refused` tells that the kernel would not take it. `rows` are the puts as
    rows, in the order of `changes.puts`; the texts are what is stored.
    """

    sequence: int
    previous: str
    hash: str
    input_id: str
    input_kind: str
    input_text: str
    at: Instant
    refused: bool
    changes: Changes
    rows: tuple[Row, ...]
    changes_text: str
    notes_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One journal entry together with its input, as both were read back: texts, not values."""

    sequence: int
    epoch: str
    previous: str
    hash: str
    at: Instant
    refused: bool
    input_id: str
    input_kind: str
    input_text: str
    changes_text: str
    notes_text: str

    @property
    def intact(self) -> bool:
        """Whether the hash is that of the texts."""
        return self.hash == entry_hash(self.previous, self.sequence, self.input_id, self.changes_text, self.notes_text)


def first_hash(epoch: str) -> str:
    """The hash before the first entry of an epoch."""
    return sha256(epoch.encode()).hexdigest()


def entry_hash(previous: str, sequence: int, input_id: str, changes_text: str, notes_text: str) -> str:
    """The hash of an entry, as 64 hexadecimal digits."""
    made = sha256(f"{previous}\n[{sequence},{quoted(input_id)}]\n".encode())
    for start in range(0, len(changes_text), _AT_ONCE):
        made.update(changes_text[start : start + _AT_ONCE].encode())
    made.update(f"\n{notes_text}".encode())
    return made.hexdigest()


def input_kind(given: Input) -> str:
    """The word for a kind of input: its class in lower case."""
    return type(given).__name__.lower()


def input_text(given: Input) -> str:
    """An input as it is stored; its kind is stored beside it."""
    return to_text(given)


def input_from_text(kind: str, text: str) -> Input:
    """The input that `input_text` wrote.

    Raises:
        ValueError, TypeError, KeyError: the text does not describe an input of this kind.

    """
    given: Input = from_plain(INPUT_KINDS[kind], json.loads(text))
    return given


def make_entry(sequence: int, previous: str, given: Input, changes: Changes, *, refused: bool = False) -> JournalEntry:
    """The entry that follows one with hash `previous`."""
    rows = tuple(row_of(put) for put in changes.puts)
    changes_text = _changes_text(rows, changes.deletes)
    notes_text = f"[{','.join([to_text(note) for note in changes.notes])}]"
    return JournalEntry(
        sequence=sequence,
        previous=previous,
        hash=entry_hash(previous, sequence, given.id, changes_text, notes_text),
        input_id=given.id,
        input_kind=input_kind(given),
        input_text=input_text(given),
        at=given.at,
        refused=refused,
        changes=changes,
        rows=rows,
        changes_text=changes_text,
        notes_text=notes_text,
    )


def _changes_text(rows: Sequence[Row], deletes: Sequence[tuple[str, str]]) -> str:
    """What `changes_from_text` reads. The bodies of a busy day's plan are 40 MB, so they are copied but once."""
    parts = ['{"puts":[']
    between = ""
    for row in rows:
        parts += (f"{between}[{quoted(row.kind)},{quoted(row.id)},{row.revision},", row.body)
        between = "],"
    gone = ",".join([f"[{quoted(kind)},{quoted(item)}]" for kind, item in deletes])
    parts.append(f'{"]" if rows else ""}],"deletes":[{gone}]}}')
    return "".join(parts)


def changes_from_text(changes_text: str, notes: Sequence[Note] = ()) -> Changes:
    """The reverse of what `make_entry` wrote.

    Raises:
        ValueError, TypeError, KeyError: the text does not describe changes.

    """
    plain = json.loads(changes_text)
    return Changes(
        puts=tuple(_resource(kind, item, revision, value) for kind, item, revision, value in plain["puts"]),
        deletes=tuple((kind, item) for kind, item in plain["deletes"]),
        notes=tuple(notes),
    )


def rows_from_text(changes_text: str) -> tuple[list[Row], list[tuple[str, str]]]:
    """What an entry puts, as rows with the very texts that the resources' own rows had, and what it deletes.

    Raises:
        ValueError, TypeError, KeyError: the text does not describe changes.

    """
    plain = json.loads(changes_text)
    puts = [
        Row(kind=kind, id=item, revision=revision, body=compact(value)) for kind, item, revision, value in plain["puts"]
    ]
    return puts, [(kind, item) for kind, item in plain["deletes"]]


def notes_from_text(notes_text: str) -> tuple[Note, ...]:
    """The notes of an entry.

    Raises:
        ValueError, TypeError, KeyError: the text does not describe notes.

    """
    return tuple(from_plain(Note, plain) for plain in json.loads(notes_text))


def row_of(resource: Resource) -> Row:
    """How a resource is stored."""
    body = to_text(resource.value)
    return Row(kind=resource.kind, id=resource.id, revision=resource.revision, body=body)


def resource_from_row(row: Row) -> Resource:
    """The resource that a row holds.

    Raises:
        ValueError, TypeError, KeyError: the row does not hold one.

    """
    return _resource(row.kind, row.id, row.revision, json.loads(row.body))


def _resource(kind: str, item: str, revision: int, value: Any) -> Resource:
    return Resource(kind=kind, id=item, revision=revision, value=from_plain(KINDS[kind], value))
