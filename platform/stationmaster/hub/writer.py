"""The writer: the one thread that works inputs through the kernel and waits for the database.

The reactor hands over one batch at a time and goes on. What the writer is given and what it gives back are frozen
values, so the two threads share nothing that changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from stationmaster.hub.batch import Batch, Kernel, prepare
from stationmaster.hub.freed import give_back
from stationmaster.hub.storage.store import Displaced, Repeated, Store, StoreDown
from stationmaster_kernel.inputs import Input
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_protocol.messages import Position
from stationmaster_service.interfaces import ThreadReactor

__all__ = ["InThread", "NewBeginning", "Work", "Writer", "WriterThread"]

T = TypeVar("T")

LARGE = 4_000_000
"""Characters of changes with which a batch is a large one: a whole day's plan, nothing that happens in a day."""


class InThread(Protocol):
    """Runs a function elsewhere, one after the other, and tells how it went."""

    def __call__(self, function: Callable[[], T], /) -> Deferred[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A batch that is on disk, and the machine seconds that the kernel and the commit took."""

    batch: Batch
    kernel_s: float
    commit_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBeginning:
    """The database was displaced, which `why` tells; the state is in it now, at `position`, and the inputs are not."""

    position: Position
    why: str


class Writer:
    """Makes batches and commits them. A batch whose outcome is not known is settled before anything else is done.

    Args:
        store: where batches go.
        seconds: machine time.
        kernel: the kernel's step.

    """

    def __init__(self, store: Store, seconds: Callable[[], float], kernel: Kernel = step) -> None:
        self._store = store
        self._seconds = seconds
        self._kernel = kernel
        self._unsettled: Batch | None = None
        self._much_freed = True
        """Whether memory has been let go of that should be given back; the store's state was read back at first."""

    def work(self, state: State, base: Position, inputs: Sequence[Input]) -> Work | NewBeginning:
        """Work through `inputs` and commit. After `StoreDown` it is to be called again with the same arguments.

        Raises:
            StoreDown: the database cannot be used now.
            Fenced: another hub has the database.

        """
        try:
            return self._work(state, base, inputs)
        except Displaced as displaced:
            position = self._store.begin_again(state)
            self._unsettled = None  # wherever it was written, that is not what we go on with
            return NewBeginning(position=position, why=str(displaced))

    def _work(self, state: State, base: Position, inputs: Sequence[Input]) -> Work:
        began = self._seconds()
        if self._much_freed:
            self._much_freed = False
            give_back()  # now: nobody holds the texts of the batch before any more
        batch = self._unsettled
        if batch is None:
            batch = prepare(state, base, inputs, (), self._kernel)
        elif self._store.committed(batch):
            self._unsettled = None
            return Work(batch=batch, kernel_s=0.0, commit_s=self._seconds() - began)
        made = self._seconds()
        try:
            self._commit(batch)
        except Repeated:
            self._unsettled = None
            known = self._store.known(item.id for item in inputs)
            if not known:
                raise StoreDown("it refuses inputs that it does not have") from None
            batch = prepare(state, base, inputs, known, self._kernel)
            self._commit(batch)
        return Work(batch=batch, kernel_s=made - began, commit_s=self._seconds() - made)

    def _commit(self, batch: Batch) -> None:
        if batch.entries:
            self._unsettled = batch
            self._store.commit(batch)
            self._unsettled = None
            self._much_freed = sum(len(entry.changes_text) for entry in batch.entries) > LARGE


class WriterThread(Service):
    """One thread, alive while the service runs."""

    def __init__(self, reactor: ThreadReactor, name: str = "writer") -> None:
        self._reactor = reactor
        self._pool = ThreadPool(minthreads=1, maxthreads=1, name=name)

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._pool.start()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        """Wait for what is being written."""
        Service.stopService(self)
        self._pool.stop()

    def __call__(self, function: Callable[[], T], /) -> Deferred[T]:
        done: Deferred[T] = deferToThreadPool(cast("Any", self._reactor), self._pool, function)
        return done
