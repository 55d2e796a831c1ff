"""The journal as it is read: checkpoints and entries in their order, from a database or from an exported file.

Reading never writes, and may be done while the hub runs: a database is read in short transactions that block nobody.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import URL, Row
from sqlalchemy.exc import SQLAlchemyError

from stationmaster.hub.storage.checkpoint import Checkpoint, Packed
from stationmaster.hub.storage.journal import Written, first_hash
from stationmaster.hub.storage.readback import Stored, last_sequence, read_entries
from stationmaster.hub.storage.schema import CHECKPOINT, INPUT, JOURNAL, RESOURCE, VERSION
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_protocol.messages import Position

__all__ = ["Archive", "DatabaseArchive", "Line", "beginning", "read_only"]

Line = Checkpoint | Written
"""What a journal consists of when it is read."""

_AT_ONCE = 400
"""Entries in one question."""


class Archive(Protocol):
    """A journal that can be read."""

    def zone(self) -> ZoneInfo:
        """The station's zone, by the newest that the journal knows; UTC if it knows none."""

    def lines(self, since: Instant | None = None) -> Iterator[Line]:
        """Checkpoints and entries in order, a checkpoint first: the oldest, or the last one not after `since`.

        A checkpoint stands after the entry whose position it has. There is nothing if nothing was ever committed.

        Raises:
            StationError: the journal cannot be read.

        """

    def results(self, after: int) -> Iterator[tuple[Instant, str]]:
        """The task results that were taken after the entry of this sequence: when, and the input's text."""


def beginning(first: Written) -> Checkpoint:
    """What a journal begins with whose first entry is there: nothing."""
    position = Position(epoch=first.epoch, sequence=first.sequence - 1, hash=first_hash(first.epoch))
    return Checkpoint(position=position, at=first.at, software="", rows=())


class DatabaseArchive:
    """The journal in a hub's database.

    Args:
        url: where it is.

    Raises:
        StationError: there is none, or it cannot be read, or its schema is of another version.

    """

    def __init__(self, url: URL) -> None:
        self._engine = read_only(url)
        try:
            with self._reading() as connection:
                _check_version(connection)
        except StationError:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def zone(self) -> ZoneInfo:
        with self._reading() as connection:
            body = connection.execute(select(RESOURCE.c.body).where(RESOURCE.c.kind == "station")).scalar()
        return ZoneInfo("UTC" if body is None else json.loads(body)["zone"])

    def lines(self, since: Instant | None = None) -> Iterator[Line]:
        with self._reading() as connection:
            start = _start(connection, since)
        if start is None:
            return
        yield start
        after, epoch = start.position.sequence, start.position.epoch
        while True:
            with self._reading() as connection:
                entries = _entries(connection, after, _AT_ONCE)
                last = entries[-1].sequence if entries else None
                marks = _checkpoints(connection, after, last)
                if entries and entries[0].sequence > after + 1:
                    _check_not_cut(connection, after)
            for line in _in_order(epoch, entries, marks):
                if not isinstance(line, Packed):
                    after, epoch = line.sequence, line.epoch
                    yield line
                elif line.position != start.position:
                    epoch = line.position.epoch
                    yield line.opened()
            if last is None:
                return

    def entries_since(self, epoch: str, after: int, size: int) -> tuple[Stored, ...] | None:
        """All entries of an epoch after this sequence; None if they are more than `size` characters, or cut off.

        Raises:
            StationError: the journal cannot be read.

        """
        with self._reading() as connection:
            most = last_sequence(connection) - after
            entries = tuple(read_entries(connection, epoch, most, size)) if most > 0 else ()
        return entries if entries and entries[0].sequence == after + 1 else None

    def results(self, after: int) -> Iterator[tuple[Instant, str]]:
        while True:
            question = (
                select(INPUT.c.sequence, INPUT.c.at, INPUT.c.body)
                .join(JOURNAL, JOURNAL.c.sequence == INPUT.c.sequence)
                .where(INPUT.c.sequence > after, INPUT.c.kind == "taskresult", JOURNAL.c.refused == 0)
                .order_by(INPUT.c.sequence)
                .limit(_AT_ONCE)
            )
            with self._reading() as connection:
                found = connection.execute(question).all()
            if not found:
                return
            after = found[-1].sequence
            yield from ((Instant(row.at), row.body) for row in found)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StationError(
                "journal-unreadable",
                f"The database cannot be read: {getattr(error, 'orig', None) or error}.",
                "Look at [hub] database in the configuration file.",
            ) from error


