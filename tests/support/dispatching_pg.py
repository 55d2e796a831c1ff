"""A dispatching database on PostgreSQL, with the documented schema, and accounts that read it."""

from __future__ import annotations

import psycopg
from sqlalchemy.engine import URL

from support.dispatching import SCHEMA, Statement
from support.postgresql import PostgreSQL

__all__ = ["DispatchingServer"]

READER = "reader"


class DispatchingServer:
    """Writes as the dispatching system does; `url` is that of an account that may only read."""

    def __init__(self, server: PostgreSQL, name: str = "dispatching") -> None:
        if not server.up:
            server.start()
        self.server = server
        self._owner = server.emptied_database(name)
        self._clear_accounts()
        self.execute(SCHEMA)
        self.account(READER)
        self.execute(
            f"GRANT USAGE ON SCHEMA public TO {READER}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}"
        )

    @property
    def url(self) -> URL:
        return self.url_of(READER)

    def url_of(self, account: str) -> URL:
        """The database, for another account."""
        return self._owner.set(username=account)

    def connect(self) -> psycopg.Connection:
        """A connection with every right, each statement a transaction."""
        return self.server.connect(str(self._owner.database))

    def account(self, name: str, attributes: str = "") -> None:
        """Make an account that has no rights yet; it lasts until the next `DispatchingServer`."""
        self.execute(f"CREATE ROLE {name} LOGIN {attributes}")

    def _clear_accounts(self) -> None:
        with self.connect() as connection:
            found = connection.execute("SELECT rolname FROM pg_roles WHERE oid >= 16384 ORDER BY rolname")
            for (name,) in found.fetchall():
                connection.execute(f"DROP OWNED BY {name}")
                connection.execute(f"DROP ROLE {name}")

    def execute(self, *statements: str) -> None:
        """Run statements with every right."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def commit(self, *statements: Statement) -> None:
        """Run statements in one transaction that counts up; `:changed` in one stands for the new counter."""
        with self.connect() as connection, connection.transaction():
            found = connection.execute("UPDATE change_counter SET value = value + 1 RETURNING value").fetchone()
            assert found is not None
            for statement, values in statements:
                replaced = statement.replace("INSERT OR REPLACE", "INSERT").replace(":changed", str(found[0]))
                if "OR REPLACE" in statement:
                    table = statement.split()[4]
                    key = "run_id, event" if table == "report" else "run_id"
                    columns = _COLUMNS[table]
                    sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
                    replaced += f" ON CONFLICT ({key}) DO UPDATE SET {sets}"
                connection.execute(replaced.replace("?", "%s"), values)


_COLUMNS = {
    "stage_plan": (
        "arrival",
        "departure",
        "arrival_unknown",
        "departure_unknown",
        "track",
        "running",
        "reason",
        "changed",
    ),
    "report": ("actual", "changed"),
}
