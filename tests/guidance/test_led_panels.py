"""Panels beside their boards: the same rows, readback with its evidence, alarms; one dead card hurts no other."""

from __future__ import annotations

import os
import pty
import select
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from twisted.internet.defer import maybeDeferred
from twisted.internet.epollreactor import EPollReactor

from guidance.fakes import NOON, board, configuration, row_task
from guidance.leds import Bench, Listener, driver, frame
from guidance.making import Guidance
from stationmaster_agent.machine import AgentState
from stationmaster_base.configuration import ConfigurationError, Faults, Table
from stationmaster_guidance.controls import Dimming
from stationmaster_guidance.led.glyphs import Fonts
from stationmaster_guidance.led.link import PanelLink, PanelWire
from stationmaster_guidance.led.openers import serial_opener, tcp_opener
from stationmaster_guidance.led.panel_settings import PanelSettings, font_files, panel_settings
from stationmaster_guidance.led.panels import Panels
from stationmaster_kernel.task import Stage, Text
from stationmaster_kernel.values import Status
from stationmaster_protocol.commands import Command, CommandResult
from stationmaster_protocol.equipment import Evidence
from stationmaster_protocol.scalars import stamp_of
from stationmaster_simulator.led_cards import CARDS, Card, Mood
from stationmaster_simulator.led_line import CardFactory

FONTS = Fonts()
NAMES = {"onbon-k": "gate-1", "onbon-q": "gate-2", "alpha": "gate-3", "ibis": "gate-4"}


def settings(name: str) -> PanelSettings:
    """A panel of 192 × 64 dots for the board of this kind of card."""
    keys = {"telegram": "DS009", "address": 1} if name == "ibis" else {}
    made = driver(name, width=192, height=64, **keys)
    return PanelSettings(board=NAMES[name], driver=made, width=192, height=64, font=16, two_colours=True, header=False)


class Platform:
    """A board with a panel for every kind of card."""

    def __init__(self, folder: Path, **more: object) -> None:
        boards = tuple(board(name, width=192, height=64) for name in NAMES.values())
        self.guidance = Guidance(folder, configuration(*boards), **more)  # type: ignore[arg-type]
        self.cards: dict[str, Card] = {NAMES[name]: CARDS[name]() for name in NAMES}
        self.benches = {name: Bench(self.guidance.reactor, card) for name, card in self.cards.items()}
        self.desk = self.guidance.desk
        self.panels = Panels(
            [settings(name) for name in NAMES],
            self.guidance.boards,
            self.guidance.source,
            self.desk,
            opener=lambda panel: self.benches[panel.board].open,
            fonts=FONTS,
            clock=self.guidance.stepped.clock,
            reactor=self.guidance.reactor,
            registry=self.guidance.registry,
        )
        self.panels.startService()

    def trains(self, *numbers: str, revision: int = 1) -> None:
        """These trains are on every board."""
        boards = tuple(NAMES.values())
        tasks = [row_task(number, 30 + at, boards=boards, revision=revision) for at, number in enumerate(numbers)]
        self.guidance.view.tasks = {task.id: task for task in tasks}
        self.guidance.boards.refresh()

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.guidance.reactor.advance(0.1)

    def evidence(self) -> dict[str, str]:
        return {name: readback.evidence.value for name, readback in self.desk.readbacks.items()}


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path)


def test_every_card_shows_its_boards_rows(platform: Platform) -> None:
    """Each kind of card has the rows of its board, and the hub knows how that is known."""
    platform.trains("G2402", "K1178")
    platform.run(2)
    assert [line.split()[0] for line in platform.cards["gate-1"].shown] == ["\\FO000G2402", "\\FO000K1178"]
    assert "A" in platform.cards["gate-2"].shown[0]
    assert "G2402" in platform.cards["gate-3"].shown[0]
    assert platform.cards["gate-4"].shown[0].startswith("G2402")
    assert platform.evidence() == {"gate-1": "accepted", "gate-2": "accepted", "gate-3": "read", "gate-4": "accepted"}
    rows = platform.desk.readbacks["gate-1"].rows
    assert [(row.task.split("/")[2], row.revision) for row in rows] == [("G2402", 1), ("K1178", 1)]
    assert [platform.cards[name].faults for name in platform.cards] == [[], [], [], []]
    assert platform.desk.alarms == {}


def test_a_change_is_there_at_once_and_nothing_else_is_sent(platform: Platform) -> None:
    """A new revision that looks the same is read back without a byte; one that looks different is sent."""
    platform.trains("G2402")
    platform.run(2)
    before = platform.cards["gate-1"].commands
    platform.trains("G2402", revision=2)
    platform.run(1)
    assert platform.cards["gate-1"].commands == before
    assert [row.revision for row in platform.desk.readbacks["gate-1"].rows] == [2]
    platform.trains("G2404", revision=3)
    platform.run(0.5)
    assert "G2404" in platform.cards["gate-1"].shown[0]


