"""Day plans as text: nothing of a call is lost on the way."""

import csv
import io
import json
from datetime import date
from pathlib import Path

from stationmaster.station.load import load_station
from stationmaster.station.plan_text import PLAN_COLUMNS, plans_csv, plans_json
from stationmaster.station.plans import plan_day, plan_days, plan_digest
from stationmaster_base.times import from_iso

FRIDAY = date(2026, 3, 6)


def test_csv_has_a_line_for_each_call_in_the_stations_time(sample: Path) -> None:
    """Dates and times are those of the wall's clock, also after midnight."""
    station = load_station(sample)
    plans = list(plan_days(station, FRIDAY, 2))
    rows = list(csv.DictReader(io.StringIO(plans_csv(station, plans))))
    assert len(rows) == sum(len(calls) for _, calls in plans)
    assert tuple(rows[0]) == PLAN_COLUMNS
    night = next(row for row in rows if row["train"] == "K600")
    assert (night["date"], night["arrival"], night["departure"]) == (
        "2026-03-06",
        "2026-03-06 23:51",
        "2026-03-07 00:09",
    )
    linked = next(row for row in rows if row["train"] == "G6654")
    assert (linked["turnaround"], linked["formation"], linked["departure"]) == ("G6714", "8辆", "")


def test_json_holds_the_plan_and_its_digest(sample: Path) -> None:
    """Every field of every call, times in UTC."""
    station = load_station(sample)
    calls = plan_day(station, FRIDAY)
    whole = json.loads(plans_json(station, [(FRIDAY, calls)]))
    assert (whole["station"], whole["zone"]) == ("MZN", "Asia/Shanghai")
    (day,) = whole["days"]
    assert (day["date"], day["digest"]) == ("2026-03-06", plan_digest(calls))
    assert len(day["calls"]) == len(calls)
    for said, call in zip(day["calls"], calls, strict=True):
        for name in call.__dataclass_fields__:
            value = getattr(call, name)
            if name in ("arrival", "departure"):
                assert (None if said[name] is None else from_iso(said[name])) == value
            else:
                assert said[name] == (list(value) if isinstance(value, tuple) else value)
