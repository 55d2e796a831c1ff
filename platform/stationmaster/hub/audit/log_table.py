"""Writing the log: records are appended to its table, one after the other, and what is too old goes from its beginning.

Everything here blocks, and is done in the writer's thread alone. What was written last is remembered: if the database
ends elsewhere, it was replaced, put back or shortened, and the log says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, insert, select

from stationmaster.hub.audit.from_journal import read_happenings
from stationmaster.hub.audit.proof import CUT_KIND, LogEnd, read_end
from stationmaster.hub.audit.record import BEGINNING, Change, Happening, LogHead, LogRecord, body_of, hash_of, storable
from stationmaster.hub.storage.schema import AUDIT, AUDIT_END
from stationmaster.hub.storage.store import Probe, Store
from stationmaster_base.times import Instant

__all__ = ["AT_ONCE", "LogTable", "Written"]

EMPTY = LogEnd(head=BEGINNING, cut=BEGINNING, journal=0)
"""What is said of a log in which nothing is."""

AT_ONCE = 200
"""Records that are written in one transaction."""

MOST_CUT = 5000
"""Records that go in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one transaction has done. `more`: the journal has more to be told first, and what waited was not taken."""

    end: LogEnd
    records: tuple[LogRecord, ...]
    more: bool


class LogTable:
    """The table of the log in a hub's database.

    Args:
        store: the hub's.
        probe: told the points of a commit.

    """

    def __init__(self, store: Store, probe: Probe = lambda _: None) -> None:
        self._store = store
        self._probe = probe
        self._known: LogEnd | None = None
        self._perhaps: Written | None = None
        """What the last transaction will have done, if it went through."""

    def write(self, happenings: Sequence[Happening], now: Instant) -> Written:
        """Write what the journal has and the log has not, then `happenings`, in one transaction.

        After `StoreDown` it is to be called again with the same happenings at the beginning.

        Raises:
            StoreDown, Fenced, Displaced: the database cannot be used now, or any more, or as it is.

        """
        self._probe("before-log")
        with self._store.keeping() as connection:
            there = read_end(connection) or EMPTY
            if self._perhaps is not None and self._perhaps.end == there:
                written = self._perhaps
            else:
                written = self._perhaps = self._append(connection, there, happenings, now)
            self._probe("inside-log")
        self._probe("after-log")
        self._known, self._perhaps = written.end, None
        return written

    def cut(self, before: Instant, now: Instant) -> tuple[int, LogEnd]:
        """Let some of the oldest records go, up to the first that is not older than `before`; how many went.

        A record of it, with the hash of the last that went, stands in the log: what is left can still be proved.

        Raises:
            StoreDown, Fenced, Displaced: as `write`.

        """
        with self._store.keeping() as connection:
            end = read_end(connection) or EMPTY
            if self._perhaps is not None or self._known != end:
                return 0, end  # what happened is to be settled by `write` first
            count, made = _cut(connection, end, before, now)
            self._perhaps = Written(end=made, records=(), more=False)
        self._known, self._perhaps = made, None
        return count, made

    def _append(self, connection: Connection, there: LogEnd, happenings: Sequence[Happening], now: Instant) -> Written:
        end, first = there, list[Happening]()
        known = self._known
        if known is not None and known.head != there.head:
            first.append(_displaced(known, there, now))
            end = replace(end, head=known.head if known.head.sequence > there.head.sequence else there.head)
        told, journal = read_happenings(connection, end.journal, AT_ONCE)
        more = len(told) == AT_ONCE
        # What waits comes after all that the journal has: a request is recorded after the act that it follows.
        end, records = append(connection, end, [*first, *told, *([] if more else happenings)])
        end = replace(end, journal=journal)
        if records or there == EMPTY:
            set_end(connection, end)
        else:
            end = there
        return Written(end=end, records=tuple(records), more=more)


def _displaced(known: LogEnd, there: LogEnd, now: Instant) -> Happening:
    words = (
        f"the database ends at record {there.head.sequence} ({there.head.hash}), "
        f"and record {known.head.sequence} ({known.head.hash}) was written"
    )
    return Happening(kind="log-lost", at=now, words=words)


def append(connection: Connection, end: LogEnd, happenings: Sequence[Happening]) -> tuple[LogEnd, list[LogRecord]]:
    """Write happenings after the last record; the end as it is then, and the records. The row of the end stays."""
    records: list[LogRecord] = []
    rows: list[dict[str, object]] = []
    head = end.head
    for happening in happenings:
        record, row = _following(head, happening)
        records.append(record)
        rows.append(row)
        head = record.head
    if rows:
        connection.execute(insert(AUDIT), rows)
    return replace(end, head=head), records


def set_end(connection: Connection, end: LogEnd) -> None:
    """Have the table say of itself that it ends there."""
    connection.execute(delete(AUDIT_END))
    connection.execute(
        insert(AUDIT_END).values(
            id=1,
            sequence=end.head.sequence,
            hash=end.head.hash,
            cut_sequence=end.cut.sequence,
            cut_hash=end.cut.hash,
            journal=end.journal,
        )
    )


def _following(head: LogHead, happening: Happening) -> tuple[LogRecord, dict[str, object]]:
    row: dict[str, object] = {
        "sequence": head.sequence + 1,
        "previous": head.hash,
        "at": int(happening.at),
        "kind": happening.kind,
        "who": storable(happening.who),
        "body": body_of(happening),
    }
    made = row["hash"] = hash_of(row)
    record = LogRecord(sequence=head.sequence + 1, previous=head.hash, hash=made, happening=happening)
    return record, row


def _cut(connection: Connection, end: LogEnd, before: Instant, now: Instant) -> tuple[int, LogEnd]:
    oldest = select(AUDIT.c.sequence, AUDIT.c.hash, AUDIT.c.at).order_by(AUDIT.c.sequence).limit(MOST_CUT)
    last: LogHead | None = None
    count = 0
    for row in connection.execute(oldest):
        if row.at >= before or row.sequence >= end.head.sequence:
            break
        last = LogHead(sequence=row.sequence, hash=row.hash)
        count += 1
    if last is None:
        return 0, end
    connection.execute(delete(AUDIT).where(AUDIT.c.sequence <= last.sequence))
    told = Change(
        subject="log",
        field="begins after",
        before=f"{end.cut.sequence}:{end.cut.hash}",
        after=f"{last.sequence}:{last.hash}",
    )
    happening = Happening(kind=CUT_KIND, at=now, words=f"{count} records were too old", changes=(told,))
    made, _ = append(connection, replace(end, cut=last), [happening])
    set_end(connection, made)
    return count, made
