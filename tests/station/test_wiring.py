"""`devices.toml`: what devices hang on together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stationmaster.station.load import load_station
from stationmaster.station.wiring import Supply
from stationmaster_base.errors import ConfigurationError

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"

GOOD = """\
[[supply]]
id = "core"
kind = "switch"
names = { zh = "核心", en = "core" }
subsystems = ["query"]

[[supply]]
id = "west"
kind = "cable"
names = { zh = "西侧", en = "west" }
behind = "core"
devices = ["guidance/led-*"]
platforms = ["3"]
targets = ["hall-1"]
share = 0.5
"""


def loaded(folder: Path, text: str) -> tuple[Supply, ...]:
    shutil.copytree(SAMPLE, folder)
    (folder / "devices.toml").write_text(text, "utf-8")
    return load_station(folder).wiring


def test_supplies_are_read_with_what_serves_their_places(tmp_path: Path) -> None:
    """Devices by pattern, boards and zones by name or by what they serve, subsystems whole; one may hang on another."""
    station = load_station(SAMPLE)
    core, west = loaded(tmp_path / "station", GOOD)
    assert (core.kind, core.subsystems, core.behind, core.share) == ("switch", ("query",), "", 0.6)
    assert (west.kind, west.behind, west.devices, west.share) == ("cable", "core", ("guidance/led-*",), 0.5)
    serving = {
        each.id
        for each in (*station.configuration.boards, *station.configuration.zones)
        if "3" in each.platforms or each.id == "hall-1"
    }
    assert len(serving) == 2
    assert set(west.targets) == serving


def test_a_station_without_the_file_has_no_supplies(tmp_path: Path) -> None:
    """It is not needed; what fails together is then found by subsystem alone."""
    shutil.copytree(SAMPLE, tmp_path / "station")
    (tmp_path / "station" / "devices.toml").unlink(missing_ok=True)
    assert load_station(tmp_path / "station").wiring == ()


def test_every_fault_is_told(tmp_path: Path) -> None:
    """A kind that there is not, a device without a subsystem, what hangs on itself or on nothing, an unknown board."""
    names = 'names = { zh = "甲", en = "a" }'
    text = "".join(
        f'[[supply]]\nid = "{name}"\n{names}\n{more}\n'
        for name, more in (
            ("a", 'kind = "rope"'),
            ("b", 'kind = "power"\ndevices = ["led-3"]'),
            ("c", 'kind = "power"\nbehind = "d"'),
            ("d", 'kind = "power"\nbehind = "c"'),
            ("e", 'kind = "power"\nbehind = "x"\ntargets = ["nowhere"]\nplatforms = ["99"]'),
            ("e", 'kind = "power"\nlenght = 3'),
        )
    )
    with pytest.raises(ConfigurationError) as raised:
        loaded(tmp_path / "station", text)
    told = {(fault.place, fault.problem) for fault in raised.value.faults if fault.file == "devices.toml"}
    for place, problem in (
        ("kind", "'rope'"),
        ("devices[0]", "'led-3'"),
        ("behind", "c hangs on itself"),
        ("behind", "d hangs on itself"),
        ("behind", "'x' is not known"),
        ("targets", "'nowhere'"),
        ("platforms", "'99'"),
        ("lenght", "is not a key"),
        ("id", "'e' is already"),
    ):
        assert any(place in where and problem in what for where, what in told), (place, problem, told)
