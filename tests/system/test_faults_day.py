"""The real day with a fault at every turn: everything is said once, nothing is lost, and at the end all agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stationmaster_base.times import Instant
from support.day_check import DayCheck
from support.fault_day import FaultDay, make_faults
from support.fault_day_check import check_announcements, reported_in_journal
from support.fault_digests import agent_settings, hub_digest, hub_state, replica_digest
from support.fault_links import FaultLink, fault_proxy
from support.oracle import Oracle
from support.real_day import make_real_day
from support.real_station import SUBSYSTEMS, RealStation, real_station
from support.records import record

SEED = int(os.environ.get("STATIONMASTER_TEST_SEED", "20260302"))
COUNT = int(os.environ.get("STATIONMASTER_TEST_KILLS", "6"))
"""How many faults: a few in a quarter of an hour with a third of the trains, or hundreds through the whole day."""

WHOLE_DAY = COUNT >= 50
BEGIN, END, LONGEST = ("00:30", "24:00", 8) if WHOLE_DAY else ("07:00", "07:14", 2)
HEARTBEAT_S = 0.25

pytestmark = pytest.mark.timeout(14_400 if WHOLE_DAY else 300)


def test_a_day_of_faults(tmp_path: Path) -> None:
    """SIGKILL and SIGSTOP of hub and subsystems, cuts of every kind: boards, calls, announcements as without them."""
    day = make_real_day(tmp_path, every=1 if WHOLE_DAY else 3)
    start, end = day.at(BEGIN), day.at(END)
    faults = make_faults(SEED, COUNT, start, end, LONGEST)
    cuts = [fault.cut() for fault in faults if fault.minutes]
    oracle = Oracle(day.station, day.scenario, start, day.days, planned_at=day.plans(), cuts=cuts)
    links: dict[str, FaultLink] = {}

    with fault_proxy(SEED) as proxy:

        def cable(name: str, port: int) -> FaultLink:
            links[name] = proxy.open(name, port)
            return links[name]

        own = {name: {"heartbeat_s": HEARTBEAT_S} for name in SUBSYSTEMS}
        own["broadcast"] |= {"engine": "silent"}  # type: ignore[dict-item]
        tables = {"gateway": {"station": day.telecode}, "hub": {"heartbeat_s": HEARTBEAT_S}, **own}
        made = RealStation(
            folder=tmp_path,
            station=day.station,
            start=start,
            scenario=day.scenario,
            tables=tables,
            cabled=SUBSYSTEMS,
            cable=cable,
        )
        with real_station(made) as station:
            check = DayCheck(station, oracle)
            epoch = station.processes["hub"].health()["epoch"]
            doing = FaultDay(station, links, faults, seed=SEED, alone_s=3.5 * HEARTBEAT_S)
            doing.run_to(end, check.minute)
            check.calls(end)
            assert station.processes["hub"].health()["epoch"] == epoch
            played = station.processes["broadcast"].web_json("/api/v1/played?after=0")
            settings = {name: agent_settings(tmp_path / "stationmaster.toml", name) for name in SUBSYSTEMS}

    assert sum(doing.done.values()) == COUNT
    state = hub_state(tmp_path)
    reported = reported_in_journal(tmp_path)
    deaths = [Instant(at) for at, name in doing.kills if name == "broadcast"]
    count, interrupted = check_announcements(oracle, played, reported, start=start, now=end, deaths=deaths)
    assert count > 0
    assert {name: replica_digest(each) for name, each in settings.items()} == {
        name: hub_digest(state, each.wanted) for name, each in settings.items()
    }
    record(
        "day_of_faults",
        seed=SEED,
        faults=dict(doing.done),
        sigkills=len(doing.kills),
        minutes=check.minutes,
        rows=check.rows,
        announcements=count,
        interrupted=interrupted,
    )
