"""One standing of an alarm: from when it is raised to when it is over, and what people did about it meanwhile.

The words are those of ISA-18.2 and EEMUA 191. An alarm is *unacknowledged* when it is raised, and *acknowledged* when
a person has said that he knows. When it is over before that, it has *returned* and still waits to be seen. It is
*shelved* when a person has put it aside for a limited time, and *suppressed* while nobody can tell whether it still
holds, since the subsystem that says so is away.

When it comes back it is another standing of the same alarm, with another number, and nobody has acknowledged that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.alarms.words import code_of
from stationmaster_base.times import MINUTE, Instant

__all__ = [
    "GRAVE_MINUTES",
    "LONGEST_MINUTES",
    "Acknowledgement",
    "Alarm",
    "AlarmState",
    "Record",
    "Shelf",
    "glance",
    "key_of",
]

_KEY_DIGITS = 16

LONGEST_MINUTES = 12 * 60
"""For which an alarm may be put aside: a shift, so that whoever comes next decides for himself."""

GRAVE_MINUTES = 60
"""For which a grave one may be, whether or not it was grave already when it was put aside."""


class AlarmState(StrEnum):
    """What is to be done with an alarm by people."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who said that he knows, when (station time), and what he added."""

    by: str
    at: Instant
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """An alarm that was put aside `at` a station time `until` another, by whom, and why.

    `key` is the alarm's; `identity` and `alarm` are who says it and its id, to be shown while it does not stand.
    """

    key: str
    identity: str
    alarm: str
    by: str
    at: Instant
    until: Instant
    why: str

    def until_if(self, *, grave: bool) -> Instant:
        """When it comes back: what is grave by now stays no longer than what was grave when it was put aside."""
        return min(self.until, Instant(self.at + GRAVE_MINUTES * MINUTE)) if grave else self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One standing.

    `number` is its own; `key` the alarm's, the same each time that it comes. `sign` is as it was last seen. `since`,
    `raised`, `last` and `ended` are station times: since when it is so; when it became an alarm; when it last came;
    when it was over, None while it stands. `times` counts how often it came in this standing, more than once if it
    chatters. `waits`: it stands, or was over before anybody acknowledged it. `part_of` is the number of the standing
    that it is a part of.
    """

    number: int
    key: str
    sign: Sign
    since: Instant
    raised: Instant
    last: Instant
    times: int = 1
    ended: Instant | None = None
    waits: bool = True
    acknowledged: Acknowledgement | None = None
    part_of: int | None = None

    @property
    def code(self) -> str:
        """What kind of alarm it is; `words.CODES` has what it is called."""
        return code_of(self.sign.id, self.sign.identity)

    @property
    def is_grave(self) -> bool:
        """Whether passengers may be told wrong or old things, or soon will be."""
        return self.sign.severity is Severity.ALARM


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that is wrong, as it is told at a glance; `since` is the station time since which it is so.

    `key` names it in the web API. `parts` counts the alarms that stand within this one.
    """

    id: str
    since: Instant
    severity: Severity
    zh: str
    en: str
    identity: str = ""
    cause: str = ""
    key: str = ""
    code: str = ""
    state: AlarmState = AlarmState.UNACKNOWLEDGED
    parts: int = 0


def key_of(identity: str, name: str) -> str:
    """The key of an alarm: short, safe in a path, and the same after a restart."""
    return hashlib.sha256(f"{identity}\0{name}".encode()).hexdigest()[:_KEY_DIGITS]


def glance(record: Record, state: AlarmState, parts: int = 0) -> Alarm:
    """A standing alarm at a glance."""
    sign = record.sign
    return Alarm(
        id=sign.id,
        since=record.since,
        severity=sign.severity,
        zh=sign.zh,
        en=sign.en,
        identity=sign.identity,
        cause=sign.cause,
        key=record.key,
        code=record.code,
        state=state,
        parts=parts,
    )
