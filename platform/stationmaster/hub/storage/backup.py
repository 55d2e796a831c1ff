"""Backups: one file with everything that a hub's database holds, the same for every kind of database.

A backup is taken while the hub runs: it shows one moment, and nobody waits for it. It is text, one JSON value a line,
packed with gzip, so that it can be looked at with `zcat` and brought into another kind of database:

- first `{"backup": 1, "schema": …, "made": …, "software": …}`: the format's and the schema's version;
- for each table `{"table": …, "columns": […]}`, and then its rows as lists, in the order of their keys;
  bytes are `{"base64": …}`;
- at the end `{"rows": {table: number, …}, "sha256": …}`, over all lines before it, so that a file that was cut or
  changed is known. While it is being written the file has another name.

Whoever writes or reads one checks at the same time that each journal entry follows from the one before it.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, MetaData, Table, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from stationmaster.hub.storage.archive import read_only
from stationmaster.hub.storage.checkpoint import software
from stationmaster.hub.storage.journal import compact, entry_hash, first_hash
from stationmaster.hub.storage.schema import HEAD, JOURNAL, METADATA
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, from_iso, to_iso
from stationmaster_protocol.messages import Position

__all__ = ["BackupReader", "Contents", "Rows", "back_up", "read_backup", "tables_of"]

FORMAT = 1
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a backup holds.

    `made` is machine time, `schema` and `software` are versions. `until` is the station time of the journal's last
    entry; None if there is none. `rows` says how many rows each table has. `fault` tells where the journal's chain
    does not hold; it is empty if every entry follows from the one before.
    """

    schema: str
    software: str
    made: Instant
    position: Position
    until: Instant | None
    rows: tuple[tuple[str, int], ...]
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of one table, in the order of `columns`."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def back_up(url: URL, file: Path, made: Instant) -> Contents:
    """Write everything that the database holds now into a new file.

    Raises:
        StationError: there is no database, it cannot be read, or the file is there or cannot be written.

    """
    if file.exists():
        raise StationError("backup-exists", f"There is a file {file} already.", "Name another, or move it away.")
    part = file.with_name(f"{file.name}.part")
    engine = read_only(url)
    try:
        with engine.begin() as connection:
            contents = _write(connection, part, made)
        part.rename(file)
        _sync(file.absolute().parent)
    except SQLAlchemyError as error:
        raise StationError(
            "database-unreadable",
            f"The database cannot be read: {getattr(error, 'orig', None) or error}.",
            "Look at [hub] database in the configuration file.",
        ) from error
    except OSError as error:
        raise StationError(
            "backup-not-written", f"{part}: {error.strerror or error}.", "Make room, or name another."
        ) from error
    finally:
        engine.dispose()
        part.unlink(missing_ok=True)
    return contents


def read_backup(file: Path) -> Contents:
    """What a backup holds; it is read to its end, and everything in it is checked.

    Raises:
        StationError: it is none, it is damaged, or it cannot be read.

    """
    reader = BackupReader(file)
    for _ in reader.rows():
        pass
    return reader.contents()


def tables_of(connection: Connection) -> list[Table]:
    """The hub's tables, as they are in this database."""
    there = set(inspect(connection).get_table_names())
    found = MetaData()
    return [
        Table(table.name, found, autoload_with=connection) for table in METADATA.sorted_tables if table.name in there
    ]


