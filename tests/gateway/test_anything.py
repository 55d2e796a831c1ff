"""Whatever stands in somebody else's tables, the gateway goes on, and the trains that can be understood go out."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from stationmaster_base.configuration import Faults, Table
from stationmaster_gateway.database import DispatchingDatabase
from stationmaster_gateway.mapping import FIELDS, SourceSettings
from stationmaster_gateway.mirror import Mirror

TABLES = {"timetable": "base_timetable", "stage": "stage_plan", "report": "report"}
GOOD = {
    "base_timetable": (
        7,
        "2026-03-01",
        "G7",
        "",
        "through",
        "",
        "",
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:05:00Z",
        "3",
    ),
    "stage_plan": (7, None, None, 0, 0, "4", "scheduled", ""),
    "report": (7, "arrival", "2026-03-01T10:01:00Z"),
}

values = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
    | st.binary(max_size=4)
    | st.sampled_from(
        ["2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01 10:00", "G1/G2", "through", "scheduled", "arrival"]
    )
    | st.sampled_from([1, 8, 9, 10**12, "1772359200"])
)


@pytest.mark.parametrize("changes", ["counter", "sequence", "timestamp", "none"])
@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_value_in_any_column_is_survived(changes: str, data: st.DataObject) -> None:
    """Rows of anything come, change and go; each poll ends, and the one good train is there with its latest track."""
    with TemporaryDirectory() as folder:
        file = sqlite3.connect(Path(folder) / "d.db", isolation_level=None)
        file.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN")
        file.execute("CREATE TABLE change_counter (value)")
        file.execute("INSERT INTO change_counter VALUES (1)")
        mark: object = 1 if changes != "timestamp" else "2026-03-01T10:00:00Z"
        for part, table in TABLES.items():
            names = ["run_id" if name == "run" else "service_date" if name == "day" else name for name in FIELDS[part]]
            file.execute(f"CREATE TABLE {table} ({', '.join(names)})")
            file.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", (*GOOD[table], mark))
        file.execute("COMMIT")
        faults = Faults()
        source = SourceSettings.from_tables(
            Table({"changes": changes, "zone": "Asia/Shanghai"}, "s.toml", faults), Table({}, "s.toml", faults)
        )
        now = 0.0
        database = DispatchingDatabase(
            make_url(f"sqlite:///{folder}/d.db"), timeout_s=60, whole_read_s=3, monotonic=lambda: now, source=source
        )
        mirror = Mirror(meaning=source.meaning)
        for step in range(2, 6):
            table = data.draw(st.sampled_from(sorted(GOOD)))
            row = data.draw(st.tuples(*[values] * (len(GOOD[table]) + 1)))
            if row[0] != 7:  # the good train's rows stay its own
                file.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            mark = step if changes != "timestamp" else f"2026-03-01T10:00:0{step}Z"
            file.execute("UPDATE stage_plan SET track = ?, changed = ? WHERE run_id = 7", (str(step), mark))
            file.execute("UPDATE change_counter SET value = ?", (step,))
            now += 1
            mirror.apply(database.poll())
        now += 4
        mirror.apply(database.poll())
        assert mirror.calls[7].track == "5"
        assert mirror.calls[7].actual_arrival is not None
        database.close()
        file.close()
