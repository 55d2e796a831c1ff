"""Rules: which tasks the kernel makes for which calls. They are data; no station's habit is in code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stationmaster_kernel.values import CallKind, EventName, Running, TaskKind

__all__ = ["Base", "Condition", "Moment", "Rule", "RuleMode", "Selector", "TimeChoice", "Trigger", "Where"]


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
    """What makes an announcement or a notice due that hangs on a change and not on a time."""

    DELAY = "delay"
    DELAY_UNKNOWN = "delay_unknown"
    DELAY_KNOWN = "delay_known"
    EARLY = "early"
    OVERDUE = "overdue"
    PLATFORM_CHANGE = "platform_change"
    TRACK_CHANGE = "track_change"
    SUSPENSION = "suspension"
    RESTORED = "restored"
    EXTRA = "extra"


class RuleMode(StrEnum):
    """Whether a rule's tasks begin by themselves, or are prepared and wait for a person to let them go."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Where(StrEnum):
    """Whether a row stands where its train is, or where it is not any more: on the boards of its planned platform."""

    PLATFORM = "platform"
    OLD_PLATFORM = "old_platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`offset` minutes (−600…600) after a base."""

    base: Base
    offset: int = 0
    time: TimeChoice = TimeChoice.BEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which calls a rule is for; an empty tuple selects all.

    `trains` are numbers, any of the call's; `weekdays` are those of its service date, 1 (Monday) to 7.
    """

    kinds: tuple[CallKind, ...] = ()
    classes: tuple[str, ...] = ()
    trains: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How things must stand now for a selected call to have the rule's task; what is absent does not matter.

    Minutes late and early, and `unknown`, are those of the rule's own event. While its time is unknown it is neither
    late nor early. `track_changed` and `platform_changed`: it is not the planned one.
    """

    late_at_least: int | None = None
    late_at_most: int | None = None
    early_at_least: int | None = None
    unknown: bool | None = None
    track_changed: bool | None = None
    platform_changed: bool | None = None
    running: tuple[Running, ...] = ()
    unconfirmed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    `when` and, on service dates, `valid_from` to `valid_until` (both included) tell which calls it is for,
    `condition` how they must stand; with `mode` manual its tasks are held until a person lets them go.

    check_in: `start` is check-in open and `end` check-in close; with `after_arrival`, check-in opens at the latest
    that many minutes after the arrival. The first check-in rule that selects a call decides.
    display: `boards` are board types; `start`, `end`, `awaits`, `hard_end` (minutes after `end`). With `where` the old
    platform, a row is for those who wait at the planned one while the train uses another.
    lighting: `lights` are light types; the same moments.
    announcement: `zones` are zone types; either `due` (and `awaits`), or `trigger` with `at_least` minutes (delay,
    early, overdue) and `ahead` (not before so many minutes ahead of the planned time); `valid` minutes; `template`;
    `priority`; `rearm`: done on a base that has since moved by more than so many minutes, it is done again.
    notice: `posts` are the ids of posts; the same otherwise.
    """

    id: str
    revision: int = 0
    does: TaskKind
    when: Selector = Selector()
    condition: Condition = Condition()
    valid_from: date | None = None
    valid_until: date | None = None
    mode: RuleMode = RuleMode.AUTOMATIC
    where: Where = Where.PLATFORM
    boards: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
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
