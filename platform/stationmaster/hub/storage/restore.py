"""Restoring a backup: everything in one transaction, and then a new epoch.

What was published after the backup is known to subscribers and not to the database. So the restored hub does not go on
where the backup ended as if nothing had happened: its head stands at the beginning of an epoch that nobody has heard
of, above every sequence that was given, and every subscriber gets a snapshot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from stationmaster.hub.storage.backends import open_database
from stationmaster.hub.storage.backup import BackupReader, Contents, read_backup, tables_of
from stationmaster.hub.storage.checkpoint import save_now
from stationmaster.hub.storage.database import Occupied, known_versions, migrate
from stationmaster.hub.storage.journal import first_hash
from stationmaster.hub.storage.readback import last_sequence, read_head
from stationmaster.hub.storage.schema import SESSION
from stationmaster.hub.storage.store import set_head
from stationmaster_base.errors import StationError
from stationmaster_protocol.messages import Position

__all__ = ["Restored", "restore"]

_VERSIONS = "alembic_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored, and where the next hub begins."""

    contents: Contents
    position: Position


def restore(
    url: URL, file: Path, new_epoch: Callable[[], str], *, replace: bool = False, damaged: bool = False
) -> Restored:
    """Bring a backup into a database that no hub has.

    Nothing is changed unless everything went well.

    Args:
        url: the database; an SQLite file is made if it is not there.
        file: the backup.
        new_epoch: gives the name of a new epoch.
        replace: do away with what the database holds of a hub's.
        damaged: take a backup in which an entry of the journal does not follow from the one before.

    Raises:
        StationError: the backup or the database cannot be used, or the database holds something.

    """
    contents = read_backup(file)
    if contents.fault and not damaged:
        raise StationError(
            "backup-damaged",
            f"The journal in {file} is not whole: {contents.fault}.",
            "Use another backup; or take it as it is, with --damaged.",
        )
    if contents.schema not in known_versions():
        raise StationError(
            "backup-newer",
            f"{file} is of schema {contents.schema}, which this software does not know.",
            f"Restore it with version {contents.software or 'of the software that made it'}.",
        )
    database = open_database(url)
    try:
        with database.transaction() as connection:
            before = _clear(connection, replace=replace)
            position = _fill(connection, file, contents, new_epoch(), before)
    except Occupied as error:
        raise StationError("database-in-use", "A hub has the database.", "End it, and restore then.") from error
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().rstrip(".")
        hint = "Look at [hub] database in the configuration file; move away a file that is no database."
        raise StationError("database-unusable", f"The database cannot be written: {reason}.", hint) from error
    finally:
        database.close()
    return Restored(contents=contents, position=position)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What the database had given out: the next hub's token and sequences are above."""

    sequence: int
    token: int


def _clear(connection: Connection, *, replace: bool) -> _Before:
    """Leave no table of a hub's."""
    tables = tables_of(connection)
    head = read_head(connection)
    before = _Before(sequence=0, token=0)
    if head is not None:
        if not replace:
            raise StationError(
                "database-not-empty",
                f"The database holds a hub's journal already, up to entry {head.sequence}.",
                "Name an empty one, or do away with what it holds by --replace.",
            )
        before = _Before(sequence=max(head.sequence, last_sequence(connection)), token=head.token)
    if inspect(connection).has_table(_VERSIONS):
        tables.append(Table(_VERSIONS, MetaData(), autoload_with=connection))
    for table in tables:
        table.drop(connection)
    return before


def _fill(connection: Connection, file: Path, contents: Contents, epoch: str, before: _Before) -> Position:
    migrate(connection, contents.schema)
    tables = {table.name: table for table in tables_of(connection)}
    reader = BackupReader(file)
    for some in reader.rows():
        table = tables.get(some.table)
        if table is None or not set(some.columns) <= set(table.columns.keys()):
            raise StationError("backup-damaged", f"{file} has a table {some.table} that its schema has not.")
        connection.execute(table.insert(), [dict(zip(some.columns, row, strict=True)) for row in some.rows])
    if reader.contents() != contents:
        raise StationError("backup-damaged", f"{file} has changed while it was read.", "Restore it again.")
    for name, number in contents.rows:
        there: Any = connection.execute(select(func.count()).select_from(tables[name])).scalar()
        if there != number:
            raise StationError("database-unusable", f"Of {number} rows of {name} only {there} are in the database.")
    migrate(connection)
    connection.execute(SESSION.delete())  # who has logged out since would be in again
    head = read_head(connection)
    position = Position(
        epoch=epoch, sequence=max(head.sequence, last_sequence(connection), before.sequence), hash=first_hash(epoch)
    )
    set_head(connection, position, max(head.token, before.token) + 1)
    save_now(connection)
    return position
