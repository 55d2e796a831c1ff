"""The supervisor: what dies is started again, and the end is the end of all."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationmaster.cli.supervisor import Program, Supervisor


class FakeProcess:
    """One process of the fake reactor; the test says when it ends."""

    def __init__(self, reactor: Processes, protocol: Any, pid: int, arguments: tuple[str, ...]) -> None:
        self.pid: int | None = pid
        self.arguments = arguments
        self.group = True
        self._reactor = reactor
        self.protocol = protocol

    def closeStdin(self) -> None:  # noqa: N802 - Twisted's name
        self._reactor.record.append(("stdin closed", self.pid))

    def end(self, *, code: int = 0, by: int | None = None) -> None:
        self.pid = None
        error = ProcessDone(0) if code == 0 and by is None else ProcessTerminated(code, by)
        self.protocol.processEnded(Failure(error))


class Processes(Clock):
    """A clock that starts fake processes and notes every signal."""

    def __init__(self) -> None:
        super().__init__()
        self.record: list[tuple[object, ...]] = []
        self.started: list[FakeProcess] = []

    def spawnProcess(self, protocol: Any, executable: str, arguments: Any, env: Any) -> FakeProcess:  # noqa: N802
        process = FakeProcess(self, protocol, 100 + len(self.started), tuple(arguments))
        self.started.append(process)
        self.record.append(("start", executable, env["LANG"]))
        protocol.makeConnection(process)
        return process

    def kill(self, group: int, number: int) -> None:
        process = next(process for process in self.started if process.pid == group)
        if not process.group:
            raise ProcessLookupError
        self.record.append((signal.Signals(number).name, group))


class Bench:
    def __init__(self, folder: Path) -> None:
        self.reactor = Processes()
        self.said: list[str] = []
        self.came_back: list[str] = []
        self.supervisor = Supervisor(
            self.reactor, {"LANG": "C.UTF-8"}, self.said.append, self.came_back.append, self.reactor.kill
        )
        self.folder = folder

    def keep(self, name: str) -> FakeProcess:
        self.supervisor.keep(Program(name=name, arguments=("/bin/x", name), log=self.folder / f"{name}.log"))
        return self.reactor.started[-1]

    def signals(self) -> list[tuple[object, ...]]:
        return [entry for entry in self.reactor.record if str(entry[0]).startswith("SIG")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.supervisor.stop()
    for process in bench.reactor.started:
        if process.pid is not None:
            process.end()


def test_a_program_is_started_with_its_words_and_without_input(bench: Bench) -> None:
    """Executable, arguments and environment are as given, and nobody types into it."""
    process = bench.keep("hub")
    assert process.arguments == ("/bin/x", "hub")
    assert bench.reactor.record == [("start", "/bin/x", "C.UTF-8"), ("stdin closed", 100)] or bench.reactor.record == [
        ("stdin closed", 100),
        ("start", "/bin/x", "C.UTF-8"),
    ]
    assert bench.supervisor.pid("hub") == 100


def test_what_dies_is_started_again_and_it_is_said(bench: Bench) -> None:
    """One second later it runs again; the person reads how it ended and its last words."""
    process = bench.keep("hub")
    process.protocol.errReceived(b"all well\nthe disk is full\n")
    process.end(code=2)
    assert bench.said == ["hub ended (exit code 2); it is started again in 1 s. Its last words: the disk is full"]
    assert bench.supervisor.pid("hub") is None
    bench.reactor.advance(1.0)
    assert bench.supervisor.pid("hub") == 101
    assert bench.came_back == ["hub"]
    assert bench.supervisor.restarts() == {"hub": 1}


def test_a_signal_is_named(bench: Bench) -> None:
    """Somebody who kills a process reads which signal it was."""
    bench.keep("hub").end(by=signal.SIGKILL)
    assert bench.said == ["hub ended (killed by SIGKILL); it is started again in 1 s."]


def test_what_keeps_dying_waits_longer_up_to_half_a_minute(bench: Bench) -> None:
    """1, 2, 4, 8, 16, 30, 30 seconds."""
    bench.keep("hub")
    waits = []
    for _ in range(7):
        bench.reactor.started[-1].end(code=1)
        before = bench.reactor.seconds()
        bench.reactor.pump([0.5] * 60)
        assert bench.supervisor.pid("hub") is not None
        waits.append(bench.said[-1].rsplit("in ", 1)[1])
        assert bench.reactor.seconds() - before == 30.0
    assert waits == ["1 s.", "2 s.", "4 s.", "8 s.", "16 s.", "30 s.", "30 s."]


def test_what_stayed_up_begins_with_a_short_wait_again(bench: Bench) -> None:
    """A minute of life forgives the deaths before."""
    bench.keep("hub").end(code=1)
    bench.reactor.advance(1.0)
    bench.reactor.started[-1].end(code=1)
    bench.reactor.advance(2.0)
    bench.reactor.advance(60.0)
    bench.reactor.started[-1].end(code=1)
    assert bench.said[-1].endswith("in 1 s.")


def test_the_others_do_not_notice(bench: Bench) -> None:
    """One program's death touches no other."""
    bench.keep("hub").end(code=1)
    bench.keep("query")
    bench.reactor.advance(1.0)
    assert bench.supervisor.restarts() == {"hub": 1, "query": 0}
    assert bench.signals() == []


