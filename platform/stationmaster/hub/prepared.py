"""Statements that every commit runs: compiled once, and given to the database's driver without further ado.

SQLAlchemy takes a tenth of a millisecond to run a statement that it knows, several times what the database takes, and a
tick runs four. Connections, transactions and errors stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.exc import DBAPIError

__all__ = ["Prepared"]


class Prepared:
    """One statement, for columns whose values the drivers take as they are: numbers and text.

    Args:
        clause: the statement; each of its parameters has a name.

    """

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause
        self._compiled: dict[str, tuple[str, Sequence[str] | None]] = {}

    def run(self, connection: Connection, *rows: Mapping[str, object]) -> int:
        """Run it once for each row of parameters, at least one; how many rows of the database that concerned.

        The connection is in a transaction already: SQLAlchemy does not learn of one that begins here.

        Raises:
            DBAPIError: as if SQLAlchemy had run it.
            KeyError: a row lacks a parameter.

        """
        text, order = self._for(connection)
        given: list[Any] = [dict(row) if order is None else tuple([row[name] for name in order]) for row in rows]
        dialect = connection.dialect
        driver: Any = dialect.loaded_dbapi
        try:
            cursor = connection.connection.cursor()
            try:
                if len(given) == 1:
                    cursor.execute(text, given[0])
                else:
                    cursor.executemany(text, given)
                return int(cursor.rowcount)
            finally:
                cursor.close()
        except driver.Error as error:
            cut = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
            if cut:
                connection.invalidate(error)
            raise DBAPIError.instance(text, None, error, driver.Error, connection_invalidated=cut) from error

    def _for(self, connection: Connection) -> tuple[str, Sequence[str] | None]:
        """The text in this kind of database's language, and the order of the parameters if they go by position."""
        dialect = connection.dialect
        known = self._compiled.get(dialect.name)
        if known is None:
            compiled: Any = self._clause.compile(dialect=dialect)
            known = self._compiled[dialect.name] = (str(compiled), compiled.positiontup)
        return known
