"""`docs/clock.md` says what the code does."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.timekeeping import ClockState
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.nmea import Counters
from stationmaster_clock.reading import Condition
from stationmaster_clock.settings import ClockSettings
from support.nmea_lines import utc

TEXT = (Path(__file__).parents[2] / "docs" / "clock.md").read_text("utf-8")


def first_cells(head: str) -> list[str]:
    """The words in the first column of the table with this head."""
    table = re.search(rf"^\| {re.escape(head)}.*\n\|[ -|]*\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None, head
    return [word for row in table[1].splitlines() for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def settings(text: str) -> tuple[ClockSettings, list[str]]:
    faults = Faults()
    read = ClockSettings.from_table(Table(tomllib.loads(text), "x.toml", faults).table("clock"), Path("/"))
    return read, [fault.place for fault in faults]


def test_the_example_is_read() -> None:
    """The settings that the document shows are settings."""
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    read, faults = settings(example)
    assert faults == []
    assert (len(read.serial), len(read.ntp), read.serve is not None) == (1, 2, True)


def test_every_key_is_described() -> None:
    """The table of settings names every key that is read, and no other."""
    allowed = set()
    for text in ("[clock]\nx = 1", "[[clock.serial]]\nx = 1", "[[clock.ntp]]\nx = 1", "[clock.serve]\nx = 1"):
        faults = Faults()
        ClockSettings.from_table(Table(tomllib.loads(text), "x.toml", faults).table("clock"), Path("/"))
        (unknown,) = [fault for fault in faults if fault.place.endswith(".x")]
        part = re.sub(r"clock\.?|\[1\]|x$|\.", "", unknown.place)
        allowed |= {f"{part}.{key}" if part else key for key in unknown.allowed.split(", ")}
    assert set(first_cells("key |")) == allowed - {"file", "serial", "ntp", "serve"}


def test_every_word_is_described() -> None:
    """Conditions, states and counters stand in the document, all of them, in the code's words."""
    assert first_cells("condition of a source") == [word.value for word in Condition]
    assert first_cells("state |") == [word.value for word in ClockState]
    assert set(first_cells("counter")) == {field.name for field in fields(Counters)}


def test_the_expiry_is_the_tables() -> None:
    """The document names the day until which the shipped table of leap seconds holds."""
    assert "until 28 June 2027" in TEXT
    assert LeapTable.shipped().expires == utc(2027, 6, 28)
