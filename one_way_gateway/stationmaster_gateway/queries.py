"""The SQL that a mapping makes: every statement that the gateway ever sends to read data is one of these.

Times and dates come from PostgreSQL as the text that it writes for them: a driver that has to make a value of
`infinity` or of the year 20000 gives up, and with it would go every other row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, TextClause, text

from stationmaster_gateway.mapping import Changes, FieldKind, Part, SourceMapping

__all__ = ["Mark", "Queries"]

Mark = Any
"""A value of a `changed` column, as it is bound to a query; None: whatever it is."""

_NEWEST = 9
"""How many of the latest reports tell the database's own time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Above:
    """What is above the marks: the runs, and all rows of those runs by part."""

    runs: TextClause
    rows: Sequence[TextClause | None]


class Queries:
    """The statements for one mapping on one kind of database.

    A part's rows are tuples of all its fields but `changed` in order, with None for a field that is not read, and last
    the value of `changed`, or None if there is no such column.
    """

    def __init__(self, mapping: SourceMapping, dialect: Dialect) -> None:
        self._mapping = mapping
        self._dialect = dialect
        self._heads = [None if part is None else self._head(part) for part in mapping.parts]
        self._whole = self._windowed(mapping.parts)
        self._counter = text(_select(self._name(mapping.counter[1]), self._table(mapping.counter[0])))
        self._counts = [text(_select("count(*)", self.place(part))) for part in mapping.parts if part is not None]
        self._newest = None if mapping.report is None else text(self._newest_reports(mapping.report))
        self._changed: dict[tuple[bool, ...], _Above] = {}

    def place(self, part: Part) -> str:
        """What stands behind FROM for a part."""
        return f"({_literal(part.query)}) {part.name}_rows" if part.query else self._table(part.table)

    def counter(self, connection: Connection) -> Any:
        """The change counter."""
        return connection.execute(self._counter).scalar()

    def count(self, connection: Connection) -> int:
        """How many rows there are in all parts."""
        return sum(int(connection.execute(count).scalar() or 0) for count in self._counts)

    def alive(self, connection: Connection) -> None:
        """Ask for nothing, to hear whether there is an answer."""
        connection.execute(text("SELECT 1"))

    def newest(self, connection: Connection) -> list[Any]:
        """The times of the latest reports."""
        return [] if self._newest is None else [row[0] for row in connection.execute(self._newest)]

    def now(self, connection: Connection) -> Any:
        """The server's own clock, with its zone; None if this kind of database does not say it so."""
        if self._dialect.name == "sqlite":
            return connection.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now')")).scalar()
        if self._dialect.name == "postgresql":
            return connection.execute(text("SELECT CAST(CURRENT_TIMESTAMP AS text)")).scalar()
        return None

    def whole(self, connection: Connection, first: str) -> list[list[tuple[Any, ...]]]:
        """All rows of the service dates from `first` on, and those of which none is known."""
        return _rows(connection, self._whole, {"first": first})

    def changed(self, connection: Connection, marks: Sequence[Mark]) -> list[list[tuple[Any, ...]]]:
        """All rows of the runs of which a row's `changed` is above the mark of its part."""
        return _rows(connection, self._above(marks).rows, _given(marks))

    def any_above(self, connection: Connection, marks: Sequence[Mark]) -> bool:
        """Whether any row's `changed` is above the mark of its part."""
        return connection.execute(self._above(marks).runs, _given(marks)).first() is not None

    def _above(self, marks: Sequence[Mark]) -> _Above:
        """The statements for what changed, with those marks that are known."""
        known = tuple(mark is not None for mark in marks)
        if known not in self._changed:
            runs = []
            for number, part in enumerate(self._mapping.parts):
                if part is not None:
                    changed = self._name(part.columns["changed"])
                    above = f"{changed} > :mark{number}" if known[number] else f"{changed} IS NOT NULL"
                    runs.append(_select(self._name(part.columns["run"]), self.place(part), f"WHERE {above}"))
            among = " UNION ".join(runs)
            self._changed[known] = _Above(
                runs=text(among),
                rows=[
                    None if part is None else text(f"{head} WHERE {self._name(part.columns['run'])} IN ({among})")
                    for part, head in zip(self._mapping.parts, self._heads, strict=True)
                ],
            )
        return self._changed[known]

    def _windowed(self, parts: Sequence[Part | None]) -> list[TextClause | None]:
        """The three queries for everything in the window."""
        base = self._mapping.timetable
        day, run = self._name(base.columns["day"]), self._name(base.columns["run"])
        old = _select(run, self.place(base), f"WHERE {day} < :first AND {run} IS NOT NULL")
        wheres = [f"{day} IS NULL OR {day} >= :first"]
        wheres += [f"{self._name(part.columns['run'])} NOT IN ({old})" if part else "" for part in parts[1:]]
        return [
            None if head is None else text(f"{head} WHERE {where}")
            for head, where in zip(self._heads, wheres, strict=True)
        ]

    def _newest_reports(self, report: Part) -> str:
        """Newest by when they were entered, if that can be told."""
        order = self._name(report.columns.get("changed", report.columns["actual"]))
        some = f"LIMIT {_NEWEST}" if self._dialect.name in _LIMIT else f"FETCH FIRST {_NEWEST} ROWS ONLY"
        actual = self._expression(report, "actual", FieldKind.TIME)
        return _select(actual, self.place(report), f"WHERE {order} IS NOT NULL ORDER BY {order} DESC {some}")

    def _head(self, part: Part) -> str:
        columns = [self._expression(part, field, kind) for field, kind in part.fields]
        timed = self._mapping.changes is Changes.TIMESTAMP
        columns.append(self._expression(part, "changed", FieldKind.TIME if timed else FieldKind.CHANGED))
        return _select(", ".join(columns), self.place(part))

    def _expression(self, part: Part, field: str, kind: FieldKind) -> str:
        if field not in part.columns:
            return "NULL"
        name = self._name(part.columns[field])
        as_text = kind in (FieldKind.TIME, FieldKind.DAY) and self._dialect.name == "postgresql"
        return f"CAST({name} AS text)" if as_text else name

    def _table(self, table: str) -> str:
        name = self._name(table)
        return f"{self._name(self._mapping.schema)}.{name}" if self._mapping.schema else name

    def _name(self, name: str) -> str:
        return _literal(self._dialect.identifier_preparer.quote(name))


_LIMIT = frozenset(("sqlite", "postgresql", "mysql", "mariadb"))


def _select(columns: str, place: str, where: str = "") -> str:
    """A query of names and expressions that are quoted already."""
    return " ".join(("SELECT", columns, "FROM", place, where)).strip()


def _literal(sql: str) -> str:
    """SQL that a person wrote, of which no `:word` is to be taken for a parameter."""
    return sql.replace(":", "\\:")


def _given(marks: Sequence[Mark]) -> dict[str, Mark]:
    return {f"mark{number}": mark for number, mark in enumerate(marks) if mark is not None}


def _rows(
    connection: Connection, queries: Sequence[TextClause | None], given: dict[str, Any]
) -> list[list[tuple[Any, ...]]]:
    """The rows of the three parts."""
    return [[] if query is None else [tuple(row) for row in connection.execute(query, given)] for query in queries]
