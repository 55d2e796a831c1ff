"""The results on their way to the hub: written down first, sent in order, kept until the hub has committed them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from stationmaster_agent.store import Store
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_protocol.messages import Report
from stationmaster_protocol.scalar_codecs import cleaned

__all__ = ["Outbox"]

_LOG = get_logger("outbox")

BATCH = 100
"""Results in one report: far below what a hub takes in one message."""

LONGEST_DETAIL = 500


class Outbox:
    """The executor's ledger, on disk in the store.

    A disk that takes nothing is said loudly, and the station's work goes on from memory: an announcement that would
    be repeated after a crash does less harm than none at all.

    Args:
        store: the state file.
        names: begins the id of each result; no other process, and no other life of this one, may have the same.
        written: called after each result that has come in.

    """

    def __init__(self, store: Store, *, names: str, written: Callable[[TaskResult], None]) -> None:
        self._store = store
        self._names = names
        self._written = written
        self._waiting = store.outbox()
        self._in_flight: Report | None = None
        self._results = 0
        self._reports = 0
        self.stored = True

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[TaskResult]:
        return iter(tuple(self._waiting))

    def progress(self) -> Mapping[tuple[str, str], Result]:
        """The last result of each (task, target)."""
        return self._store.progress()

    def record(self, task: str, result: Result) -> None:
        """Put a result on disk, then in the queue."""
        self._results += 1
        given = TaskResult(
            id=f"{self._names}/{self._results}",
            at=result.at,
            task=task,
            result=replace(result, detail=cleaned(result.detail)[:LONGEST_DETAIL]),
        )
        self._attempt(lambda: self._store.record(given))
        self._waiting.append(given)
        self._written(given)

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """Remember these no longer."""
        gone = list(keys)
        self._attempt(lambda: self._store.forget(gone))

    def next_report(self) -> Report | None:
        """The next report to send; None while one is on its way, or if there is nothing to report."""
        if self._in_flight is not None or not self._waiting:
            return None
        self._reports += 1
        self._in_flight = Report(number=self._reports, results=tuple(self._waiting[:BATCH]))
        return self._in_flight

    def received(self, number: int) -> None:
        """The hub has committed this report; a number that is not on its way means nothing."""
        report = self._in_flight
        if report is None or report.number != number:
            return
        self._in_flight = None
        self._attempt(lambda: self._store.received([result.id for result in report.results]))
        del self._waiting[: len(report.results)]

    def connection_lost(self) -> None:
        """What was on its way may not have come; it is sent again, and the hub knows it by its id."""
        self._in_flight = None

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StationError as error:
            if self.stored:
                _LOG.error("state-not-stored", problem=error.message, todo=error.hint)
            self.stored = False
        else:
            self.stored = True
