"""What a subsystem must still know after a power cut: its replica, what it has begun and done, what it has to report.

One SQLite file in WAL mode with `synchronous=FULL`: when a method returns, what it wrote is on the disk. The file is
small and local and a write takes a few milliseconds at most, so it is done in the reactor's own thread; that keeps
"on disk before the performer acts" a plain sequence of statements.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stationmaster_agent.executor import FeedAge
from stationmaster_agent.replica import Replica
from stationmaster_agent.store_file import UnusableError, open_file, set_aside
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.plain import from_plain, to_plain
from stationmaster_kernel.task import Result
from stationmaster_protocol.commands import CommandResult, LocalAct
from stationmaster_protocol.messages import Position

__all__ = ["Store"]

_LOG = get_logger("agent-store")

_PUT = "INSERT OR REPLACE INTO resource (kind, id, revision, body, extension) VALUES (?, ?, ?, ?, ?)"

COMMANDS = 1000
"""So many commands, the newest, are remembered with what became of them."""


class Store:
    """The state file of one subsystem. Opened with `open`; every method may raise `StationError` `agent-state`.

    Args:
        connection: an open database with the schema in it.
        path: the file, for messages.

    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: Path, *, filter_class: str) -> Store:
        """Open the file, or make it.

        A file that cannot be read is set aside under another name with a warning, and a new one begun: a subsystem
        that has lost its memory must still show and speak. A replica of another filter class is dropped, because it
        would not be whole; what was done is kept.

        Args:
            path: the file; its folder is made if need be.
            filter_class: what the replica holds, as text.

        Raises:
            StationError: `agent-state-in-use` if another process has it open, `agent-state` if it cannot be made.

        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            store = cls(open_file(path), path)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StationError(
                    "agent-state-in-use", f"{path} is in use by another process.", "Stop it, or give each its own file."
                ) from error
            raise _failed(path, error) from error
        except OSError as error:
            raise _failed(path, error) from error
        except (sqlite3.DatabaseError, UnusableError) as error:
            aside = set_aside(path)
            _LOG.warning(
                "state-file-unusable", file=str(path), problem=str(error), kept_as=str(aside), todo="look at the disk"
            )
            store = cls(open_file(path), path)
        try:
            held = store._meta("filter")
        except sqlite3.Error as error:
            raise _failed(path, error) from error
        if held != filter_class:  # nothing is written that stands there already: the disk may be full
            with store._transaction() as cursor:
                if held is not None:
                    _LOG.info("replica-dropped", held=held, wanted=filter_class)
                    _forget_replica(cursor)
                store._set_meta(cursor, filter=filter_class)
        return store

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self._connection.close()

    def replica(self) -> Replica:
        """What was held; an empty replica if that cannot be made sense of, which brings a snapshot."""
        try:
            position = self._meta("position")
            rows = self._connection.execute("SELECT kind, id, revision, body, extension FROM resource")
            return Replica.of(
                (_resource(*row) for row in rows),
                None if position is None else from_plain(Position, json.loads(position)),
            )
        except (ValueError, TypeError, KeyError) as error:
            _LOG.warning("replica-unreadable", file=str(self._path), problem=str(error), todo="nothing: it is fetched")
            with self._transaction() as cursor:
                _forget_replica(cursor)
            return Replica()

    def feed_at(self) -> FeedAge:
        """When the dispatching feed was last known to be fresh."""
        value = self._meta("fresh_at")
        return FeedAge(fresh_at=None if not value else Instant(int(value)))

    def write_replica(self, replica: Replica, fresh_at: Instant | None) -> None:
        """Keep this replica instead of what was held."""
        with self._transaction() as cursor:
            _forget_replica(cursor)
            cursor.executemany(_PUT, (_row(resource) for resource in replica.resources()))
            self._set_position(cursor, replica.position, fresh_at)

    def write_update(
        self,
        position: Position,
        puts: Iterable[Resource],
        deletes: Iterable[tuple[str, str]],
        fresh_at: Instant | None,
    ) -> None:
        """The replica has come to `position` by these changes."""
        with self._transaction() as cursor:
            cursor.executemany("DELETE FROM resource WHERE kind = ? AND id = ?", deletes)
            cursor.executemany(_PUT, (_row(resource) for resource in puts))
            self._set_position(cursor, position, fresh_at)

    def progress(self) -> Mapping[tuple[str, str], Result]:
        """The last result of each (task, target)."""
        rows = self._connection.execute("SELECT task, target, body FROM progress")
        return {(task, target): from_plain(Result, json.loads(body)) for task, target, body in rows}

    def record(self, given: TaskResult) -> None:
        """A target has come so far: remember it, and keep it for the hub."""
        with self._transaction() as cursor:
            cursor.execute(
                "INSERT OR REPLACE INTO progress (task, target, body) VALUES (?, ?, ?)",
                (given.task, given.result.target, _json(given.result)),
            )
            cursor.execute(
                "INSERT INTO outbox (id, body) VALUES (?, ?)",
                (given.id, _json(given)),
            )

    def record_act(self, act: LocalAct) -> None:
        """A person has done something at the subsystem's own page: keep it for the hub."""
        with self._transaction() as cursor:
            cursor.execute("INSERT INTO outbox (id, body, what) VALUES (?, ?, 'act')", (act.id, _json(act)))

    def outbox(self) -> list[TaskResult | LocalAct]:
        """What the hub has not acknowledged, in the order in which it came to be."""
        rows = self._connection.execute("SELECT what, body FROM outbox ORDER BY number")
        return [
            from_plain(LocalAct, json.loads(body)) if what == "act" else from_plain(TaskResult, json.loads(body))
            for what, body in rows
        ]

    def record_command(self, result: CommandResult) -> None:
        """So far has a command come; only the newest thousand are kept."""
        with self._transaction() as cursor:
            cursor.execute(
                "INSERT INTO command (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (result.id, _json(result)),
            )
            cursor.execute(
                "DELETE FROM command WHERE number NOT IN (SELECT number FROM command ORDER BY number DESC LIMIT ?)",
                (COMMANDS,),
            )

    def commands(self) -> list[CommandResult]:
        """How far each command has come that is remembered, the oldest first."""
        rows = self._connection.execute("SELECT body FROM command ORDER BY number")
        return [from_plain(CommandResult, json.loads(body)) for (body,) in rows]

    def received(self, ids: Iterable[str]) -> None:
        """The hub has these results and acts of the outbox, or they are given up."""
        with self._transaction() as cursor:
            cursor.executemany("DELETE FROM outbox WHERE id = ?", ((name,) for name in ids))

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """These (task, target) need not be remembered any longer."""
        with self._transaction() as cursor:
            cursor.executemany("DELETE FROM progress WHERE task = ? AND target = ?", keys)

    def _meta(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_meta(self, cursor: sqlite3.Cursor, **values: str) -> None:
        cursor.executemany("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", values.items())

    def _set_position(self, cursor: sqlite3.Cursor, position: Position | None, fresh_at: Instant | None) -> None:
        if position is not None:
            self._set_meta(cursor, position=json.dumps(to_plain(position)))
        if fresh_at is not None:
            self._set_meta(cursor, fresh_at=str(fresh_at))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        cursor = self._connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise _failed(self._path, error) from error
        finally:
            cursor.close()


def _json(value: Any) -> str:
    return json.dumps(to_plain(value), ensure_ascii=False, separators=(",", ":"))


def _forget_replica(cursor: sqlite3.Cursor) -> None:
    cursor.execute("DELETE FROM resource")
    cursor.execute("DELETE FROM meta WHERE name = 'position'")


def _row(resource: Resource) -> tuple[str, str, int, str, str]:
    return resource.kind, resource.id, resource.revision, _json(resource.value), resource.extension


def _resource(kind: str, name: str, revision: int, body: str, extension: str) -> Resource:
    if kind not in PUBLIC_KINDS:
        raise ValueError(f"{kind!r} is not a kind of resource")
    read: Callable[[type, Any], Any] = from_plain
    value = read(PUBLIC_KINDS[kind], json.loads(body))
    return Resource(kind=kind, id=name, revision=revision, value=value, extension=extension)


def _failed(path: Path, error: Exception) -> StationError:
    return StationError("agent-state", f"{path} cannot be written or read: {error}.", "Look at the disk and its space.")
