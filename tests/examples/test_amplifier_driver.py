"""The example of a maker's own rack: found by its entry point, kept connected, and left when it fails."""

from __future__ import annotations

import configparser
from collections.abc import Callable
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from stationmaster_base.configuration import Faults, Table
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink
from stationmaster_broadcast.loudspeakers.amplifier_settings import read_amplifiers, read_routes
from stationmaster_broadcast.loudspeakers.amplifiers import GROUP, amplifier_names
from stationmaster_broadcast.loudspeakers.feeding import Feeding

EXAMPLE = Path(__file__).parents[2] / "examples" / "amplifier_driver"


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example as pip leaves it: its module, and a note of its entry points, which its own setup.cfg tells."""
    config = configparser.ConfigParser()
    config.read(EXAMPLE / "setup.cfg", "utf-8")
    notes = tmp_path / "twin_rack-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: twin-rack\nVersion: 1.0\n", "utf-8")
    (notes / "entry_points.txt").write_text(f"[{GROUP}]\n{config['options.entry_points'][GROUP].strip()}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(EXAMPLE))


class Rack:
    """The made-up rack itself, and the cable to it."""

    problem = ""

    def __init__(self) -> None:
        self.fed = dict.fromkeys(range(1, 4), "-")
        self._received: Callable[[bytes], None] = lambda _: None

    def start(self, received: Callable[[bytes], None], up: Callable[[], None]) -> None:
        self._received = received
        up()

    def write(self, data: bytes) -> None:
        for at in range(0, len(data), 2):
            first, second = data[at], data[at + 1]
            if first == ord("?"):
                self._received(bytes([second, ord(self.fed[second])]))
            elif self.fed[first] != "!":
                self.fed[first] = chr(second)

    def again(self) -> None:
        """Nothing to open anew."""

    def stop(self) -> None:
        """Nothing to let go of."""


def test_a_makers_driver_is_found_feeds_zones_and_leaves_what_has_failed(tmp_path: Path) -> None:
    """Named in the configuration, it is loaded and its answers count, without a line of ours changed."""
    assert "twin" in amplifier_names()
    faults = Faults()
    body = {"cellar": {"driver": "twin", "address": "10.1.0.50:4000", "amplifiers": 3}}
    racks = read_amplifiers(Table(body, "f", faults), tmp_path)
    rows = [
        {"zone": zone, "amplifier": "cellar", "input": source, "channel": channel}
        for zone, source, channel in (("hall", 1, 1), ("hall", 1, 3), ("gate", 2, 2))
    ]
    routes = read_routes([Table(row, "f", faults) for row in rows], racks)
    assert not list(faults)
    machine, rack = Clock(), Rack()
    feeding = Feeding([AmplifierLink("cellar", racks[0].driver, rack, machine)], routes, machine)
    feeding.start()
    machine.pump([0.5] * 4)
    assert rack.fed == {1: "A", 2: "B", 3: "-"}
    rack.fed[1] = "!"
    machine.pump([0.5] * 4)
    assert rack.fed == {1: "!", 2: "B", 3: "A"}
    assert not feeding.cut_off("hall")


def test_wrong_settings_of_a_makers_rack_are_named(tmp_path: Path) -> None:
    """With ours, at once."""
    faults = Faults()
    body = {"cellar": {"driver": "twin", "amplifiers": 0, "loud": 1}}
    read_amplifiers(Table(body, "f", faults), tmp_path)
    assert [fault.place for fault in faults] == ["cellar.amplifiers", "cellar.address", "cellar.loud"]
