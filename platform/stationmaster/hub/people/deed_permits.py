"""Whether who asks may do each deed of an act: the table of `permits`, and what depends on the day besides.

Who only announces may handle announcements and no other task. One proposal is decided by whoever works the day, several
at once by who decides for others. An act is undone by who did it, or by who decides for others.
"""

from __future__ import annotations

from collections.abc import Iterable

from stationmaster.hub.people.askers import Asker, check_roles
from stationmaster.hub.people.permits import COMMANDS, DAY, DECIDE, DEEDS, OTHER_COMMANDS
from stationmaster_base.errors import StationError
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.deeds import Decide, Deed, Handle, Undo
from stationmaster_kernel.state import State
from stationmaster_kernel.values import TaskKind

__all__ = ["check_command", "check_deeds"]


def check_deeds(asker: Asker, deeds: Iterable[Deed], state: State) -> None:
    """See to it that who asks may do all of these.

    Raises:
        StationError: `not-allowed`.

    """
    decided = 0
    for deed in deeds:
        roles = DEEDS.get(deed.TAG)
        if roles is None:  # nobody has said who may
            raise StationError("not-allowed", f"{deed.TAG} is allowed to nobody.", "Report this to the maker.")
        check_roles(asker, roles, deed.TAG)
        match deed:
            case Decide():
                decided += len(deed.proposals)
            case Handle() if not _announcements(deed, state):
                check_roles(asker, DAY, "handle other tasks than announcements")
            case Undo() if _of_another(deed, asker, state):
                check_roles(asker, DECIDE, "undo what somebody else did")
    if decided > 1:
        check_roles(asker, DECIDE, "decide on several proposals at once")


def check_command(asker: Asker, action: str) -> None:
    """See to it that who asks may have devices do this.

    Raises:
        StationError: `not-allowed`.

    """
    check_roles(asker, COMMANDS.get(action, OTHER_COMMANDS), action)


def _announcements(deed: Handle, state: State) -> bool:
    """Whether the tasks are announcements; one that is not there is the kernel's to refuse."""
    tasks = (state.tasks.get(name) for name in deed.tasks)
    return all(task is None or task.kind is TaskKind.ANNOUNCEMENT for task in tasks)


def _of_another(deed: Undo, asker: Asker, state: State) -> bool:
    acts = state.records.get("act")
    record = None if acts is None else acts.get(deed.act)
    return isinstance(record, ActRecord) and record.by != asker.name
