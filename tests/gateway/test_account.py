"""Accounts that could write are found out, on a real server, and one that can only read is let in."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from stationmaster_base.errors import Fault
from stationmaster_gateway.account import account_faults
from support.dispatching_pg import DispatchingServer


def faults(url: URL, *, read_only: bool = True) -> list[Fault]:
    """What is found of the account of this URL."""
    options = {"options": "-c default_transaction_read_only=on"} if read_only else {}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    with engine.connect() as connection, connection.begin():
        return account_faults(connection)


def test_an_account_that_may_only_read_is_let_in(dispatch: DispatchingServer) -> None:
    """SELECT on tables, on columns, through a role, and what everybody may by default in a hardened schema."""
    assert faults(dispatch.url) == []
    dispatch.execute("CREATE ROLE readers; GRANT SELECT ON report TO readers")
    dispatch.execute("GRANT readers, pg_read_all_data TO reader; REVOKE SELECT ON report FROM reader")
    assert faults(dispatch.url) == []


@pytest.mark.parametrize(
    ("granted", "place", "problem"),
    [
        ("GRANT INSERT ON report TO reader", "public.report", "INSERT"),
        ("GRANT UPDATE (track) ON stage_plan TO reader", "public.stage_plan", "UPDATE"),
        ("GRANT DELETE, TRUNCATE ON report TO PUBLIC", "public.report", "DELETE, TRUNCATE"),
        ("GRANT TRIGGER ON report TO reader", "public.report", "TRIGGER"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "schema public", "CREATE"),
        ("GRANT CREATE ON DATABASE dispatching TO reader", "database dispatching", "CREATE"),
        ("ALTER TABLE report OWNER TO reader", "public.report", "belongs to reader"),
        ("ALTER SCHEMA public OWNER TO reader", "schema public", "belongs to reader"),
        ("CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO reader", "public.s", "sequence"),
        ("CREATE VIEW v AS SELECT * FROM report; GRANT INSERT ON v TO reader", "public.v", "INSERT"),
        ("GRANT pg_write_all_data TO reader", "account reader through the role pg_write_all_data", "more than read"),
        ("GRANT pg_signal_backend TO reader", "account reader through the role pg_signal_backend", "more than read"),
        (
            "CREATE FUNCTION wipe() RETURNS void SECURITY DEFINER LANGUAGE sql AS 'DELETE FROM report'",
            "function wipe()",
            "SECURITY DEFINER",
        ),
    ],
)
def test_a_right_to_change_something_is_found(
    dispatch: DispatchingServer, granted: str, place: str, problem: str
) -> None:
    """Whatever the right is, and whether it was given to the account or to everybody, it is named with its object."""
    dispatch.execute(granted)
    found = [fault for fault in faults(dispatch.url) if fault.place == place]
    assert found
    assert any(problem in fault.problem for fault in found)


@pytest.mark.parametrize("inherit", ["INHERIT", "NOINHERIT"])
def test_a_right_that_a_role_would_give_is_found(dispatch: DispatchingServer, inherit: str) -> None:
    """Also a role that is not used until SET ROLE, and one that is a member of another."""
    dispatch.account("inner_role")
    dispatch.account("outer_role")
    dispatch.account("careless", inherit)
    dispatch.execute(
        "GRANT UPDATE ON report TO inner_role; GRANT inner_role TO outer_role; GRANT outer_role TO careless"
    )
    assert [fault.place for fault in faults(dispatch.url_of("careless"))] == ["public.report"]


@pytest.mark.parametrize("attribute", ["CREATEDB", "CREATEROLE", "REPLICATION", "SUPERUSER"])
def test_an_attribute_that_reaches_further_is_found(dispatch: DispatchingServer, attribute: str) -> None:
    """A superuser is said in one line: a list of all that it may do would help nobody."""
    dispatch.account("mighty", attribute)
    (fault,) = faults(dispatch.url_of("mighty"))
    assert fault.place == "account mighty"


def test_a_role_set_for_the_session_hides_nothing(dispatch: DispatchingServer) -> None:
    """An account that poses as a lesser one could be itself again at any time."""
    dispatch.account("mighty", "CREATEDB IN ROLE reader")
    dispatch.execute("ALTER ROLE mighty SET role = 'reader'")
    assert any("create databases" in fault.problem for fault in faults(dispatch.url_of("mighty")))


def test_all_rights_are_said_at_once(dispatch: DispatchingServer) -> None:
    """Who has to mend them gets one list, each line with what to revoke."""
    dispatch.execute("GRANT INSERT ON report TO reader; GRANT UPDATE ON stage_plan TO PUBLIC")
    dispatch.execute("GRANT CREATE ON SCHEMA public TO reader")
    found = faults(dispatch.url)
    assert [fault.place for fault in found] == ["public.report", "public.stage_plan", "schema public"]
    assert all("REVOKE" in fault.allowed for fault in found)


def test_a_session_that_is_not_read_only_is_found(dispatch: DispatchingServer) -> None:
    """The second lock is looked at as well as the first."""
    assert [fault.place for fault in faults(dispatch.url, read_only=False)] == ["session"]


def test_a_kind_of_database_that_cannot_be_asked_is_refused_unless_a_person_has_seen_to_it(
    dispatch: DispatchingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not known is not taken for good."""
    engine = create_engine(dispatch.url, poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        monkeypatch.setattr(connection.dialect, "name", "oracle")
        (fault,) = account_faults(connection)
        assert "unchecked_account" in fault.allowed
        assert account_faults(connection, unchecked=True) == []