def test_a_dead_card_hurts_no_other(platform: Platform) -> None:
    """One silent, one that nobody is at, one refusing: each an alarm within seconds, and the last goes on."""
    platform.cards["gate-1"].mood = Mood.SILENT
    platform.benches["gate-2"].connects = False
    platform.benches["gate-2"].cut()
    platform.cards["gate-3"].mood = Mood.REFUSING
    platform.trains("G2402")
    platform.run(6)
    assert set(platform.desk.alarms) == {"panel/gate-1", "panel/gate-2", "panel/gate-3"}
    assert platform.panels.health() == {"panels": 4, "panels_wrong": ["gate-1", "gate-2", "gate-3"]}
    assert [platform.desk.condition(f"panel/gate-{n}") for n in (1, 2, 3, 4)] == ["absent", "absent", "faulty", "ok"]
    assert set(platform.desk.readbacks) == {"gate-4"}
    platform.cards["gate-1"].mood = platform.cards["gate-3"].mood = Mood.WELL
    platform.benches["gate-2"].connects = True
    platform.run(31)
    assert platform.desk.alarms == {}
    assert len(platform.desk.readbacks) == 4


def test_a_row_is_gone_with_its_train(platform: Platform) -> None:
    """When time takes a row from the board, it is taken from the panel; then there are no trains."""
    platform.trains("G2402")
    platform.run(2)
    platform.guidance.step(30 * 60)
    platform.run(1)
    assert "No trains" in platform.cards["gate-3"].shown[0]
    assert platform.desk.readbacks["gate-3"].rows == ()


def test_cut_off_and_out_of_date_is_said_on_the_panel(platform: Platform) -> None:
    """A board that cannot be relied on says so on its panel, too."""
    platform.trains("G2402")
    platform.guidance.view.state = AgentState.ALONE
    platform.guidance.step(29 * 60)
    platform.guidance.view.fresh_at = None
    platform.guidance.boards.refresh()
    platform.run(1)
    assert "过时" in platform.cards["gate-1"].shown[-1]


def test_light_goes_to_the_card(tmp_path: Path) -> None:
    """The brightness of the hour reaches the cards that have one, and a board that is off is dark there."""
    platform = Platform(tmp_path, dimming=(Dimming(at=12 * 60, percent=40),))
    platform.trains("G2402")
    platform.guidance.step(1)
    platform.guidance.boards.refresh()
    platform.run(2)
    assert getattr(platform.cards["gate-1"], "brightness", None) == 6


def test_a_panel_is_tested_by_command(platform: Platform) -> None:
    """All of its dots are lit for a moment; done if its card takes that, failed if it does not, and the rows return."""
    platform.trains("G1")
    platform.run(1)
    commands = platform.guidance.commands
    commands.serve(platform.guidance.boards, platform.guidance.screens.pages, platform.panels.well)
    platform.cards["gate-3"].mood = Mood.SILENT
    results: list[CommandResult] = []
    for name in ("gate-1", "gate-3"):
        asked = Command(id=f"t-{name}", action="test", by="li", expires=stamp_of(2e9), devices=(name,))
        maybeDeferred(commands.command, asked).addCallback(results.append)
    platform.run(2)
    assert "█" in platform.cards["gate-1"].shown[0]
    platform.run(20)
    assert [(each.state.value, each.detail) for each in results] == [
        ("done", "gate-1: its panel was lit"),
        ("failed", "gate-3: its panel does not do as it is told"),
    ]
    assert "G1" in platform.cards["gate-1"].shown[0]


def test_a_long_state_is_seen_in_parts_within_the_pages_time(platform: Platform) -> None:
    """Where the card does not let lines run, each part has its turn, and all together take no longer than the page."""
    platform.trains("G2402")
    long = (Text(name="status", language="en", text="About 2 h 15 min late"),)
    stages = (Stage(at=NOON, status=Status.LATE, texts=long),)
    task = row_task("G2402", boards=tuple(NAMES.values()), revision=2, stages=stages)
    platform.guidance.source.show(task)
    platform.run(1)
    seen = []
    for _ in range(24):
        seen.append(platform.cards["gate-4"].shown[0].rstrip())
        platform.run(1)
    assert len(dict.fromkeys(seen)) >= 2
    assert any("LATE" in each for each in seen)
    assert platform.desk.alarms == {}


def test_a_font_that_is_missing_is_one_panels_alarm(platform: Platform, tmp_path: Path) -> None:
    """Without fonts, cards that take dots are an alarm in words; those with their own fonts go on."""
    lost = Panels(
        [settings("onbon-q"), settings("onbon-k")],
        platform.guidance.boards,
        platform.guidance.source,
        platform.desk,
        opener=lambda panel: platform.benches[panel.board].open,
        fonts=Fonts({16: tmp_path / "gone.otf"}),
        clock=platform.guidance.stepped.clock,
        reactor=platform.guidance.reactor,
        registry=Guidance(tmp_path).registry,
    )
    platform.panels.stopService()
    platform.trains("G2402")
    lost.startService()
    platform.run(2)
    assert lost.wrong() == ("gate-2",)
    assert "fonts-unifont" in dict(platform.desk.alarms["panel/gate-2"].texts)["en"]


