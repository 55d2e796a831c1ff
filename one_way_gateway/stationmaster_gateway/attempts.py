"""Polls that end: whatever the database, its driver or the network does, the reader is told in time.

A server is asked to end what lasts too long, and so is the kernel. But a server process that has stopped still has its
connections open and its keepalives answered, a name server may not answer, and a driver may have no limits at all. So
each poll is made by a thread of its own, which is given up when it does not come back; the next poll then begins with
another thread and another connection. A thread that comes back after all finds that nobody waits, and ends.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from stationmaster_base.logging import get_logger
from stationmaster_gateway.database import DatabaseGone, DispatchingDatabase
from stationmaster_gateway.source import Reading

__all__ = ["POLL_TIMEOUTS", "Attempts", "Stuck"]

_LOG = get_logger("reader")

POLL_TIMEOUTS = 3
"""A poll is several statements; it may take so many times as long as one of them may."""

_MOST_STUCK = 8
"""So many threads that never come back are more than any database should cost: better to begin anew."""


class Stuck(RuntimeError):
    """Too many polls never came back; the process has to be started again."""


class _Worker:
    """One thread with one database; both are left alone once it has been given up."""

    def __init__(self, make: Callable[[], DispatchingDatabase]) -> None:
        self._database = make()
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._answers: SimpleQueue[Reading | Exception] = SimpleQueue()
        self._thread = Thread(target=self._run, name="poll", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def poll(self, limit_s: float) -> Reading | Exception | None:
        """What the next poll gives; None if it does not end in time, and then the worker must not be used again."""
        self._asked.put(True)
        try:
            return self._answers.get(timeout=limit_s)
        except Empty:
            self._asked.put(False)
            return None

    def close(self, limit_s: float) -> None:
        """Let go of the database."""
        self._asked.put(False)
        self._thread.join(limit_s)

    def _run(self) -> None:
        while self._asked.get():
            answer: Reading | Exception
            try:
                answer = self._database.poll()
            except Exception as error:
                answer = error
            self._answers.put(answer)
        self._database.close()


class Attempts:
    """Polls a database, each time for no longer than a limit.

    Args:
        make: a database that nobody has connected to yet.
        limit_s: seconds that a poll may take.

    Raises:
        StationError: what `make` raises.

    """

    def __init__(self, make: Callable[[], DispatchingDatabase], limit_s: float) -> None:
        self._make = make
        self._limit_s = limit_s
        self._worker = _Worker(make)
        self._stuck: list[_Worker] = []

    @property
    def stuck(self) -> int:
        """How many polls were given up and have not come back."""
        self._stuck = [worker for worker in self._stuck if worker.alive]
        return len(self._stuck)

    def poll(self) -> Reading:
        """Read what is new.

        Raises:
            DatabaseGone: it cannot be read, or does not answer.
            Stuck: it has not answered so often that this process should end.

        """
        answer = self._worker.poll(self._limit_s)
        if isinstance(answer, Reading):
            return answer
        if answer is not None:
            raise answer
        self._stuck.append(self._worker)
        if self.stuck > _MOST_STUCK:
            raise Stuck(f"{self.stuck} polls of the database have not come back")
        _LOG.warning(
            "poll_given_up", seconds=self._limit_s, stuck=self.stuck, do="see why the database does not answer"
        )
        self._worker = _Worker(self._make)
        raise DatabaseGone("database-gone", f"The dispatching database has not answered for {self._limit_s:g} s.")

    def close(self) -> None:
        """Let go of the database."""
        self._worker.close(self._limit_s)
