"""The parent's end of the speaking process: starts it, gives it one job at a time, and ends it when it hangs.

It knows nothing of languages or sound: jobs go in, answers come out, within a time limit or not at all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_service.interfaces import DelayedCall, Reactor

__all__ = ["Job", "SpeechProcess", "child_command"]

_LOG = get_logger("speech")

START_LIMIT = 20.0
"""Machine seconds that a child may take until it is ready."""

RESTART_WAITS = (0.0, 1.0, 5.0, 30.0)
"""Machine seconds before the next start, by how many starts in a row have failed; the last one from then on."""

LONGEST_ANSWER = 1 << 20
"""Bytes of one answer; more is nonsense."""

Job = Mapping[str, str | int]


def child_command(parent: int) -> list[str]:
    """How the shipped child is started.

    `-P` keeps the script's folder, whose modules have names like the standard library's, off the child's path.
    """
    return [sys.executable, "-P", str(Path(__file__).with_name("speech_child.py")), str(parent)]


class SpeechProcess:
    """One child after another, as they die.

    Args:
        reactor: starts processes and measures time limits.
        command: the child's command line.
        environment: the child's environment.
        ready: called with the ids of its voices each time a child is ready; returns what is wrong with them.

    """

    def __init__(
        self,
        reactor: Reactor,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        ready: Callable[[Sequence[str]], str],
    ) -> None:
        self.problem = "the speech engine has not been started"
        self.starts = 0
        self._reactor = reactor
        self._command = list(command)
        self._environment = dict(environment)
        self._check_voices = ready
        self._child: _Child | None = None
        self._ready = False
        self._failed_starts = 0
        self._job: Deferred[None] | None = None
        self._job_number = 0
        self._waiting_job: tuple[Job, float] | None = None
        self._limit: DelayedCall | None = None
        self._restart: DelayedCall | None = None
        self._stopping: Deferred[None] | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """The child's, if there is one."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Start the first child."""
        self._stopped = False
        self._spawn()

    def run(self, job: Job, limit: float) -> Deferred[None]:
        """Have the child do `job` within `limit` machine seconds; waits for a child that is starting.

        Fails with a StationError: `speech-failed` (the child says why), `speech-hung` (it was killed), `speech-died`,
        `speech-down` (it does not start).
        """
        if self._job is not None:
            raise RuntimeError("one job at a time")
        done: Deferred[None] = Deferred()
        self._job = done
        if self._ready:
            self._send(job, limit)
        elif self._child is not None:
            self._waiting_job = (job, limit)
        else:
            self._end_job(StationError("speech-down", f"The speech engine is down: {self.problem}."))
        return done

    def stop(self) -> Deferred[None]:
        """End the child; fires when it is gone."""
        self._stopped = True
        self._cancel_timers()
        self._end_job(StationError("speech-down", "The speech engine is being stopped."))
        if self._child is None:
            return succeed(None)
        if self._stopping is None:
            self._stopping = Deferred()
            self._child.kill()
        return self._stopping

    def _spawn(self) -> None:
        self._restart = None
        self._ready = False
        self.problem = "the speech engine is starting"
        self.starts += 1
        child = _Child(self._answered, self._died)
        self._child = child
        self._limit = self._reactor.callLater(START_LIMIT, self._hung)
        try:
            self._reactor.spawnProcess(
                child, self._command[0], self._command, env=self._environment, childFDs={0: "w", 1: "r", 2: "r"}
            )
        except OSError as error:
            self._died(child, f"cannot be started: {error}")

    def _send(self, job: Job, limit: float) -> None:
        if self._child is None:
            raise RuntimeError("no child to send to")
        self._job_number += 1
        self._limit = self._reactor.callLater(limit, self._hung)
        self._child.send({"id": self._job_number, **job})

    def _answered(self, child: _Child, body: dict[str, Any]) -> None:
        if child is not self._child:
            return
        if body.get("ready"):
            self._cancel_limit()
            self._now_ready([str(voice) for voice in body.get("voices", [])])
        elif body.get("id") == self._job_number and self._job is not None:
            self._cancel_limit()
            problem = "" if body.get("ok") else str(body.get("problem") or "no reason given")
            self._end_job(StationError("speech-failed", f"The speech engine says: {problem}.") if problem else None)

    def _now_ready(self, voices: list[str]) -> None:
        wrong = self._check_voices(voices)
        if wrong:
            self._failed_starts += 1
            self._give_up_child(wrong)
            return
        self._ready = True
        self.problem = ""
        if self._waiting_job is not None:
            (job, limit), self._waiting_job = self._waiting_job, None
            self._send(job, limit)

    def _hung(self) -> None:
        self._limit = None
        what = "did not finish in time" if self._ready else "did not start in time"
        if not self._ready:
            self._failed_starts += 1
        _LOG.warning("speech-engine-hung", child=self.pid, what=what, todo="it is killed and started again by itself")
        self._give_up_child(f"the speech engine {what} and was killed", code="speech-hung")

    def _give_up_child(self, problem: str, code: str = "speech-down") -> None:
        """Kill the child and let go of it at once: a process in the kernel's hands may die late."""
        child, self._child = self._child, None
        self._ready = False
        self.problem = problem
        self._waiting_job = None
        if child is not None:
            child.kill()
        self._plan_restart()
        self._end_job(StationError(code, f"No sound: {problem}."))

    def _died(self, child: _Child, how: str) -> None:
        if child is not self._child:
            return
        self._child = None
        self._cancel_limit()
        if self._stopping is not None:
            self._stopping.callback(None)
            self._stopping = None
        if self._stopped:
            return
        if not self._ready:
            self._failed_starts += 1
        self._ready = False
        self._waiting_job = None
        self.problem = f"the speech engine's process {how}"
        _LOG.warning(
            "speech-engine-died", how=how, said=child.last_words, todo="it is started again; mend what it complains of"
        )
        self._plan_restart()
        self._end_job(StationError("speech-died", f"No sound: {self.problem}."))

    def _plan_restart(self) -> None:
        if self._stopped or self._restart is not None:
            return
        wait = RESTART_WAITS[min(self._failed_starts, len(RESTART_WAITS) - 1)]
        if wait:
            self._restart = self._reactor.callLater(wait, self._spawn)
        else:
            self._spawn()

    def _end_job(self, error: StationError | None) -> None:
        job, self._job = self._job, None
        if job is None:
            return
        if error is None:
            self._failed_starts = 0
            job.callback(None)
        else:
            job.errback(Failure(error))

    def _cancel_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _cancel_timers(self) -> None:
        self._cancel_limit()
        if self._restart is not None:
            self._restart.cancel()
            self._restart = None


