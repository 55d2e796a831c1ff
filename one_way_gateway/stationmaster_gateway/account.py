"""What the account could change: the gateway reads with an account that may change nothing, or not at all.

A session that is read-only is one setting, and a setting can be made otherwise. A right that the account does not have
cannot be used, whatever program runs with it. So the database is asked, for the account and for every role that it may
take on, whether there is anything that it owns, may write, may create or may have somebody else's function write.

Not asked, because the answer is the same for everybody and changes nothing for others: temporary tables of the
session's own, session settings. Not to be seen from here: what the account may do in the server's other databases,
beyond creating something in them.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from stationmaster_base.errors import Fault

__all__ = ["DATABASE", "account_faults"]

DATABASE = "dispatching database"
"""What stands where a fault of a file has the file's name."""

_ALLOWED = "an account that may only read"

_MINE = """
    WITH mine AS (
        SELECT oid, rolname, rolcreatedb, rolcreaterole, rolreplication, rolsuper FROM pg_roles
        WHERE pg_has_role(session_user, oid, 'MEMBER') OR pg_has_role(current_user, oid, 'MEMBER'))
"""
"""The account itself, and every role whose rights it has or could take on."""

_SUPERUSER = "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname IN (session_user, current_user)"

_ATTRIBUTES = """
    SELECT rolname, concat_ws(', ',
        CASE WHEN rolsuper THEN 'may do everything' END,
        CASE WHEN rolcreatedb THEN 'may create databases' END,
        CASE WHEN rolcreaterole THEN 'may create roles' END,
        CASE WHEN rolreplication THEN 'may start replication' END)
    FROM mine WHERE rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication
    ORDER BY 1
"""

_PREDEFINED = """
    SELECT rolname, 'is a role of the server that may do more than read' FROM mine
    WHERE oid < 16384 AND rolname LIKE 'pg\\_%' AND rolname NOT IN (
        'pg_read_all_data', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_monitor',
        'pg_read_server_files', 'pg_use_reserved_connections')
    ORDER BY 1
"""
"""Of the server's own roles, which have low numbers, only these write nothing and stop nobody.
(PostgreSQL's documentation, "Predefined Roles")"""

_TABLES = """
    SELECT DISTINCT format('%I.%I', n.nspname, c.relname), concat_ws(', ',
        CASE WHEN has_table_privilege(mine.oid, c.oid, 'INSERT')
            OR has_any_column_privilege(mine.oid, c.oid, 'INSERT') THEN 'INSERT' END,
        CASE WHEN has_table_privilege(mine.oid, c.oid, 'UPDATE')
            OR has_any_column_privilege(mine.oid, c.oid, 'UPDATE') THEN 'UPDATE' END,
        CASE WHEN has_table_privilege(mine.oid, c.oid, 'DELETE') THEN 'DELETE' END,
        CASE WHEN has_table_privilege(mine.oid, c.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
        CASE WHEN has_table_privilege(mine.oid, c.oid, 'TRIGGER') THEN 'TRIGGER' END,
        CASE WHEN has_table_privilege(mine.oid, c.oid, 'REFERENCES')
            OR has_any_column_privilege(mine.oid, c.oid, 'REFERENCES') THEN 'REFERENCES' END) AS may
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace CROSS JOIN mine
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_temp\\_%'
        AND NOT (n.nspname = 'pg_catalog' AND c.relname = 'pg_settings')
        AND (has_table_privilege(mine.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES')
            OR has_any_column_privilege(mine.oid, c.oid, 'INSERT, UPDATE, REFERENCES'))
    ORDER BY 1, 2
"""
"""`pg_settings` may be updated by everybody: it sets the session's own settings."""

_SEQUENCES = """
    SELECT DISTINCT format('%I.%I', n.nspname, c.relname), 'USAGE or UPDATE of the sequence'
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace CROSS JOIN mine
    WHERE c.relkind = 'S' AND has_sequence_privilege(mine.oid, c.oid, 'USAGE, UPDATE')
    ORDER BY 1
"""