class BackupReader:
    """Reads one backup, once.

    Args:
        file: where it is.

    Raises:
        StationError: `backup-unreadable` if it is none.

    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._check = _Check()
        self._ended = False
        self._lines = self._read()
        head: Any = next(self._lines, {})
        try:
            if head["backup"] != FORMAT:
                raise StationError(
                    "backup-newer",
                    f"{file} is of format {head['backup']}.",
                    "Restore it with the version that made it.",
                )
            self.schema = str(head["schema"])
            self.software = str(head["software"])
            self.made = from_iso(head["made"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._bad("is no backup of a hub") from error

    def rows(self) -> Iterator[Rows]:
        """Everything in it, some rows at a time.

        Raises:
            StationError: `backup-damaged` if it is not what was written.

        """
        table, columns, waiting = "", tuple[str, ...](), list[tuple[object, ...]]()
        for line in self._lines:
            try:
                if isinstance(line, list):
                    waiting.append(self._row(table, columns, line))
                if waiting and (len(waiting) == _AT_ONCE or not isinstance(line, list)):
                    yield Rows(table=table, columns=columns, rows=tuple(waiting))
                    waiting = []
                if isinstance(line, dict) and "table" in line:
                    table, columns = str(line["table"]), tuple(str(each) for each in line["columns"])
                    self._check.table(table)
            except (KeyError, TypeError, ValueError) as error:
                raise self._bad("has a row that belongs to no table") from error
        if not self._ended:
            raise self._bad("ends too early")

    def _row(self, table: str, columns: tuple[str, ...], line: list[object]) -> tuple[object, ...]:
        row = tuple(_value(each) for each in line)
        self._check.row(table, dict(zip(columns, row, strict=True)))
        return row

    def contents(self) -> Contents:
        """What it holds; known when every row has been read."""
        return self._check.contents(self.schema, self.software, self.made, self._bad)

    def _read(self) -> Iterator[Any]:
        """The lines as values; the last one is compared with what was read."""
        digest = sha256()
        try:
            with gzip.open(self._file, "rb") as packed:
                for line in packed:
                    value = json.loads(line)
                    if isinstance(value, dict) and "sha256" in value:
                        if value["sha256"] != digest.hexdigest() or value["rows"] != dict(self._check.counted()):
                            raise self._bad("is not as it was written")
                        self._ended = True
                    elif self._ended:
                        raise self._bad("goes on after its end")
                    digest.update(line)
                    yield value
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
                raise StationError("backup-unreadable", f"{self._file}: {error.strerror}.", "Name a backup.") from error
            raise self._bad(f"cannot be read to its end ({error})") from error

    def _bad(self, what: str) -> StationError:
        return StationError("backup-damaged", f"{self._file} {what}.", "Use another backup.")


@dataclass(slots=True)
class _Check:
    """Looks at every row that goes by: counts it, and follows the journal's chain."""

    _rows: dict[str, int] = field(default_factory=dict)
    _head: dict[str, Any] | None = None
    _last: dict[str, Any] | None = None
    _fault: str = ""

    def table(self, name: str) -> None:
        self._rows[name] = 0

    def row(self, table: str, row: dict[str, Any]) -> None:
        self._rows[table] += 1
        if table == HEAD.name:
            self._head = row
        elif table == JOURNAL.name:
            self._fault = self._fault or self._wrong(row)
            self._last = row

    def counted(self) -> tuple[tuple[str, int], ...]:
        return tuple(self._rows.items())

    def contents(self, schema: str, made_by: str, made: Instant, bad: Any) -> Contents:
        head, last = self._head, self._last
        if head is None:
            raise bad("holds no head of a journal")
        position = Position(epoch=head["epoch"], sequence=head["sequence"], hash=head["hash"])
        fault = self._fault
        if last is not None and not fault and (last["sequence"], last["hash"]) != (position.sequence, position.hash):
            begins = position.epoch != last["epoch"] and position.hash == first_hash(position.epoch)
            fault = "" if begins else f"it ends at entry {last['sequence']}, and the head says {position.sequence}"
        return Contents(
            schema=schema,
            software=made_by,
            made=made,
            position=position,
            until=None if last is None else Instant(last["at"]),
            rows=self.counted(),
            fault=fault,
        )

    def _wrong(self, row: dict[str, Any]) -> str:
        """What is wrong with a journal entry; the first one may follow another that was cut off."""
        last, place = self._last, f"entry {row['sequence']}"
        if entry_hash(row["previous"], row["sequence"], row["input"], row["changes"], row["notes"]) != row["hash"]:
            return f"{place} is not what was written"
        if last is None:
            return ""
        follows = last["hash"], last["sequence"] + 1
        if row["epoch"] != last["epoch"]:
            follows = first_hash(row["epoch"]), max(row["sequence"], follows[1])
        if (row["previous"], row["sequence"]) != follows:
            return f"{place} does not follow from entry {last['sequence']}"
        return ""


def _write(connection: Connection, part: Path, made: Instant) -> Contents:
    tables = tables_of(connection)
    if HEAD.name not in {table.name for table in tables}:
        raise StationError(
            "no-database", "The database holds nothing of a hub's.", "A hub makes it when it is started."
        )
    schema = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    check, digest = _Check(), sha256()
    with part.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:

        def put(value: object) -> None:
            line = f"{compact(value)}\n".encode()
            digest.update(line)
            packed.write(line)

        put({"backup": FORMAT, "schema": schema, "made": to_iso(made), "software": software()})
        for table in tables:
            columns = [column.name for column in table.columns]
            put({"table": table.name, "columns": columns})
            check.table(table.name)
            question = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
            for row in connection.execute(question):
                check.row(table.name, dict(zip(columns, row, strict=True)))
                put([{"base64": b64encode(each).decode()} if isinstance(each, bytes) else each for each in row])
        put({"rows": dict(check.counted()), "sha256": digest.hexdigest()})
        packed.close()
        raw.flush()
        os.fsync(raw.fileno())

    def bad(what: str) -> StationError:
        return StationError("no-database", f"The database {what}.", "A hub makes it when it is started.")

    return check.contents(schema, software(), made, bad)


def _value(plain: object) -> object:
    if isinstance(plain, dict):
        return b64decode(cast("dict[str, str]", plain)["base64"])
    return plain


def _sync(folder: Path) -> None:
    """Have the file's name on the disk too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
