"""Statements that every commit runs: compiled once, and given to the database's driver in one go.

SQLAlchemy takes a tenth of a millisecond to begin a transaction, and as much for each statement that it knows; that is
more than what the database itself takes, and a tick runs four. A server is asked once for all of them, since each
question costs it and us a round trip. Connecting, errors, and everything that is rare stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.exc import DBAPIError

__all__ = ["Prepared", "Rows", "errors_of", "run_all"]

Rows = Sequence[Mapping[str, object]]


class Prepared:
    """One statement, for columns whose values the drivers take as they are: numbers and text.

    Args:
        clause: the statement; each of its parameters has a name.

    """

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause
        self._compiled: dict[str, tuple[str, Sequence[str] | None]] = {}

    def text(self, dialect: Dialect) -> tuple[str, Sequence[str] | None]:
        """Its text for this kind of database, and the order of its parameters if they go by position."""
        known = self._compiled.get(dialect.name)
        if known is None:
            compiled: Any = self._clause.compile(dialect=dialect)
            known = self._compiled[dialect.name] = (str(compiled), compiled.positiontup)
        return known


def run_all(dialect: Dialect, connection: Any, work: Sequence[tuple[Prepared, Rows]]) -> list[int]:
    """Run each statement once for each of its rows of parameters, of which it has at least one.

    Args:
        dialect: the kind of database.
        connection: the driver's own, in a transaction or about to begin one by itself.
        work: the statements in their order.

    Returns:
        How many rows of the database each statement concerned.

    Raises:
        DBAPIError: as if SQLAlchemy had run them; the transaction can only be rolled back then.
        KeyError: a row lacks a parameter.

    """
    done = []
    with errors_of(dialect, connection), _together(connection):
        for statement, rows in work:
            text, order = statement.text(dialect)
            cursor = connection.cursor()
            given: Iterator[Any] = (row if order is None else [row[name] for name in order] for row in rows)
            if len(rows) == 1:
                cursor.execute(text, next(given))
            else:
                cursor.executemany(text, given)
            done.append(cursor)
    return [cursor.rowcount for cursor in done]


@contextmanager
def errors_of(dialect: Dialect, connection: Any) -> Iterator[None]:
    """Let errors of the driver come out as SQLAlchemy's; `connection_invalidated` tells that the connection is cut."""
    driver: Any = dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        cut = dialect.is_disconnect(error, connection, None)
        raise DBAPIError.instance(None, None, error, driver.Error, connection_invalidated=cut) from error


def _together(connection: Any) -> Any:
    """What lets a server's answers be waited for once; without a server there is nothing to wait for."""
    return connection.pipeline() if hasattr(connection, "pipeline") else nullcontext()
