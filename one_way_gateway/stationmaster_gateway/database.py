"""Reading the dispatching database, and only reading.

Most polls are one small query for the change counter. If that has grown, the runs that changed are read whole.
Everything in the window is read from time to time, when the counter went back, and when the number of rows shows that
some were deleted, since a deletion leaves no row to find. Each poll is one short read transaction, so what it sees is
of one moment, and nothing is held in between.
"""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from stationmaster_base.errors import Fault, StationError
from stationmaster_base.times import Instant
from stationmaster_gateway.account import account_faults
from stationmaster_gateway.rows import Rows, instant

__all__ = ["DatabaseGone", "DatabaseUnfit", "DispatchingDatabase", "Reading"]

DAYS_KEPT = 2
"""Service dates older than this before the database's own date are no longer transmitted."""

_COUNTER = "SELECT value FROM change_counter"
_TIME = "SELECT actual FROM report ORDER BY changed DESC LIMIT 9"
_BASE = (
    "SELECT run_id, service_date, train, train_class, kind, origin, destination, arrival, departure, track"
    " FROM base_timetable"
)
_STAGE = "SELECT run_id, arrival, departure, arrival_unknown, departure_unknown, track, running, reason FROM stage_plan"
_REPORT = "SELECT run_id, event, actual FROM report"
_COUNT = (
    "SELECT (SELECT count(*) FROM base_timetable) + (SELECT count(*) FROM stage_plan) + (SELECT count(*) FROM report)"
)
_CHANGED = (
    " WHERE run_id IN (SELECT run_id FROM base_timetable WHERE changed > :mark"
    " UNION SELECT run_id FROM stage_plan WHERE changed > :mark"
    " UNION SELECT run_id FROM report WHERE changed > :mark)"
)
_BASE_WINDOW = " WHERE service_date IS NULL OR service_date >= :first"
_WINDOW = " WHERE run_id NOT IN (SELECT run_id FROM base_timetable WHERE service_date < :first)"


class DatabaseGone(StationError):
    """The database cannot be read now."""


class DatabaseUnfit(DatabaseGone):
    """The database answers, but must not or cannot be read as it is; somebody has to mend it.

    `faults` says all that is wrong with it.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("database-unfit", "\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one poll saw.

    `whole`: everything in the window, so that what is not in it is gone; else what changed since the poll before.
    `first_day` is the first service date of the window; None: there is no limit.
    `strays` are rows whose run is no number, with the reason.
    """

    whole: bool = False
    runs: Mapping[int, Rows] = field(default_factory=dict)
    strays: tuple[str, ...] = ()
    first_day: date | None = None
    time: Instant | None = None


class DispatchingDatabase:
    """The database of the dispatching side.

    Args:
        url: where it is.
        timeout_s: seconds that one statement may take.
        whole_read_s: seconds between reads of everything.
        monotonic: machine seconds.

    Raises:
        StationError: `database-url`: there is no such kind of database here.

    """

    def __init__(self, url: URL, *, timeout_s: float, whole_read_s: float, monotonic: Callable[[], float]) -> None:
        self._file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self._timeout_s = timeout_s
        self._whole_read_s = whole_read_s
        self._monotonic = monotonic
        self._deadline = 0.0
        self._engine = self._sqlite(self._file) if self._file else _server(url, timeout_s)
        self._connection: Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._mark: int | None = None
        self._keys: set[tuple[Any, ...]] = set()
        self._rows = 0
        self._whole_at = 0.0
        self._time: Instant | None = None
        self._first_day: date | None = None

    def poll(self) -> Reading:
        """Read what is new.

        Raises:
            DatabaseGone: it cannot be read; the next call begins with a new connection and reads everything.
            DatabaseUnfit: nor should it be: the account could write.

        """
        self._deadline = self._monotonic() + self._timeout_s
        try:
            identity = self._identify()
            if identity != self._identity:
                self.close()
            if self._connection is None:
                self._connection = self._engine.connect()
                self._identity = identity
                self._check(self._connection)
            with self._connection.begin():
                return self._read(self._connection)
        except DatabaseUnfit:
            self.close()
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
            self.close()
            reason = getattr(error, "orig", None) or error
            raise DatabaseGone("database-gone", f"The dispatching database cannot be read: {reason}.") from error

    def close(self) -> None:
        """Let go of the connection; the next poll reads everything."""
        connection, self._connection = self._connection, None
        self._mark = None
        self._identity = None
        if connection is not None:
            try:
                connection.close()
            except SQLAlchemyError:
                connection.invalidate()

    def _check(self, connection: Connection) -> None:
        """Look at what is new about this connection before anything is read."""
        with connection.begin():
            faults = account_faults(connection)
        if faults:
            raise DatabaseUnfit(faults)

    def _read(self, connection: Connection) -> Reading:
        counter = connection.execute(text(_COUNTER)).scalar()
        if type(counter) is not int:
            raise ValueError(f"change_counter.value is {counter!r}")
        now = self._monotonic()
        whole = self._mark is None or counter < self._mark or now >= self._whole_at + self._whole_read_s
        if not whole and counter == self._mark:
            return Reading(first_day=self._first_day, time=self._time)
        self._time = _newest(row[0] for row in connection.execute(text(_TIME)))
        count = int(connection.execute(text(_COUNT)).scalar() or 0)
        tables = None if whole else self._changed(connection, count)
        whole = tables is None
        if tables is None:
            self._first_day = None if self._time is None else _day_of(self._time) - timedelta(days=DAYS_KEPT)
            first = (self._first_day or date.min).isoformat()
            tables = _select(connection, (_BASE_WINDOW, _WINDOW, _WINDOW), {"first": first})
            self._whole_at = now
            self._keys.clear()
        self._keys |= _keys(tables)
        self._mark = counter
        self._rows = count
        runs, strays = _by_run(*tables)
        return Reading(whole=whole, runs=runs, strays=strays, first_day=self._first_day, time=self._time)

    def _changed(self, connection: Connection, count: int) -> list[list[tuple[Any, ...]]] | None:
        """The rows of the runs that changed; None if there are fewer rows than there should be."""
        tables = _select(connection, (_CHANGED, _CHANGED, _CHANGED), {"mark": self._mark})
        return tables if count == self._rows + len(_keys(tables) - self._keys) else None

    def _identify(self) -> tuple[int, int] | None:
        """Which file it is now, so that one that was put in its place is noticed."""
        if self._file is None:
            return None
        status = self._file.stat()
        return status.st_dev, status.st_ino

    def _sqlite(self, file: Path) -> Engine:
        """SQLite opened read-only; a statement that takes too long is interrupted."""

        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                f"file:{quote(str(file))}?mode=ro",
                uri=True,
                isolation_level=None,
                timeout=self._timeout_s,
            )
            connection.execute("PRAGMA query_only = ON")
            connection.set_progress_handler(lambda: self._monotonic() > self._deadline, 5000)
            return connection

        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        return engine


