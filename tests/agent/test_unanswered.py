"""A network in which what is lost is lost without a word: how soon a hub is found that can be reached again."""

from __future__ import annotations

from itertools import pairwise

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError

from agent.making import announcement, resource
from agent.world import Network, World

PROMISED_S = 2.0
"""Machine seconds after its return in which a hub is agreed with."""


class Silent(Network):
    """While it is `dark`, nobody answers: a connection is neither made nor refused."""

    def __init__(self, *hosts: str) -> None:
        super().__init__(*hosts)
        self.dark = False
        self.tries: list[float] = []
        self.now = lambda: 0.0

    def connect(self, hub, make):
        self.tries.append(self.now())
        if self.dark:
            return Deferred(lambda attempt: attempt.errback(ConnectError()))
        return super().connect(hub, make)


def begun(folder, *hosts: str) -> tuple[World, Silent]:
    network = Silent(*hosts)
    for hub in network.hubs.values():
        hub.put(resource(announcement()))
    world = World(folder, hub=network, hubs=hosts)
    network.now = world.reactor.seconds
    world.start()
    return world, network


@pytest.mark.parametrize("hosts", [("a",), ("a", "b"), ("a", "b", "c")])
def test_a_hub_is_tried_at_least_every_two_seconds(tmp_path, hosts):
    """However long nobody has answered, and however many hubs there are, each is asked often enough."""
    world, network = begun(tmp_path, *hosts)
    network.dark = True
    network[hosts[0]].cut()
    network.tries.clear()
    world.machine(60, step=0.05)
    rounds = network.tries[:: len(hosts)]
    gaps = [later - earlier for earlier, later in pairwise(rounds)]
    assert len(gaps) > 30
    assert max(gaps) <= PROMISED_S
    world.stop()


@pytest.mark.parametrize("dark_s", [4.0, 7.3, 11.9, 17.05, 23.4, 31.7])
def test_agreed_within_two_seconds_of_the_return(tmp_path, dark_s):
    """Whenever the network is whole again, the hub is found and the replica proved in the time that is promised."""
    world, network = begun(tmp_path, "a")
    network.dark = True
    network["a"].cut()
    world.machine(dark_s, step=0.05)
    network.dark = False
    back = world.reactor.seconds()
    while world.state != "online":
        world.machine(0.05, step=0.05)
        assert world.reactor.seconds() - back <= PROMISED_S
    world.stop()


def test_after_a_session_there_is_a_pause(tmp_path):
    """However long the session was: a hub that starts anew is not asked by everybody in the same instant."""
    world, network = begun(tmp_path, "a")
    world.machine(120, beats=True, step=1)
    network.tries.clear()
    lost = world.reactor.seconds()
    network["a"].cut()
    world.machine(2, step=0.01)
    assert 0.15 <= network.tries[0] - lost <= 0.3
    world.stop()
