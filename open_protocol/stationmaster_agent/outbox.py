"""What is on its way to the hub and may not be lost: results of tasks, and what people did at the subsystem's own page.

Each is written down first, sent in the order in which it came to be, and kept until the hub has committed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from stationmaster_agent.store import Store
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_protocol.commands import LocalAct
from stationmaster_protocol.messages import Report
from stationmaster_protocol.scalar_codecs import cleaned

__all__ = ["Outbox"]

_LOG = get_logger("outbox")

BATCH = 100
"""Results, or acts, in one report: far below what a hub takes in one message."""

BATCH_BYTES = 60_000
"""The same for acts, which may be long; in characters of the values as Python shows them."""

LONGEST_DETAIL = 500

KEPT = 20


class Outbox:
    """The executor's ledger, on disk in the store.

    A disk that takes nothing is said loudly, and the station's work goes on from memory: an announcement that would
    be repeated after a crash does less harm than none at all.

    Args:
        store: the state file.
        names: begins the id of each result and act; no other process, and no other life of this one, may have the same.
        written: called after each result that has come in.

    """

    def __init__(self, store: Store, *, names: str, written: Callable[[TaskResult], None]) -> None:
        self._store = store
        self._names = names
        self._written = written
        self._waiting = store.outbox()
        self._in_flight: tuple[TaskResult | LocalAct, ...] = ()
        self._count = 0
        self.stored = True
        self.last: tuple[TaskResult, ...] = ()
        """The newest results of this start, the newest last; a few, for the pages."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[TaskResult | LocalAct]:
        return iter(tuple(self._waiting))

    @property
    def acts(self) -> tuple[LocalAct, ...]:
        """Those acts that the hub has not committed, in their order."""
        return tuple(item for item in self._waiting if isinstance(item, LocalAct))

    def new_id(self) -> str:
        """An id that nothing else has."""
        self._count += 1
        return f"{self._names}/{self._count}"

    def progress(self) -> Mapping[tuple[str, str], Result]:
        """The last result of each (task, target)."""
        return self._store.progress()

    def record(self, task: str, result: Result) -> None:
        """Put a result on disk, then in the queue."""
        given = TaskResult(
            id=self.new_id(),
            at=result.at,
            task=task,
            result=replace(result, detail=cleaned(result.detail)[:LONGEST_DETAIL]),
        )
        self._attempt(lambda: self._store.record(given))
        self._waiting.append(given)
        self.last = (*self.last, given)[-KEPT:]
        self._written(given)

    def record_act(self, act: LocalAct) -> None:
        """Put an act on disk, then in the queue."""
        self._attempt(lambda: self._store.record_act(act))
        self._waiting.append(act)

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """Remember these no longer."""
        gone = list(keys)
        self._attempt(lambda: self._store.forget(gone))

    def next_report(self, number: int) -> Report | None:
        """The next report to send, of results or of acts; None while one is on its way, or if there is nothing."""
        if self._in_flight or not self._waiting:
            return None
        kind = type(self._waiting[0])
        some: list[TaskResult | LocalAct] = []
        size = 0
        for item in self._waiting[:BATCH]:
            size += len(repr(item)) if isinstance(item, LocalAct) else 0
            if type(item) is not kind or (some and size > BATCH_BYTES):
                break
            some.append(item)
        self._in_flight = tuple(some)
        return Report(
            number=number,
            results=tuple(item for item in some if isinstance(item, TaskResult)),
            acts=tuple(item for item in some if isinstance(item, LocalAct)),
        )

    def received(self) -> tuple[LocalAct, ...]:
        """The hub has committed the report that is on its way; gives the acts that were in it."""
        return self._drop(self._in_flight)

    def refused(self) -> tuple[LocalAct, ...]:
        """The hub refused us what is on its way. Acts are given up, and given back; results are kept.

        An act is a person's wish of one moment. To ask for it again and again until a right is granted, hours later
        perhaps, would do what nobody wants any more.
        """
        return self._drop(tuple(item for item in self._in_flight if isinstance(item, LocalAct)))

    def connection_lost(self) -> None:
        """What was on its way may not have come; it is sent again, and the hub knows it by its id."""
        self._in_flight = ()

    def _drop(self, gone: tuple[TaskResult | LocalAct, ...]) -> tuple[LocalAct, ...]:
        self._in_flight = ()
        if gone:
            self._attempt(lambda: self._store.received([item.id for item in gone]))
            del self._waiting[: len(gone)]
        return tuple(item for item in gone if isinstance(item, LocalAct))

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StationError as error:
            if self.stored:
                _LOG.error("state-not-stored", problem=error.message, todo=error.hint)
            self.stored = False
        else:
            self.stored = True
