"""A hub that lives many lives on one database, and the world that sends again what was not acknowledged.

A life ends at rest, or in the middle of a commit. The database fails when it is told to: before a transaction, inside,
after it went through, when it is asked what went through, and when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy.engine import URL

from hub.making import MadeHub
from stationmaster.hub.batch import Batch
from stationmaster.hub.pipeline import LONGEST_PAUSE_S
from stationmaster.hub.storage.store import Loaded, Store, StoreDown
from stationmaster_kernel.inputs import Input

__all__ = ["COMMIT_POINTS", "Died", "DyingHub"]

COMMIT_POINTS = ("before-transaction", "inside-transaction", "after-transaction")
MOST_TRIES = 50


class Died(BaseException):
    """The process ended here. No part of the hub may catch it."""


@dataclass
class Faults:
    """What is to go wrong: how many times at each point, and at which point the process ends."""

    down: dict[str, int] = field(default_factory=dict)
    death: str = ""

    def pass_by(self, point: str) -> None:
        """Told by the store where it is."""
        if self.death == point:
            self.death = ""
            raise Died(point)
        if self.down.get(point, 0):
            self.down[point] -= 1
            raise StoreDown(f"gone at {point}")


class _FaultyStore(Store):
    """Fails where its faults say, in the way in which a database does."""

    faults: Faults

    def open(self, tail: int, tail_size: int) -> Loaded:
        self.faults.pass_by("open")
        return super().open(tail, tail_size)

    def commit(self, batch: Batch) -> None:
        super().commit(batch)
        self.faults.pass_by("after-transaction")

    def committed(self, batch: Batch) -> bool:
        self.faults.pass_by("committed")
        return super().committed(batch)


class DyingHub:
    """One database, and the hubs that have it one after the other.

    `acknowledged` are the ids of inputs in the order of their acknowledgement; `published` tells for each sequence of
    the journal its hash and its input, as whoever listened has heard it.
    """

    def __init__(self, url: URL) -> None:
        self.url = url
        self.faults = Faults()
        self.waiting: dict[str, Input] = {}
        self.acknowledged: list[str] = []
        self.published: dict[int, tuple[str, str]] = {}
        self.lives = 0
        self._epochs = count(1)
        self._hub = self._born()

    @property
    def hub(self) -> MadeHub:
        """The present one."""
        return self._hub

    def put(self, *inputs: Input) -> None:
        """Put inputs in, without any of them being worked on yet."""
        for given in inputs:
            self.waiting[given.id] = given
            self._put(given)

    def work(self) -> None:
        """Have the writer do all that waits, as far as the database lets it."""
        with self._mortal():
            self._hub.thread.run()
        self._check()

    def pause(self) -> None:
        """Let the longest pause pass, and try again."""
        with self._mortal():
            self._hub.reactor.advance(LONGEST_PAUSE_S)
            self._hub.thread.run()
        self._check()

    def die(self) -> None:
        """End this life at rest, and begin another."""
        self._hub.store.close()
        self._hub = self._born()

    def recover(self) -> None:
        """Have everything work again, until nothing waits."""
        self.faults.down.clear()
        self.faults.death = ""
        for _ in range(MOST_TRIES):
            if not self.waiting and self._hub.pipeline.idle:
                return
            self.pause()
        raise AssertionError(f"it does not recover: {self._hub.pipeline.trouble}")

    def close(self) -> None:
        """Let go of the database."""
        self._hub.store.close()

    def _born(self) -> MadeHub:
        self.lives += 1
        faults = self.faults
        store = type("Store", (_FaultyStore,), {"faults": faults})
        hub = MadeHub(
            self.url,
            store=store,
            probe=lambda point: None if point == "after-transaction" else faults.pass_by(point),
            epochs=(f"epoch-{next(self._epochs)}",),
            at_once=False,
        )
        hub.pipeline.on_commit(
            lambda committed: [
                self._publish(each.stored.sequence, each.stored.hash, each.input_id) for each in committed
            ]
        )
        hub.open()
        self._hub = hub
        for given in list(self.waiting.values()):  # whoever was not answered asks again
            self._put(given)
        return hub

    def _put(self, given: Input) -> None:
        hub = self._hub

        def done(_: object) -> None:
            if hub is self._hub:
                self.acknowledged.append(given.id)
                del self.waiting[given.id]

        hub.pipeline.put(given).addCallback(done)

    def _publish(self, sequence: int, entry_hash: str, item: str) -> None:
        known = self.published.get(sequence)
        assert known is None or known == (entry_hash, item), f"entry {sequence} was published as another"
        self.published[sequence] = (entry_hash, item)

    @contextmanager
    def _mortal(self) -> Iterator[None]:
        """The process may end within."""
        try:
            yield
        except Died:
            self.die()

    def _check(self) -> None:
        assert not self._hub.failures, self._hub.failures
        assert len(set(self.acknowledged)) == len(self.acknowledged), "an input is acknowledged twice"
