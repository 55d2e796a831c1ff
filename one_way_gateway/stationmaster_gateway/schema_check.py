"""Whether the tables are as the mapping says: everything that is wrong is found at once, before anything is read.

The catalogue is asked, not the tables: it answers also for what the account may not read, and says what is there
instead of what was looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Dialect, inspect, text
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from stationmaster_base.errors import Fault
from stationmaster_gateway.account import DATABASE
from stationmaster_gateway.mapping import Changes, FieldKind, Part, SourceSettings
from stationmaster_gateway.queries import Queries

__all__ = ["holds_nothing", "schema_faults"]

_MOST_SHOWN = 30

_PG_COLUMNS = """
    SELECT a.attname, CASE WHEN t.typtype = 'e' THEN 'enum ' || t.typname
            ELSE format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, a.atttypmod) END,
        has_column_privilege(c.oid, a.attnum, 'SELECT')
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE c.relname = :table AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND CASE WHEN :schema = '' THEN pg_table_is_visible(c.oid)
            ELSE n.nspname = :schema AND has_schema_privilege(n.oid, 'USAGE') END
"""
_PG_TABLES = """
    SELECT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg\\_toast%'
    ORDER BY 1
"""
_PG_TYPE = "SELECT CASE WHEN typtype = 'e' THEN 'enum ' || typname ELSE format_type(oid, NULL) END FROM pg_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What the catalogue says of a column; `type` in small letters, empty if it says none."""

    type: str
    readable: bool = True


def holds_nothing(connection: Connection) -> bool:
    """Whether the database has no table at all: somebody is about to make it, which is no fault."""
    return not _tables(connection)


def schema_faults(connection: Connection, settings: SourceSettings) -> list[Fault]:
    """What of the mapping is not there, is of a wrong kind, or may not be read.

    Raises:
        SQLAlchemyError: the database does not answer.

    """
    mapping, dialect = settings.mapping, connection.dialect
    queries = Queries(mapping, dialect)
    faults: list[Fault] = []
    for part in mapping.parts:
        if part is not None and part.query:
            columns, problem = _query_columns(connection, queries.place(part))
            if problem:
                faults.append(_fault(part.shown, f"cannot be run: {problem}", "a query that this account may run"))
                continue
        elif part is not None:
            columns = _columns(connection, mapping.schema, part.table)
            if not columns:
                faults.append(_no_table(connection, mapping.schema, part.table))
                continue
        else:
            continue
        wanted = {part.columns[field]: kind for field, kind in _fields(part)}
        faults += _wrong(part.shown, columns, wanted, mapping.changes)
        if settings.meaning.zone is None and dialect.name != "sqlite":
            faults += _zoneless(part, columns)
    if mapping.changes is Changes.COUNTER:
        table, column = mapping.counter
        columns = _columns(connection, mapping.schema, table)
        if columns:
            faults += _wrong(table, columns, {column: FieldKind.CHANGED}, mapping.changes)
        else:
            faults.append(_no_table(connection, mapping.schema, table))
    return faults


def _fields(part: Part) -> Iterable[tuple[str, FieldKind]]:
    """All fields of a part that are in some query."""
    yield from ((field, kind) for field, kind in part.fields if field in part.columns)
    if "changed" in part.columns:
        yield "changed", FieldKind.CHANGED


def _wrong(
    shown: str, columns: Mapping[str, _Column], wanted: Mapping[str, FieldKind], changes: Changes
) -> Iterable[Fault]:
    """What is wrong with the columns that are wanted of a table."""
    for name, kind in wanted.items():
        place = f"{shown}.{name}"
        column = columns.get(name)
        if column is None:
            yield _fault(place, "is missing", f"one of its columns: {_listed(columns)}")
            continue
        if not column.readable:
            yield _fault(place, "may not be read by this account", f"GRANT SELECT ({name}) ON {shown}")
        allowed, words = _allowed(kind, changes)
        if column.type and _class(column.type) not in allowed:
            yield _fault(place, f"is {column.type}", words)


def _zoneless(part: Part, columns: Mapping[str, _Column]) -> Iterable[Fault]:
    """Times that name no zone, while the mapping names none either."""
    for field, kind in part.fields:
        column = columns.get(part.columns.get(field, ""))
        if kind is FieldKind.TIME and column is not None and _class(column.type) == "local timestamp":
            place = f"{part.shown}.{part.columns[field]}"
            yield _fault(place, f"is {column.type}, and nobody says in which zone", "zone in [gateway.source]")


