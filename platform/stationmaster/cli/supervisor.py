"""Keeps processes running: starts them, starts again what dies, and ends them all.

Each process moves through `starting → running → waiting → starting …` until it is told to end. Waiting grows from one
second to half a minute while a process keeps dying, and begins anew once it has stayed up for a minute.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from stationmaster_base.logfile import BoundedLog
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Program", "Supervisor"]

FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
STEADY_AFTER = 60.0
END_WITHIN = 10.0
TAIL = 400


class ProcessReactor(MachineTime, Protocol):
    """A reactor that starts processes (`IReactorProcess`)."""

    def spawnProcess(  # noqa: N802 - Twisted's name
        self, protocol: Any, executable: Any, /, *args: Any, **kw: Any
    ) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to be kept running: its name, its command line, and where its output goes."""

    name: str
    arguments: tuple[str, ...]
    log: Path


class Supervisor:
    """Keeps programs running until `stop`.

    Args:
        reactor: starts processes and waits.
        environment: of every process.
        say: tells the person at the terminal one line.
        again: hears the name of a program that has been started again.
        kill: sends a signal to a process group (`os.killpg`).

    """

    def __init__(
        self,
        reactor: ProcessReactor,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        again: Callable[[str], None],
        kill: Callable[[int, int], None] = os.killpg,
    ) -> None:
        self._reactor = reactor
        self._environment = dict(environment)
        self._say = say
        self._again = again
        self._kill = kill
        self._keepers: dict[str, _Keeper] = {}
        self._stopped: Deferred[None] | None = None
        self._patience: DelayedCall | None = None

    def keep(self, program: Program) -> None:
        """Start a program and keep it running."""
        keeper = _Keeper(
            program, self._reactor, self._environment, say=self._say, again=self._again, ended=self._one_ended
        )
        self._keepers[program.name] = keeper
        keeper.start()

    def restarts(self) -> dict[str, int]:
        """How often each program had to be started again."""
        return {name: keeper.restarts for name, keeper in self._keepers.items()}

    def pid(self, name: str) -> int | None:
        """The process id of a program; None while it does not run."""
        return self._keepers[name].pid

    def stop(self) -> Deferred[None]:
        """End all: SIGTERM, and SIGKILL to what is still there after ten seconds. Fires when all have ended."""
        if self._stopped is None:
            self._stopped = Deferred()
            for keeper in self._keepers.values():
                keeper.end()
            self._signal(signal.SIGTERM)
            self._patience = self._reactor.callLater(END_WITHIN, self.stop_now)
            self._one_ended()
        stopped: Deferred[None] = Deferred()
        self._stopped.addCallback(lambda _: stopped.callback(None))
        return stopped

    def stop_now(self) -> None:
        """No more patience: SIGKILL to all that run."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for keeper in self._keepers.values():
            if keeper.pid is not None:
                try:
                    self._kill(keeper.pid, number)
                except ProcessLookupError:  # so early that it has no group of its own yet, or so late that it is gone
                    keeper.signal(number)

    def _one_ended(self) -> None:
        if self._stopped is None or self._stopped.called or any(keeper.pid for keeper in self._keepers.values()):
            return
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        for keeper in self._keepers.values():
            keeper.log.close()
        self._stopped.callback(None)


class _Keeper(ProcessProtocol):
    """One program, from start to start."""

    def __init__(
        self,
        program: Program,
        reactor: ProcessReactor,
        environment: dict[str, str],
        *,
        say: Callable[[str], None],
        again: Callable[[str], None],
        ended: Callable[[], None],
    ) -> None:
        self.program = program
        self.log = BoundedLog(program.log)
        self.pid: int | None = None
        self.restarts = 0
        self._reactor = reactor
        self._environment = environment
        self._say = say
        self._again = again
        self._ended = ended
        self._wait = FIRST_WAIT
        self._since = 0.0
        self._waiting: DelayedCall | None = None
        self._ending = False
        self._tail = b""

    def start(self) -> None:
        """Start it now."""
        self._waiting = None
        self._since = self._reactor.seconds()
        self._tail = b""
        arguments: Sequence[str] = self.program.arguments
        process = self._reactor.spawnProcess(self, arguments[0], arguments, env=self._environment)
        self.pid = process.pid
        if self.restarts:
            self._again(self.program.name)

    def end(self) -> None:
        """Do not start it again."""
        self._ending = True
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def signal(self, number: int) -> None:
        """Send a signal to the process alone; nothing if it has ended."""
        process: Any = self.transport
        if process is not None and process.pid is not None:
            os.kill(process.pid, number)

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """It has nobody to listen to."""
        process: Any = self.transport
        process.closeStdin()

    def outReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """What it says is kept."""
        self.log.write(data)

    def errReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """What it says is kept, and the end of it shown should it die."""
        self.log.write(data)
        self._tail = (self._tail + data)[-TAIL:]

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        """Start it again after a while, unless it was told to end."""
        self.pid = None
        if self._ending:
            self._ended()
            return
        if self._reactor.seconds() - self._since >= STEADY_AFTER:
            self._wait = FIRST_WAIT
        lines = self._tail.decode("utf-8", "replace").strip().splitlines()
        self._say(
            f"{self.program.name} ended ({_how(reason)}); it is started again in {self._wait:.0f} s."
            + (f" Its last words: {lines[-1]}" if lines and not reason.check(ProcessDone) else "")
        )
        self.restarts += 1
        self._waiting = self._reactor.callLater(self._wait, self.start)
        self._wait = min(LONGEST_WAIT, self._wait * 2)


def _how(reason: Failure) -> str:
    error: Any = reason.value
    if getattr(error, "signal", None):
        return f"killed by {signal.Signals(error.signal).name}"
    return f"exit code {getattr(error, 'exitCode', '?')}"
