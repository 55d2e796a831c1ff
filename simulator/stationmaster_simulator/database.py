"""The dispatching database: the schema, and writing to it.

The schema is described for those who read it in `docs/dispatching-database.md`. Only the simulator writes here; each
call of `write` is one transaction, and a row that already says what it should is not touched, so that doing a thing
twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, to_iso
from stationmaster_simulator.events import Report, ScenarioEvent, StagePlan, TimetableEntry
from stationmaster_simulator.picture import picture_of

__all__ = ["DispatchingDatabase", "located"]

METADATA = MetaData()

BASE_TIMETABLE = Table(
    "base_timetable",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("service_date", Text, nullable=False),
    Column("train", Text, nullable=False),
    Column("train_class", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("arrival", Text),
    Column("departure", Text),
    Column("track", Text),
    Column("changed", Integer, nullable=False, index=True),
)
STAGE_PLAN = Table(
    "stage_plan",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("arrival", Text),
    Column("departure", Text),
    Column("arrival_unknown", Integer, nullable=False),
    Column("departure_unknown", Integer, nullable=False),
    Column("track", Text),
    Column("running", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed", Integer, nullable=False, index=True),
)
REPORT = Table(
    "report",
    METADATA,
    Column("run_id", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("actual", Text, nullable=False),
    Column("changed", Integer, nullable=False, index=True),
    PrimaryKeyConstraint("run_id", "event"),
)
CHANGE_COUNTER = Table("change_counter", METADATA, Column("value", Integer, nullable=False))

Row = dict[str, Any]
MANY = 500


class DispatchingDatabase:
    """The database that a gateway reads. Its methods wait for the database: call them from a thread of their own.

    Args:
        url: SQLAlchemy's, for SQLite or PostgreSQL.

    Raises:
        StationError: `database-url` if it is not usable.

    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = create_engine(url)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise StationError(
                "database-url",
                f"{url!r} is no usable database: {error}.",
                "Write sqlite:///file.db or postgresql+psycopg://user@host/name.",
            ) from error
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _as_wal)

    def prepare(self) -> None:
        """Make the tables that are not there yet.

        Raises:
            StationError: `database` if it cannot be reached or written.

        """
        try:
            METADATA.create_all(self._engine)
            with self._engine.begin() as connection:
                if connection.scalar(select(CHANGE_COUNTER.c.value)) is None:
                    connection.execute(insert(CHANGE_COUNTER).values(value=0))
        except SQLAlchemyError as error:
            raise _unusable(self._engine, error) from error

    def write(self, events: Iterable[ScenarioEvent], *, whole_of: Iterable[int] = ()) -> int:
        """Make the rows say what the events say, in one transaction.

        Args:
            events: in order; of several for one row the last holds.
            whole_of: runs of which the events say everything: rows of theirs that no event speaks of are deleted.

        Returns:
            the change counter, which has grown by one if anything had to be changed.

        Raises:
            StationError: `database` if it could not be written; nothing then was.

        """
        picture = picture_of(events)
        wanted: dict[Table, list[Row]] = {
            BASE_TIMETABLE: [_timetable_row(entry) for entry in picture.timetable.values()],
            STAGE_PLAN: [_plan_row(plan) for plan in picture.stage_plan.values()],
            REPORT: [_report_row(report) for report in picture.reports.values()],
        }
        whole = frozenset(whole_of)
        try:
            with self._engine.begin() as connection:
                counter = int(connection.scalar(select(CHANGE_COUNTER.c.value).with_for_update()) or 0)
                written = [_bring(connection, table, rows, whole, counter + 1) for table, rows in wanted.items()]
                return _count(connection, counter, any(written))
        except SQLAlchemyError as error:
            raise _unusable(self._engine, error) from error

    def drop_before(self, day: date) -> int:
        """Forget the runs of the service dates before `day`, in one transaction.

        Returns:
            the change counter, which has grown by one if there were any.

        Raises:
            StationError: `database` if it could not be written.

        """
        try:
            with self._engine.begin() as connection:
                counter = int(connection.scalar(select(CHANGE_COUNTER.c.value).with_for_update()) or 0)
                old = select(BASE_TIMETABLE.c.run_id).where(BASE_TIMETABLE.c.service_date < day.isoformat())
                gone = 0
                for table in (REPORT, STAGE_PLAN, BASE_TIMETABLE):
                    gone += connection.execute(delete(table).where(table.c.run_id.in_(old))).rowcount
                return _count(connection, counter, gone > 0)
        except SQLAlchemyError as error:
            raise _unusable(self._engine, error) from error

    def close(self) -> None:
        """Give up all connections."""
        self._engine.dispose()


