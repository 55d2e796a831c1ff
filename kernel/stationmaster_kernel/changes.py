"""What a step of the kernel changes: resources put and deleted, and notes for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stationmaster_base.times import Instant
from stationmaster_kernel.account import Account
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Board, Layout, Name, Place, Pronunciation, StationFacts, Template, Zone
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.day_plan import DayPlan, PlanRow
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.mode import Mode, mode_call
from stationmaster_kernel.proposal import Acceptance, Proposal
from stationmaster_kernel.rules import Rule
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import FeedGrade, TaskKind

__all__ = [
    "INTERNAL_KINDS",
    "KINDS",
    "PUBLIC_KINDS",
    "RECORD_KINDS",
    "SECRET_KINDS",
    "SECRET_NOTES",
    "Changes",
    "KernelFacts",
    "Note",
    "Record",
    "Remembered",
    "Resource",
    "Value",
    "kind_of",
    "owners",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The last feed record of a call (id: the call's), so that a repeat is no news."""

    id: str
    revision: int = 0
    record: FeedRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelFacts:
    """What the kernel itself knows: the one resource of kind `kernel`, with id `kernel`.

    `ticked` is the last minute tick; `counter` the last revision given out; `planned` the service dates that have a
    plan; `present` the kinds of task whose executor is there, `seen` those whose executor ever was.
    """

    id: str = "kernel"
    revision: int = 0
    now: Instant
    ticked: Instant | None = None
    grade: FeedGrade = FeedGrade.LOST
    counter: int = 0
    present: tuple[TaskKind, ...] = ()
    seen: tuple[TaskKind, ...] = ()
    planned: tuple[date, ...] = ()


Record = Proposal | Acceptance | Mode | Conflict | DayPlan | PlanRow | ActRecord | Account
"""What the kernel keeps besides calls and tasks: things that people look at and decide on, and who these people are."""

Value = (
    StationFacts
    | Place
    | Board
    | Zone
    | Name
    | Pronunciation
    | Template
    | Layout
    | Rule
    | Call
    | Task
    | Remembered
    | KernelFacts
    | Record
)

PUBLIC_KINDS: dict[str, type] = {
    "station": StationFacts,
    "place": Place,
    "board": Board,
    "zone": Zone,
    "name": Name,
    "pronunciation": Pronunciation,
    "template": Template,
    "layout": Layout,
    "rule": Rule,
    "call": Call,
    "task": Task,
    "mode": Mode,
    "account": Account,
}
"""The kinds that go over the open protocol. A place's resource id is `<kind>.<id>`, a station's its telecode."""

SECRET_KINDS = frozenset({"account"})
"""Of these, the kinds that nobody is told who has not asked for them by name, and has the right to."""

SECRET_NOTES = frozenset({"account-made", "account-changed", "account-removed"})
"""Codes of notes that stand in the journal and the log, and that nobody else is told."""

RECORD_KINDS: dict[str, type] = {
    "proposal": Proposal,
    "acceptance": Acceptance,
    "mode": Mode,
    "conflict": Conflict,
    "plan": DayPlan,
    "row": PlanRow,
    "act": ActRecord,
    "account": Account,
}
"""The kinds of `Record`."""

_KIND_OF = {value: kind for kind, value in RECORD_KINDS.items()}


def kind_of(record: Record) -> str:
    """The resource kind of a record."""
    return _KIND_OF[type(record)]


def owners(record: Record) -> tuple[str, ...]:
    """The calls that a record is about; it is dropped with the last of them; `""` stands for no call.

    None at all: it stays until it is deleted.
    """
    if isinstance(record, Proposal):
        return (record.call,)
    if isinstance(record, Conflict):
        return record.calls
    if isinstance(record, ActRecord):
        return record.calls or ("",)
    if isinstance(record, Mode):
        call = mode_call(record)
        return (call,) if call else ()
    return ()


INTERNAL_KINDS: dict[str, type] = {
    "feed": Remembered,
    "kernel": KernelFacts,
    **{kind: value for kind, value in RECORD_KINDS.items() if kind not in PUBLIC_KINDS},
}
"""The kinds that stay in the hub."""

KINDS: dict[str, type] = PUBLIC_KINDS | INTERNAL_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing in the world, in one revision; `value.revision` is the same number.

    Revisions grow over the whole state: no two puts ever have the same. `extension` is what a peer of the open protocol
    said besides, as XML that is kept and handed on as it came; the kernel itself never has any.
    """

    kind: str
    id: str
    revision: int
    value: Value
    extension: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that a person may want to know: a stable code, what it is about, and details."""

    code: str
    subject: str
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The outcome of one step.

    `deletes` are pairs of kind and id. No resource is both put and deleted, and none is put twice.
    """

    puts: tuple[Resource, ...] = ()
    deletes: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = ()