_TIMES = frozenset(("timestamp", "local timestamp", "text"))
_CLASSES = {
    FieldKind.RUN: frozenset(("number",)),
    FieldKind.DAY: frozenset(("date", "text")),
    FieldKind.TIME: _TIMES,
    FieldKind.TEXT: frozenset(("text", "number")),
    FieldKind.FLAG: frozenset(("number", "boolean")),
}


def _allowed(kind: FieldKind, changes: Changes) -> tuple[frozenset[str], str]:
    """Which classes of types a field may have, and the words for them."""
    if kind is not FieldKind.CHANGED:
        return _CLASSES[kind], kind.value
    if changes is Changes.TIMESTAMP:
        return _TIMES, FieldKind.TIME.value
    return frozenset(("number",)), FieldKind.RUN.value


def _class(type_name: str) -> str:
    """What kind of value a column of this type holds."""
    for start, found in _STARTS:
        if type_name.startswith(start):
            return found if start != "timestamp" or "with time zone" not in type_name else "timestamp"
    return type_name


_STARTS = (
    ("interval", "interval"),
    ("int", "number"),
    ("bigint", "number"),
    ("smallint", "number"),
    ("mediumint", "number"),
    ("tinyint", "number"),
    ("bool", "boolean"),
    ("timestamp", "local timestamp"),
    ("datetime", "local timestamp"),
    ("date", "date"),
    ("character", "text"),
    ("char", "text"),
    ("varchar", "text"),
    ("nvarchar", "text"),
    ("nchar", "text"),
    ("text", "text"),
    ("clob", "text"),
    ("name", "text"),
    ("enum ", "text"),
)
"""How the names of types begin, in PostgreSQL, SQLite and elsewhere; the first that fits holds."""


def _columns(connection: Connection, schema: str, table: str) -> Mapping[str, _Column]:
    """The columns of a table or view; none if it is not there."""
    if connection.dialect.name == "postgresql":
        rows = connection.execute(text(_PG_COLUMNS), {"schema": schema, "table": table})
        return {name: _Column(type=type_name.lower(), readable=readable) for name, type_name, readable in rows}
    try:
        found = inspect(connection).get_columns(table, schema or None)
    except NoSuchTableError:
        return {}
    return {column["name"]: _Column(type=_type_name(column["type"], connection.dialect)) for column in found}


def _type_name(type_: object, dialect: Dialect) -> str:
    """A reflected type as its database writes it; empty if the column has none."""
    compiled = getattr(type_, "compile", None)
    name = "" if compiled is None or str(type_) == "NULL" else str(compiled(dialect=dialect))
    return name.lower()


def _query_columns(connection: Connection, place: str) -> tuple[Mapping[str, _Column], str]:
    """The columns of a query, or why it cannot be run."""
    try:
        with connection.begin_nested():
            result = connection.execute(text(f"SELECT * FROM {place} WHERE 1 = 0"))  # noqa: S608 - the owner's own query
            described = () if result.cursor is None else tuple(result.cursor.description or ())
            result.close()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return {}, str(error.orig)
    if connection.dialect.name != "postgresql":
        return {entry[0]: _Column(type="") for entry in described}, ""
    types = {row[0]: row[1].lower() for row in connection.execute(text(_PG_TYPE.replace("SELECT", "SELECT oid,")))}
    return {entry[0]: _Column(type=types.get(entry[1], "")) for entry in described}, ""


def _tables(connection: Connection) -> list[str]:
    if connection.dialect.name == "postgresql":
        return [row[0] for row in connection.execute(text(_PG_TABLES))]
    inspector = inspect(connection)
    return sorted((*inspector.get_table_names(), *inspector.get_view_names()))


def _no_table(connection: Connection, schema: str, table: str) -> Fault:
    shown = f"{schema}.{table}" if schema else table
    what = "is missing, or its schema may not be used" if connection.dialect.name == "postgresql" else "is missing"
    return _fault(shown, what, f"one of: {_listed(_tables(connection))}")


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:_MOST_SHOWN]) + (" …" if len(found) > _MOST_SHOWN else "")


def _fault(place: str, problem: str, allowed: str) -> Fault:
    return Fault(file=DATABASE, place=place, problem=problem, allowed=allowed)