def test_output_goes_to_the_log(bench: Bench) -> None:
    """Both outputs are kept in the program's own file."""
    process = bench.keep("hub")
    process.protocol.outReceived(b"out\n")
    process.protocol.errReceived(b"err\n")
    assert (bench.folder / "hub.log").read_bytes() == b"out\nerr\n"


def test_the_end_is_asked_for_and_waited_for(bench: Bench) -> None:
    """SIGTERM to each; it has stopped when the last one has, and nothing is started again."""
    first, second = bench.keep("hub"), bench.keep("query")
    ended: list[str] = []
    bench.supervisor.stop().addCallback(lambda _: ended.append("ended"))
    assert bench.signals() == [("SIGTERM", 100), ("SIGTERM", 101)]
    first.end()
    assert ended == []
    second.end(code=1)
    assert ended == ["ended"]
    bench.reactor.advance(100.0)
    assert len(bench.reactor.started) == 2
    assert bench.reactor.getDelayedCalls() == []


def test_what_does_not_end_is_killed(bench: Bench) -> None:
    """Ten seconds after SIGTERM comes SIGKILL, to those that are left."""
    bench.keep("hub")
    slow = bench.keep("query")
    ended: list[str] = []
    bench.supervisor.stop().addCallback(lambda _: ended.append("ended"))
    bench.reactor.started[0].end()
    bench.reactor.advance(10.0)
    assert bench.signals()[2:] == [("SIGKILL", 101)]
    slow.end(by=signal.SIGKILL)
    assert ended == ["ended"]


def test_impatience_kills_at_once(bench: Bench) -> None:
    """A second Ctrl-C need not wait ten seconds."""
    process = bench.keep("hub")
    bench.supervisor.stop()
    bench.supervisor.stop_now()
    assert bench.signals() == [("SIGTERM", 100), ("SIGKILL", 100)]
    process.end(by=signal.SIGKILL)
    assert bench.reactor.getDelayedCalls() == []


def test_what_waits_to_be_started_again_is_not(bench: Bench) -> None:
    """An end during the wait before a restart is an end, at once."""
    bench.keep("hub").end(code=1)
    ended: list[str] = []
    bench.supervisor.stop().addCallback(lambda _: ended.append("ended"))
    assert ended == ["ended"]
    bench.reactor.advance(100.0)
    assert len(bench.reactor.started) == 1


def test_stopping_twice_is_stopping_once(bench: Bench) -> None:
    """Whoever asks is told, and nobody gets SIGTERM twice."""
    process = bench.keep("hub")
    ended: list[str] = []
    for _ in range(2):
        bench.supervisor.stop().addCallback(lambda _: ended.append("ended"))
    process.end()
    assert ended == ["ended", "ended"]
    assert bench.signals() == [("SIGTERM", 100)]
