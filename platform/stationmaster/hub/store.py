"""The store: the hub's state and journal in a database, written in one transaction a batch.

Everything here blocks, and is called by the writer thread alone. A database that is away, locked or full is a
`StoreDown`: what was to be done is tried again later. `Fenced` is for good: another hub has taken the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from stationmaster.hub.batch import Batch
from stationmaster.hub.database import migrate, open_database
from stationmaster.hub.journal import (
    JournalEntry,
    Row,
    changes_from_text,
    entry_hash,
    first_hash,
    notes_from_text,
    resource_from_row,
)
from stationmaster.hub.schema import HEAD, INPUT, JOURNAL, RESOURCE
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.state import State
from stationmaster_protocol.messages import Position

__all__ = ["Fenced", "Loaded", "Probe", "Repeated", "Store", "StoreDown", "Stored"]

Probe = Callable[[str], None]
"""Told each point that the pipeline passes; crash tests end the process there."""

_MANY = 400
"""Ids in one question; SQLite and PostgreSQL both take more."""


class StoreDown(StationError):
    """The database cannot be used now; nothing is lost, and what failed is to be tried again."""

    def __init__(self, problem: object) -> None:
        super().__init__(
            "store-down", f"The database cannot be used: {problem}.", "Mend it; the hub goes on by itself."
        )


class Fenced(StationError):
    """Another hub has opened this database since; this one may not write any more."""

    def __init__(self) -> None:
        super().__init__(
            "fenced",
            "Another hub has taken over the database, or it was put back to an earlier state under this one.",
            "Let only one hub run on a database, and restore a backup only while none does.",
        )


class Repeated(Exception):
    """An input of the batch has been committed before; `known` tells which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One journal entry as it was read back."""

    sequence: int
    hash: str
    at: Instant
    changes: Changes


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


class Store:
    """The database of one hub.

    Args:
        url: where it is.
        new_epoch: gives the name of a new epoch.
        probe: told the points of a commit.

    """

    def __init__(self, url: URL, new_epoch: Callable[[], str], probe: Probe = lambda _: None) -> None:
        self._engine: Engine = open_database(url)
        self._new_epoch = new_epoch
        self._probe = probe
        self._token: int | None = None
        dialect = postgresql if url.get_backend_name() == "postgresql" else sqlite
        put: Any = dialect.insert(RESOURCE)
        self._put_resource = put.on_conflict_do_update(
            index_elements=[RESOURCE.c.kind, RESOURCE.c.id],
            set_={"revision": put.excluded.revision, "body": put.excluded.body},
        )

    def open(self, tail: int, tail_size: int) -> Loaded:
        """Take the database: bring its schema up to date, become the only hub that may write, and read everything.

        Args:
            tail: the most journal entries to read back.
            tail_size: the most characters of their changes.

        Raises:
            StoreDown: the database cannot be used now.
            StationError: `store-damaged` if what it holds cannot be read.

        """
        with self._down(), self._engine.begin() as connection:
            migrate(connection)
            head = connection.execute(select(HEAD).with_for_update()).one_or_none()
            if head is None:
                return self._begin_anew(connection)
            self._token = head.token + 1
            fault = _fault(connection, head)
            if fault:
                epoch = self._new_epoch()
                last = connection.execute(select(JOURNAL.c.sequence).order_by(JOURNAL.c.sequence.desc()).limit(1))
                sequence = max(head.sequence, last.scalar() or 0)
                position = Position(epoch=epoch, sequence=sequence, hash=first_hash(epoch))
            else:
                position = Position(epoch=head.epoch, sequence=head.sequence, hash=head.hash)
            connection.execute(
                update(HEAD).values(
                    token=self._token, epoch=position.epoch, sequence=position.sequence, hash=position.hash
                )
            )
            try:
                return Loaded(
                    position=position,
                    state=_read_state(connection),
                    tail=tuple(_read_entries(connection, position.epoch, tail, tail_size)),
                    fault=fault,
                )
            except (ValueError, TypeError, KeyError) as error:
                raise StationError(
                    "store-damaged", f"The database holds what no hub wrote: {error!r}.", "Restore a backup of it."
                ) from error

    def known(self, ids: Iterable[str]) -> frozenset[str]:
        """Which of these inputs have been committed.

        Raises:
            StoreDown: the database cannot be used now.

        """
        wanted = list(ids)
        found: set[str] = set()
        with self._down(), self._engine.begin() as connection:
            for start in range(0, len(wanted), _MANY):
                rows = connection.execute(_KNOWN, {"ids": wanted[start : start + _MANY]})
                found.update(row.id for row in rows)
        return frozenset(found)

    def commit(self, batch: Batch) -> None:
        """Write a batch in one transaction. When it returns, the batch is on disk.

        Raises:
            StoreDown: it may or may not have been committed; `committed` tells.
            Repeated: an input has been committed before; nothing was written.
            Fenced: another hub has the database; nothing was written.

        """
        with self._down():
            self._probe("before-transaction")
            with self._engine.begin() as connection:
                moved = connection.execute(
                    _ADVANCE,
                    {
                        "new_sequence": batch.head.sequence,
                        "new_hash": batch.head.hash,
                        "our_token": self._token,
                        "base_epoch": batch.base.epoch,
                        "base_sequence": batch.base.sequence,
                        "base_hash": batch.base.hash,
                    },
                )
                if moved.rowcount != 1:
                    raise Fenced
                try:
                    connection.execute(_INSERT_INPUT, [_input_row(entry) for entry in batch.entries])
                except IntegrityError as error:
                    raise Repeated from error
                connection.execute(_INSERT_ENTRY, [_entry_row(batch.base.epoch, entry) for entry in batch.entries])
                if batch.rows:
                    connection.execute(self._put_resource, [_resource_row(row) for row in batch.rows])
                if batch.deletes:
                    connection.execute(_DELETE, [{"gone_kind": kind, "gone_id": item} for kind, item in batch.deletes])
                self._probe("inside-transaction")
            self._probe("after-transaction")

    def committed(self, batch: Batch) -> bool:
        """Whether a batch with an unknown outcome is in the database: looked up by the id of its last input.

        Raises:
            StoreDown: the database cannot be used now.

        """
        return batch.entries[-1].input_id in self.known([batch.entries[-1].input_id])

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _begin_anew(self, connection: Connection) -> Loaded:
        epoch = self._new_epoch()
        position = Position(epoch=epoch, sequence=0, hash=first_hash(epoch))
        self._token = 1
        connection.execute(insert(HEAD).values(id=1, epoch=epoch, sequence=0, hash=position.hash, token=self._token))
        return Loaded(position=position, state=None, tail=())

    @contextmanager
    def _down(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreDown(getattr(error, "orig", None) or error) from error


_KNOWN = select(INPUT.c.id).where(INPUT.c.id.in_(bindparam("ids", expanding=True)))
_ADVANCE = (
    update(HEAD)
    .where(
        HEAD.c.token == bindparam("our_token"),
        HEAD.c.epoch == bindparam("base_epoch"),
        HEAD.c.sequence == bindparam("base_sequence"),
        HEAD.c.hash == bindparam("base_hash"),
    )
    .values(sequence=bindparam("new_sequence"), hash=bindparam("new_hash"))
)
_INSERT_INPUT = insert(INPUT)
_INSERT_ENTRY = insert(JOURNAL)
_DELETE = delete(RESOURCE).where(RESOURCE.c.kind == bindparam("gone_kind"), RESOURCE.c.id == bindparam("gone_id"))


def _fault(connection: Connection, head: Any) -> str:
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


def _read_state(connection: Connection) -> State | None:
    rows = connection.execute(select(RESOURCE)).all()
    if not rows:
        return None
    return State.from_resources(
        resource_from_row(Row(kind=row.kind, id=row.id, revision=row.revision, body=row.body)) for row in rows
    )


def _read_entries(connection: Connection, epoch: str, most: int, size: int) -> Iterator[Stored]:
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


def _input_row(entry: JournalEntry) -> dict[str, object]:
    return {
        "id": entry.input_id,
        "sequence": entry.sequence,
        "kind": entry.input_kind,
        "at": entry.at,
        "body": entry.input_text,
    }


def _entry_row(epoch: str, entry: JournalEntry) -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "epoch": epoch,
        "previous": entry.previous,
        "hash": entry.hash,
        "input": entry.input_id,
        "at": entry.at,
        "refused": int(entry.refused),
        "changes": entry.changes_text,
        "notes": entry.notes_text,
    }


def _resource_row(row: Row) -> dict[str, object]:
    return {"kind": row.kind, "id": row.id, "revision": row.revision, "body": row.body}