def read_only(url: URL) -> Engine:
    """An engine that can only read, and that sees one moment of the database in each transaction.

    Raises:
        StationError: `no-database` if there is no such file.

    """
    if url.get_backend_name() != "sqlite":
        options = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
        return create_engine(
            url,
            pool_size=1,
            max_overflow=0,
            connect_args={"connect_timeout": 5, "options": f"{options} -c timezone=UTC"},
        )
    path = Path(url.database or "")
    if not path.is_file():
        raise StationError("no-database", f"There is no database {path}.", "A hub makes it when it is started.")
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": 5.0, "check_same_thread": False})

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: Any, _arguments: Any, options: Any) -> Any:
        connection = dialect.connect(f"file:{quote(str(path))}?mode=rw", uri=True, **options)
        connection.isolation_level = None
        connection.execute("PRAGMA query_only=ON")
        return connection

    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _check_version(connection: Connection) -> None:
    version = None
    if inspect(connection).has_table("alembic_version"):
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if version != VERSION:
        held = (
            "holds no hub's journal" if version is None else f"has schema {version} and this software reads {VERSION}"
        )
        raise StationError(
            "journal-version",
            f"The database {held}.",
            "Start this version of the hub on it once: it brings it up to date.",
        )


def _start(connection: Connection, since: Instant | None) -> Checkpoint | None:
    """Where reading begins; None if nothing was ever committed."""
    newest_first = CHECKPOINT.c.sequence.desc(), CHECKPOINT.c.at.desc()
    if since is not None:
        before = select(CHECKPOINT).where(CHECKPOINT.c.at <= since).order_by(*newest_first).limit(1)
        found = connection.execute(before).one_or_none()
        if found is not None:
            return _packed(found).opened()
    oldest = connection.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.sequence, CHECKPOINT.c.at).limit(1))
    mark = oldest.one_or_none()
    entries = _entries(connection, -1, 1)
    if entries and (mark is None or entries[0].sequence <= mark.sequence):
        first = entries[0]
        if first.sequence == 1 and first.previous == first_hash(first.epoch):
            return beginning(first)
        if mark is None:
            raise StationError(
                "journal-cut", f"The journal begins with entry {first.sequence}, and no checkpoint is before it."
            )
    return None if mark is None else _packed(mark).opened()


def _check_not_cut(connection: Connection, after: int) -> None:
    """Entries are missing: see whether they were cut off while we were on the way to them."""
    oldest = connection.execute(select(func.min(CHECKPOINT.c.sequence))).scalar()
    if oldest is not None and oldest > after:
        raise StationError(
            "journal-cut", "What was to be read next has become too old meanwhile and was cut off.", "Begin again."
        )


def _entries(connection: Connection, after: int, most: int) -> list[Written]:
    question = (
        select(JOURNAL, INPUT.c.kind.label("input_kind"), INPUT.c.body.label("input_body"))
        .join(INPUT, INPUT.c.id == JOURNAL.c.input, isouter=True)
        .where(JOURNAL.c.sequence > after)
        .order_by(JOURNAL.c.sequence)
        .limit(most)
    )
    return [_written(row) for row in connection.execute(question)]


def _written(row: Row[Any]) -> Written:
    return Written(
        sequence=row.sequence,
        epoch=row.epoch,
        previous=row.previous,
        hash=row.hash,
        at=Instant(row.at),
        refused=bool(row.refused),
        input_id=row.input,
        input_kind=row.input_kind or "",
        input_text=row.input_body or "",
        changes_text=row.changes,
        notes_text=row.notes,
    )


def _checkpoints(connection: Connection, first: int, last: int | None) -> list[Packed]:
    question = select(CHECKPOINT).where(CHECKPOINT.c.sequence >= first)
    if last is not None:
        question = question.where(CHECKPOINT.c.sequence <= last)
    return [_packed(row) for row in connection.execute(question.order_by(CHECKPOINT.c.sequence, CHECKPOINT.c.at))]


def _packed(row: Row[Any]) -> Packed:
    position = Position(epoch=row.epoch, sequence=row.sequence, hash=row.hash)
    return Packed(position=position, at=Instant(row.at), software=row.software, state=row.state)


def _in_order(epoch: str, entries: list[Written], marks: list[Packed]) -> Iterator[Written | Packed]:
    """Entries of `epoch` and later ones, with the checkpoints between them.

    Where an epoch ends, checkpoints of both may have one sequence; that of the epoch which the next entry has is last.
    """
    waiting = deque(marks)
    for entry in entries:
        between: list[Packed] = []
        while waiting and waiting[0].position.sequence < entry.sequence:
            between.append(waiting.popleft())
        yield from (mark for mark in between if mark.position.epoch == epoch)
        if entry.epoch != epoch:
            yield from (mark for mark in between if mark.position.epoch == entry.epoch)
        epoch = entry.epoch
        yield entry
    yield from (mark for mark in waiting if mark.position.epoch == epoch)
    yield from (mark for mark in waiting if mark.position.epoch != epoch)
