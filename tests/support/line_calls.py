"""Calls for the line: rows as the dispatching database has them, of a real day where its data is."""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from stationmaster_base.times import Instant
from stationmaster_gateway.rows import Rows
from stationmaster_telegram.records import day_start

__all__ = ["FIRST_DAY", "changed", "day_rows", "timetable"]

FIRST_DAY = date(2026, 3, 1)
_SAMPLE = Path(__file__).parents[2] / "stations" / "sample" / "timetable.csv"
_UTC_AHEAD = 8 * 3600
_NOON = 12 * 3600
_REASONS = ("", "", "", "因线路施工影响", "受大风天气影响，列车限速运行")


def timetable() -> Path:
    """The real day's timetable in the folder that STATIONMASTER_TEST_DATA names; else the sample station's."""
    data = os.environ.get("STATIONMASTER_TEST_DATA")
    return Path(data) / "hohhot_east_day.csv" if data else _SAMPLE


def day_rows(source: Path, count: int, *, reported: bool) -> dict[int, Rows]:
    """Rows for `count` calls of a timetable, repeated on following days where they are too few.

    With `reported`, those before noon of the first day have come and gone.
    """
    with source.open(encoding="utf-8-sig", newline="") as file:
        calls = list(csv.DictReader(file))
    rows: dict[int, Rows] = {}
    for number in range(count):
        day = FIRST_DAY + timedelta(days=number // len(calls))
        call = calls[number % len(calls)]
        run = day.toordinal() % 1000 * 10_000 + number % len(calls) + 1
        arrival, departure = (_utc(day, call[name]) for name in ("arr", "dep"))
        late = number % 3 * 60
        actual = [
            (run, event, _iso(planned + late))
            for event, planned in (("arrival", arrival), ("departure", departure))
            if planned is not None and reported and planned < day_start(FIRST_DAY) + _NOON - _UTC_AHEAD
        ]
        texts = [call[name] for name in ("train", "train_class", "kind", "origin", "destination")]
        times = [None if planned is None else _iso(planned) for planned in (arrival, departure)]
        track = call.get("track") or str(number % 14 + 1)
        rows[run] = Rows(run=run, base=(run, day.isoformat(), *texts, *times, track), reports=tuple(actual))
    return rows


def changed(rows: Mapping[int, Rows], dice: random.Random, count: int) -> dict[int, Rows]:
    """`count` of the runs with another delay, track or reason: what is new of the database."""
    found = {}
    for run in dice.sample(sorted(rows), min(count, len(rows))):
        base = rows[run].base
        assert base is not None
        arrival, departure = (None if text is None else _later(text, dice.randrange(1, 90)) for text in base[7:9])
        stage = (run, arrival, departure, 0, 0, str(dice.randrange(1, 15)), "scheduled", dice.choice(_REASONS))
        found[run] = replace(rows[run], stage=stage)
    return found


def _later(text: str, minutes: int) -> str:
    day, clock = text.split("T")
    hour, minute = int(clock[:2]), int(clock[3:5])
    return _iso(day_start(date.fromisoformat(day)) + hour * 3600 + (minute + minutes) * 60)


def _utc(day: date, clock: str) -> Instant | None:
    """The instant of a local HH:MM."""
    if not clock:
        return None
    hours, minutes = clock.split(":")
    return Instant(day_start(day) + int(hours) * 3600 + int(minutes) * 60 - _UTC_AHEAD)


def _iso(instant: int) -> str:
    """As the database writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))
