"""What people do at the subsystem's own page: checked by the embedded kernel, kept for the hub, and looked after.

An act is a wish. The hub makes an act of its own of it, which its kernel may refuse: the train may be gone by then, or
somebody may have handled the task meanwhile. It says so when it has taken the act in. Of what it took, others may have
changed something at the same moment: so once the replica is proved after that, what the hub now holds is compared with
what the act wanted.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_agent.replica import Replica
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.applying import field_of
from stationmaster_kernel.deeds import Deed, Delay, Handle, Handling, SetTrack, Unknown
from stationmaster_kernel.inputs import Act
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import Hand, Source, TaskState
from stationmaster_protocol.codec import encode
from stationmaster_protocol.commands import ActRefusal, LocalAct
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.messages import Report

__all__ = ["ActsAwaited", "RefusedAct", "act_input", "check_sendable", "not_taken"]

LARGEST_ACT = 64 * 1024
"""Bytes."""

CLOCKS_S = 5
"""Seconds by which the clocks here and at the hub may differ."""

KEPT = 20
"""So many refused acts are remembered, for the pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAct:
    """An act that the hub did not make its own, and why, as far as that can be told."""

    act: LocalAct
    problem: str


class ActsAwaited:
    """Acts that the hub has taken in, until it is seen what it made of them."""

    def __init__(self) -> None:
        self._awaited: list[LocalAct] = []
        self.refused: tuple[RefusedAct, ...] = ()
        """Those that were not taken, the newest last; a few."""

    def taken_in(self, acts: tuple[LocalAct, ...], refusals: tuple[ActRefusal, ...] = ()) -> tuple[RefusedAct, ...]:
        """The hub has committed these, but for what it refused, which is given; the next proof tells the rest."""
        whys = {refusal.id: refusal.why or refusal.code for refusal in refusals}
        self._awaited += [act for act in acts if act.id not in whys]
        return self._refuse(tuple(RefusedAct(act=act, problem=whys[act.id]) for act in acts if act.id in whys))

    def give_up(self, acts: tuple[LocalAct, ...], problem: str) -> tuple[RefusedAct, ...]:
        """The hub said that it does not want these; gives them with that."""
        return self._refuse(tuple(RefusedAct(act=act, problem=problem) for act in acts))

    def proved(self, replica: Replica) -> tuple[RefusedAct, ...]:
        """The replica is what the hub holds; gives the acts that the hub did not make its own."""
        awaited, self._awaited = self._awaited, []
        looked = [(act, not_taken(act, replica)) for act in awaited]
        return self._refuse(tuple(RefusedAct(act=act, problem=problem) for act, problem in looked if problem))

    def _refuse(self, refused: tuple[RefusedAct, ...]) -> tuple[RefusedAct, ...]:
        self.refused = (*self.refused, *refused)[-KEPT:]
        return refused


def act_input(act: LocalAct) -> Act:
    """The act as the kernel takes it."""
    deeds: tuple[Deed, ...] = (*act.delays, *act.unknowns, *act.tracks, *act.handles)
    return Act(id=act.id, at=act.at, by=act.by, why=act.why, deeds=deeds)


def check_sendable(act: LocalAct) -> None:
    """See to it that the protocol can carry an act.

    Raises:
        StationError: `act-impossible`.

    """
    try:
        encode(Report(number=1, acts=(act,)), largest=LARGEST_ACT)
    except LocalProtocolError as error:
        raise StationError("act-impossible", f"This cannot be told to the hub: {error.message}", error.hint) from error


def not_taken(act: LocalAct, replica: Replica) -> str:
    """Why the hub did not make an act its own; empty if it did, or if it cannot be told from what is held here."""
    deeds: tuple[Delay | Unknown | SetTrack, ...] = (*act.delays, *act.unknowns, *act.tracks)
    for deed in deeds:
        problem = _call_problem(deed, act.at, replica)
        if problem:
            return problem
    for handle in act.handles:
        for name in handle.tasks:
            problem = _task_problem(name, handle, replica.tasks.get(name))
            if problem:
                return problem
    return ""


def _call_problem(deed: Delay | Unknown | SetTrack, at: Instant, replica: Replica) -> str:
    call = replica.calls.get(deed.call)
    if call is None:
        return f"{deed.call} is gone"
    field = field_of(deed)
    if isinstance(deed, SetTrack) and call.track == deed.track:
        return ""
    written = next((item for item in call.provenance if item.field == field), None)
    if written is None or written.source is not Source.OPERATOR or written.at + CLOCKS_S < at:
        return f"the hub has not changed {field} of {call.number}"
    return ""


def _task_problem(name: str, handle: Handle, task: Task | None) -> str:
    if task is None:
        return f"task {name} is gone"
    done = {
        Handling.NOW: task.by_hand is not None,
        Handling.SKIP: task.state is TaskState.SKIPPED,
        Handling.HOLD: task.hand is Hand.HELD,
        Handling.RELEASE: task.hand is Hand.RELEASED,
        Handling.AUTOMATIC: task.hand is Hand.AUTOMATIC,
    }
    return "" if done[handle.how] else f"the hub has not taken over {handle.how.value!r} for task {name}"
