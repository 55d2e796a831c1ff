"""What a client can be asked: tasks of the kinds that it does, at the targets that it has; and when that is nothing."""

from __future__ import annotations

from stationmaster_base.times import MINUTE, Instant
from stationmaster_conform.client_link import ClientLink
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.station import PLACES, point_task, row_task
from stationmaster_conform.verdict import NotApplicable
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind, TaskState
from stationmaster_protocol.equipment import Readback

__all__ = [
    "due_now",
    "far_task",
    "furnish",
    "link_of",
    "outcome",
    "results",
    "row",
    "row_kind",
    "shown",
    "speaks",
    "target_of",
    "tells",
]

INTERVAL_KINDS = (TaskKind.DISPLAY, TaskKind.LIGHTING, TaskKind.CHECK_IN, TaskKind.MESSAGE)
HOUR = 60 * MINUTE


def link_of(hub: PlayedHub) -> ClientLink:
    """The present session, which is there after `client` or `whole`."""
    assert hub.link is not None
    return hub.link


def target_of(hub: PlayedHub, kind: TaskKind) -> str:
    """What a task of this kind is for: the client's filter says it, or the person at the kit, or nobody."""
    wanted = hub.world.filter.targets or hub.options.targets
    return wanted[0] if wanted else PLACES[kind]


def _kinds(hub: PlayedHub) -> list[TaskKind]:
    hello = link_of(hub).hello
    admitted = hub.world.filter.tasks_admitted()
    executes = () if hello is None else hello.executes
    return [kind for kind in TaskKind if kind in admitted and kind in executes]


def speaks(hub: PlayedHub) -> str:
    """The target of announcements.

    Raises:
        NotApplicable: the client makes none.

    """
    if TaskKind.ANNOUNCEMENT not in _kinds(hub):
        raise NotApplicable("its hello says nothing of executing announcements, or its filter does not ask for them")
    return target_of(hub, TaskKind.ANNOUNCEMENT)


def row_kind(hub: PlayedHub) -> TaskKind:
    """A kind of task that the client has on for a while.

    Raises:
        NotApplicable: there is none.

    """
    for kind in INTERVAL_KINDS:
        if kind in _kinds(hub):
            return kind
    raise NotApplicable("it executes no tasks that are on for a while (rows, lights, check-in)")


def far_task(hub: PlayedHub, what: str) -> Task:
    """A task that concerns the client and that there is nothing to be done for within the next hour.

    Raises:
        NotApplicable: its filter asks for no tasks.

    """
    now = hub.clock.instant()
    admitted = hub.world.filter.tasks_admitted()
    for kind in INTERVAL_KINDS:
        if kind in admitted:
            start, end = Instant(now + HOUR), Instant(now + 2 * HOUR)
            return row_task(hub.name(what), kind=kind, target=target_of(hub, kind), start=start, end=end)
    for kind in (TaskKind.ANNOUNCEMENT, TaskKind.NOTICE):
        if kind in admitted:
            due, valid = Instant(now + HOUR), Instant(now + 2 * HOUR)
            return point_task(hub.name(what), target=target_of(hub, kind), due=due, valid_until=valid, kind=kind)
    raise NotApplicable("its filter asks for no tasks, of which everything here is made")


def furnish(hub: PlayedHub, count: int = 8) -> None:
    """See to it that there is more than one resource that concerns the client; whole, it holds them.

    Raises:
        NotApplicable: its filter asks for nothing that there could be several of.

    """
    hub.commit(*(far_task(hub, "furniture") for _ in range(count)))
    hub.whole()


def due_now(hub: PlayedHub, what: str, *, due: int = 0, valid: int = 600) -> Task:
    """An announcement that is due so many seconds from now, and valid so many seconds from then."""
    at = hub.clock.instant(due)
    return point_task(hub.name(what), target=speaks(hub), due=at, valid_until=Instant(at + valid))


def row(hub: PlayedHub, what: str, *, number: str = "G1", end: int = HOUR) -> Task:
    """A row, or a light, that is on now and for so many seconds more."""
    kind = row_kind(hub)
    now = hub.clock.instant()
    return row_task(
        hub.name(what),
        kind=kind,
        target=target_of(hub, kind),
        start=Instant(now - MINUTE),
        end=Instant(now + end),
        number=number,
    )


def results(hub: PlayedHub, task: Task, state: TaskState) -> list[TaskResult]:
    """What was reported of a task, in this state."""
    return [given for given in hub.judge.results_of(task.id) if given.result.state is state]


def outcome(hub: PlayedHub, task: Task, clause: str, *, within: float | None = None) -> TaskResult:
    """Wait until a task has an outcome, after it was begun."""

    def over() -> TaskResult | None:
        found = [*results(hub, task, TaskState.DONE), *results(hub, task, TaskState.FAILED)]
        return found[0] if found else None

    return hub.wait(over, clause, f"a report that {task.id} was begun, and one that it is done", within=within)


def tells(hub: PlayedHub) -> bool:
    """Whether the client tells of its hardware at all; it has two heartbeats' time for that after it connected."""
    until = hub.machine.monotonic() + 2 * hub.options.heartbeat_s
    while not hub.judge.told() and hub.machine.monotonic() < until:
        hub.turn(until)
    return bool(hub.judge.told())


def shown(hub: PlayedHub, target: str) -> Readback:
    """The client's readback of a target.

    Raises:
        NotApplicable: it gives none, so that nobody can tell what is to be seen there.

    """
    tells(hub)
    readback = hub.judge.readback(target)
    if readback is None:
        raise NotApplicable(f"it gives no readback of {target}, so that the kit cannot see what is shown there")
    return readback


def revision_of(hub: PlayedHub, task: Task) -> int:
    """The revision that a task has in the world now."""
    resource: Resource | None = hub.world.resource("task", task.id)
    assert resource is not None
    return resource.revision
