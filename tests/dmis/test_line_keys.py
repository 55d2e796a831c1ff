"""Keys of lines in the configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stationmaster_base.configuration import Faults, Table
from stationmaster_dmis.settings import LineSettings, lines_from_table

ETC = Path("/etc/station")


def read(**body: Any) -> tuple[tuple[LineSettings, ...], list[str]]:
    """The lines, and the places of the faults."""
    faults = Faults()
    lines = lines_from_table(Table(body, "s.toml", faults, "hub"), ETC)
    return lines, [fault.place for fault in faults]


def test_lines_have_the_shared_keys_or_their_own_and_a_memory_each() -> None:
    """What is not said of a line is that of all of them; what it has seen is always its own."""
    lines, faults = read(line_keys="line.keys", lines=[{"port": "/dev/a"}, {"port": "/dev/b", "keys": "other.keys"}])
    assert faults == []
    assert [line.keys for line in lines] == [ETC / "line.keys", ETC / "other.keys"]
    assert len({line.seen for line in lines}) == 2


def test_two_lines_cannot_remember_in_one_file() -> None:
    """Each would write over what the other has seen, and a recording would count after the next start."""
    same = {"line_keys": "line.keys", "lines": [{"port": "/dev/a", "seen": "s"}, {"port": "/dev/b", "seen": "s"}]}
    assert read(**same)[1] == ["hub.lines[2].seen"]
