"""Two hundred web boards in one process: its processor time and memory, and how long a change takes to their pages.

    python benchmarks/boards.py [BOARDS [SECONDS AT REST]]

This process is guidance's part: the sample station's boards over and over on a believable morning, their pages and
streams over real TCP, and the judging of what pages say. The pages are in a process of their own, without browsers:
each holds its stream of states, tells what it has painted a twentieth of a second after each, and that nothing has
changed every five seconds, as a browser's page does. Half a minute at rest comes first; then, in turn, a train is late,
which concerns some of the boards, and a person writes on all of them.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import time as clock_time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from measured import Measured, hand_on, resident_mb, share, told
from prometheus_client import CollectorRegistry
from twisted.internet import reactor as installed
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.internet.task import LoopingCall

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from guidance.believable import BelievableDay
from guidance.fakes import FakeDesk, FakeSource, text_task
from stationmaster_base.clock import Anchor, FileClock, write_anchor
from stationmaster_base.health import Health
from stationmaster_base.times import MINUTE, Instant
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.pages import Pages
from stationmaster_guidance.readings import TestOutcome
from stationmaster_guidance.screens import Screens
from stationmaster_guidance.telling import Telling
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import CallKind, Running
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer

COUNT = 200
REST_S = 30.0
ROUNDS = 16
PAUSE_S = 2.0
SETTLE_S = 6.0
PAINT_S = 0.05
AGAIN_S = 5.0
CPU_BUDGET, MEMORY_BUDGET_MB, SHOWN_BUDGET_S = 0.25, 250.0, 1.0
DRAWN = ("cars", "formation")


class Bench:
    """The boards, and what is measured of them."""

    def __init__(self, count: int, rest_s: float, news: Connection, folder: Path) -> None:
        self.count, self.rest_s, self.news = count, rest_s, news
        self.day = BelievableDay(clock_time(8, 7))
        soon = self.day.now + 15 * MINUTE
        self.late = next(
            each for each in self.day.planned if each.kind is CallKind.ORIGIN and (each.departure or 0) > soon
        )
        anchor = folder / "clock.json"
        write_anchor(anchor, Anchor(station=self.day.now, machine=time.time(), rate=1.0))
        clock = FileClock(anchor, time.time)
        own = self.day.configuration.boards
        boards = [replace(own[at % len(own)], id=f"{own[at % len(own)].id}-{at // len(own)}") for at in range(count)]
        self.names = tuple(board.id for board in boards)
        self.copies = {
            board.id: tuple(name for name in self.names if name.rpartition("-")[0] == board.id) for board in own
        }
        self.held: dict[str, tuple[Task, Task]] = {}
        self.written: dict[str, Task] = {}
        self.source = FakeSource()
        self.source.view.configuration = replace(self.day.configuration, boards=tuple(boards))
        registry = CollectorRegistry()
        timer = StationTimer(clock, installed)
        self.boards = Boards(self.source, clock=clock, timer=timer, reactor=installed, boot="bench", registry=registry)
        self.desk = FakeDesk()
        self.screens = Screens(
            self.boards,
            Telling(self.desk, clock),
            clock=clock,
            reactor=installed,
            registry=registry,
            tested=self.tested,
        )
        face = Face(health=lambda: Health(process="guidance"), clock=clock, timer=timer, registry=registry)
        Pages(face, self.boards, self.source, clock, self.screens)
        self.port = installed.listenTCP(0, face.site(), interface="127.0.0.1").getHost().port
        self.rest_cpu = self.memory = 0.0
        self.busy: list[float] = []
        self.took: dict[str, list[float]] = {"late": [], "text": []}
        self.what, self.waiting, self.changed_at = "late", dict[str, str](), 0.0
        self.round = self.missing = self.touched = 0

    def adopt(self) -> None:
        """The kernel's tasks, each for every copy of its boards, as the agent would hand them on."""
        tasks: dict[str, Task] = dict(self.written)
        for name, task in self.day.state.tasks.items():
            known = self.held.get(name)
            if known is None or known[0] is not task:
                targets = tuple(copy for target in task.targets for copy in self.copies.get(target, ()))
                known = self.held[name] = (task, replace(task, targets=targets))
            tasks[name] = known[1]
        self.source.view.tasks = tasks
        self.source.view.calls = self.day.state.calls
        self.source.view.fresh_at = self.day.now

    def tested(self, board: str, page: str, outcome: TestOutcome) -> None:
        raise AssertionError(f"nobody asked {page} of {board} for a test: {outcome}")

    def start(self) -> None:
        self.adopt()
        self.boards.start()
        self.source.on_change(self.screens.look)
        LoopingCall(self.screens.look).start(1.0)
        LoopingCall(self.read).start(0.02)
        installed.callLater(SETTLE_S, self.rest)

    def rest(self) -> None:
        self.before = time.process_time()
        installed.callLater(self.rest_s, self.rested)

    def rested(self) -> None:
        self.rest_cpu = (time.process_time() - self.before) / self.rest_s
        self.change()

    def change(self) -> None:
        """One more thing is different; who did not see the last one is counted."""
        if self.round:
            self.busy.append(time.process_time() - self.before)
        self.missing += len(self.waiting)
        if self.round == ROUNDS:
            self.memory = resident_mb()
            installed.stop()
            return
        self.round += 1
        states = {shown.board.id: shown.event_id for shown in self.boards.all()}
        self.what = ("late", "text")[self.round % 2]
        if self.what == "late":
            self.day.report(
                self.late.number,
                expected_departure=Instant((self.late.departure or 0) + self.round * MINUTE),
                departure_unknown=False,
                running=Running.SCHEDULED,
            )
        else:
            start, end = self.day.now, Instant(self.day.now + 3600)
            words = f"请注意 {self.round}"
            text = text_task(str(self.round), words, boards=self.names, start=start, end=end, hard_end=end)
            self.written = {text.id: text}
        self.adopt()
        self.before = time.process_time()
        self.changed_at = time.monotonic()
        self.source.changed()
        now = {shown.board.id: shown.event_id for shown in self.boards.all()}
        self.waiting = {name: state for name, state in now.items() if states[name] != state}
        self.touched = max(self.touched, len(self.waiting))
        installed.callLater(PAUSE_S, self.change)

    def read(self) -> None:
        while self.news.poll():
            board, state, at = self.news.recv()
            if self.waiting.get(board) == state:
                del self.waiting[board]
                self.took[self.what].append(at - self.changed_at)


