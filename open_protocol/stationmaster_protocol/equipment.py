"""What a subsystem tells of its hardware and of what people see and hear there: devices, readback, alarms.

None of this is part of the station's day: it stands in no journal and in no digest. It is told as it is now, whole
after each connection and then whatever is different, and who holds it forgets it with the connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_base.times import Instant
from stationmaster_protocol.scalars import Count, Identity, Positive, ShortText, Word

__all__ = ["LIVE_KINDS", "AlarmSign", "Condition", "Device", "Evidence", "Readback", "Reading", "Severity", "ShownRow"]

LIVE_KINDS = ("device", "alarm")
"""What a filter may ask for besides resources, and only by name: sent in `equipment-status` and never in a snapshot."""


class Condition(StrEnum):
    """How a device is: well, well enough, not able to do its work, switched off, not answering, or not known."""

    OK = "ok"
    DEGRADED = "degraded"
    FAULTY = "faulty"
    OFF = "off"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """`alarm`: passengers may be told wrong or old things, or soon will be. `warning`: something else still holds."""

    ALARM = "alarm"
    WARNING = "warning"


class Evidence(StrEnum):
    """How far it is known that a picture is there; each is more than the one before it.

    Sent to the hardware; taken by it; read from it again; painted, as the program that paints says; seen by a camera.
    """

    SENT = "sent"
    ACCEPTED = "accepted"
    READ = "read"
    PAINTED = "painted"
    SEEN = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measured value of a device, for people: `temperature`, `41 °C`."""

    name: Word
    value: ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A piece of hardware as its subsystem knows it.

    `id` is unique within the subsystem; `kind` a word such as `board`, `amplifier`, `lamp`; `targets` the boards,
    zones, gates, posts or lights that it serves. `since` is the station time since which its condition is what it is.
    `identity` is the subsystem that it belongs to; only the hub says it.
    """

    id: str
    identity: Identity | None = None
    kind: Word
    condition: Condition
    since: Instant
    detail: ShortText = ""
    targets: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """One row that is shown: the task that it is made of, in which revision, and on which page."""

    task: str
    revision: int
    page: Positive = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Readback:
    """What is really to be seen at a target, said where the picture is made.

    `at` is the station time at which it was painted or read; `rows` are all of the rows in their order, over all
    of its pages. `capacity` is how many rows it has room for on all pages together; None: as many as there are.
    `blank`: it shows nothing, on purpose (switched off, or a text takes all of it).
    """

    target: str
    at: Instant
    evidence: Evidence
    capacity: Count | None = None
    blank: bool = False
    rows: tuple[ShownRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSign:
    """Something that is wrong and needs a person, in words for him by language.

    `id` names it within its subsystem; `since` is station time; `cause` the id of the device or of another alarm that
    it comes from, empty if it stands for itself. `identity` is the subsystem; only the hub says it, and it has
    alarms of its own, without one.
    """

    id: str
    identity: Identity | None = None
    severity: Severity
    since: Instant
    cause: str = ""
    texts: tuple[tuple[str, str], ...] = ()
