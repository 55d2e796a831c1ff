"""Whether every announcement and notice that the rules ask for now is on its way, done, or has a reason not to be.

The reasons are those of `docs/kernel.md`, written down anew. What is due and open is begun by the model executor when
it looks; so what is neither done nor explained here would be lost.
"""

from __future__ import annotations

from stationmaster_base.times import MINUTE
from stationmaster_kernel.call import Call
from stationmaster_kernel.planning import Wanted, wanted_tasks
from stationmaster_kernel.rules import Trigger
from stationmaster_kernel.state import State
from stationmaster_kernel.task import POINT_KINDS, Task
from stationmaster_kernel.times import moved
from stationmaster_kernel.values import Hand, TaskState

__all__ = ["check_none_lost"]

BY_TIME = (None, Trigger.DELAY, Trigger.EARLY)
"""What is said again only when its base has moved by more than `rearm`; all else when it has moved at all."""


def check_none_lost(state: State) -> None:
    """Each wanted point task of each call stands as it should, at the minute."""
    station = state.station
    if station is None:
        return
    for call in state.calls.values():
        newest: dict[str, Task] = {}
        for item in state.tasks_of.get(call.id, ()):
            task = state.tasks[item]
            if task.rule not in newest or newest[task.rule].occurrence < task.occurrence:
                newest[task.rule] = task
        asked = {wanted.rule.id: wanted for wanted in wanted_tasks(call, station) if wanted.kind in POINT_KINDS}
        for rule, wanted in asked.items():
            fault = _fault(state, call, wanted, newest.get(rule))
            assert not fault, f"{call.id}/{rule}: {fault}"
        for rule, task in newest.items():
            if task.kind in POINT_KINDS and rule not in asked:
                assert task.state is not TaskState.PLANNED, f"{task.id} is planned, and nothing asks for it"


def _fault(state: State, call: Call, wanted: Wanted, last: Task | None) -> str:
    """What is wrong; empty if nothing is."""
    now, rule = state.facts.now, wanted.rule
    old = wanted.due is not None and wanted.awaits is None and now >= moved(wanted.due, rule.valid)
    triggered = rule.trigger is not None
    if last is None:
        return "" if old and not triggered else "it was never made"
    if last.state is TaskState.WITHDRAWN:
        return "" if old and not triggered else "it is withdrawn"
    if last.state is TaskState.PLANNED:
        if last.targets != wanted.targets or last.base != wanted.base or last.texts != wanted.texts:
            return "it is not what is asked for"
        if last.by_hand is None and not triggered and last.due != wanted.due and not _hurried(now, wanted, last):
            return f"it is due at {last.due} and not at {wanted.due}"
        if last.by_hand is None and last.awaits != wanted.awaits:
            return f"it awaits {last.awaits} and not {wanted.awaits}"
        if last.valid_until is not None and last.awaits is None and now >= moved(last.valid_until, 1):
            return "it is too old and planned"
        return ""
    if last.state in (TaskState.BEGUN, TaskState.SKIPPED):
        return ""
    return _fault_of_over(now, wanted, last, triggered=triggered)


def _hurried(now: int, wanted: Wanted, last: Task) -> bool:
    """Whether it is due at once because its time came nearer by so much that it would have been too old."""
    if wanted.due is None or last.due is None:
        return False
    return moved(wanted.due, wanted.rule.valid) <= last.due <= now


def _fault_of_over(now: int, wanted: Wanted, last: Task, *, triggered: bool) -> str:
    """Whether what is over had to be made again by now."""
    said = [result.base for result in last.results if result.target in last.targets]
    acted = max((base for base in said if base is not None), default=last.base)
    if wanted.base is None or acted is None or last.hand is not Hand.AUTOMATIC:
        return ""
    if wanted.rule.trigger not in BY_TIME:
        return "" if wanted.base == acted else "it is about something else by now"
    if abs(wanted.base - acted) <= wanted.rule.rearm * MINUTE:
        return ""
    if triggered:
        return "its time has moved"
    if wanted.awaits is not None or wanted.due is None:
        return ""
    still = wanted.due if wanted.rule.awaits is None else moved(wanted.due, wanted.rule.valid)
    return "it is still to come at another time" if still > now else ""
