"""How one train really runs, and what the dispatcher knows of it at which time.

The course is drawn first: when the train arrives and departs. What the dispatcher says beforehand is then made to fit:
he hears of a delay some time before, guesses low, corrects himself, sometimes does not know at all for a while, and
the minute in which a thing happens is reported some seconds later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from stationmaster_base.times import MINUTE, Instant, floor_minute
from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.values import CallKind, EventName, Running
from stationmaster_simulator.events import Report, StagePlan

__all__ = ["Course", "Known", "Runs", "Standing", "Times", "Track", "draw_course", "inside", "reports", "stage_plans"]

LEAST_DWELL = 2 * MINUTE
SMALL = (-3, -2, -1, -1, 0, 0, 0, 0, 1, 1, 1, 2, 3)
LATE_FROM, LATE_TO = 5, 60
UNKNOWN_FROM, UNKNOWN_TO = 25, 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """From `at` on, the dispatcher expects these times, or knows that he does not know them."""

    at: Instant
    arrival: Instant | None
    departure: Instant | None
    arrival_unknown: bool = False
    departure_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """From `at` on, the train is to use this track."""

    at: Instant
    track: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """From `at` on, the train is to run, or not to."""

    at: Instant
    running: Running
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """At `at` the stage plan that holds this train is drawn up, whether or not there is news of it."""

    at: Instant


Known = Times | Track | Runs | Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The real times, whole minutes, and what is known of them beforehand."""

    arrival: Instant | None
    departure: Instant | None
    known: tuple[Known, ...] = ()


def inside(rng: Random, minute: float) -> Instant:
    """Some second inside a minute, never its first or its last few."""
    return Instant(floor_minute(minute) + rng.randint(5, 55))


def draw_course(call: PlannedCall, rng: Random, *, punctual: float, unknown: bool) -> Course:
    """How this train runs.

    Args:
        call: the train, as planned.
        rng: chance.
        punctual: the share of trains that keep their time within 3 minutes.
        unknown: the train is one of those whose delay is not known for a while.

    """
    held = unknown and call.kind is CallKind.THROUGH and rng.random() < 0.4
    if unknown and not held:
        late = rng.randint(UNKNOWN_FROM, UNKNOWN_TO)
    elif held or rng.random() < punctual:
        late = rng.choice(SMALL)
    else:
        late = LATE_FROM + int((LATE_TO - LATE_FROM + 1) * rng.random() ** 2)
    arrival = None if call.arrival is None else _later(call.arrival, late)
    departure = _departure(call, arrival, late)
    if departure is not None and call.kind is CallKind.THROUGH:
        departure = _later(departure, rng.randint(UNKNOWN_FROM, UNKNOWN_TO) if held else rng.choice((0, 0, 0, 0, 1)))
    real = Course(arrival=arrival, departure=departure)
    if held:
        return replace(real, known=_held(call, real, rng))
    if unknown:
        return replace(real, known=_unknown(call, real, rng))
    return replace(real, known=_estimates(call, real, late, rng))


def stage_plans(run: int, known: tuple[Known, ...], first: StagePlan) -> list[StagePlan]:
    """The rows of the stage plan that say what is known, each only when it says something new.

    `first` is what holds before anything is known: its times and track are the timetable's.
    """
    rows: list[StagePlan] = []
    row = replace(first, run=run)
    for fact in sorted(known, key=lambda fact: fact.at):
        match fact:
            case Times():
                row = replace(
                    row,
                    arrival=fact.arrival,
                    departure=fact.departure,
                    arrival_unknown=fact.arrival_unknown,
                    departure_unknown=fact.departure_unknown,
                )
            case Track():
                row = replace(row, track=fact.track)
            case Runs():
                row = replace(row, running=fact.running, reason=fact.reason)
            case Standing():
                pass
        if not rows or replace(row, at=rows[-1].at) != rows[-1]:
            rows.append(replace(row, at=fact.at))
    return rows


