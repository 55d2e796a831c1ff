"""Much at once, and little at a time: bursts of updates, a snapshot that drips, a hub that does not read."""

from __future__ import annotations

from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.subject import due_now, far_task, furnish, link_of, outcome, speaks
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import NotApplicable

__all__ = ["SCENARIOS"]


def burst(hub: PlayedHub) -> None:
    """Thousands of updates as fast as they go out; all are acknowledged, and the replica is right."""
    hub.whole()
    tasks = [far_task(hub, "burst") for _ in range(20)]
    for number in range(hub.options.burst):
        hub.commit(tasks[number % len(tasks)])
        if not number % 50:
            hub.turn(hub.machine.monotonic())
    hub.acked(hub.world.last, clauses.ACK, link_of(hub))
    hub.whole(clauses.UPDATE)


def urgent(hub: PlayedHub) -> None:
    """In the middle of a burst something is due: it is done all the same."""
    hub.whole()
    speaks(hub)
    tasks = [far_task(hub, "burst") for _ in range(20)]
    task = due_now(hub, "urgent")
    for number in range(hub.options.burst // 4):
        hub.commit(tasks[number % len(tasks)])
    hub.commit(task)
    outcome(hub, task, clauses.DO)
    hub.whole(clauses.UPDATE)


def drip(hub: PlayedHub) -> None:
    """A snapshot comes a few bytes at a time: frames begin and end anywhere in what a read gives."""
    hub.whole()
    furnish(hub)
    hub.manners.subscribes = False
    hub.drop()
    link = hub.client()
    assert link.subscribe is not None
    link.held_back = bytearray()
    hub.manners.parts, hub.manners.resumes = 2, False
    hub.answer_subscription(link.subscribe)
    step = max(1, len(link.held_back) // 60)
    while link.held_back:
        link.wire.write(bytes(link.held_back[:step]))
        del link.held_back[:step]
        hub.linger(hub.options.heartbeat_s / 40)
    link.held_back = None
    hub.acked(hub.world.position.sequence, clauses.FRAMES, link)
    hub.whole(clauses.FRAMES)


def deaf(hub: PlayedHub) -> None:
    """The hub does not read for a while; afterwards all that was said before is still right."""
    link = hub.whole()
    link.wire.reading = False
    task = far_task(hub, "deaf")
    sequence = 0
    for _ in range(max(20, hub.options.burst // 20)):
        sequence = hub.commit(task)
    hub.linger(2 * hub.options.heartbeat_s)
    link.heard_at = hub.machine.monotonic()
    link.wire.reading = True
    if not link_of(hub).alive:
        raise NotApplicable("it closed the connection while the hub did not read, which it may")
    hub.acked(sequence, clauses.ACK)
    hub.whole()


SCENARIOS = (
    Scenario(name="burst", title="thousands of updates", clauses=(clauses.ACK, clauses.UPDATE), play=burst),
    Scenario(
        name="urgent",
        title="a task that is due in a burst",
        clauses=(clauses.DO, clauses.UPDATE),
        play=urgent,
        thorough=True,
    ),
    Scenario(name="slow-hub", title="a snapshot that drips", clauses=(clauses.FRAMES,), play=drip),
    Scenario(name="deaf-hub", title="a hub that does not read", clauses=(clauses.ACK,), play=deaf),
)
