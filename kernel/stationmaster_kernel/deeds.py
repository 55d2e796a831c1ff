"""Deeds: everything that a person, or a source that he lets decide, can do to the station's day.

A deed says what is to be, not how it comes about; `applying.py` and its neighbours carry it out. The feed's changes,
proposals and operators' acts are all made of the same deeds, so that a value that waits for a decision and one that
is taken at once go the same way.

`TAG` is the deed's name in JSON. Deeds with a `call` name it by its id. Times are absolute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from stationmaster_base.times import Instant
from stationmaster_kernel.planned_call import PlannedCall
from stationmaster_kernel.task import Text
from stationmaster_kernel.values import EventName, Running, Source

__all__ = [
    "Actual",
    "AddCall",
    "Announce",
    "CallDeed",
    "CheckRows",
    "Decide",
    "DecideRows",
    "Deed",
    "Delay",
    "Expect",
    "Handle",
    "Handling",
    "Lock",
    "LockPlan",
    "Replan",
    "SetAcceptance",
    "SetCheckIn",
    "SetFormation",
    "SetMode",
    "SetPlaces",
    "SetRunning",
    "SetTrack",
    "SetTurnaround",
    "Show",
    "Undo",
    "Unknown",
]


class Handling(StrEnum):
    """What a person does with a task: now, not at all, not yet, let it go, and as the rules and modes say again."""

    NOW = "now"
    SKIP = "skip"
    HOLD = "hold"
    RELEASE = "release"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """The planned time of an event is `at`: the dispatchers' new timetable, or a corrected day plan."""

    TAG: ClassVar[str] = "replan"

    call: str
    event: EventName
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """An event is expected `at`; None: as planned again.

    With `check_in` the check-in times move along; without, they stay what they are now.
    """

    TAG: ClassVar[str] = "expect"

    call: str
    event: EventName
    at: Instant | None
    check_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """An event is expected `minutes` after its plan or, `cumulative`, after what is best known now; may be negative."""

    TAG: ClassVar[str] = "delay"

    call: str
    event: EventName
    minutes: int
    cumulative: bool = False
    check_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The delay of an event is unknown (晚点未定), or it no longer is."""

    TAG: ClassVar[str] = "unknown"

    call: str
    event: EventName
    unknown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """An event happened `at`; None: it has not, the report is taken back."""

    TAG: ClassVar[str] = "actual"

    call: str
    event: EventName
    at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTrack:
    """The train uses another track: the platform follows, and with another platform its gates, areas and exits."""

    TAG: ClassVar[str] = "track"

    call: str
    track: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPlaces:
    """Other gates, waiting areas or exits; None leaves them, an empty tuple means none."""

    TAG: ClassVar[str] = "places"

    call: str
    gates: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    exits: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCheckIn:
    """Check-in opens and closes at these instants whatever becomes of the train; None: as the rule says."""

    TAG: ClassVar[str] = "check_in"

    call: str
    opens: Instant | None = None
    closes: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFormation:
    """The train's make-up."""

    TAG: ClassVar[str] = "formation"

    call: str
    formation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRunning:
    """The train is suspended, restored (scheduled), extra or diverted."""

    TAG: ClassVar[str] = "running"

    call: str
    running: Running
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTurnaround:
    """A terminus call's set leaves as the train `number` (立折); empty: it does not."""

    TAG: ClassVar[str] = "turnaround"

    call: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A field of a call is locked, at the longest until `until`, or no longer: what a feed says of it then waits."""

    TAG: ClassVar[str] = "lock"

    call: str
    field: str
    locked: bool = True
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCall:
    """A train that is in no plan."""

    TAG: ClassVar[str] = "add"

    day: date
    planned: PlannedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """Proposals are accepted or rejected."""

    TAG: ClassVar[str] = "decide"

    proposals: tuple[str, ...]
    accept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAcceptance:
    """Whether what a source says of a field is taken at once, or becomes a proposal."""

    TAG: ClassVar[str] = "acceptance"

    source: Source
    field: str
    automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode:
    """A scope becomes manual or automatic; on the return, `chosen` tasks of those that fell due meanwhile are done.

    `scope` is `station`, `kind.<task kind>`, `call.<call id>` or `rule.<rule id>`.
    """

    TAG: ClassVar[str] = "mode"

    scope: str
    manual: bool
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """What is to become of tasks."""

    TAG: ClassVar[str] = "handle"

    tasks: tuple[str, ...]
    how: Handling


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """An announcement without a rule, in zones; `due` None means now, `valid` are minutes.

    It says `texts`, or what `template` says: of `call` with all of its fields, without one with none, and in either
    case with `reason` if there is one.
    """

    TAG: ClassVar[str] = "announce"

    targets: tuple[str, ...]
    texts: tuple[Text, ...] = ()
    due: Instant | None = None
    valid: int = 10
    priority: int = 20
    template: str = ""
    call: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A text on boards until `end`; `start` None means now; `whole` takes the whole board, else a line of it.

    `targets` are ids of boards, `type:…`, `group:…`, `platform:…`, `gate:…`, `area:…`, `exit:…`, or `*` for all.
    """

    TAG: ClassVar[str] = "show"

    targets: tuple[str, ...]
    texts: tuple[Text, ...]
    end: Instant
    start: Instant | None = None
    whole: bool = False
    priority: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRows:
    """Rows of a day plan are ticked off, or no longer; `rows` are ids of `PlanRow`s."""

    TAG: ClassVar[str] = "check_rows"

    day: date
    rows: tuple[str, ...]
    checked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPlan:
    """A day plan is locked: a newer one becomes differences to decide on. Or it no longer is."""

    TAG: ClassVar[str] = "lock_plan"

    day: date
    locked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRows:
    """Differences between a day plan and a newer version of it are accepted or rejected."""

    TAG: ClassVar[str] = "decide_rows"

    day: date
    rows: tuple[str, ...]
    accept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """An act is taken back, as far as nothing that came later built on it."""

    TAG: ClassVar[str] = "undo"

    act: str


CallDeed = (
    Replan
    | Expect
    | Delay
    | Unknown
    | Actual
    | SetTrack
    | SetPlaces
    | SetCheckIn
    | SetFormation
    | SetRunning
    | SetTurnaround
    | Lock
)
"""What is done to one call."""

Deed = (
    CallDeed
    | AddCall
    | Decide
    | SetAcceptance
    | SetMode
    | Handle
    | Announce
    | Show
    | CheckRows
    | LockPlan
    | DecideRows
    | Undo
)
"""Everything that can be done."""
