"""What can be put into the kernel. Every input has an id, unique for ever, and the station time at which it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stationmaster_base.times import Instant
from stationmaster_kernel.account import Account
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.deeds import Deed
from stationmaster_kernel.planned_call import PlannedCall
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import CallKind, FeedGrade, Running, TaskKind

__all__ = [
    "Act",
    "Configure",
    "DropAccount",
    "Feed",
    "FeedRecord",
    "GradeFeed",
    "Input",
    "Known",
    "KnownKind",
    "Plan",
    "PlannedCall",
    "Presence",
    "PutAccount",
    "TaskResult",
    "Tick",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A minute has begun, or several have passed.

    `trusted` is false while the station's clock has leaped and nobody vouches for the time that it shows.
    """

    id: str
    at: Instant
    trusted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The day plan of one service date, calls in order of planned time.

    `digest` tells one version from the next.
    """

    id: str
    at: Instant
    day: date
    calls: tuple[PlannedCall, ...]
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRecord:
    """One whole call as the dispatching system sees it now.

    Planned times are its timetable's, expected times and track its stage plan's, actual times its reports'.
    """

    day: date
    numbers: tuple[str, ...]
    train_class: str = ""
    kind: CallKind
    origin: str = ""
    destination: str = ""
    planned_arrival: Instant | None = None
    planned_departure: Instant | None = None
    expected_arrival: Instant | None = None
    expected_departure: Instant | None = None
    actual_arrival: Instant | None = None
    actual_departure: Instant | None = None
    arrival_unknown: bool = False
    departure_unknown: bool = False
    track: str = ""
    running: Running = Running.SCHEDULED
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """News from the dispatching feed."""

    id: str
    at: Instant
    records: tuple[FeedRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeFeed:
    """The feed has become better or worse."""

    id: str
    at: Instant
    grade: FeedGrade


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """An executor of a kind of task has come or gone."""

    id: str
    at: Instant
    kind: TaskKind
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """The station's folder was read (again)."""

    id: str
    at: Instant
    configuration: Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """An executor says how far a target of a point task has come."""

    id: str
    at: Instant
    task: str
    result: Result


class KnownKind(StrEnum):
    """A kind of resource that a person sees and acts on."""

    CALL = "call"
    TASK = "task"
    PROPOSAL = "proposal"
    ACCEPTANCE = "acceptance"
    MODE = "mode"
    CONFLICT = "conflict"
    PLAN = "plan"
    ROW = "row"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a person saw when he acted: a resource in this revision; 0: that there was none.

    `said` is the digest of what was said of it then (`knowing.said`); empty where nobody knows any more.
    """

    kind: KnownKind
    id: str
    revision: int
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A person does something: all of `deeds`, or nothing; nothing too, if anything `known` is not as he saw it.

    What he sets is locked against the feed, with `lock`, at the longest until `lock_until`.
    """

    id: str
    at: Instant
    by: str
    why: str = ""
    deeds: tuple[Deed, ...]
    lock: bool = True
    lock_until: Instant | None = None
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAccount:
    """`by` makes or changes an account; `known` is the revision that he saw, 0 for none; None: whichever."""

    id: str
    at: Instant
    by: str
    account: Account
    known: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropAccount:
    """`by` takes away the account with this login name; `known` as in `PutAccount`."""

    id: str
    at: Instant
    by: str
    account: str
    known: int | None = None


Input = Tick | Plan | Feed | GradeFeed | Presence | Configure | TaskResult | Act | PutAccount | DropAccount
