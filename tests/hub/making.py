"""A pipeline whose writer's thread is run by hand, on a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.batch import Kernel
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.metrics import HubMetrics
from stationmaster.hub.pipeline import Committed, Pipeline
from stationmaster.hub.storage.database import LOCK_WAIT_S
from stationmaster.hub.storage.store import Loaded, Probe, Store, Stored
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster.hub.subsystems.watching import Watching
from stationmaster.hub.view import HubView
from stationmaster.hub.writer import Writer
from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import Configure, GradeFeed, Input, Plan, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.messages import Position
from stationmaster_service.timer import StationTimer
from support.small_station import DAY, STATION, at, planned

T = TypeVar("T")

START = at("06:00")
EVERYTHING = 10**9


class HandThread:
    """A thread that does what it is given when it is told to, or at once."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.at_once = at_once
        self.waiting: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def __call__(self, function: Callable[[], T], /) -> Deferred[T]:
        done: Deferred[T] = Deferred()
        self.waiting.append((function, done))
        if self.at_once:
            self.run()
        return done

    def run(self) -> None:
        """Do everything that waits."""
        while self.waiting:
            self.run_one()

    def run_one(self) -> None:
        """Do the first thing that waits."""
        function, done = self.waiting.pop(0)
        try:
            result = function()
        except Exception:
            done.errback()
        else:
            done.callback(result)


@dataclass
class HandPipeline:
    """Commits what was put in when it is told to."""

    state: State
    waiting: list[tuple[Input, Deferred[None]]] = field(default_factory=list)
    ever: list[Input] = field(default_factory=list)

    def put(self, given: Input, /) -> Deferred[None]:
        done: Deferred[None] = Deferred()
        self.waiting.append((given, done))
        self.ever.append(given)
        return done

    def commit(self) -> None:
        waiting, self.waiting = self.waiting, []
        for given, _ in waiting:
            self.state, _ = step(self.state, given)
        for _, done in waiting:
            done.callback(None)


class MadeHub:
    """A pipeline, with everything that it told."""

    def __init__(
        self,
        url: URL,
        *,
        store: type[Store] = Store,
        probe: Probe = lambda _: None,
        kernel: Kernel = step,
        epochs: Sequence[str] = ("epoch-1",),
        at_once: bool = True,
        lock_wait_s: float = LOCK_WAIT_S,
    ) -> None:
        names = iter(epochs)
        self.reactor = Clock()
        self.thread = HandThread(at_once=at_once)
        self.url = url
        self.store = store(url, lambda: next(names), probe, lock_wait_s=lock_wait_s)
        self.registry = CollectorRegistry()
        self.published: list[Committed] = []
        self.failures: list[StationError] = []
        self.pipeline = Pipeline(
            store=self.store,
            writer=Writer(self.store, self.reactor.seconds, kernel),
            in_thread=self.thread,
            reactor=self.reactor,
            state=State.empty(START),
            metrics=HubMetrics(self.registry),
            fail=self.failures.append,
            probe=probe,
        )
        self.pipeline.on_commit(self.published.extend)
        self.beginnings: list[Position] = []
        self.pipeline.on_new_beginning(lambda: self.beginnings.append(self.pipeline.position))
        self.loaded: list[Loaded] = []

    def open(self) -> MadeHub:
        """Open the store."""
        self.pipeline.open().addCallback(self.loaded.append)
        return self

    def put(self, *inputs: Input) -> list[str]:
        """Put inputs in; the list grows by the ids that are acknowledged."""
        done: list[str] = []
        for given in inputs:
            self.pipeline.put(given).addCallback(lambda _, given=given: done.append(given.id))
        return done

    def metric(self, name: str, **labels: str) -> float:
        """A figure from the hub's metrics."""
        return self.registry.get_sample_value(f"stationmaster_hub_{name}", labels) or 0.0


def watching_of(hub: MadeHub, clock: StationClock, feed: FeedIntake) -> Watching:
    """What looks at the subsystems of a hub that has no pages."""
    alarms = AlarmBook(clock.now, hub.reactor.seconds)
    return Watching(
        view=HubView(pipeline=hub.pipeline, feed=feed, subsystems=(), clock=clock, alarms=alarms),
        pipeline=hub.pipeline,
        alarms=alarms,
        settings=WatchSettings(),
        timer=StationTimer(clock, hub.reactor),
        seconds=hub.reactor.seconds,
    )


@contextmanager
def made_hub(url: URL, **arguments: Any) -> Iterator[MadeHub]:
    """A `MadeHub` whose store is let go of afterwards."""
    hub = MadeHub(url, **arguments)
    try:
        yield hub
    finally:
        hub.store.close()


@contextmanager
def opened(url: URL) -> Iterator[Loaded]:
    """What a store holds, as the next hub would find it."""
    store = Store(url, lambda: "the-next")
    try:
        yield store.open(EVERYTHING, EVERYTHING)
    finally:
        store.close()


def run_sql(url: URL, *statements: str) -> None:
    """Do something to the database behind the hub's back."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def begin() -> tuple[Input, ...]:
    """What a hub puts in first: the small station, one call, a fresh feed."""
    return (
        Configure(id="configure/1", at=START, configuration=STATION),
        Plan(id="plan/1", at=START, day=DAY, calls=(planned(),)),
        GradeFeed(id="grade/1", at=START, grade=FeedGrade.FRESH),
    )


def tick(minutes: int) -> Tick:
    """The tick so many minutes after the start."""
    moment = Instant(START + minutes * MINUTE)
    return Tick(id=f"tick/{to_iso(moment)}", at=moment)


def worked(*inputs: Input) -> State:
    """The state that the kernel makes of inputs, without any hub."""
    state = State.empty(START)
    for given in inputs:
        state, _ = step(state, given)
    return state


def contents(state: State | None) -> dict[tuple[str, str], Resource]:
    """A state's resources by kind and id: all that it is, since its indexes follow from them."""
    assert state is not None
    return {(resource.kind, resource.id): resource for resource in state.resources()}


def replayed(entries: Sequence[Stored]) -> dict[tuple[str, str], Resource]:
    """The resources that remain when entries are applied one after the other."""
    found: dict[tuple[str, str], Resource] = {}
    for entry in entries:
        for gone in entry.changes.deletes:
            found.pop(gone, None)
        for put in entry.changes.puts:
            found[put.kind, put.id] = put
    return found
