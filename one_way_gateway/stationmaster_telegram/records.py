"""What telegrams say: whole calls, tombstones, manifests and the state of the gateway.

These are the line's own values, apart from the kernel's, so that an appliance carries nothing of the platform.
Each checks itself when it is made, at both ends: what cannot be said is never sent, what makes no sense never received.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from stationmaster_base.times import Instant

__all__ = [
    "CallRecord",
    "Calls",
    "Content",
    "DatabaseState",
    "GatewayState",
    "HourManifest",
    "Kind",
    "Manifest",
    "RunningState",
    "Tombstone",
    "Tombstones",
    "day_start",
]

DAY_ZERO = date(2000, 1, 1)
LARGEST_RUN = 2**53 - 1
LARGEST_COUNTER = 2**32 - 1
LONGEST_AWAY = 60 * 86400
LARGEST_INSTANT = 2**40
EPOCH_DAY = date(1970, 1, 1)
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters that UTF-8 cannot carry."""


class Kind(IntEnum):
    """What a train does here."""

    ORIGIN = 0
    TERMINUS = 1
    THROUGH = 2
    PASSING = 3


class RunningState(IntEnum):
    """Whether a train runs."""

    SCHEDULED = 0
    SUSPENDED = 1
    EXTRA = 2
    DIVERTED = 3


class DatabaseState(IntEnum):
    """What the gateway knows of the database that it reads."""

    STARTING = 0  # not read yet since the gateway started
    GOOD = 1
    SLOW = 2  # the last read is older than it should be
    GONE = 3  # it cannot be read
    UNFIT = 4  # it can be read, and its tables or columns are not those that are configured
    OTHER = 255  # not good for another reason; a receiver takes every number that it does not know for this one


