"""The `[query]` table."""

from __future__ import annotations

from pathlib import Path

from stationmaster_base.configuration import Faults, Table
from stationmaster_query.settings import QuerySettings


def test_settings_have_the_documented_defaults(tmp_path: Path) -> None:
    """Query listens on loopback, port 8082, and does no tasks."""
    faults = Faults()
    table = Table({"identity": "query", "token": "t", "state": "q.state"}, "s.toml", faults, "query")
    settings = QuerySettings.from_table(table, folder=tmp_path)
    assert len(faults) == 0
    assert (settings.listen, settings.port, settings.agent.task_kinds) == ("127.0.0.1", 8082, ())


def test_faults_are_all_told() -> None:
    """Everything wrong in the table is said at once."""
    faults = Faults()
    QuerySettings.from_table(Table({"port": "x", "lisen": "all"}, "s.toml", faults, "query"))
    assert {fault.place for fault in faults} >= {"query.identity", "query.port", "query.lisen", "query.state"}
