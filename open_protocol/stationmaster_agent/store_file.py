"""The state file itself: its tables, how an older edition's file becomes one of this, and what if it cannot be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["UnusableError", "open_file", "set_aside"]

FORMAT = 2
"""The file's `user_version`. Older formats are brought up to it; a file of a later one is set aside."""

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resource (
    kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL,
    extension TEXT NOT NULL DEFAULT '', PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE progress (
    task TEXT NOT NULL, target TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (task, target)
) WITHOUT ROWID;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
    what TEXT NOT NULL DEFAULT 'result'
);
CREATE TABLE command (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
"""

MIGRATIONS = {
    1: """
ALTER TABLE resource ADD COLUMN extension TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN what TEXT NOT NULL DEFAULT 'result';
CREATE TABLE command (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
""",
}
"""From each older format, the statements that lead to the next."""


class UnusableError(Exception):
    """The file is a database, but not one of ours."""


def open_file(path: Path) -> sqlite3.Connection:
    """Open the file, or make it, with the tables of this format in it.

    Raises:
        UnusableError: it is something else.
        sqlite3.Error: as SQLite says.

    """
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    try:
        # Exclusive: a second process with the same file is a mistake that must not go unseen.
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version == 0 and tables == 0:
            _run(connection, SCHEMA)
        elif not 1 <= version <= FORMAT:
            raise UnusableError(f"its format is {version} and not {FORMAT}")
        else:
            for older in range(version, FORMAT):
                _run(connection, MIGRATIONS[older])
        if version != FORMAT:  # nothing is written that stands there already: the disk may be full
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise UnusableError(str(verdict))
    except BaseException:
        connection.close()
        raise
    return connection


def set_aside(path: Path) -> Path:
    """Give an unusable file, with what belongs to it, another name; gives that name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.unusable-{number}")).exists():
        number += 1
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside


def _run(connection: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        connection.execute(statement)
