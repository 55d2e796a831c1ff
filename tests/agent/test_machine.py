"""Whether a subsystem has its hub: the whole table, and the watch on heartbeats."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from stationmaster_agent.machine import INPUTS, TABLE, AgentState, Watch, make_machine

WAY_TO = {
    AgentState.RESYNCING: [],
    AgentState.ONLINE: ["whole"],
    AgentState.SUSPECT: ["whole", "missed"],
    AgentState.ALONE: ["silent"],
}


def test_table_is_complete():
    """Every state says what follows on every input."""
    assert set(TABLE) == set(AgentState)
    for row in TABLE.values():
        assert set(row) == set(INPUTS)


@pytest.mark.parametrize("state", list(AgentState))
@pytest.mark.parametrize("name", INPUTS)
def test_every_input_in_every_state(state, name):
    """The machine does what the table says, and tells of each change of state once."""
    entered: list[AgentState] = []
    machine = make_machine(entered.append)
    for step in WAY_TO[state]:
        getattr(machine, step)()
    assert (entered or [AgentState.RESYNCING])[-1] is state
    entered.clear()
    getattr(machine, name)()
    target = TABLE[state][name]
    assert entered == ([] if target is state else [target])


def test_alone_leads_back_only_through_resyncing():
    """A subsystem that was alone is online only after it has been brought up to its hub."""
    assert {name for name, target in TABLE[AgentState.ALONE].items() if target is not AgentState.ALONE} == {"opened"}
    assert TABLE[AgentState.ALONE]["opened"] is AgentState.RESYNCING


def watched(reactor: Clock) -> tuple[Watch, list[tuple[float, str]]]:
    said: list[tuple[float, str]] = []
    watch = Watch(
        reactor,
        interval=5,
        suspect_after=1,
        alone_after=3,
        missed=lambda: said.append((reactor.seconds(), "missed")),
        silent=lambda: said.append((reactor.seconds(), "silent")),
    )
    watch.heard()
    return watch, said


def test_missed_then_silent():
    """One missed heartbeat and three are told once each, a second after their time."""
    reactor = Clock()
    _, said = watched(reactor)
    reactor.pump([0.5] * 80)
    assert said == [(6, "missed"), (16, "silent")]


def test_heard_puts_off():
    """Each sign of life begins the count anew."""
    reactor = Clock()
    watch, said = watched(reactor)
    for _ in range(10):
        reactor.advance(5.5)
        watch.heard()
    assert said == []
    reactor.advance(7)
    watch.heard()
    reactor.advance(20)
    # Twisted's Clock calls at the end of each leap: 55 + 7, then 62 + 20.
    assert said == [(62, "missed"), (82, "missed"), (82, "silent")]


def test_the_hub_says_its_interval():
    """The interval that a hub announces holds from then on; a short one has a short grace."""
    reactor = Clock()
    watch, said = watched(reactor)
    watch.interval = 0.5
    watch.heard()
    reactor.pump([0.05] * 60)
    assert [(round(seconds, 2), name) for seconds, name in said] == [(0.75, "missed"), (1.75, "silent")]


def test_stopped_watch_says_nothing():
    """A watch that was stopped leaves nothing behind in the reactor."""
    reactor = Clock()
    watch, said = watched(reactor)
    watch.stop()
    assert reactor.getDelayedCalls() == []
    reactor.advance(60)
    assert said == []


def test_what_came_while_we_were_busy_is_read_first():
    """After a minute in which the process did not listen, a heartbeat that lies in the socket still counts."""

    class Turning(Clock):
        """A reactor whose next turn is a moment away, so that the socket can be read before it."""

        def callLater(self, when, what, *args, **kw):  # noqa: N802 - Twisted's name
            return super().callLater(when or 0.001, what, *args, **kw)

    reactor = Turning()
    watch, said = watched(reactor)
    reactor.advance(60)
    watch.heard()
    reactor.advance(1)
    assert said == []
    reactor.pump([0.01] * 510)
    assert [name for _, name in said] == ["missed"]
