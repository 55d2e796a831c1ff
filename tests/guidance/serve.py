"""Guidance's real pages over a fake agent, as a process of its own: what browser tests and the gallery look at.

`python serve.py PORT` with the test roots on the path; it prints `ready` when it listens. `POST /test/<act>` changes
what the station does, as a hub would.
"""

from __future__ import annotations

import json
import sys
import time as machine_time
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import LoopingCall

from guidance.believable import BelievableDay
from guidance.fakes import FakeDesk, FakeSource, text_task
from stationmaster_agent.machine import AgentState
from stationmaster_base.clock import Anchor, FileClock, write_anchor
from stationmaster_base.health import Health
from stationmaster_base.times import MINUTE, Instant
from stationmaster_guidance.boards import Boards
from stationmaster_guidance.commands import BoardCommands
from stationmaster_guidance.controls import Controls
from stationmaster_guidance.pages import Pages
from stationmaster_guidance.screens import Screens
from stationmaster_guidance.telling import Telling
from stationmaster_kernel.configuration import Configuration, Layout
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade, Running
from stationmaster_protocol.commands import Command, Parameter
from stationmaster_protocol.scalars import stamp_of
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.timer import StationTimer


def with_quick_board(configuration: Configuration) -> Configuration:
    """The station with one more board, `quick`, like the first but sooner to call itself out of date."""
    hall = configuration.boards[0]
    body = next(layout.body for layout in configuration.layouts if layout.id == hall.layout)
    layout = Layout(id="quick", body=body.replace("silent_s = 30", "silent_s = 2"))
    return replace(
        configuration,
        boards=(
            *configuration.boards,
            replace(hall, id="quick", layout="quick", names=(("zh", "快"), ("en", "Quick"))),
        ),
        layouts=(*configuration.layouts, layout),
    )


_TROUBLES: dict[str, dict[str, Any]] = {
    "hours": {"minutes": 135},
    "day": {"minutes": 1500},
    "unknown": {"departure_unknown": True},
    "suspended": {"running": Running.SUSPENDED, "reason": "大风"},
}


