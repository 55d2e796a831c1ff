"""The hub as the open protocol's server sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL

from hub.making import MadeHub, begin, made_hub, tick, watching_of
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.open_protocol.presence import ExecutorBook
from stationmaster.hub.open_protocol.side import ProtocolSide
from stationmaster.hub.settings import Subsystem
from stationmaster_base.clock import MachineClock
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import FeedGrade, TaskKind, TaskState
from stationmaster_protocol.hub_side import Entry, HubSide, Peer
from stationmaster_protocol.messages import Hello
from support.doors import MadeDoor
from support.hub_side_contract import answered, refusal
from support.small_station import at

NOW = at("07:56")


@pytest.fixture
def hub(database: URL) -> Iterator[MadeHub]:
    with made_hub(database) as made:
        made.open().put(*begin())
        yield made


def side_of(hub: MadeHub) -> ProtocolSide:
    clock = MachineClock(lambda: float(NOW))
    feed = FeedIntake(hub.pipeline, clock, "boot")
    feed.loaded()
    executors = ExecutorBook(hub.pipeline, clock, "boot")
    executors.loaded()
    return ProtocolSide(
        pipeline=hub.pipeline,
        feed=feed,
        executors=executors,
        door=MadeDoor(
            hub.store,
            hub.thread,
            configured=(Subsystem(identity="guidance", token="密码"), Subsystem(identity="empty", token="")),
        ).door,
        clock=clock,
        watching=watching_of(hub, clock, feed),
    )


def test_it_is_a_hub_side(hub: MadeHub) -> None:
    """It has what the server asks for: position, public resources, entries, feed and time."""
    side: HubSide = side_of(hub)
    assert side.position() == hub.pipeline.position
    kinds = {resource.kind for resource in side.resources()}
    assert kinds >= {"station", "place", "call", "task", "rule"}
    assert not kinds & {"kernel", "feed"}
    entries: list[list[Entry] | None] = []
    side.entries_after(1).addCallback(entries.append)
    side.entries_after(99).addCallback(entries.append)
    first, none = entries
    assert none is None
    assert first is not None
    assert [(entry.sequence, entry.hash) for entry in first] == [
        (each.stored.sequence, each.stored.hash) for each in hub.published[1:]
    ]
    assert side.feed() == (FeedGrade.FRESH, NOW)
    assert side.station_time() == NOW


def test_who_may_connect(hub: MadeHub) -> None:
    """Only a known identity with exactly its token."""
    side = side_of(hub)
    peer = Peer(address="127.0.0.1")
    assert answered(side.authenticate(Hello(identity="guidance", token="密码"), peer)).identity == "guidance"
    for identity, token in (("guidance", "密"), ("guidance", ""), ("stranger", "密码")):
        assert refusal(side.authenticate(Hello(identity=identity, token=token), peer)) == "not-authenticated"


def test_results_are_committed_as_of_now(hub: MadeHub) -> None:
    """Results fire when all are committed; the hub's time counts, whatever the client says that it is."""
    hub.put(tick(116))
    side = side_of(hub)
    task = next(task for task in hub.pipeline.state.tasks.values() if task.rule == "say-check-in")
    results = [
        TaskResult(
            id=f"result/{state}",
            at=at("23:00"),
            task=task.id,
            result=Result(target=task.targets[0], state=state, at=at("07:56"), base=task.base),
        )
        for state in (TaskState.BEGUN, TaskState.DONE)
    ]
    done: list[None] = []
    hub.thread.at_once = False
    side.results("broadcast", results).addCallback(done.append)
    side.results("broadcast", []).addCallback(done.append)
    assert done == [None]
    hub.thread.run()
    assert done == [None, None]
    assert hub.pipeline.state.tasks[task.id].state is TaskState.DONE
    assert hub.pipeline.state.facts.now == NOW
    side.results("broadcast", results).addCallback(done.append)
    before = hub.pipeline.position
    hub.thread.run()
    assert (done, hub.pipeline.position) == ([None, None, None], before)


def test_presence_reaches_the_kernel(hub: MadeHub) -> None:
    """An executor that comes is present in the state."""
    side_of(hub).presence("broadcast", frozenset({TaskKind.ANNOUNCEMENT}), present=True)
    assert hub.pipeline.state.facts.present == (TaskKind.ANNOUNCEMENT,)
