"""`[gateway.source]` and `[gateway.allow]`: what is not said is as usual, and every mistake is told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_gateway.mapping import Changes, SourceMapping, SourceSettings
from stationmaster_gateway.settings import GatewaySettings
from support.dispatching_foreign import settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "dispatching-database.md"


def read(source: dict[str, Any], allow: dict[str, Any] | None = None) -> tuple[SourceSettings, dict[str, str]]:
    """The settings, and what is wrong, by place."""
    faults = Faults()
    made = SourceSettings.from_tables(
        Table(source, "s.toml", faults, "source"), Table(allow or {}, "s.toml", faults, "allow")
    )
    return made, {fault.place: f"{fault.problem} ({fault.allowed})" for fault in faults}


def test_nothing_said_is_the_simulators_database() -> None:
    """And every train and every column of it."""
    made, faults = read({})
    assert faults == {}
    assert made == SourceSettings()
    assert made.mapping == SourceMapping.usual()
    assert not made.allow.limits


def test_what_is_said_replaces_what_is_usual() -> None:
    """Column by column; parts and columns that a database does not have are left out."""
    made, faults = read(
        {
            "without": ["stage"],
            "schema": "tdcs",
            "changes": "timestamp",
            "zone": "Asia/Shanghai",
            "timetable": {"table": "t", "run": "id", "without": ["track"]},
            "report": {"query": "WITH r AS (SELECT 1) SELECT * FROM r"},
        }
    )
    assert faults == {}
    assert (made.mapping.stage, made.mapping.schema, made.mapping.changes) == (None, "tdcs", Changes.TIMESTAMP)
    assert (made.mapping.overlap, made.meaning.zone) == (60, ZoneInfo("Asia/Shanghai"))
    columns = made.mapping.timetable.columns
    assert (columns["run"], columns["day"], columns.get("track")) == ("id", "service_date", None)
    assert made.mapping.report is not None
    assert made.mapping.report.table == ""


def test_every_mistake_is_told_with_its_place() -> None:
    """Words, zones, queries, missing needed columns, and keys that nobody knows."""
    _, faults = read(
        {
            "changes": "sequence",
            "overlap": -1,
            "zone": "Asia/Nowhere",
            "colour": "red",
            "kinds": {"始发": "start"},
            "without": ["timetable"],
            "timetable": {"query": "SELECT 1; DROP TABLE x", "without": ["run", "changed"]},
            "stage": {"table": "a", "query": "SELECT 1", "platform": "x"},
            "report": {"query": "DELETE FROM report"},
        },
        {"columns": ["timetable.train", "report.escort"], "trains": [], "places": []},
    )
    needed = {f"source.timetable.{name}" for name in ("day", "arrival", "departure")}
    others = {
        "source.colour",
        "source.kinds.始发",
        "source.overlap",
        "source.report.actual",
        "source.report.event",
        "source.report.query",
        "source.report.run",
        "source.stage.platform",
        "source.stage.query",
        "source.stage.run",
        "source.timetable.changed",
        "source.timetable.query",
        "source.timetable.without[0]",
        "source.without[0]",
        "source.zone",
        "allow.columns[1]",
        "allow.places",
        "allow.trains",
    }
    assert set(faults) == needed | others
    assert "allows no train" in faults["allow.trains"]
    assert '"timetable.day" there' in faults["source.timetable.day"]


@pytest.mark.parametrize("changes", ["sequence", "timestamp"])
def test_a_counters_table_is_a_mistake_where_there_is_no_counter(changes: str) -> None:
    """A key that has no effect is one that somebody thinks has."""
    _, faults = read({"changes": changes, "counter": {"table": "x"}})
    assert list(faults) == ["source.counter"]


def test_the_gateways_settings_hold_it_and_tell_its_faults_with_their_own() -> None:
    """All mistakes in the file come in one report."""
    faults = Faults()
    GatewaySettings.from_table(
        Table({"source": {"zone": "x"}, "allow": {"trains": [1]}}, "s.toml", faults, "gateway"), Path("/etc")
    )
    places = {fault.place for fault in faults}
    assert {"gateway.source.zone", "gateway.allow.trains", "gateway.port"} <= places


def test_the_documents_example_is_valid(tmp_path: Path) -> None:
    """What stands in the document can be copied, and maps what the document says."""
    (example,) = (
        block.partition("```")[0]
        for block in DOCUMENT.read_text("utf-8").split("```toml\n")[1:]
        if "gateway.source" in block
    )
    (tmp_path / "s.toml").write_text(example, "utf-8")
    faults = Faults()
    gateway = read_toml(tmp_path / "s.toml", faults).table("gateway")
    made = SourceSettings.from_tables(gateway.table("source"), gateway.table("allow"))
    assert [str(fault) for fault in faults] == []
    assert made.mapping.changes is Changes.TIMESTAMP
    assert made.allow.limits
    assert made.unread == ("timetable.track",)
    assert set(made.mapping.timetable.columns) < set(settings().mapping.timetable.columns) | {"origin", "destination"}
