"""The example of a maker's own contacts: found by its entry point, read, lost and found again."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from stationmaster_base.configuration import Faults, Table
from stationmaster_broadcast.emergencies.contacts import GROUP, ContactParts, contact_driver_names, contact_factory

EXAMPLE = Path(__file__).parents[2] / "examples" / "contact_driver"


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example as pip leaves it: its module, and a note of its entry points, which its own setup.cfg tells."""
    config = configparser.ConfigParser()
    config.read(EXAMPLE / "setup.cfg", "utf-8")
    notes = tmp_path / "gpio_contacts-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: gpio-contacts\nVersion: 1.0\n", "utf-8")
    points = config["options.entry_points"][GROUP].strip()
    (notes / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(EXAMPLE))


class Ear:
    """Writes down what it is told, each thing once in a row."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def seen(self, closed: frozenset[str], lines: frozenset[str]) -> None:
        self._tell((sorted(closed), sorted(lines)))

    def lost(self, why: str) -> None:
        self._tell(why)

    def _tell(self, what: Any) -> None:
        if not self.told or self.told[-1] != what:
            self.told.append(what)


def driver(folder: Path, reactor: Any, ear: Ear, **body: Any) -> tuple[Any, Table]:
    """The driver as broadcast makes it of a table of its configuration."""
    table = Table({"folder": "pins", **body}, "station.toml", Faults(), "broadcast.contacts[1]")
    made = contact_factory("gpio")(ContactParts(reactor=reactor, table=table, folder=folder, heard=ear))
    table.finish()
    return made, table


def test_a_makers_contacts_are_found_and_read(tmp_path: Path) -> None:
    """Closed, open, nonsense, gone and back, each within 20 ms; without a line of ours changed."""
    assert "gpio" in contact_driver_names()
    pin = tmp_path / "pins" / "gpio17"
    pin.mkdir(parents=True)
    reactor, ear = Clock(), Ear()
    made, table = driver(tmp_path, reactor, ear, pins=["gpio17"])
    assert len(table.faults) == 0
    for text in ("0\n", "1\n", "x\n", "1\n"):
        (pin / "value").write_text(text, "ascii")
        if not ear.told:
            made.start()
        reactor.advance(0.02)
    (pin / "value").unlink()
    reactor.advance(0.02)
    assert ear.told[:4] == [
        ([], ["gpio17"]),
        (["gpio17"], ["gpio17"]),
        "gpio17 holds 'x', and not 0 or 1",
        (["gpio17"], ["gpio17"]),
    ]
    assert "No such file" in ear.told[4]
    made.stop()
    assert reactor.getDelayedCalls() == []


def test_wrong_settings_of_it_are_named(tmp_path: Path) -> None:
    """No pins, and a key that it does not have."""
    _, table = driver(tmp_path, Clock(), Ear(), speed=3)
    assert [fault.place for fault in table.faults] == ["broadcast.contacts[1].pins", "broadcast.contacts[1].speed"]
