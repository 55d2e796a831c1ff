"""Rules: which tasks the kernel makes for which calls. They are data; no station's habit is in code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_kernel.values import CallKind, EventName, TaskKind

__all__ = ["Base", "Moment", "Rule", "Selector", "TimeChoice", "Trigger"]


class Base(StrEnum):
    """The times that rules count from."""

    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    CHECK_IN_OPEN = "check_in_open"
    CHECK_IN_CLOSE = "check_in_close"


class TimeChoice(StrEnum):
    """Which time of the base: the best known, the planned, or whichever of them is earlier."""

    BEST = "best"
    PLANNED = "planned"
    EARLIEST = "earliest"


class Trigger(StrEnum):
    """What makes an announcement due that hangs on a change and not on a time."""

    DELAY = "delay"
    DELAY_UNKNOWN = "delay_unknown"
    PLATFORM_CHANGE = "platform_change"
    SUSPENSION = "suspension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`offset` minutes (−600…600) after a base."""

    base: Base
    offset: int = 0
    time: TimeChoice = TimeChoice.BEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which calls a rule is for; an empty tuple selects all."""

    kinds: tuple[CallKind, ...] = ()
    classes: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    check_in: `start` is check-in open and `end` check-in close; with `after_arrival`, check-in opens at the latest
    that many minutes after the arrival. The first check-in rule that selects a call decides.
    display: `boards` are board types; `start`, `end`, `awaits`, `hard_end` (minutes after `end`).
    announcement: `zones` are zone types; either `due` (and `awaits`), or `trigger` with `at_least` minutes (delay) and
    `ahead` (not before so many minutes ahead of the planned time); `valid` minutes; `template`; `priority`;
    `rearm`: done on a base that has since moved by more than so many minutes, it is done again.
    """

    id: str
    revision: int = 0
    does: TaskKind
    when: Selector = Selector()
    boards: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    start: Moment | None = None
    end: Moment | None = None
    after_arrival: int | None = None
    due: Moment | None = None
    trigger: Trigger | None = None
    at_least: int = 0
    ahead: int = 180
    valid: int = 5
    awaits: EventName | None = None
    hard_end: int = 120
    template: str = ""
    priority: int = 50
    rearm: int = 10
    feed_limit: int | None = None
