"""The whole real day through every process, held against the oracle at each minute."""

from __future__ import annotations

import hashlib
import os
import random
import wave
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from stationmaster_base.times import MINUTE, Instant
from support.day_check import DayCheck
from support.limits import GIBIBYTE, Limits, memory_of, one_core_and
from support.oracle import Cut, Oracle
from support.real_day import RealDay, make_real_day
from support.real_station import SUBSYSTEMS, RealStation, real_station
from support.records import record

SILENT: Mapping[str, object] = {"engine": "silent"}

KILLS = int(os.environ.get("STATIONMASTER_TEST_KILLS", "2"))
WHOLE = KILLS >= 50
"""How often the hub is killed: a few times in an hour, or for `make soak` hundreds of times, and then every test has
the whole day, or as much of it as it can tell something of."""

pytestmark = pytest.mark.timeout(14_400 if WHOLE else 1200)

DAY = ("00:00", "24:10") if WHOLE else ("13:00", "13:18")
STATUSES = {"waiting", "checking_in", "late", "arrived"}
TROUBLES = {"delay_unknown", "platform_changed", "suspended"} if WHOLE else set()
"""What boards have to have said in these hours, whichever timetable runs, and in a whole day."""

KILLED = ("06:00", "24:00") if WHOLE else ("07:00", "07:12")
SPOKEN = ("07:00", "09:00") if WHOLE else ("07:00", "07:03")
CUT_MINUTES = 180 if WHOLE else 8


@pytest.fixture
def day(tmp_path: Path) -> RealDay:
    """The day, in a folder of its own."""
    return make_real_day(tmp_path)


def oracle_of(day: RealDay, start: Instant, cuts: Sequence[Cut] = ()) -> Oracle:
    """What must happen, if the station starts at `start`."""
    return Oracle(day.station, day.scenario, start, day.days, planned_at=day.plans(), cuts=cuts)


def station_of(
    day: RealDay, folder: Path, start: Instant, *, speech: Mapping[str, object] = SILENT, **more: object
) -> RealStation:
    """The day's station, not yet begun."""
    tables = {"gateway": {"station": day.telecode}, "broadcast": speech, "hub": {"heartbeat_s": 0.5}}
    return RealStation(
        folder=folder,
        station=day.station,
        start=start,
        scenario=day.scenario,
        tables=tables,
        **more,  # type: ignore[arg-type]
    )


def test_the_day_on_one_core_with_one_gibibyte(day: RealDay, tmp_path: Path) -> None:
    """Every row on every board at each minute, every announcement and every call's end are as they must be."""
    start, end = map(day.at, DAY)
    with (
        one_core_and(GIBIBYTE) as limits,
        real_station(station_of(day, tmp_path, start, prefix=limits.prefix)) as station,
    ):
        check = DayCheck(station, oracle_of(day, start))
        most = _Most(station, limits)

        def minute(now: Instant) -> None:
            check.minute(now)
            if now % (30 * MINUTE) == 0:
                most.look()

        station.run_to(end, minute)
        assert check.calls(end) > 500
        made = check.announcements(end)
        assert check.minutes == (end - start) // MINUTE
        assert set(check.statuses) >= STATUSES | TROUBLES
        assert made > 0.4 * check.minutes
        most.judge()
        record("whole_day", minutes=check.minutes, rows=check.rows, announcements=made, steps=station.steps)


def test_the_hub_is_killed_again_and_again(day: RealDay, tmp_path: Path) -> None:
    """SIGKILL at whatever moment, again and again: nothing is lost, nothing is done twice."""
    start, end = map(day.at, KILLED)
    chance = random.Random(20260302)
    minutes = range(5, (end - start) // MINUTE - 5)
    moments = {Instant(start + minute * MINUTE) for minute in chance.sample(minutes, KILLS)}
    with real_station(station_of(day, tmp_path, start)) as station:
        check = DayCheck(station, oracle_of(day, start))
        epoch = station.processes["hub"].health()["epoch"]

        def minute(now: Instant) -> None:
            check.minute(now)
            if now in moments:
                station.crash_while("hub", chance.uniform(0.0, 0.05))

        station.run_to(end, minute)
        check.calls(end)
        check.announcements(end)
        assert station.processes["hub"].health()["epoch"] == epoch
        record("hub_killed", kills=len(moments), minutes=check.minutes, rows=check.rows)


def test_every_subsystem_is_cut_off_and_goes_on_alone(day: RealDay, tmp_path: Path) -> None:
    """For hours each knows nothing new: rows, announcements, marks follow from what it knew; then all agree."""
    start, end = day.at("07:57"), Instant(day.at("08:12") + CUT_MINUTES * MINUTE)
    begins = {"guidance": day.at("08:00"), "broadcast": day.at("08:02"), "query": day.at("08:05")}
    cuts = [Cut(subsystem=name, start=at, end=Instant(at + CUT_MINUTES * MINUTE)) for name, at in begins.items()]
    with real_station(station_of(day, tmp_path, start, cabled=SUBSYSTEMS)) as station:
        check = DayCheck(station, oracle_of(day, start, cuts))

        def minute(now: Instant) -> None:
            for cut in cuts:
                if cut.end == now:
                    station.mend(cut.subsystem)
            check.minute(now)
            for cut in cuts:
                if cut.start == now:
                    station.cut(cut.subsystem)

        station.run_to(end, minute)
        check.calls(end)
        made = check.announcements(end)
        record("cut_off", cuts=len(cuts), minutes=check.minutes, rows=check.rows, announcements=made)


def test_what_is_really_spoken(day: RealDay, tmp_path: Path) -> None:
    """With the real engine every announcement is made in time, and its file is whole, audible and the one recorded."""
    start, end = map(day.at, SPOKEN)
    station = station_of(day, tmp_path, start, speech={})
    with real_station(station):
        check = DayCheck(station, oracle_of(day, start))
        station.run_to(end, check.minute)
        made = check.announcements(end)
        played = station.processes["broadcast"].web_json("/api/v1/played?after=0")
    assert made > 0.6 * (end - start) / MINUTE
    for item in played:
        file = tmp_path / "sounds" / item["file"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == item["sha256"]
        with wave.open(str(file)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
            samples = array("h", sound.readframes(sound.getnframes()))
        assert abs(seconds - item["seconds"]) < 0.1
        assert max(samples) > 8000, f"{item['file']} is hardly to be heard"
        assert seconds > 0.05 * len(item["texts"]["zh"]), f"{item['file']} is too short for its text"
    record("spoken", announcements=made, files=len({item["file"] for item in played}))


class _Most:
    """The most memory that was seen, by process and in all."""

    def __init__(self, station: RealStation, limits: Limits) -> None:
        self._station = station
        self._limits = limits
        self._by_process: dict[str, int] = {}
        self._together = 0

    def look(self) -> None:
        """Measure now."""
        now = {name: memory_of([process.pid]) for name, process in self._station.processes.items()}
        for name, used in now.items():
            self._by_process[name] = max(used, self._by_process.get(name, 0))
        self._together = max(self._together, sum(now.values()))

    def judge(self) -> None:
        """Within the limit, and nobody was killed for memory; the figures go into the record."""
        assert self._together <= GIBIBYTE
        assert self._limits.kills() == 0
        megabytes = {name: round(used / 1e6) for name, used in self._by_process.items()}
        record("memory_mb", together=round(self._together / 1e6), enforced=self._limits.enforced, **megabytes)
