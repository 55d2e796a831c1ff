"""The hub is lost and returns: the client goes on alone, and afterwards nothing is missing and nothing done twice."""

from __future__ import annotations

from stationmaster_base.times import Instant, to_iso
from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.subject import due_now, link_of, outcome, results
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.messages import Report

__all__ = ["SCENARIOS"]


def silent_hub(hub: PlayedHub) -> None:
    """The hub says nothing any more, on a connection that looks well: after three heartbeats the client gives it up."""
    link = hub.whole()
    hub.manners.beats = hub.manners.answers_time = False
    silent = max(3 * hub.options.heartbeat_s, hub.options.patience.silence_s)

    def given_up() -> bool:
        return not link.alive

    hub.wait(
        given_up,
        clauses.SILENCE,
        "the connection closed after three heartbeat intervals without a message",
        within=silent + hub.options.patience.answer_s,
    )
    hub.manners.beats = hub.manners.answers_time = True
    hub.whole(clauses.RECONNECT)


def alone(hub: PlayedHub) -> None:
    """The hub is gone, its port too: what is due meanwhile is done at its time, and reported when the hub is back."""
    hub.whole()
    task = due_now(hub, "alone", due=1)
    hub.commit(task)
    hub.acked(hub.world.last)
    hub.door.shut()
    hub.drop()
    due = task.due or 0
    hub.linger_until(due + 2)
    hub.door.open()
    hub.whole(clauses.RECONNECT)
    outcome(hub, task, clauses.RETURN)
    (begun,) = results(hub, task, TaskState.BEGUN)
    if begun.result.at > due + 1:
        raise Broken(
            clauses.ALONE,
            expected=f"a begin when it was due, at {to_iso(Instant(due))}, without the hub",
            came=f"a begin at {to_iso(begun.result.at)}, when the hub was back",
            sent=f"task {task.id}, and then nothing: the hub was gone",
        )


def unreceived(hub: PlayedHub) -> None:
    """Reports are not answered, and the connection breaks: they come again, with the same ids, until `received`."""
    hub.whole()
    task = due_now(hub, "unreceived")
    hub.manners.receives = False
    hub.commit(task)
    first = hub.wait(
        lambda: next(iter(results(hub, task, TaskState.BEGUN)), None), clauses.DO, f"a report that {task.id} was begun"
    )
    hub.drop()
    hub.manners.receives = True

    def again() -> bool:
        return any(
            given.id == first.id
            for message in link_of(hub).heard
            if isinstance(message, Report)
            for given in message.results
        )

    hub.client()
    hub.wait(again, clauses.RECEIVED, f"result {first.id} again, since it was never received")
    outcome(hub, task, clauses.RECEIVED)
    if len(results(hub, task, TaskState.BEGUN)) != 1:
        raise Broken(clauses.DO, expected="one begin", came=f"{len(results(hub, task, TaskState.BEGUN))} begins")
    hub.whole()


def forgets(hub: PlayedHub) -> None:
    """A task that is done comes again in a snapshot: it is not done again."""
    hub.whole()
    task, after = due_now(hub, "twice"), due_now(hub, "twice")
    hub.commit(task)
    outcome(hub, task, clauses.DO)
    hub.manners.resumes = False
    hub.drop()
    hub.commit(task)
    hub.whole()
    hub.commit(after)
    outcome(hub, after, clauses.DO)
    hub.linger(2 * hub.options.heartbeat_s)


SCENARIOS = (
    Scenario(name="silent-hub", title="a hub that falls silent", clauses=(clauses.SILENCE,), play=silent_hub),
    Scenario(
        name="hub-loss",
        title="the hub is gone for a while",
        clauses=(clauses.ALONE, clauses.RECONNECT, clauses.RETURN),
        play=alone,
    ),
    Scenario(
        name="unreceived",
        title="reports that are not received",
        clauses=(clauses.RECEIVED, clauses.RESULT_ID),
        play=unreceived,
    ),
    Scenario(name="once", title="a done task in a snapshot", clauses=(clauses.DO, clauses.DONE_ALREADY), play=forgets),
)
