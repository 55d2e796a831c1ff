"""A dispatching database in a file, with the documented schema, that a test writes to."""

from __future__ import annotations

import sqlite3
from pathlib import Path

Statement = tuple[str, tuple[object, ...]]
"""SQL with `?` for each value, and the values."""

SCHEMA = """
CREATE TABLE change_counter (value INTEGER NOT NULL);
INSERT INTO change_counter VALUES (0);
CREATE TABLE base_timetable (run_id INTEGER PRIMARY KEY, service_date TEXT, train TEXT, train_class TEXT, kind TEXT,
    origin TEXT, destination TEXT, arrival TEXT, departure TEXT, track TEXT, changed INTEGER);
CREATE TABLE stage_plan (run_id INTEGER PRIMARY KEY, arrival TEXT, departure TEXT, arrival_unknown INTEGER,
    departure_unknown INTEGER, track TEXT, running TEXT, reason TEXT, changed INTEGER);
CREATE TABLE report (run_id INTEGER, event TEXT, actual TEXT, changed INTEGER, PRIMARY KEY (run_id, event));
"""


class Dispatching:
    """Writes as the dispatching system does: each `commit` is one transaction that counts up."""

    def __init__(self, path: Path, *, wal: bool = True) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
        self._connection.executescript(SCHEMA)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def commit(self, *statements: Statement) -> None:
        """Run statements; `:changed` in one stands for the new counter."""
        self._connection.execute("BEGIN IMMEDIATE")
        (counter,) = self._connection.execute("SELECT value + 1 FROM change_counter").fetchone()
        for statement, values in statements:
            self._connection.execute(statement.replace(":changed", str(counter)), values)
        self._connection.execute("UPDATE change_counter SET value = ?", (counter,))
        self._connection.execute("COMMIT")

    def lock(self) -> None:
        """Keep everybody out (not in WAL mode) until `unlock`."""
        self._connection.execute("BEGIN EXCLUSIVE")

    def unlock(self) -> None:
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


def run(number: int, hour: int = 10, *, day: str = "2026-03-01", kind: str = "through", train: str = "") -> Statement:
    """Insert a run; it arrives at `hour`:00 and leaves five minutes later."""
    arrival = None if kind == "origin" else f"{day}T{hour:02}:00:00Z"
    departure = None if kind == "terminus" else f"{day}T{hour:02}:05:00Z"
    return (
        "INSERT INTO base_timetable VALUES (?,?,?,?,?,?,?,?,?,?,:changed)",
        (number, day, train or f"G{number}", "高速", kind, "包头", "北京", arrival, departure, "3"),
    )


def plan(
    number: int,
    *,
    arrival: str | None = None,
    departure: str | None = None,
    unknown: int = 0,
    track: str | None = None,
    running: str = "scheduled",
    reason: str = "",
) -> Statement:
    """Insert or replace a run's row of the stage plan."""
    return (
        "INSERT OR REPLACE INTO stage_plan VALUES (?,?,?,?,?,?,?,?,:changed)",
        (number, arrival, departure, unknown, unknown, track, running, reason),
    )


def report(number: int, event: str, actual: str) -> Statement:
    """Insert or replace a report."""
    return "INSERT OR REPLACE INTO report VALUES (?,?,?,:changed)", (number, event, actual)