class _Child(ProcessProtocol):
    """The pipes of one child."""

    transport: Any  # Twisted declares it as a zope interface without a pid

    def __init__(self, answered: Callable[[_Child, dict[str, Any]], None], died: Callable[[_Child, str], None]) -> None:
        self._answered = answered
        self._died = died
        self._buffer = b""
        self._said = b""
        self._killed = False
        self.pid: int | None = None

    @property
    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        return self._said.decode("utf-8", "replace").strip()[-500:]

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self.pid = self.transport.pid
        if self._killed:
            self.kill()

    def send(self, job: Job) -> None:
        """One line to the child."""
        self.transport.write(json.dumps(job, ensure_ascii=False).encode() + b"\n")

    def kill(self) -> None:
        """End it, whatever state it is in."""
        self._killed = True
        if self.transport is not None:
            try:
                self.transport.signalProcess("KILL")
            except ProcessExitedAlready:
                _LOG.debug("speech-engine-gone-already", child=self.pid)

    def outReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            try:
                body = json.loads(line)
            except ValueError:
                body = None
            if isinstance(body, dict):
                self._answered(self, body)
            else:
                _LOG.warning(
                    "speech-answer-strange", line=line[:200].decode("utf-8", "replace"), todo="none; passed over"
                )
        if len(self._buffer) > LONGEST_ANSWER:
            self.kill()

    def errReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._said = (self._said + data)[-2000:]

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        self._died(self, f"ended: {reason.getErrorMessage()}")