class Events(Protocol):
    """A page's stream: each whole state goes to the page."""

    def __init__(self, page: Page) -> None:
        self.page, self.held, self.state = page, b"", ""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self.transport.write(f"GET /board/{self.page.board}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        *lines, self.held = (self.held + data).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                self.state = line[4:].strip().decode()
            elif line.startswith(b"data: "):
                self.page.has(self.state, line[6:])


class Page(Protocol):
    """A board's page; this connection is the one over which it speaks."""

    def __init__(self, board: str, news: Connection) -> None:
        self.board, self.news, self.unsaid = board, news, b""

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        if self.unsaid:
            self.say(self.unsaid)
        LoopingCall(self.say, b"").start(AGAIN_S, now=False)

    def has(self, state: str, text: bytes) -> None:
        """It has a state, and paints it soon."""
        self.news.send((self.board, state, time.monotonic()))
        installed.callLater(PAINT_S, self.paint, state, text)

    def paint(self, state: str, text: bytes) -> None:
        """Tell what stands there now."""
        shown = json.loads(text)
        rows = [reading(row, shown) for row in shown["rows"]]
        lines = [
            {"task": each["task"], "revision": each["revision"], "words": list(each["texts"].values()), "seen": True}
            for each in shown["messages"]["lines"]
        ]
        said = {"state": state, "age_ms": 0, "rows": rows, "lines": lines, "whole": None, "notice": "", "dark": False}
        self.say(json.dumps(said | {"nodes": 900, "memory": 0, "test": None}, ensure_ascii=False).encode())

    def say(self, body: bytes) -> None:
        """To guidance, as soon as it is connected."""
        if self.transport is None:
            self.unsaid = body
            return
        head = f"POST /board/{self.board}/painted?page=p HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


def reading(row: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """What a page says of a row: the words in its cells."""
    cells = []
    for line in shown["regions"][row["region"]]["lines"]:
        for column in line["columns"]:
            field, fields = column["field"], row["fields"]
            words = row["status_texts"] if field == "status" else fields.get(field, {})
            if field == "time":
                words = fields["planned"] | {"expected": fields["expected"][""]}
            if field not in DRAWN:
                cells.append({"field": field, "words": [word for word in words.values() if word]})
    kept = {key: row[key] for key in ("task", "revision", "page", "region", "status")}
    return kept | {"seen": True if row["page"] == 1 else None, "cells": cells}


def pages(names: tuple[str, ...], port: int, news: Connection) -> None:
    """The pages' process."""
    for name in names:
        page = Page(name, news)
        connectProtocol(TCP4ClientEndpoint(installed, "127.0.0.1", port), page)
        connectProtocol(TCP4ClientEndpoint(installed, "127.0.0.1", port), Events(page))
    installed.run(installSignalHandlers=False)


def main(count: int, rest_s: float) -> None:
    """Measure, print, hand on."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(count, rest_s, ours, Path(folder))
        spawned = multiprocessing.get_context("spawn")
        child = spawned.Process(target=pages, args=(bench.names, bench.port, theirs), daemon=True)
        child.start()
        installed.callWhenRunning(bench.start)
        installed.run()
        child.kill()
        child.join()
    wrong = bench.screens.health()["boards_wrong"]
    open_pages = bench.screens.health()["pages"]
    results = [
        _within(f"{count} web boards at rest, share of a core", bench.rest_cpu, "", CPU_BUDGET),
        _within(f"{count} web boards, memory", bench.memory, "MB", MEMORY_BUDGET_MB),
        Measured(name="processor time for a change, most", value=max(bench.busy) * 1000, unit="ms"),
    ]
    words = {"late": "a train is late", "text": f"a text on all {count} boards"}
    for what, took in bench.took.items():
        results.append(
            Measured(name=f"{words[what]} → its pages have it, p50", value=share(took, 0.5) * 1000, unit="ms")
        )
        name = f"{words[what]} → its pages have it, p95"
        results.append(_within(name, share(took, 0.95) * 1000, "ms", SHOWN_BUDGET_S * 1000))
    results.append(_within("changes that no page got", bench.missing, "", 0))
    results.append(_within("boards whose page counts as wrong", len(wrong) if isinstance(wrong, list) else 0, "", 0))
    sys.stdout.write(f"{open_pages} pages open, {bench.touched} boards in one change at the most\n{told(results)}\n")
    hand_on(results)


def _within(name: str, value: float, unit: str, budget: float) -> Measured:
    return Measured(name=name, value=value, unit=unit, budget=f"≤ {budget:g}", ok=value <= budget)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else COUNT,
        float(sys.argv[2]) if len(sys.argv) > 2 else REST_S,
    )
