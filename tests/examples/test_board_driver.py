"""The example of a maker's own panel: found by its entry point, driven by the link, and wrong settings named."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from guidance.leds import Bench, Listener, driver, frame
from stationmaster_base.configuration import ConfigurationError
from stationmaster_base.errors import StationError
from stationmaster_guidance.led.driver import GROUP, driver_factory, driver_names
from stationmaster_guidance.led.link import PanelLink
from stationmaster_protocol.equipment import Evidence
from stationmaster_simulator.led_cards import Card

EXAMPLE = Path(__file__).parents[2] / "examples" / "board_driver"


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example as pip leaves it: its module, and a note of its entry points, which its own setup.cfg tells."""
    config = configparser.ConfigParser()
    config.read(EXAMPLE / "setup.cfg", "utf-8")
    notes = tmp_path / "bright_panel-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: bright-panel\nVersion: 1.0\n", "utf-8")
    points = config["options.entry_points"][GROUP].strip()
    (notes / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\nbroken = no_such_module:driver\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(EXAMPLE))


class BrightCard(Card):
    """The made-up panel itself."""

    def receive(self, data: bytes) -> bytes:
        words = data.decode("ascii").split()
        if self.busy():
            return b"BUSY\n"
        if words[0] == "SHOW":
            if words[1] != "west":
                return b"NO such name\n"
            self.show([words[2]])
        return b"OK\n"


def test_a_makers_driver_is_found_and_shows() -> None:
    """Named in the configuration, it is loaded, gets dots, and its answers count, without a line of ours changed."""
    assert "bright" in driver_names()
    reactor, card, listener = Clock(), BrightCard(), Listener()
    made = driver("bright", width=64, height=16, name="west")
    link = PanelLink(made, Bench(reactor, card).open, reactor=reactor, listener=listener)
    link.start()
    link.show([frame("G1", width=64, height=16)], 1)
    reactor.advance(0.1)
    assert (card.shown, listener.said) == ([bytes(128).hex()], [Evidence.ACCEPTED])


def test_its_refusal_is_told() -> None:
    """What its card says no to is known in the card's words."""
    reactor, listener = Clock(), Listener()
    link = PanelLink(
        driver("bright", name="east"), Bench(reactor, BrightCard()).open, reactor=reactor, listener=listener
    )
    link.start()
    link.show([frame("G1")], 1)
    reactor.advance(0.1)
    assert listener.said == ["there: NO such name"]


def test_wrong_settings_and_broken_packages_are_named() -> None:
    """A key that it does not have, and a package that cannot be loaded, are errors in words."""
    with pytest.raises(ConfigurationError, match="nmae"):
        driver("bright", nmae="west")
    with pytest.raises(StationError, match="no_such_module"):
        driver_factory("broken")
