"""What is new in the dispatching database, by the marks that it keeps of its changes.

With a change counter most polls are one small query: each commit counts up, so nothing committed is ever behind a mark
that was seen. A sequence or a timestamp promises less: whoever was given a lower mark may commit later. Then a poll
begins an overlap behind the highest mark, once a second and whenever there is a higher one; rows seen before are passed
over. What came later still is found by the next read of everything, as is a row that was deleted.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Dialect

from stationmaster_base.times import Instant
from stationmaster_gateway.mapping import Changes, SourceSettings
from stationmaster_gateway.queries import Mark, Queries
from stationmaster_gateway.rows import Rows, day, instant

__all__ = ["DAYS_KEPT", "Reading", "Source"]

DAYS_KEPT = 2
"""Service dates older than this before the database's own date are no longer transmitted."""

_OVERLAP_S = 1.0
"""So often the overlap is read again; in between a poll asks only whether there is a mark above the highest one."""

_AHEAD_S = 3600
"""A mark further ahead of the server's clock than this is a wrong one, and would hide all that comes after."""

_WALL = re.compile(r"(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d:\d\d)")


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


class Source:
    """Reads what a mapping names, and remembers how far it has read.

    Args:
        settings: the mapping, and what its times mean.
        dialect: the kind of database.
        whole_read_s: seconds between reads of everything.

    """

    def __init__(self, settings: SourceSettings, dialect: Dialect, whole_read_s: float) -> None:
        self._queries = Queries(settings.mapping, dialect)
        self._changes = settings.mapping.changes
        self._overlap = settings.mapping.overlap
        self._zone = settings.meaning.zone
        self._names = [part.shown if part else "" for part in settings.mapping.parts]
        self._whole_read_s = whole_read_s
        self._started = False
        self._counter = 0
        self._marks: list[Mark] = [None, None, None]
        self._heights: list[int | None] = [None, None, None]
        self._seen: dict[int, Rows] = {}
        self._keys: set[tuple[Any, ...]] = set()
        self._rows = 0
        self._whole_at = 0.0
        self._overlap_at = 0.0
        self._time: Instant | None = None
        self._first_day: date | None = None

    def forget(self) -> None:
        """Begin anew: the next read is one of everything."""
        self._started = False

    def read(self, connection: Connection, now: float) -> Reading:
        """Read what is new, at machine time `now`, in the transaction of this connection.

        Raises:
            SQLAlchemyError: the database refuses.
            ValueError: the change counter is no number.

        """
        due = not self._started or now >= self._whole_at + self._whole_read_s
        if self._changes is Changes.COUNTER:
            return self._by_counter(connection, now, due)
        if due:
            return self._everything(connection, now)
        if self._changes is Changes.NONE:
            self._queries.alive(connection)
            return self._nothing()
        if now < self._overlap_at + _OVERLAP_S and not self._queries.any_above(connection, self._marks):
            return self._nothing()
        self._overlap_at = now
        tables = self._queries.changed(connection, [self._behind(mark) for mark in self._marks])
        self._note_marks(connection, tables)
        reading = self._reading(tables, whole=False)
        fresh = {run: rows for run, rows in reading.runs.items() if self._seen.get(run) != rows}
        self._seen.update(fresh)
        if not fresh:
            return self._nothing(reading.strays)
        self._time = self._newest(connection)
        return self._partly(fresh, reading.strays)

    def _by_counter(self, connection: Connection, now: float, due: bool) -> Reading:
        counter = self._queries.counter(connection)
        if type(counter) is not int:
            raise ValueError(f"the change counter is {counter!r}")
        same = counter == self._counter
        due = due or counter < self._counter
        self._counter = counter
        if due:
            return self._everything(connection, now)
        if same:
            return self._nothing()
        count = self._queries.count(connection)
        tables = self._queries.changed(connection, (self._marks[0],) * 3)
        keys = _keys(tables)
        if count != self._rows + len(keys - self._keys):
            return self._everything(connection, now)  # fewer rows than there should be: some were deleted
        self._marks = [counter] * 3
        self._keys |= keys
        self._rows = count
        self._time = self._newest(connection)
        reading = self._reading(tables, whole=False)
        return self._partly(reading.runs, reading.strays)

    def _everything(self, connection: Connection, now: float) -> Reading:
        self._time = self._newest(connection)
        self._first_day = None if self._time is None else _day_of(self._time) - timedelta(days=DAYS_KEPT)
        tables = self._queries.whole(connection, (self._first_day or date.min).isoformat())
        self._started = True
        self._whole_at = self._overlap_at = now
        reading = self._reading(tables, whole=True)
        if self._changes is Changes.COUNTER:
            self._marks = [self._counter] * 3
            self._keys = _keys(tables)
            self._rows = self._queries.count(connection)
        elif self._changes is not Changes.NONE:
            self._marks = [None, None, None]
            self._heights = [None, None, None]
            self._note_marks(connection, tables)
            self._seen = dict(reading.runs)
        return reading

    def _newest(self, connection: Connection) -> Instant | None:
        """The database's own time: of its latest reports the median, so that one absurd report moves nothing."""
        values = self._queries.newest(connection)
        times = [time for value in values if (time := instant(value, self._zone)) is not None]
        return Instant(int(statistics.median_low(times))) if times else None

    def _note_marks(self, connection: Connection, tables: Sequence[Sequence[tuple[Any, ...]]]) -> None:
        """Remember the highest mark of each part."""
        timed = self._changes is Changes.TIMESTAMP
        limit: float = float("inf")
        if timed and any(tables):
            now = instant(self._queries.now(connection))
            limit = float("inf") if now is None else now + _AHEAD_S
        for number, rows in enumerate(tables):
            for row in rows:
                height = instant(row[-1], self._zone or UTC) if timed else row[-1]
                highest = self._heights[number]
                if type(height) is int and height <= limit and (highest is None or height > highest):
                    self._marks[number], self._heights[number] = row[-1], height

    def _behind(self, mark: Mark) -> Mark:
        """The mark from which to read: an overlap behind the highest, in the column's own kind of value."""
        if isinstance(mark, int):
            return mark - self._overlap
        if isinstance(mark, datetime):
            return mark - timedelta(seconds=self._overlap)
        wall = _WALL.match(mark) if isinstance(mark, str) else None
        if wall is None:
            return None
        behind = datetime.fromisoformat(f"{wall[1]} {wall[3]}") - timedelta(seconds=self._overlap)
        return behind.isoformat(sep=wall[2])

    def _nothing(self, strays: tuple[str, ...] = ()) -> Reading:
        return self._partly({}, strays)

    def _partly(self, runs: Mapping[int, Rows], strays: tuple[str, ...]) -> Reading:
        return Reading(runs=runs, strays=strays, first_day=self._first_day, time=self._time)

    def _reading(self, tables: Sequence[Iterable[tuple[Any, ...]]], *, whole: bool) -> Reading:
        """The rows of each run together; of what changed, only what is in the window."""
        strays: list[str] = []
        found: list[dict[int, list[tuple[Any, ...]]]] = [{}, {}, {}]
        for number, rows in enumerate(tables):
            for row in rows:
                run = row[0]
                if type(run) is not int or run < 0:
                    strays.append(f"{self._names[number]}.run_id is {run!r}; a run is a whole number")
                else:
                    found[number].setdefault(run, []).append(row[:-1])
        bases, stages, reported = found
        runs = {
            run: Rows(
                run=run,
                base=bases[run][-1] if run in bases else None,
                stage=stages[run][-1] if run in stages else None,
                reports=tuple(reported.get(run, ())),
            )
            for run in sorted(bases.keys() | stages.keys() | reported.keys())
        }
        if not whole and self._first_day is not None:
            runs = {run: rows for run, rows in runs.items() if not self._old(rows)}
        return Reading(whole=whole, runs=runs, strays=tuple(strays), first_day=self._first_day, time=self._time)

    def _old(self, rows: Rows) -> bool:
        service_date = None if rows.base is None else day(rows.base[1])
        return service_date is not None and self._first_day is not None and service_date < self._first_day


def _keys(tables: Iterable[Iterable[tuple[Any, ...]]]) -> set[tuple[Any, ...]]:
    """Which rows these are: table, run, and of a report the event."""
    return {(table, *row[: 1 + table // 2]) for table, rows in enumerate(tables) for row in rows}


def _day_of(time: Instant) -> date:
    return datetime.fromtimestamp(time, UTC).date()