def _server(url: URL, timeout_s: float) -> Engine:
    """A database server: a session that can only read, and statements with a time limit.

    Raises:
        StationError: `database-url`: there is no such kind of database here.

    """
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        arguments = {
            "connect_timeout": max(2, round(timeout_s)),
            "options": f"-c default_transaction_read_only=on -c statement_timeout={round(timeout_s * 1000)}",
        }
    try:
        return create_engine(url, poolclass=NullPool, connect_args=arguments, isolation_level="REPEATABLE READ")
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StationError(
            "database-url",
            f"{url.render_as_string()} cannot be used: {error}.",
            "Write sqlite:///file.db or postgresql+psycopg://user@host/name, and install the driver it needs.",
        ) from error


def _select(connection: Connection, wheres: Iterable[str], given: dict[str, Any]) -> list[list[tuple[Any, ...]]]:
    """Rows of the three tables."""
    return [
        [tuple(row) for row in connection.execute(text(query + where), given)]
        for query, where in zip((_BASE, _STAGE, _REPORT), wheres, strict=True)
    ]


def _keys(tables: Iterable[Iterable[tuple[Any, ...]]]) -> set[tuple[Any, ...]]:
    """Which rows these are: table, run, and of a report the event."""
    return {(table, *row[: 1 + table // 2]) for table, rows in enumerate(tables) for row in rows}


def _by_run(
    base: Iterable[tuple[Any, ...]], stage: Iterable[tuple[Any, ...]], reports: Iterable[tuple[Any, ...]]
) -> tuple[dict[int, Rows], tuple[str, ...]]:
    """The rows of each run together."""
    strays: list[str] = []
    bases: dict[int, tuple[Any, ...]] = {}
    stages: dict[int, tuple[Any, ...]] = {}
    reported: dict[int, list[tuple[Any, ...]]] = {}
    for table, rows in (("base_timetable", base), ("stage_plan", stage), ("report", reports)):
        for row in rows:
            run = row[0]
            if type(run) is not int or run < 0:
                strays.append(f"{table}.run_id is {run!r}; a run is a whole number")
            elif table == "base_timetable":
                bases[run] = row
            elif table == "stage_plan":
                stages[run] = row
            else:
                reported.setdefault(run, []).append(row)
    runs = {
        run: Rows(run=run, base=bases.get(run), stage=stages.get(run), reports=tuple(reported.get(run, ())))
        for run in sorted(bases.keys() | stages.keys() | reported.keys())
    }
    return runs, tuple(strays)


def _newest(values: Iterable[Any]) -> Instant | None:
    """The database's own time: of its latest reports the median, so that one absurd report moves nothing."""
    times = [time for value in values if (time := instant(value)) is not None]
    return Instant(int(statistics.median_low(times))) if times else None


def _day_of(time: Instant) -> date:
    return datetime.fromtimestamp(time, UTC).date()
