"""When a hub takes a client for lost, and when it was only the hub that did not listen."""

from __future__ import annotations

import pytest

from stationmaster_protocol.messages import Error
from support.follower import Follower
from support.protocol_world import World


def codes(follower: Follower) -> list[str]:
    return [event.code for event in follower.heard_events if isinstance(event, Error)]


@pytest.mark.parametrize("heartbeat_s", [0.5, 5.0])
def test_a_silent_client_is_told_soon_after_three_heartbeats(heartbeat_s: float) -> None:
    """Within half a second, whenever it was last heard: one that cannot reach the hub learns it from the hub alone."""
    world = World(heartbeat_s=heartbeat_s)
    client = Follower()
    world.clock.advance(0.3 * heartbeat_s)
    world.join(client)
    spent = 0.0
    while not codes(client):
        world.clock.advance(0.05)
        world.run()
        spent += 0.05
    assert codes(client) == ["silent"]
    assert 3 * heartbeat_s - 0.01 <= spent <= 3 * heartbeat_s + 0.6


def test_a_hub_that_slept_reads_before_it_judges() -> None:
    """What a client has sent meanwhile is read first: a hub that was stopped for a while has lost nobody."""
    world = World(heartbeat_s=0.5)
    client = Follower()
    wires = world.join(client)
    client.beat()
    world.clock.callLater(9.9, lambda: [wire.carry() for wire in wires])
    world.clock.advance(10)
    world.run()
    assert codes(client) == []
    assert len(world.server.subscribers) == 1