def day_start(day: date) -> Instant:
    """00:00 UTC of a service date: what the line's times count from."""
    return Instant((day - EPOCH_DAY).days * 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One whole call as the dispatching database has it.

    `run` is the database's number for the run (0 … 2^53 − 1), `revision` the gateway's for this state of it: of two
    records of a run from one gateway and epoch, the one with the higher revision is the newer.

    Raises:
        ValueError: a field is outside what can be sent, or there is no planned time.

    """

    run: int
    revision: int = 0
    day: date
    numbers: tuple[str, ...]
    kind: Kind
    train_class: str = ""
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
    running: RunningState = RunningState.SCHEDULED
    reason: str = ""

    def __post_init__(self) -> None:
        _check_number("run", self.run, LARGEST_RUN)
        _check_number("revision", self.revision, LARGEST_COUNTER)
        _check_day(self.day)
        for text in (*self.numbers, self.train_class, self.origin, self.destination, self.track, self.reason):
            if _UNSPEAKABLE.search(text):
                raise ValueError(f"the text {text!r} holds control characters")
        if not self.numbers or any(not number or "/" in number for number in self.numbers):
            raise ValueError(f"train numbers {self.numbers!r} are empty or hold a '/'")
        if (self.planned_arrival is None) is not (self.kind is Kind.ORIGIN):
            raise ValueError(f"a call of kind {self.kind.name.lower()} has planned arrival {self.planned_arrival}")
        if (self.planned_departure is None) is not (self.kind is Kind.TERMINUS):
            raise ValueError(f"a call of kind {self.kind.name.lower()} has planned departure {self.planned_departure}")
        start = day_start(self.day)
        for name, time in self.times():
            if time is not None and abs(time - start) > LONGEST_AWAY:
                raise ValueError(f"{name} is more than 60 days from {self.day}")
        if self.planned_arrival is None and (self.expected_arrival is not None or self.actual_arrival is not None):
            raise ValueError("an arrival time for a call that has no arrival")
        if self.planned_departure is None and (
            self.expected_departure is not None or self.actual_departure is not None
        ):
            raise ValueError("a departure time for a call that has no departure")

    def times(self) -> tuple[tuple[str, Instant | None], ...]:
        """The six times with their names."""
        return (
            ("planned arrival", self.planned_arrival),
            ("planned departure", self.planned_departure),
            ("expected arrival", self.expected_arrival),
            ("expected departure", self.expected_departure),
            ("actual arrival", self.actual_arrival),
            ("actual departure", self.actual_departure),
        )

    @property
    def planned(self) -> Instant:
        """The planned departure, of a terminus call the planned arrival: what sorts calls and chooses their hour."""
        time = self.planned_arrival if self.planned_departure is None else self.planned_departure
        if time is None:  # excluded by __post_init__
            raise ValueError("a call without planned times")
        return time

    @property
    def hour(self) -> int:
        """Which hour's manifest counts this call: full hours from 00:00 UTC of its service date; may be negative."""
        return (self.planned - day_start(self.day)) // 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A run that the database no longer has. It cancels nothing: absence is only ever a proposal."""

    run: int
    revision: int

    def __post_init__(self) -> None:
        _check_number("run", self.run, LARGEST_RUN)
        _check_number("revision", self.revision, LARGEST_COUNTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourManifest:
    """How many calls one hour of one service date has, and the digest of them (`digest.hour_digest`)."""

    day: date
    hour: int
    count: int
    digest: bytes

    def __post_init__(self) -> None:
        _check_day(self.day)
        if abs(self.hour) > LONGEST_AWAY // 3600:
            raise ValueError(f"hour {self.hour} is more than 60 days away")
        _check_number("count", self.count, LARGEST_COUNTER)
        _check_digest(self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Records of calls of one service date."""

    records: tuple[CallRecord, ...]

    def __post_init__(self) -> None:
        if not self.records or any(record.day != self.records[0].day for record in self.records):
            raise ValueError("a telegram holds one call or more, all of one service date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstones:
    """Runs that are gone."""

    tombstones: tuple[Tombstone, ...]

    def __post_init__(self) -> None:
        if not self.tombstones:
            raise ValueError("a telegram holds one tombstone or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a receiver holds if it has everything: how many calls, the digest of all hours, and some of the hours.

    `cycle` counts the carousel's passes: every call of the mirror is sent at least once in each.
    """

    cycle: int
    count: int
    digest: bytes
    hours: tuple[HourManifest, ...] = ()

    def __post_init__(self) -> None:
        _check_number("cycle", self.cycle, LARGEST_COUNTER)
        _check_number("count", self.count, LARGEST_COUNTER)
        _check_digest(self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState:
    """What the gateway says of itself.

    `database_time` is the dispatching database's own time, as far as it shows one; `read_age` is how many seconds ago
    it was last read; `faulty` is the number of rows that could not be understood and are left out or held at an
    older state; `held` the number of calls that vanished too suddenly to be believed. `gateway_time` is what the
    gateway's own clock showed when this was made; None if that clock is not set.
    """

    database: DatabaseState
    database_time: Instant | None = None
    read_age: int = 0
    faulty: int = 0
    held: int = 0
    gateway_time: Instant | None = None

    def __post_init__(self) -> None:
        for name, time in (("database time", self.database_time), ("gateway time", self.gateway_time)):
            if time is not None and abs(time) > LARGEST_INSTANT:
                raise ValueError(f"{name} {time} is no time")
        _check_number("read age", self.read_age, LARGEST_COUNTER)
        _check_number("faulty", self.faulty, LARGEST_COUNTER)
        _check_number("held", self.held, LARGEST_COUNTER)


Content = Calls | Tombstones | Manifest | GatewayState


def _check_number(name: str, number: int, largest: int) -> None:
    if not 0 <= number <= largest:
        raise ValueError(f"{name} {number} is outside 0…{largest}")


def _check_day(day: date) -> None:
    if not 2000 <= day.year <= 2199:
        raise ValueError(f"service date {day} is outside 2000…2199")


def _check_digest(digest: bytes) -> None:
    if len(digest) != 8:
        raise ValueError("a digest has 8 bytes")
