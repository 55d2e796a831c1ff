"""What leaves the filter is deleted; what is foreign to the client's targets stays away."""

from __future__ import annotations

from dataclasses import replace

from stationmaster_conform import clauses
from stationmaster_conform.client_scenarios.subject import far_task, row, shown
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.scenario import Scenario
from stationmaster_conform.verdict import NotApplicable

__all__ = ["SCENARIOS"]


def leaves(hub: PlayedHub) -> None:
    """A task moves to another target that the client's filter does not name: an update deletes it."""
    hub.whole()
    if not hub.world.filter.targets:
        raise NotApplicable("its filter names no targets, so that no task can leave it")
    task = far_task(hub, "leaves")
    hub.acked(hub.commit(task))
    hub.acked(hub.commit(replace(task, targets=("somewhere-else",))), clauses.UPDATE)
    hub.whole(clauses.PUT)
    hub.acked(hub.commit(task))
    hub.whole(clauses.PUT)


def leaves_board(hub: PlayedHub) -> None:
    """A row moves to another board, and is taken down here."""
    hub.whole()
    if not hub.world.filter.targets:
        raise NotApplicable("its filter names no targets, so that no row can leave it")
    task = row(hub, "moves")
    (target,) = task.targets
    hub.commit(task)
    shown(hub, target)

    def up() -> bool:
        readback = hub.judge.readback(target)
        return readback is not None and any(item.task == task.id for item in readback.rows)

    hub.wait(up, clauses.INTERVAL, f"a readback of {target} with {task.id}")
    hub.commit(replace(task, targets=("somewhere-else",)))
    hub.wait(lambda: not up(), clauses.PUT, f"a readback of {target} without {task.id}, which is elsewhere now")


SCENARIOS = (
    Scenario(name="filter", title="a task that leaves the filter", clauses=(clauses.PUT,), play=leaves),
    Scenario(name="moved-row", title="a row that goes to another board", clauses=(clauses.PUT,), play=leaves_board),
)