class Server:
    """Wires it all; `acts` are what tests can do to the station."""

    def __init__(self, port: int, clock_file: Path, clock: time, boot: str) -> None:
        self.clock = clock
        self.day = self._morning()
        self.written: dict[str, Task] = {}
        if not clock_file.exists():
            write_anchor(clock_file, Anchor(station=self.day.now, machine=machine_time.time(), rate=1.0))
        self.source = FakeSource()
        self.view = self.source.view
        station_clock = FileClock(clock_file, machine_time.time)
        timer = StationTimer(station_clock, reactor)
        registry = CollectorRegistry()
        controls = Controls()
        boards = Boards(
            self.source,
            clock=station_clock,
            timer=timer,
            reactor=reactor,
            boot=boot,
            registry=registry,
            controls=controls,
        )
        self.desk = FakeDesk()
        self.commands = BoardCommands(clock=station_clock, reactor=reactor)
        self.screens = Screens(
            boards,
            Telling(self.desk, station_clock),
            clock=station_clock,
            reactor=reactor,
            registry=registry,
            tested=self.commands.tested,
            grace_s=0.8,
        )
        self.commands.serve(boards, self.screens.pages)
        controls.on_change(boards.refresh)
        self.results: dict[str, list[str]] = {}
        face = Face(health=lambda: Health(process="guidance"), clock=station_clock, timer=timer, registry=registry)
        Pages(face, boards, self.source, station_clock, self.screens)
        face.app.route("/test/<act>", methods=["POST"])(self._act)
        self._adopt()
        boards.start()
        LoopingCall(self.screens.look).start(0.5)
        reactor.listenTCP(port, face.site(), interface="127.0.0.1")

    def _morning(self) -> BelievableDay:
        day = BelievableDay(self.clock)
        day.configuration = with_quick_board(day.configuration)
        return day

    def _adopt(self) -> None:
        self.view.configuration = self.view.configuration or self.day.configuration
        self.view.tasks = {name: _also_quick(task) for name, task in self.day.state.tasks.items()} | self.written
        self.view.calls = self.day.state.calls
        self.view.fresh_at = self.day.now
        self.source.changed()

    def _act(self, request: WebRequest, act: str) -> bytes:
        given = json.loads(request.content.read() or b"{}")
        answer = getattr(self, f"act_{act}")(**given)
        self._adopt()
        return json_answer(request, answer)

    def act_reset(self) -> dict[str, str]:
        """Everything is as at the start."""
        self.day = self._morning()
        self.written = {}
        self.view.configuration = self.day.configuration
        self.view.state, self.view.grade = AgentState.ONLINE, FeedGrade.FRESH
        return {}

    def act_late(self, minutes: int) -> dict[str, str]:
        """The next departure will be late."""
        call = self.day.next_departure()
        self.day.report(call.number, expected_departure=Instant(call.departure + minutes * MINUTE))
        return {"number": call.number}

    def act_trouble(self) -> dict[str, str]:
        """Of the next departures one is late by hours, one by more than a day, one unknown, one suspended."""
        far = self.day.now + 600
        calls = [call for call in self.day.planned if call.departure is not None and call.departure > far]
        good = [call for call in calls if call.arrival is None][:4]
        numbers = {}
        for call, (name, change) in zip(good, _TROUBLES.items(), strict=True):
            minutes, others = change.get("minutes"), {key: value for key, value in change.items() if key != "minutes"}
            expected = None if minutes is None else Instant(call.departure + minutes * MINUTE)
            clean = {"expected_departure": expected, "departure_unknown": False, "running": Running.SCHEDULED}
            self.day.report(call.number, **(clean | others))
            numbers[name] = call.number
        return numbers

    def act_move(self, track: str, platform: str) -> dict[str, str]:
        """The next departure from a platform goes to another track."""
        later = (
            each for each in self.day.planned if each.departure is not None and each.departure > self.day.now + 300
        )
        calls = {call.number: call for call in self.day.state.calls.values()}
        call = next(each for each in later if calls[each.number].planned_platform == platform)
        self.day.report(call.number, track=track)
        return {"number": call.number}

    def act_alone(self) -> dict[str, str]:
        """The hub is gone."""
        self.view.state = AgentState.ALONE
        return {}

    def act_lost(self) -> dict[str, str]:
        """Nothing has come from the dispatching system for an hour."""
        self.view.grade = FeedGrade.LOST
        self.day.now = Instant(self.day.now - 3600)
        return {}

    def act_resize(self, width: int, height: int) -> dict[str, str]:
        """Every board gets this size."""
        configuration = self.day.configuration
        boards = tuple(replace(board, width=width, height=height) for board in configuration.boards)
        self.view.configuration = replace(configuration, boards=boards)
        return {}

    def act_own_size(self) -> dict[str, str]:
        """Every board gets its own size again."""
        self.view.configuration = self.day.configuration
        return {}

    def act_size(self, board: str) -> dict[str, int]:
        """How large a board is."""
        found = next(each for each in self.day.configuration.boards if each.id == board)
        return {"width": found.width, "height": found.height}

    def act_write(self, words: str, name: str = "1", whole: bool = False, priority: int = 20) -> dict[str, str]:
        """A person writes on the first two boards."""
        start, end = self.day.now, Instant(self.day.now + 600)
        task = text_task(name, words, boards=("hall-1", "quick"), start=start, end=end, hard_end=end)
        self.written[task.id] = replace(task, whole=whole, priority=priority)
        return {"task": task.id}

    def act_unwrite(self) -> dict[str, str]:
        """What people wrote is over."""
        self.written = {}
        return {}

    def act_command(self, action: str, board: str, percent: str = "") -> dict[str, str]:
        """The hub commands something of a board."""
        name = f"command-{len(self.results)}"
        parameters = (Parameter(name="percent", value=percent),) if percent else ()
        command = Command(
            id=name, action=action, by="li", expires=stamp_of(2e9), devices=(board,), parameters=parameters
        )
        said = self.results.setdefault(name, [])
        maybeDeferred(self.commands.command, command).addCallback(
            lambda result: said.extend((result.state, result.detail))
        )
        return {"command": name}

    def act_told(self, board: str) -> dict[str, object]:
        """What the hub has been told of a board."""
        readback = self.desk.readbacks.get(board)
        return {
            "condition": self.desk.condition(board),
            "alarm": self.desk.words(board),
            "rows": None if readback is None else [[row.task, row.revision, row.page] for row in readback.rows],
            "blank": readback is not None and readback.blank,
            "capacity": None if readback is None else readback.capacity,
            "health": self.screens.health(),
            "results": self.results,
        }

    def act_empty(self) -> dict[str, str]:
        """No train any more."""
        self.day.state = replace(self.day.state, tasks=type(self.day.state.tasks)())
        return {}


def _also_quick(task: Task) -> Task:
    return replace(task, targets=(*task.targets, "quick")) if "hall-1" in task.targets else task


if __name__ == "__main__":
    Server(int(sys.argv[1]), Path(sys.argv[2]), time.fromisoformat(sys.argv[3]), boot=f"{machine_time.time_ns():x}")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    reactor.run()
