"""The small words of the model; their spelling is what stands in files, on the wire and in the database."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "CallKind",
    "EventName",
    "FeedGrade",
    "Hand",
    "Running",
    "Source",
    "Status",
    "TaskKind",
    "TaskState",
]


class CallKind(StrEnum):
    """What a train does at this station: 始发, 终到, 经停, 通过."""

    ORIGIN = "origin"
    TERMINUS = "terminus"
    THROUGH = "through"
    PASSING = "passing"


class Running(StrEnum):
    """Whether a train runs: as planned, 停运, 加开, 迂回."""

    SCHEDULED = "scheduled"
    SUSPENDED = "suspended"
    EXTRA = "extra"
    DIVERTED = "diverted"


class EventName(StrEnum):
    """The two events of a call."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"


class Source(StrEnum):
    """Where a value came from, or who proposes it; later ones in this list are nearer to the truth of the moment."""

    TIMETABLE = "timetable"
    TEMPLATE = "template"
    TURNAROUND = "turnaround"
    CONFLICT = "conflict"
    STAGE_PLAN = "stage_plan"
    REPORT = "report"
    BUREAU = "bureau"
    OPERATOR = "operator"


class FeedGrade(StrEnum):
    """How far the dispatching feed can be relied on now."""

    FRESH = "fresh"
    LATE = "late"
    LOST = "lost"


class TaskKind(StrEnum):
    """What a task does; the kind decides which executor does it."""

    CHECK_IN = "check_in"
    DISPLAY = "display"
    ANNOUNCEMENT = "announcement"
    NOTICE = "notice"
    LIGHTING = "lighting"
    MESSAGE = "message"


class Hand(StrEnum):
    """Whether a person keeps a task from beginning, or has let it go, whatever the modes say."""

    AUTOMATIC = "automatic"
    HELD = "held"
    RELEASED = "released"


class TaskState(StrEnum):
    """How far a task, or its part at one target, has come."""

    PLANNED = "planned"
    BEGUN = "begun"
    DONE = "done"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"


class Status(StrEnum):
    """What a row on a board says of its train."""

    WAITING = "waiting"
    ON_TIME = "on_time"
    EARLY = "early"
    LATE = "late"
    DELAY_UNKNOWN = "delay_unknown"
    CHECKING_IN = "checking_in"
    CHECK_IN_CLOSED = "check_in_closed"
    ARRIVED = "arrived"
    SUSPENDED = "suspended"
    UNCONFIRMED = "unconfirmed"
    PLATFORM_CHANGED = "platform_changed"
