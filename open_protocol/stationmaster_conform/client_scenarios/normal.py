"""A normal day: the handshake, the snapshot, updates, tasks and their results, the time."""

from __future__ import annotations

from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.subject import (
    due_now,
    far_task,
    furnish,
    link_of,
    outcome,
    row,
    shown,
    tells,
)
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import Broken, NotApplicable
from stationmaster_conform.words import in_words
from stationmaster_kernel.task import Task
from stationmaster_protocol.equipment import Readback
from stationmaster_protocol.messages import Report, TimeRequest
from stationmaster_protocol.scalars import stamp_text
from stationmaster_protocol.versions import parsed

__all__ = ["SCENARIOS"]


def connect(hub: PlayedHub) -> None:
    """Connect, say hello, subscribe, and take the snapshot in."""
    link = hub.client()
    hub.acked(hub.world.position.sequence, clauses.ACK)
    link = hub.whole()
    if link.hello is not None and parsed(link.hello.version)[0] != parsed(link.version)[0]:
        raise Broken(clauses.VERSION, expected="the protocol's major version", came=f"hello with {link.hello.version}")


def parts(hub: PlayedHub) -> None:
    """Take in a snapshot of several parts."""
    hub.whole()
    furnish(hub)
    hub.manners.parts, hub.manners.resumes = 4, False
    hub.drop()
    hub.client()
    hub.acked(hub.world.position.sequence, clauses.SNAPSHOT)
    hub.whole(clauses.SNAPSHOT)


def updates(hub: PlayedHub) -> None:
    """Put, change and delete resources, one update each, each acknowledged; afterwards the digest is right."""
    link = hub.whole()
    count = link.count
    task, other = far_task(hub, "update"), far_task(hub, "update")
    hub.acked(hub.commit(task), link=link)
    hub.acked(hub.commit(other), link=link)
    hub.acked(hub.commit(task), link=link)
    hub.acked(hub.commit(gone=(task,)), link=link)
    hub.whole(clauses.PUT)
    hub.acked(hub.commit(gone=(other,)))
    hub.whole(clauses.PUT)
    if link_of(hub) is not link or link.count != count:
        raise Broken(
            clauses.PUT,
            expected="updates that are applied, so that no heartbeat differs",
            came="a new subscription",
            sent=f"updates up to sequence {hub.world.last}",
        )


def repeated(hub: PlayedHub) -> None:
    """Send an update a second time: it is acknowledged again, and changes nothing."""
    hub.whole()
    task, later = far_task(hub, "repeated"), far_task(hub, "repeated")
    entry = hub.world.commit(("task", task.id, task))
    hub.tell(entry.update)
    hub.acked(hub.commit(later), link=link_of(hub))
    hub.tell(entry.update)
    hub.whole(clauses.REPEATED)


def tasks(hub: PlayedHub) -> None:
    """Have an announcement done that is due now, and have its results reported."""
    hub.whole()
    task = due_now(hub, "announcement")
    hub.commit(task)
    outcome(hub, task, clauses.DO)


def readback(hub: PlayedHub) -> None:
    """Put a row up, change it and take it down, and see each in the readback."""
    hub.whole()
    task = row(hub, "row")
    hub.commit(task)
    hub.acked(hub.world.last)
    (target,) = task.targets
    shown(hub, target)
    _shows(hub, target, task)
    hub.commit(task)
    _shows(hub, target, task)
    hub.commit(gone=(task,))

    def gone() -> bool:
        return not _rows(hub.judge.readback(target), task)

    hub.wait(gone, clauses.INTERVAL, f"a readback of {target} without {task.id}, which was deleted")


def _shows(hub: PlayedHub, target: str, task: Task) -> None:
    resource = hub.world.resource("task", task.id)
    assert resource is not None
    revision = resource.revision

    def up() -> bool:
        return revision in _rows(hub.judge.readback(target), task)

    hub.wait(up, clauses.INTERVAL, f"a readback of {target} with {task.id} in revision {revision}")


def _rows(readback: Readback | None, task: Task) -> list[int]:
    return [] if readback is None else [row.revision for row in readback.rows if row.task == task.id]


def time(hub: PlayedHub) -> None:
    """Whoever asks for the time asks in his own station time, once he has been told."""
    hub.whole()
    asked = [message for message in link_of(hub).heard if isinstance(message, TimeRequest)]
    if not asked:
        raise NotApplicable("it asks for no time; its clock is judged by the times in its reports")
    hub.drop()
    hub.whole()
    hub.linger(2 * hub.options.heartbeat_s)
    later = [message for message in link_of(hub).heard if isinstance(message, TimeRequest)]
    if later and later[-1].sent < asked[0].sent:
        raise Broken(
            clauses.CLOCK_BACK,
            expected=f"nothing before {stamp_text(asked[0].sent)}, which it said before",
            came=in_words(later[-1]),
        )


def equipment(hub: PlayedHub) -> None:
    """Tell of its hardware, whole, after each connection."""
    hub.client()
    hub.drop()
    hub.whole()
    if not tells(hub):
        raise NotApplicable("it tells of no devices, readbacks or alarms")
    reports = [message for message in link_of(hub).heard if isinstance(message, Report)]
    first = next(report for report in reports if report.devices or report.readbacks or report.alarms)
    if not first.whole:
        raise Broken(
            clauses.OBSERVED,
            expected="a first report of devices, readbacks and alarms that says whole",
            came=in_words(first),
            sent="welcome",
        )
    hub.linger(3 * hub.options.heartbeat_s)


SCENARIOS = (
    Scenario(
        name="connect",
        title="connects, subscribes, takes the snapshot in and proves it",
        clauses=(clauses.HELLO, clauses.ACK, clauses.DIGEST),
        play=connect,
    ),
    Scenario(name="parts", title="a snapshot of several parts", clauses=(clauses.SNAPSHOT,), play=parts),
    Scenario(
        name="updates",
        title="updates that put, change and delete, each acknowledged",
        clauses=(clauses.ACK, clauses.UPDATE, clauses.PUT, clauses.DIGEST),
        play=updates,
    ),
    Scenario(name="repeated", title="an update that comes twice", clauses=(clauses.REPEATED,), play=repeated),
    Scenario(
        name="tasks",
        title="an announcement that is due, begun, done and reported",
        clauses=(clauses.DO, clauses.BEGUN_FIRST, clauses.STATION_TIME),
        play=tasks,
    ),
    Scenario(name="readback", title="rows as the readback shows them", clauses=(clauses.INTERVAL,), play=readback),
    Scenario(
        name="equipment",
        title="devices, readbacks and alarms are told whole after a connection",
        clauses=(clauses.OBSERVED,),
        play=equipment,
    ),
    Scenario(name="time", title="the time that it asks with", clauses=(clauses.CLOCK_BACK,), play=time),
)
