"""The agent with several hubs: which it goes to, when it returns, and how soon it finds one that is back."""

from __future__ import annotations

import itertools

import pytest

from agent.making import announcement, resource
from agent.world import Network, World
from stationmaster_protocol.messages import Bye, ByeReason, Error, HubAddress


@pytest.fixture
def network():
    network = Network("first", "second")
    for hub in network.hubs.values():
        hub.put(resource(announcement()))
    return network


@pytest.fixture
def world(tmp_path, network):
    return World(tmp_path, hub=network, hubs=("first", "second"))


def states_since(world: World) -> list[str]:
    states, world.changes[:] = list(dict.fromkeys(world.changes)), []
    return states


def test_the_first_is_preferred(world, network):
    """With both hubs there, the first is connected to and the second never tried."""
    world.start()
    world.machine(200, beats=True, step=1)
    assert network.connected == ["first"]
    assert {hub.host for hub in network.tried} == {"first"}
    assert world.agent.health().attempts == 0
    world.stop()


def test_the_second_takes_over_at_once(world, network):
    """When the first dies, the subsystem is online with the second before it would have been alone."""
    world.start()
    world.changes.clear()
    network["first"].die()
    world.machine(0.5)
    assert network.connected == ["second"]
    assert world.state == "online"
    assert "alone" not in world.changes
    assert str(world.agent.health().hub) == "second:7310"
    world.stop()


def test_returns_without_a_moment_alone(world, network):
    """After the minimum stay a second connection finds the first hub back, and only then is the second left."""
    network["first"].up = False
    world.start()
    network["first"].up = True
    world.changes.clear()
    world.machine(58, beats=True, step=1)
    assert network.connected == ["second"]
    world.machine(20, beats=True, step=1)
    assert network.connected == ["first"]
    assert world.state == "online"
    assert set(world.changes) == {"suspect", "online"} or set(world.changes) == {"online"}
    assert any(isinstance(item, Bye) for item in network["second"].heard)
    world.stop()


def test_a_preferred_hub_that_is_only_half_back_is_left_alone(world, network):
    """A hub that takes connections and says nothing is looked at every quarter of a minute, and nobody goes to it."""
    network["first"].up = False
    world.start()
    network["first"].up = True
    network["first"].welcomes = False
    world.changes.clear()
    world.machine(150, beats=True, step=1)
    assert world.state == "online"
    assert "second" in network.connected
    assert set(world.changes) <= {"online"}
    looks = [hub for hub in network.tried if hub.host == "first"]
    assert 4 <= len(looks) <= 9
    network["first"].welcomes = True
    world.machine(20, beats=True, step=1)
    assert network.connected == ["first"]
    world.stop()


def test_a_flapping_hub_is_not_followed(world, network):
    """A preferred hub that dies ten seconds after each return is returned to ever more rarely."""
    world.start()
    moves = 0
    for _ in range(360):
        if "first" in network.connected:
            moves += 1
            world.machine(10, beats=True, step=2)
            network["first"].die()
            network["first"].up = True
            network["first"].welcomes = False  # it is not there at once again
            world.machine(4, beats=True, step=2)
            network["first"].welcomes = True
        world.machine(10, beats=True, step=2)
    assert moves <= 8  # in an hour: at the start, then after 2, 4, 8, 16 and 32 minutes
    assert world.state == "online"
    world.stop()


def test_redirection_is_followed(world, network):
    """A `bye` that names other hubs brings us to them within a moment, and not back before a rest and a stay."""
    world.start()
    addresses = (HubAddress(host="second", port=7310),)
    network["first"].say(Bye(reason=ByeReason.REDIRECTED, text="maintenance", hubs=addresses))
    world.machine(0.5)
    assert network.connected == ["second"]
    assert world.state == "online"
    world.machine(55, beats=True, step=1)
    assert network.connected == ["second"]
    world.machine(30, beats=True, step=1)
    assert network.connected == ["first"]
    world.stop()


def test_who_is_replaced_waits_longer_each_time(tmp_path):
    """Two subsystems with one identity do not replace each other for ever: each try is later than the one before."""
    world = World(tmp_path)
    world.hub.put(resource(announcement()))
    world.start()
    tries = []
    for _ in range(5):
        assert world.hub.subscribed
        world.hub.say(Bye(reason=ByeReason.REPLACED))
        world.settle()
        left, before = world.reactor.seconds(), len(world.hub.tried)
        while len(world.hub.tried) == before:
            world.machine(0.5)
        tries.append(world.reactor.seconds() - left)
    for wait, full in zip(tries, (4, 8, 16, 32, 60), strict=True):
        assert full / 2 <= wait <= full + 0.5
    world.stop()


@pytest.mark.parametrize("code", ["too-many", "too-often", "revoked", "not-authenticated"])
def test_a_hub_that_refuses_is_not_pressed(tmp_path, code):
    """A hub that refuses us is tried a few times a minute, and not each second."""
    world = World(tmp_path)
    say = world.hub.say
    world.hub.say = lambda _: say(Error(code=code, text="no"))
    world.start()
    world.machine(120, step=0.5)
    assert 3 <= len(world.hub.tried) <= 12
    world.hub.say = say
    world.machine(61, beats=True, step=0.5)
    assert world.state == "online"
    world.stop()


def test_a_hub_is_found_soon_after_its_return(tmp_path):
    """Whether gone for seconds or for hours, a hub that is back has us online within a second and a bit."""
    world = World(tmp_path)
    world.hub.put(resource(announcement()))
    world.start()
    for gone in (1, 20, 700):
        world.hub.die()
        world.machine(gone, step=0.25)
        world.hub.up = True
        world.machine(1.25, step=0.25)
        assert world.state == "online", gone
        world.machine(20, beats=True, step=1)
    world.stop()


def test_a_network_that_swallows_packets_is_tried_each_second(tmp_path):
    """A connection that is not made is given up after a second, in every fifth round after three."""
    from twisted.internet.defer import Deferred  # noqa: PLC0415

    world = World(tmp_path)
    times = []

    def nothing(hub, make):
        times.append(world.reactor.seconds())
        return Deferred()

    world.hub.connect = nothing
    world.start()
    world.machine(60, step=0.125)
    gaps = [round(after - before, 3) for before, after in itertools.pairwise(times)]
    assert max(gaps) <= 4.25
    assert sum(gap > 2.25 for gap in gaps) <= len(gaps) // 5 + 1
    world.stop()