def located(url: str, folder: Path) -> str:
    """The URL with a relative SQLite file counted from `folder`; what is no URL stays as it is."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return url
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return url
    return parsed.set(database=str(folder / parsed.database)).render_as_string(hide_password=False)


def _as_wal(connection: Any, _record: object) -> None:
    """Readers and the writer do not wait for each other; a writer waits 5 s for another one."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()


def _count(connection: Connection, counter: int, changed: bool) -> int:
    if not changed:
        return counter
    connection.execute(update(CHANGE_COUNTER).values(value=counter + 1))
    return counter + 1


def _bring(connection: Connection, table: Table, rows: Sequence[Row], whole: frozenset[int], changed: int) -> bool:
    """Insert, update and delete what differs; whether anything did."""
    keys = [column.name for column in table.primary_key.columns]
    present = _present(connection, table, keys, {row["run_id"] for row in rows} | whole)
    wanted = {tuple(row[key] for key in keys): row for row in rows}
    new = [{**row, "changed": changed} for key, row in wanted.items() if key not in present]
    other = [{**row, "changed": changed} for key, row in wanted.items() if key in present and present[key] != row]
    surplus = [key for key in present if key not in wanted and key[0] in whole]
    if new:
        connection.execute(insert(table), new)
    if other:
        connection.execute(
            update(table)
            .where(*(table.c[key] == bindparam(f"key_{key}") for key in keys))
            .values({name: bindparam(name) for name in other[0] if name not in keys}),
            [{**row, **{f"key_{key}": row[key] for key in keys}} for row in other],
        )
    if surplus:
        connection.execute(
            delete(table).where(*(table.c[key] == bindparam(f"key_{key}") for key in keys)),
            [{f"key_{key}": part for key, part in zip(keys, values, strict=True)} for values in surplus],
        )
    return bool(new or other or surplus)


def _present(
    connection: Connection, table: Table, keys: Sequence[str], runs: Iterable[int]
) -> Mapping[tuple[Any, ...], Row]:
    query = select(*(column for column in table.columns if column.name != "changed"))
    asked = sorted(runs)
    if len(asked) <= MANY:
        query = query.where(table.c.run_id.in_(asked))
    else:
        query = query.where(table.c.run_id.between(asked[0], asked[-1]))
    return {tuple(row[key] for key in keys): dict(row) for row in connection.execute(query).mappings()}


def _timetable_row(entry: TimetableEntry) -> Row:
    return {
        "run_id": entry.run,
        "service_date": entry.day.isoformat(),
        "train": entry.train,
        "train_class": entry.train_class,
        "kind": entry.kind.value,
        "origin": entry.origin,
        "destination": entry.destination,
        "arrival": _time(entry.arrival),
        "departure": _time(entry.departure),
        "track": entry.track or None,
    }


def _plan_row(plan: StagePlan) -> Row:
    return {
        "run_id": plan.run,
        "arrival": _time(plan.arrival),
        "departure": _time(plan.departure),
        "arrival_unknown": int(plan.arrival_unknown),
        "departure_unknown": int(plan.departure_unknown),
        "track": plan.track or None,
        "running": plan.running.value,
        "reason": plan.reason,
    }


def _report_row(report: Report) -> Row:
    return {"run_id": report.run, "event": report.event.value, "actual": to_iso(report.actual)}


def _time(instant: Instant | None) -> str | None:
    return None if instant is None else to_iso(instant)


def _unusable(engine: Engine, error: SQLAlchemyError) -> StationError:
    cause = getattr(error, "orig", None) or error
    return StationError(
        "database",
        f"The dispatching database {engine.url.render_as_string()} cannot be written: {cause}.",
        "See that it is there, that its folder or account may be written, and that its tables are as documented.",
    )
