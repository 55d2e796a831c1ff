"""A journal in a database, made input by input without a pipeline, and a morning to be put into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from hub.making import EVERYTHING, START, begin, tick
from stationmaster.hub.batch import Kernel, prepare
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.storage.store import Store
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Feed, Input, Presence, TaskResult, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskKind, TaskState
from support.small_station import at, record

CHECK_IN = "TST/2026-03-01/G1/1/say-check-in/1"
"""The task that says in zone waiting-A, at 08:05, that check-in is open; with the feed's delay at 08:20."""

BACKWARDS = Tick(id="tick/backwards", at=Instant(START - 60 * MINUTE))
"""A tick that the kernel refuses once it has ticked."""


class Journal:
    """A store that is open, with the state that its journal leads to."""

    def __init__(self, url: URL, epoch: str, kernel: Kernel) -> None:
        self.store = Store(url, lambda: epoch)
        self.loaded = self.store.open(EVERYTHING, EVERYTHING)
        self.state = self.loaded.state or State.empty(START)
        self.position = self.loaded.position
        self._kernel = kernel

    def put(self, *inputs: Input) -> None:
        """Commit inputs as one batch."""
        batch = prepare(self.state, self.position, inputs, (), self._kernel)
        if batch.entries:
            self.store.commit(batch)
        self.state, self.position = batch.state, batch.head


@contextmanager
def journal(url: URL, *inputs: Input, epoch: str = "epoch-1", kernel: Kernel = step) -> Iterator[Journal]:
    """A journal with these inputs, a few in each batch."""
    made = Journal(url, epoch, kernel)
    try:
        for first in range(0, len(inputs), 20):
            made.put(*inputs[first : first + 20])
        yield made
    finally:
        made.store.close()


def write(url: URL, *inputs: Input, epoch: str = "epoch-1", kernel: Kernel = step) -> State:
    """Write a journal, or go on with one; the state that it leads to."""
    with journal(url, *inputs, epoch=epoch, kernel=kernel) as made:
        return made.state


@contextmanager
def archive(url: URL) -> Iterator[DatabaseArchive]:
    """The journal to be read."""
    made = DatabaseArchive(url)
    try:
        yield made
    finally:
        made.close()


def run_sql(url: URL, *statements: str) -> None:
    """Do something to the database behind the store's back."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def said(moment: str, state: TaskState, detail: str = "", *, told: str = "", zone: str = "waiting-A") -> TaskResult:
    """The executor's word of the check-in announcement; taken at `told`, if that was later."""
    result = Result(target=zone, state=state, at=at(moment), detail=detail)
    return TaskResult(id=f"result/{moment}/{state}", at=at(told or moment), task=CHECK_IN, result=result)


def morning(late: str = "08:35") -> list[Input]:
    """From 06:00 to 09:30: a train that is late, an announcement that is made, and a tick that is refused."""
    inputs: list[Input] = [
        *begin(),
        Presence(id="presence/1", at=START, kind=TaskKind.ANNOUNCEMENT, present=True),
    ]
    others: list[Input] = [
        Feed(id="feed/1", at=at("07:30:20"), records=(record(expected_departure=at(late)),)),
        said("08:20:02", TaskState.BEGUN),
        said("08:20:40", TaskState.DONE),
        Feed(
            id="feed/2",
            at=at("08:30:10"),
            records=(record(expected_departure=at(late), actual_arrival=at("08:30")),),
        ),
        Feed(
            id="feed/3",
            at=at("08:36:40"),
            records=(record(expected_departure=at(late), actual_arrival=at("08:30"), actual_departure=at("08:36")),),
        ),
    ]
    inputs += sorted((*(tick(minutes) for minutes in range(211)), *others), key=lambda given: given.at)
    inputs.insert(100, BACKWARDS)
    return inputs
