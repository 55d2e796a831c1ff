"""Two hundred LED boards in one process: its processor time and memory, and how long a change takes to their cards.

    python benchmarks/led.py [BOARDS]

This process is guidance's part: boards, drawing, drivers, links, over real TCP connections. Half of the panels take
text (Onbon K), half dots (Onbon Q). The cards are in a process of their own, read strictly, and tell when they were
told something else. Half a minute at rest comes first (pages turn, refreshes go out), then changes of one train on
every board at once.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from measured import Measured, hand_on, resident_mb, share, told
from prometheus_client import CollectorRegistry
from twisted.internet import reactor as installed
from twisted.internet.task import LoopingCall

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from guidance.fakes import FakeDesk, FakeSource, SteppedClock, board, configuration, row_task
from stationmaster_base.configuration import Faults, Table
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.led.driver import DriverParts, driver_factory
from stationmaster_guidance.led.glyphs import Fonts
from stationmaster_guidance.led.openers import tcp_opener
from stationmaster_guidance.led.panel_settings import PanelSettings
from stationmaster_guidance.led.panels import Panels
from stationmaster_service.timer import StationTimer
from stationmaster_simulator.led_cards import CARDS
from stationmaster_simulator.led_line import CardFactory

COUNT = 200
REST_S = 30.0
ROUNDS = 12
PAUSE_S = 4.0
SIZES = {"onbon-k": (256, 64), "onbon-q": (128, 32)}
CPU_BUDGET, MEMORY_BUDGET_MB, SHOWN_BUDGET_S = 0.25, 250.0, 2.0


def cards(count: int, ports: Connection, news: Connection) -> None:
    """The cards' process: a port each; what they are told goes to `news` with its time."""
    numbers = []
    for number in range(count):
        card = CARDS[kind(number)]()
        card.changed = lambda number=number: news.send((number, time.monotonic()))
        port = installed.listenTCP(0, CardFactory(lambda card=card: card, installed), interface="127.0.0.1")
        numbers.append(port.getHost().port)
    ports.send(numbers)
    installed.run(installSignalHandlers=False)


def kind(number: int) -> str:
    """Every second panel takes dots."""
    return ("onbon-k", "onbon-q")[number % 2]


def panel(number: int, port: int) -> PanelSettings:
    """A panel of four lines of words, or of two of dots."""
    width, height = SIZES[kind(number)]
    parts = DriverParts(table=Table({}, "bench", Faults()), width=width, height=height, two_colours=True)
    return PanelSettings(
        board=f"b{number}",
        driver=driver_factory(kind(number))(parts),
        tcp=("127.0.0.1", port),
        width=width,
        height=height,
        font=16,
        two_colours=True,
        header=False,
    )


class Bench:
    """The boards and their panels, and what is measured of them."""

    def __init__(self, count: int, ports: list[int], news: Connection, folder: Path) -> None:
        self.count = count
        self.news = news
        clock = SteppedClock(folder).clock
        self.source = FakeSource()
        names = tuple(f"b{number}" for number in range(count))
        self.names = names
        self.source.view.configuration = configuration(*(board(name, width=256, height=64) for name in names))
        self.trains(0)
        registry = CollectorRegistry()
        self.boards = Boards(
            self.source,
            clock=clock,
            timer=StationTimer(clock, installed),
            reactor=installed,
            boot="bench",
            registry=registry,
        )
        self.panels = Panels(
            [panel(number, port) for number, port in enumerate(ports)],
            self.boards,
            self.source,
            FakeDesk(),
            opener=lambda each: tcp_opener(*(each.tcp or ("", 0)), reactor=installed),
            fonts=Fonts(),
            clock=clock,
            reactor=installed,
            registry=registry,
        )
        self.rest_cpu = self.busy_cpu = self.memory = 0.0
        self.took: dict[str, list[float]] = {"onbon-k": [], "onbon-q": []}
        self.waiting: set[int] = set()
        self.changed_at = 0.0
        self.round = 0
        self.missing = 0

    def trains(self, number: int) -> None:
        """Four trains on every board; the first of them is another each time."""
        self.source.view.tasks = {
            task.id: task
            for task in (
                row_task(name, 30 + at, boards=self.names)
                for at, name in enumerate((f"G{1000 + number}", "K1178", "D6856", "Z4"))
            )
        }

    def start(self) -> None:
        self.boards.start()
        self.panels.startService()
        LoopingCall(self.read).start(0.02)
        installed.callLater(5, self.rest)

    def rest(self) -> None:
        self.before = time.process_time()
        installed.callLater(REST_S, self.rested)

    def rested(self) -> None:
        self.rest_cpu = (time.process_time() - self.before) / REST_S
        self.change()

    def change(self) -> None:
        self.missing += len(self.waiting)
        if self.round == ROUNDS:
            self.memory = resident_mb()
            installed.stop()
            return
        self.round += 1
        self.trains(self.round)
        self.waiting = set(range(self.count))
        self.changed_at = time.monotonic()
        self.boards.refresh()
        installed.callLater(PAUSE_S, self.change)

    def read(self) -> None:
        while self.news.poll():
            number, at = self.news.recv()
            if number in self.waiting and at > self.changed_at:
                self.waiting.remove(number)
                self.took[kind(number)].append(at - self.changed_at)


def main(count: int) -> None:
    """Measure, print, hand on."""
    ours, theirs = multiprocessing.Pipe()
    news_ours, news_theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(target=cards, args=(count, theirs, news_theirs), daemon=True)
    child.start()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(count, ours.recv(), news_ours, Path(folder))
        installed.callWhenRunning(bench.start)
        installed.run()
    child.kill()
    child.join()
    rest = Measured(
        name=f"{count} LED boards at rest, share of a core",
        value=bench.rest_cpu,
        unit="",
        budget=f"≤ {CPU_BUDGET}",
        ok=bench.rest_cpu <= CPU_BUDGET,
    )
    memory = Measured(
        name=f"{count} LED boards, memory",
        value=bench.memory,
        unit="MB",
        budget=f"≤ {MEMORY_BUDGET_MB:.0f}",
        ok=bench.memory <= MEMORY_BUDGET_MB,
    )
    results = [rest, memory]
    for name, took in bench.took.items():
        for part in (0.5, 0.95):
            value = share(took, part)
            results.append(
                Measured(
                    name=f"change of {count} boards at once → on the card ({name}), p{part * 100:.0f}",
                    value=value * 1000,
                    unit="ms",
                    budget=f"≤ {SHOWN_BUDGET_S * 1000:.0f}" if part > 0.5 else "",
                    ok=part == 0.5 or value <= SHOWN_BUDGET_S,
                )
            )
    results.append(
        Measured(name="changes that no card showed", value=bench.missing, unit="", budget="0", ok=not bench.missing)
    )
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