def reports(run: int, course: Course, rng: Random) -> list[Report]:
    """The reports of a course: in the minute itself, now and then a few minutes later, the arrival's never last."""
    made: list[Report] = []
    for event, actual in ((EventName.ARRIVAL, course.arrival), (EventName.DEPARTURE, course.departure)):
        if actual is None:
            continue
        at = inside(rng, actual + MINUTE * (rng.randint(1, 3) if rng.random() < 0.08 else 0))
        if made and at <= made[-1].at:
            at = made[-1].at
        made.append(Report(at=at, run=run, event=event, actual=actual))
    return made


def _later(time: Instant, minutes: int) -> Instant:
    return Instant(time + minutes * MINUTE)


def _departure(call: PlannedCall, arrival: Instant | None, late: int) -> Instant | None:
    """When it leaves at the earliest: passengers' trains never before their time, nor without stopping first."""
    if call.departure is None:
        return None
    if call.kind is CallKind.PASSING:
        return _later(call.departure, late)
    if call.arrival is None or arrival is None:
        return _later(call.departure, max(0, late))
    dwell = min(LEAST_DWELL, call.departure - call.arrival)
    return Instant(max(call.departure, arrival + dwell))


def _expected(call: PlannedCall, at: Instant, late: int) -> Times:
    arrival = None if call.arrival is None else _later(call.arrival, late)
    return Times(at=at, arrival=arrival, departure=_departure(call, arrival, late))


def _estimates(call: PlannedCall, real: Course, late: int, rng: Random) -> tuple[Known, ...]:
    """Small deviations are mostly not foretold; larger ones are guessed, corrected, and known in the end."""
    planned, actual = _leading(call, real)
    last = Times(at=inside(rng, actual - rng.randint(3, 6) * MINUTE), arrival=real.arrival, departure=real.departure)
    if abs(late) < LATE_FROM:
        return (last,) if late and rng.random() < 0.3 else ()
    first_guess = max(2, int(late * rng.uniform(0.4, 0.8)))
    second_guess = rng.randint(first_guess, late)
    return (
        _expected(call, inside(rng, planned - rng.randint(25, 70) * MINUTE), first_guess),
        _expected(call, inside(rng, planned - rng.randint(7, 15) * MINUTE), second_guess),
        last,
    )


def _unknown(call: PlannedCall, real: Course, rng: Random) -> tuple[Known, ...]:
    """Nothing is known from some time before the planned time until shortly before the train comes."""
    planned, actual = _leading(call, real)
    nothing = Times(
        at=inside(rng, planned - rng.randint(10, 40) * MINUTE),
        arrival=None,
        departure=None,
        arrival_unknown=call.arrival is not None,
        departure_unknown=call.departure is not None,
    )
    known = Times(at=inside(rng, actual - rng.randint(9, 20) * MINUTE), arrival=real.arrival, departure=real.departure)
    return (nothing, known)


def _held(call: PlannedCall, real: Course, rng: Random) -> tuple[Known, ...]:
    """The train has come and stands; when it may leave is not known for a while."""
    if real.arrival is None or real.departure is None:
        raise ValueError(f"{call.number} cannot be held: it does not stop and go on")
    nothing = Times(
        at=inside(rng, real.arrival + 3 * MINUTE), arrival=real.arrival, departure=None, departure_unknown=True
    )
    known = Times(
        at=inside(rng, real.departure - rng.randint(8, 12) * MINUTE), arrival=real.arrival, departure=real.departure
    )
    return (nothing, known)


def _leading(call: PlannedCall, real: Course) -> tuple[Instant, Instant]:
    """Planned and real time of the first event."""
    if call.arrival is not None and real.arrival is not None:
        return call.arrival, real.arrival
    if call.departure is not None and real.departure is not None:
        return call.departure, real.departure
    raise ValueError(f"{call.number} has no time")
