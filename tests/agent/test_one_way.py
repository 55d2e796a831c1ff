"""A subsystem that hears its hub and is not heard: only the hub can tell it so."""

from __future__ import annotations

from agent.making import announcement, resource
from agent.world import World
from stationmaster_protocol.messages import Error


def test_alone_as_soon_as_the_hub_says_that_it_hears_nothing(tmp_path):
    """Not three more heartbeats later: what it has done meanwhile has not been heard of for three already."""
    world = World(tmp_path)
    world.hub.put(resource(announcement()))
    world.start()
    assert world.state == "online"
    world.hub.say(Error(code="silent", text="Nothing was heard for 15 s."))
    world.hub.up = False
    world.settle()
    assert world.state == "alone"
    world.hub.up = True
    world.machine(1.5, beats=True)
    assert world.state == "online"
    world.stop()


def test_any_other_end_of_a_session_is_only_suspected(tmp_path):
    """A hub that closes for another reason may be back before anybody has missed it."""
    world = World(tmp_path)
    world.hub.put(resource(announcement()))
    world.start()
    world.hub.say(Error(code="internal", text="A fault."))
    world.hub.up = False
    world.settle()
    assert world.state == "suspect"
    world.stop()