def read(text: dict[str, object]) -> tuple[PanelSettings, ...]:
    faults = Faults()
    table = Table(text, "guidance.toml", faults)
    found = panel_settings(table)
    font_files(table)
    faults.raise_if_any()
    return found


PANEL = {"board": "gate-1", "driver": "onbon-k", "connect": "tcp:10.1.0.31:5005", "width": 192, "height": 64}


def test_settings_are_read_and_faults_named() -> None:
    """A panel of the configuration, and everything that can be wrong with one, with what would be right."""
    (panel,) = read({"panel": [PANEL | {"card": {"address": 7}}]})
    assert (panel.tcp, panel.lines, panel.characters) == (("10.1.0.31", 5005), 4, 24)
    (panel,) = read({"panel": [PANEL | {"connect": "serial:/dev/ttyS0"}]})
    assert panel.serial == Path("/dev/ttyS0")
    (panel,) = read(
        {"panel": [{key: PANEL[key] for key in ("board", "driver", "connect")} | {"columns": 24, "rows": 2}]}
    )
    assert (panel.width, panel.height, panel.lines, panel.characters) == (192, 32, 2, 24)
    assert panel.room(board(columns=20, rows=4)) == (2, 20)
    for wrong, named in (
        ({"driver": "onbon"}, "There are: alpha"),
        ({"connect": "10.1.0.31"}, "tcp:HOST:PORT"),
        ({"font": 20}, "16, 24, 32"),
        ({"columns": 24, "rows": 4}, "beside columns and rows"),
        ({"card": {"adress": 7}}, r"card\.adress"),
        ({"colour": "dual"}, "colours"),
    ):
        with pytest.raises(ConfigurationError, match=named):
            read({"panel": [PANEL | wrong]})


@pytest.fixture
def reactor() -> Iterator[EPollReactor]:
    """A reactor of its own, turned by hand."""
    made = EPollReactor()
    yield made
    made.removeAll()
    made.fireSystemEvent("shutdown")


def until(reactor: EPollReactor, done: Callable[[], bool]) -> None:
    """Turn the reactor until something is so; the test's own time limit ends it otherwise."""
    while not done():
        reactor.runUntilCurrent()
        reactor.doIteration(0.01)


def test_a_card_is_spoken_to_over_tcp(reactor: EPollReactor) -> None:
    """A link and a card at a real port: shown, accepted, and gone when the port is."""
    card = CARDS["onbon-k"]()
    port = reactor.listenTCP(0, CardFactory(lambda: card, reactor, 0.01), interface="127.0.0.1")
    listener = Listener()
    opener = tcp_opener("127.0.0.1", port.getHost().port, reactor=reactor)
    link = PanelLink(driver("onbon-k"), opener, reactor=reactor, listener=listener)
    link.start()
    link.show([frame("北京")], 1)
    until(reactor, lambda: bool(listener.said))
    assert (listener.said, card.shown[0].strip()) == ([Evidence.ACCEPTED], "\\FO000北京")
    link.stop()
    closed: list[object] = []
    maybeDeferred(port.stopListening).addBoth(closed.append)
    until(reactor, lambda: bool(closed))
    gone = PanelLink(driver("onbon-k"), opener, reactor=reactor, listener=listener)
    gone.start()
    until(reactor, lambda: len(listener.said) > 1)
    gone.stop()
    assert "refused" in str(listener.said[1])


def test_a_card_is_spoken_to_over_a_serial_line(reactor: EPollReactor) -> None:
    """The same over a pseudo-terminal; a device that is none is an error in words."""
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    card, listener = CARDS["onbon-k"](), Listener()
    made = driver("onbon-k")
    opener = serial_opener(Path(os.ttyname(theirs)), made.serial, reactor=reactor)
    link = PanelLink(made, opener, reactor=reactor, listener=listener)
    link.start()
    link.show([frame("北京")], 1)
    while not listener.said:
        if select.select([ours], [], [], 0)[0]:
            os.write(ours, card.receive(os.read(ours, 4096)))
        reactor.runUntilCurrent()
        reactor.doIteration(0.01)
    assert (listener.said, card.shown[0].strip()) == ([Evidence.ACCEPTED], "\\FO000北京")
    link.stop()
    said: list[str] = []
    serial_opener(Path("/dev/no-such-line"), made.serial, reactor=reactor)(PanelWire(link), said.append)
    assert "no-such-line" in said[0]
    os.close(ours)
    os.close(theirs)
