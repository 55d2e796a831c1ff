"""`stationmaster run`: the composition root of the demo."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from stationmaster.cli.demo import Demo, DemoOptions, open_demo
from stationmaster.cli.demo_people import let_people_in
from stationmaster.cli.supervisor import Program, Supervisor
from stationmaster.cli.watch import Watch, http_answer
from stationmaster.station.load import Station, load_station
from stationmaster_base.errors import StationError

__all__ = ["places_to_look", "run_demo"]

FIRST = ("simulate", "line")
"""What the others read from: they are started when these answer."""

IMPATIENT_AFTER = 1.0
"""Seconds after which another Ctrl-C means that a person does not want to wait; before, it is the same one again."""


def run_demo(options: DemoOptions) -> int:
    """Run the demo until Ctrl-C or SIGTERM; its exit code.

    Raises:
        StationError: the station, the folder or the ports cannot be used.

    """
    if not options.station.is_dir():
        raise StationError(
            "demo-station", f"There is no station in {options.station}.", "Name a station's folder with --station DIR."
        )
    station = load_station(options.station)
    facts = station.configuration.station
    demo = open_demo(
        options,
        zone=ZoneInfo(facts.zone),
        telecode=facts.telecode,
        now=time.time(),
        token=lambda: secrets.token_urlsafe(24),
    )
    try:
        return _Session(options, demo, station).run()
    finally:
        demo.hold_clock(time.time())
        demo.release()


def places_to_look(demo: Demo, station: Station) -> list[str]:
    """One line each: what there is to see, and where; only of the processes that run."""
    at = "http://127.0.0.1"
    lines = []
    if "hub" in demo.processes:
        lines.append(f"console         {at}:{demo.ports.console}/")
    if "guidance" in demo.processes:
        shown = set()
        for board in station.configuration.boards:
            if board.type not in shown:
                shown.add(board.type)
                name = dict(board.names).get("en", board.type)
                lines.append(f"board           {at}:{demo.ports.guidance}/board/{board.id}  ({name})")
    if "query" in demo.processes:
        lines.append(f"kiosk           {at}:{demo.ports.query}/")
    if "broadcast" in demo.processes:
        lines.append(f"announcements   {demo.folder / 'sounds'}  (queue: {at}:{demo.ports.broadcast}/)")
    lines.append(f"logs            {demo.folder / 'log'}")
    lines.append("to stop         Ctrl-C")
    return lines


class _Session:
    """One run of the demo, from the first process to the last."""

    def __init__(self, options: DemoOptions, demo: Demo, station: Station) -> None:
        self._options = options
        self._demo = demo
        self._station = station
        self._reactor: Any = import_module("twisted.internet.reactor")
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._supervisor = Supervisor(self._reactor, environment, _say, self._again)
        self._ending = False
        self._ending_since = 0.0
        self._watching: dict[str, Deferred[None]] = {}

    def run(self) -> int:
        self._reactor.callWhenRunning(self._start)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        self._reactor.run(installSignalHandlers=True)
        return 0

    def _start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._signalled)
        demo = self._demo
        how = "in real time" if demo.live else f"{demo.speed:g} times as fast as real"
        _say(f"{'Going on' if demo.going_on else 'Beginning'} at {demo.begins}, {how}. Starting …")
        if demo.going_on and (self._options.at or self._options.day):
            _say("(A demo that goes on keeps its time; --fresh begins anew at the time that you name.)")
        self._keep([name for name in demo.processes if name in FIRST]).addCallback(
            lambda _: self._keep([name for name in demo.processes if name not in FIRST])
        ).addCallbacks(self._ready, self._failed)

    def _keep(self, names: list[str]) -> Deferred[None]:
        demo = self._demo
        for name in names:
            command = (sys.executable, "-P", "-m", "stationmaster.cli.child", str(os.getpid()), name)
            program = Program(
                name=name,
                arguments=(*command, "--config", str(demo.configuration)),
                log=demo.folder / "log" / f"{name}.log",
            )
            self._supervisor.keep(program)
        return self._watch("start", names)

    def _watch(self, what: str, names: list[str]) -> Deferred[None]:
        """Fires when all of them answer; a second watch for the same purpose takes the place of the first."""
        demo = self._demo
        self._give_up(what)
        waiting = Watch(
            self._reactor,
            {name: f"http://127.0.0.1:{demo.ports.of(name)[0]}/healthz" for name in names if demo.ports.of(name)},
            {"line": demo.line_ends} if "line" in names else {},
            http_answer(self._reactor),
            _say,
        ).until_all_answer()
        self._watching[what] = waiting
        return waiting

    def _give_up(self, what: str) -> None:
        waiting = self._watching.pop(what, None)
        if waiting is not None:
            waiting.cancel()

    def _again(self, name: str) -> None:
        """Tell when a process that died has come back."""
        self._watch(f"again {name}", [name]).addCallbacks(
            lambda _: _say(f"{name} is back."), lambda failure: failure.trap(CancelledError)
        )

    def _ready(self, _: object) -> None:
        for line in places_to_look(self._demo, self._station):
            _say(line)
        if "hub" in self._demo.processes:
            letting: Deferred[list[str]] = deferToThread(let_people_in, self._demo.configuration, os.urandom)
            letting.addCallbacks(_say_all, self._not_let_in)

    def _not_let_in(self, failure: Failure) -> None:
        if not self._ending:
            _say(f"Nobody can log in: {failure.getErrorMessage()}")

    def _failed(self, failure: Failure) -> None:
        if not self._ending:
            _say(f"The demo cannot go on: {failure.getErrorMessage()}")
            self._reactor.stop()

    def _signalled(self, _number: int, _frame: object) -> None:
        self._reactor.callFromThread(self._end)

    def _end(self) -> None:
        if self._ending:
            if self._reactor.seconds() - self._ending_since >= IMPATIENT_AFTER:
                _say("Ending at once.")
                self._supervisor.stop_now()
            return
        self._ending = True
        self._ending_since = self._reactor.seconds()
        _say("Ending …")
        self._reactor.stop()

    def _stop(self) -> Deferred[None]:
        self._ending = True
        for what in list(self._watching):
            self._give_up(what)
        return self._supervisor.stop().addCallback(lambda _: _say("Everything has ended."))


def _say_all(lines: list[str]) -> None:
    for line in lines:
        _say(line)


def _say(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone, and then there is nobody to tell; the demo still ends in order
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
