"""What is too early, too late, or held: never begun, and never shown as fresh. And a clock that leaps."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_base.times import MINUTE, Instant, to_iso
from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.subject import (
    due_now,
    outcome,
    results,
    row,
    shown,
    speaks,
)
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import EventName, TaskState

__all__ = ["SCENARIOS"]


def expired(hub: PlayedHub) -> None:
    """An announcement that came too late is not begun; one that is valid still is."""
    hub.whole()
    late = due_now(hub, "late", due=-60, valid=30)
    good = due_now(hub, "good")
    hub.commit(late, good)
    outcome(hub, good, clauses.DO)
    hub.linger(2 * hub.options.heartbeat_s)
    _untouched(hub, late, clauses.DO, f"no begin from {to_iso(Instant(late.valid_until or 0))} on")


def early(hub: PlayedHub) -> None:
    """An announcement is begun when it is due, and not before."""
    hub.whole()
    task = due_now(hub, "early", due=2)
    hub.commit(task)
    hub.acked(hub.world.last)
    hub.linger_until((task.due or 0) - 0.5)
    _untouched(hub, task, clauses.DO, f"no begin before {to_iso(Instant(task.due or 0))}")
    outcome(hub, task, clauses.DO)


def held(hub: PlayedHub) -> None:
    """An announcement that is held, or awaits an event, or is withdrawn, is not begun; one that is let go is."""
    hub.whole()
    task = due_now(hub, "held")
    kept = replace(task, held=True)
    awaiting = replace(due_now(hub, "awaits"), awaits=EventName.DEPARTURE)
    withdrawn = replace(due_now(hub, "withdrawn"), state=TaskState.WITHDRAWN)
    good = due_now(hub, "good")
    hub.commit(kept, awaiting, withdrawn, good)
    outcome(hub, good, clauses.DO)
    hub.linger(2 * hub.options.heartbeat_s)
    for one, why in ((kept, "is held"), (awaiting, "awaits an event"), (withdrawn, "is withdrawn")):
        _untouched(hub, one, clauses.HELD, f"no begin of {one.id}, which {why}")
    hub.commit(task)
    outcome(hub, task, clauses.HELD)


def withdrawn(hub: PlayedHub) -> None:
    """An announcement that is deleted before it is due is not begun."""
    hub.whole()
    task = due_now(hub, "deleted", due=1)
    hub.commit(task)
    hub.acked(hub.world.last)
    hub.commit(gone=(task,))
    hub.acked(hub.world.last)
    hub.linger_until((task.due or 0) + 0.5)
    _untouched(hub, task, clauses.PUT, f"no begin of {task.id}, which was deleted before it was due")


def hard_end(hub: PlayedHub) -> None:
    """A row that awaits an event stays after its end, and is taken down at its hard end, without a word of the hub."""
    hub.whole()
    base = row(hub, "hard-end")
    now = hub.clock.instant()
    task = replace(base, end=Instant(now - 1), awaits=EventName.DEPARTURE, hard_end=Instant(now + 2))
    (target,) = task.targets
    hub.commit(task)
    shown(hub, target)
    hub.wait(
        lambda: _up(hub, task), clauses.INTERVAL, f"a readback of {target} with {task.id}, which awaits its departure"
    )
    hub.linger_until(now + 2)
    hub.wait(
        lambda: not _up(hub, task), clauses.INTERVAL, f"a readback of {target} without {task.id}, after its hard end"
    )


def clock_step(hub: PlayedHub) -> None:
    """Station time leaps forward: what is due then is done then."""
    hub.whole()
    speaks(hub)
    hub.door.shut()
    hub.drop()
    hub.clock.leap(10 * MINUTE)
    hub.door.open()
    hub.whole()
    task = due_now(hub, "after-the-leap", due=-5)
    hub.commit(task)
    given = outcome(hub, task, clauses.STATION_TIME)
    if given.result.at < (task.due or 0) - 2:
        raise Broken(
            clauses.STATION_TIME,
            expected=f"an outcome in station time, about {to_iso(hub.clock.instant())}",
            came=f"one at {to_iso(given.result.at)}",
            sent="station time, 10 minutes further on than before the connection broke",
        )


def clock_back(hub: PlayedHub) -> None:
    """A hub that is a second behind welcomes the client: its own time does not run backwards."""
    hub.whole()
    before, after = due_now(hub, "before"), due_now(hub, "after", due=-10)
    hub.commit(before)
    first = outcome(hub, before, clauses.CLOCK_BACK)
    hub.door.shut()
    hub.drop()
    hub.clock.leap(-1)
    hub.door.open()
    hub.whole()
    hub.commit(after)
    second = outcome(hub, after, clauses.CLOCK_BACK)
    if second.result.at < first.result.at:
        raise Broken(
            clauses.CLOCK_BACK,
            expected=f"nothing before {to_iso(first.result.at)}, when the last task was done",
            came=f"a task done at {to_iso(second.result.at)}",
            sent="station time, one second less than before",
        )


def old_feed(hub: PlayedHub) -> None:
    """The dispatching feed is lost: what relies on a younger feed waits, and is done when the feed is fresh again."""
    hub.whole()
    hub.feed_age = 30 * MINUTE
    hub.beat()
    task = replace(due_now(hub, "feed"), feed_limit=15)
    good = due_now(hub, "good")
    hub.commit(task, good)
    outcome(hub, good, clauses.DO)
    hub.linger(2 * hub.options.heartbeat_s)
    _untouched(hub, task, clauses.FEED, f"no begin of {task.id} on a feed 30 minutes old; its feed-limit is 15")
    hub.feed_age = 0
    hub.beat()
    outcome(hub, task, clauses.FEED)


def _untouched(hub: PlayedHub, task: Task, clause: str, expected: str) -> None:
    begun = results(hub, task, TaskState.BEGUN)
    if begun:
        raise Broken(clause, expected=expected, came=f"begun at {to_iso(begun[0].result.at)}", sent=f"task {task.id}")


def _up(hub: PlayedHub, task: Task) -> bool:
    readback = hub.judge.readback(task.targets[0])
    return readback is not None and any(row.task == task.id for row in readback.rows)


SCENARIOS = (
    Scenario(name="expiry", title="an announcement that is too old", clauses=(clauses.DO,), play=expired),
    Scenario(name="early", title="an announcement that is not due yet", clauses=(clauses.DO,), play=early),
    Scenario(name="held", title="what is held, awaits an event, or is withdrawn", clauses=(clauses.HELD,), play=held),
    Scenario(name="deleted", title="a task that is deleted before it is due", clauses=(clauses.PUT,), play=withdrawn),
    Scenario(name="hard-end", title="a row at its hard end", clauses=(clauses.INTERVAL,), play=hard_end),
    Scenario(name="old-feed", title="a task on a feed that is too old", clauses=(clauses.FEED,), play=old_feed),
    Scenario(name="clock-step", title="station time leaps forward", clauses=(clauses.STATION_TIME,), play=clock_step),
    Scenario(
        name="clock-back",
        title="a hub whose time is behind",
        clauses=(clauses.CLOCK_BACK,),
        play=clock_back,
        thorough=True,
    ),
)
