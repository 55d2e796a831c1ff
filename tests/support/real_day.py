"""The day that the system tests run: the real one where its data is, the sample station's own elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster.station.importing import import_timetable
from stationmaster.station.load import load_station
from stationmaster_base.times import Instant, local_instant

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "stations" / "sample"
DAY = date(2026, 3, 2)
DAYS_BEFORE = 1
DAYS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RealDay:
    """A station's folder, what happens there, and when."""

    station: Path
    scenario: Path
    telecode: str
    day: date
    days: tuple[date, ...]
    zone: ZoneInfo

    def plans(self) -> dict[date, Instant]:
        """When the hub makes the plan of a date, where that is during the day: the fourth date at midnight."""
        return {self.days[-1]: self.at("24:00")}

    def at(self, clock: str) -> Instant:
        """The instant of a local HH:MM of the day; 24:00 and more is the next day."""
        hours, minutes = (int(part) for part in clock.split(":"))
        return local_instant(self.day, time(hours % 24, minutes), self.zone, days=hours // 24)


def make_real_day(folder: Path, seed: int = 7, every: int = 1) -> RealDay:
    """The sample station with the real day's trains imported into it, and a scenario from a seed.

    One of `every` so many trains is kept. The real data is in the folder that STATIONMASTER_TEST_DATA names;
    without it the sample's own timetable runs.
    """
    station = folder / "station"
    shutil.copytree(SAMPLE, station)
    data = os.environ.get("STATIONMASTER_TEST_DATA")
    if data:
        report = import_timetable(Path(data) / "hohhot_east_day.csv", station)
        assert report.written, report
        assert not report.unallotted
    if every > 1:
        _thin(station, every)
    loaded = load_station(station)
    facts = loaded.configuration.station
    days = tuple(date.fromordinal(DAY.toordinal() - DAYS_BEFORE + n) for n in range(DAYS))
    config = folder / "scenario.toml"
    config.write_text(f'[simulator]\nstation = "{station}"\ndatabase = "sqlite:///unused.db"\nseed = {seed}\n', "utf-8")
    scenario = folder / "scenario.jsonl"
    command = [sys.executable, "-m", "stationmaster.cli", "simulate", "--config", str(config), "--print-scenario"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with scenario.open("wb") as out:
        subprocess.run(
            [*command, "--day", days[0].isoformat(), "--days", str(DAYS)], stdout=out, check=True, env=environment
        )
    return RealDay(
        station=station, scenario=scenario, telecode=facts.telecode, day=DAY, days=days, zone=ZoneInfo(facts.zone)
    )


def _thin(station: Path, every: int) -> None:
    """Keep one of so many trains, and of how trains are worked what names no train that may be gone."""
    timetable, operations = station / "timetable.csv", station / "operations.csv"
    head, *rows = timetable.read_text("utf-8").splitlines(keepends=True)
    timetable.write_text("".join([head, *rows[::every]]), "utf-8")
    head, *rows = operations.read_text("utf-8").splitlines(keepends=True)
    operations.write_text("".join([head, *(row for row in rows if row.startswith(","))]), "utf-8")
