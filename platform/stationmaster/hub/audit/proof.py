"""Proving the log: every record is what was written, none is missing, and it ends where it is known to end.

What can be found: a record that was altered, taken out, put in, or moved; a beginning or an end that was cut off; and,
where a head is known from elsewhere, a chain that was written anew as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from stationmaster.hub.audit.record import BEGINNING, LogHead, hash_of
from stationmaster.hub.storage.schema import AUDIT, AUDIT_END

__all__ = ["CUT_KIND", "MOST_FAULTS", "LogEnd", "LogFault", "LogProof", "prove", "read_end"]

CUT_KIND = "log-cut"
"""Records that tell up to which record older ones went: `sequence:hash` stands in their first change's `after`."""

MOST_FAULTS = 20
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEnd:
    """What the table says of itself: its last record, the last that was cut off, and how far it tells the journal."""

    head: LogHead
    cut: LogHead
    journal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFault:
    """What is wrong at a record: `altered`, `gap`, `broken` (another is before it), `beginning`, `end`, `rewritten`."""

    sequence: int
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """What was found: `records` were looked at, `first` to `last`; no faults: they are what was written."""

    records: int
    first: int
    last: int
    hash: str
    faults: tuple[LogFault, ...]


def read_end(connection: Connection) -> LogEnd | None:
    """What the table says of itself; None before the first record."""
    row = connection.execute(select(AUDIT_END)).one_or_none()
    if row is None:
        return None
    return LogEnd(
        head=LogHead(sequence=row.sequence, hash=row.hash),
        cut=LogHead(sequence=row.cut_sequence, hash=row.cut_hash),
        journal=row.journal,
    )


def prove(connection: Connection, known: Sequence[LogHead] = ()) -> LogProof:
    """Look at every record, in one transaction that sees one moment of the database.

    Args:
        connection: to the hub's database.
        known: places of the log that are known from elsewhere.

    """
    end = read_end(connection)
    cut = BEGINNING if end is None else end.cut
    found = _Finding(cut, known)
    for row in _rows(connection):
        found.see(row)
    found.finish(end)
    return LogProof(
        records=found.count, first=found.first, last=found.last.sequence, hash=found.last.hash, faults=found.faults()
    )


def _rows(connection: Connection) -> Iterator[Any]:
    question = select(AUDIT).order_by(AUDIT.c.sequence)
    yield from connection.execute(question.execution_options(yield_per=_AT_ONCE))


class _Finding:
    """Goes along the chain."""

    def __init__(self, cut: LogHead, known: Sequence[LogHead]) -> None:
        self.count = 0
        self.first = 0
        self.last = cut
        self._cut = cut
        self._known = {head.sequence: head.hash for head in known}
        self._told_cut: str | None = None
        self._faults: list[LogFault] = []
        self._seen = set[int]()

    def see(self, row: Any) -> None:
        sequence, last = row.sequence, self.last
        if not self.count:
            self.first = sequence
        if sequence != last.sequence + 1:
            code = "gap" if self.count else "beginning"
            self._add(sequence, code, f"Records {last.sequence + 1} to {sequence - 1} are missing.")
        elif row.previous != last.hash:
            self._add(sequence, "broken", "It does not follow the record before it.")
        if row.hash != hash_of(row._mapping):
            self._add(sequence, "altered", "It is not what was written.")
        known = self._known.get(sequence)
        if known is not None:
            self._seen.add(sequence)
            if known != row.hash:
                self._add(sequence, "rewritten", "Another record stood here.")
        if row.kind == CUT_KIND:
            self._told_cut = row.body
        self.count += 1
        self.last = LogHead(sequence=sequence, hash=row.hash)

    def finish(self, end: LogEnd | None) -> None:
        last, cut = self.last, self._cut
        if end is None and self.count:
            self._add(last.sequence, "end", "Nothing says where the log ends.")
        elif end is not None and end.head != last:
            self._add(end.head.sequence, "end", f"The log ends at record {last.sequence}.")
        for sequence in self._known.keys() - self._seen:
            if sequence > cut.sequence:
                self._add(sequence, "end", f"Record {sequence} was there, and the log ends at {last.sequence}.")
        # Where the log begins later than at its beginning, a record of it says so; else the beginning was cut off.
        if cut != BEGINNING and f"{cut.sequence}:{cut.hash}" not in (self._told_cut or ""):
            self._add(cut.sequence, "beginning", "No record tells that what was before this went.")

    def faults(self) -> tuple[LogFault, ...]:
        return tuple(self._faults)

    def _add(self, sequence: int, code: str, message: str) -> None:
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(LogFault(sequence=sequence, code=code, message=message))
