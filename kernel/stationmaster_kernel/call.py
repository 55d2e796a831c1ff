"""A call: one train at this station on one service date, the unit of everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from stationmaster_base.times import Instant
from stationmaster_kernel.values import CallKind, EventName, Running, Source

__all__ = ["Call", "Event", "Provenance", "call_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An arrival or a departure.

    `expected` is what a person or a feed last said; `actual` is a report. `unknown` is 晚点未定, a state and not a
    number. `best` is the kernel's best known time: actual, else expected, else planned, moved on by the clock while the
    event is overdue with a fresh feed; None while the delay is unknown.
    """

    planned: Instant
    expected: Instant | None = None
    actual: Instant | None = None
    unknown: bool = False
    overdue: bool = False
    best: Instant | None = None

    @property
    def late_minutes(self) -> int:
        """Whole minutes that `best` lies after `planned`; negative if early, 0 if unknown."""
        return 0 if self.best is None else int((self.best - self.planned) / 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the present value of one field came from, and when; `by` is the person, if it was one.

    `locked`: what a feed says of the field waits for a decision, until `until` at the longest.
    """

    field: str
    source: Source
    at: Instant
    by: str = ""
    locked: bool = False
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, with everything that the kernel knows and derives of it.

    `gates`, `areas` and `exits` follow the platform, and the platform follows the track, unless set otherwise.
    `unconfirmed`: an event is overdue and no fresh feed says what became of it.
    `check_in_open` and `check_in_close` come from the check-in rule; None without one, or while the base is unknown.
    `opens` and `closes` are the template's minutes from the departure, in place of the rule's; `hand_open` and
    `hand_close` are instants that a person set, in place of both.
    `turnaround` is the number of the train that leaves with the same set.
    `platform_since` is when `platform` became what it is; None in a call that was written down before there was such a
    field, and whose platform has stayed since. `platform_before` is the one from which it was sent there, by whatever
    but a plan; empty: none.
    """

    id: str
    revision: int = 0
    service_date: date
    number: str
    numbers: tuple[str, ...]
    train_class: str
    kind: CallKind
    origin: str
    destination: str
    running: Running = Running.SCHEDULED
    reason: str = ""
    arrival: Event | None = None
    departure: Event | None = None
    track: str = ""
    platform: str = ""
    planned_track: str = ""
    planned_platform: str = ""
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()
    check_in_open: Instant | None = None
    check_in_close: Instant | None = None
    formation: str = ""
    turnaround: str = ""
    opens: int | None = None
    closes: int | None = None
    hand_open: Instant | None = None
    hand_close: Instant | None = None
    unconfirmed: bool = False
    platform_since: Instant | None = None
    platform_before: str = ""
    provenance: tuple[Provenance, ...] = ()

    @property
    def old_platforms(self) -> tuple[str, ...]:
        """Where people may wait for the train though it is elsewhere: as planned, and where it was last said to be."""
        known = dict.fromkeys((self.planned_platform, self.platform_before))
        return tuple(platform for platform in known if platform not in ("", self.platform))

    def event(self, name: EventName) -> Event | None:
        """The arrival or the departure; None if the train has none here."""
        return self.arrival if name is EventName.ARRIVAL else self.departure

    def is_past(self, name: EventName) -> bool:
        """Whether an event has been: it is reported, or a later one is, since who has left was here."""
        event = self.event(name)
        reported = event is not None and event.actual is not None
        return reported or (name is EventName.ARRIVAL and event is not None and self.is_past(EventName.DEPARTURE))

    def origin_of(self, field: str) -> Provenance | None:
        """Where the present value of a field came from; None while it is the plan's."""
        return next((item for item in self.provenance if item.field == field), None)

    @property
    def planned(self) -> Instant:
        """The time that orders calls: planned departure, or planned arrival where there is none."""
        event = self.departure or self.arrival
        if event is None:
            raise ValueError(f"call {self.id} has no event")
        return event.planned


def call_id(telecode: str, day: date, number: str, nth: int) -> str:
    """`NDC/2026-03-01/G2402/1`; parts are percent-encoded, so a `/` in a number does no harm."""
    return "/".join((quote(telecode, safe=""), day.isoformat(), quote(number, safe=""), str(nth)))