_CREATE = """
    SELECT DISTINCT format('schema %I', n.nspname), 'CREATE'
    FROM pg_namespace AS n CROSS JOIN mine
    WHERE n.nspname NOT LIKE 'pg\\_temp\\_%' AND has_schema_privilege(mine.oid, n.oid, 'CREATE')
    UNION ALL
    SELECT DISTINCT format('database %I', d.datname), 'CREATE'
    FROM pg_database AS d CROSS JOIN mine
    WHERE has_database_privilege(mine.oid, d.oid, 'CREATE')
    ORDER BY 1
"""

_OWNED = """
    , owned AS (
        SELECT relowner AS owner, format('%I.%I', n.nspname, relname) AS thing
            FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
            WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_temp\\_%'
        UNION ALL SELECT nspowner, format('schema %I', nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_temp\\_%'
        UNION ALL SELECT datdba, format('database %I', datname) FROM pg_database
        UNION ALL SELECT proowner, format('function %s', oid::regprocedure) FROM pg_proc
    )
    SELECT thing, rolname FROM owned JOIN mine ON mine.oid = owned.owner ORDER BY 1
"""

_FUNCTIONS = """
    SELECT DISTINCT format('function %s', p.oid::regprocedure)
    FROM pg_proc AS p CROSS JOIN mine
    WHERE p.prosecdef AND p.provolatile = 'v' AND p.oid >= 16384
        AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND has_function_privilege(mine.oid, p.oid, 'EXECUTE')
    ORDER BY 1
"""


def account_faults(connection: Connection, *, unchecked: bool = False) -> list[Fault]:
    """Everything that the account of this connection could change; empty if it is nothing.

    Args:
        connection: in a transaction.
        unchecked: a person has checked the account of a database that cannot be asked.

    Raises:
        SQLAlchemyError: the database does not answer.

    """
    match connection.dialect.name:
        case "sqlite":
            return _sqlite(connection)
        case "postgresql":
            return _postgresql(connection)
        case _ if unchecked:
            return []
        case other:
            problem = f"a database of the kind {other} cannot be asked what the account may do"
            return [
                _fault("account", problem, "unchecked_account = true in [gateway.source], once a person has seen to it")
            ]


def _sqlite(connection: Connection) -> list[Fault]:
    """A file has no accounts; it is opened so that nothing can be written."""
    if connection.exec_driver_sql("PRAGMA query_only").scalar():
        return []
    return [_fault("session", "is not read-only", "a file that was opened read-only")]


def _postgresql(connection: Connection) -> list[Fault]:
    faults = []
    account = str(connection.scalar(text("SELECT current_user")))
    if connection.scalar(text("SELECT current_setting('transaction_read_only')")) != "on":
        faults.append(
            _fault("session", "is not read-only", "a server that takes the option default_transaction_read_only")
        )
    superuser = connection.scalar(text(_SUPERUSER))
    if superuser is not None:  # it has every right there is; a list of them would say nothing
        return [*faults, _fault(_who(account, superuser), "is a superuser", _ALLOWED)]
    for role, what in connection.execute(text(_MINE + _ATTRIBUTES)):
        faults.append(_fault(_who(account, role), what, _ALLOWED))
    for role, what in connection.execute(text(_MINE + _PREDEFINED)):
        faults.append(_fault(_who(account, role), what, f"REVOKE {role} FROM …"))
    owned = {row[0]: row[1] for row in connection.execute(text(_MINE + _OWNED))}
    for thing, role in owned.items():
        faults.append(_fault(thing, f"belongs to {role}", "an owner whom the account is not and cannot become"))
    for query, where in ((_TABLES, "ON"), (_SEQUENCES, "ON SEQUENCE"), (_CREATE, "ON")):
        for thing, rights in connection.execute(text(_MINE + query)):
            if thing not in owned:
                revoke = f"REVOKE … {where} {thing} FROM {account} or PUBLIC"
                faults.append(_fault(thing, f"{account} may {rights}", revoke))
    for (thing,) in connection.execute(text(_MINE + _FUNCTIONS)):
        if thing not in owned:
            what = f"{account} may execute it, and it acts with the rights of its owner (SECURITY DEFINER)"
            faults.append(_fault(thing, what, f"REVOKE EXECUTE ON {thing} FROM {account} or PUBLIC"))
    return faults


def _who(account: str, role: str) -> str:
    return f"account {account}" if role == account else f"account {account} through the role {role}"


def _fault(place: str, problem: str, allowed: str) -> Fault:
    return Fault(file=DATABASE, place=place, problem=problem, allowed=allowed)
