"""A day as the dispatchers live it, made from the timetable, a seed and nothing else.

The same timetable, seed and day give the same events to the byte, whatever the speed and however often the simulator
is restarted. What a day is like is in `Habits`: most trains are punctual, some are late, for two or three nobody knows
for a while how late, some change tracks, one or two do not run, one that was to be suspended runs after all, and one
runs that is in no timetable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from random import Random
from zoneinfo import ZoneInfo

from stationmaster_base.times import MINUTE, Instant, local_instant
from stationmaster_kernel.inputs import PlannedCall
from stationmaster_kernel.values import CallKind, Running
from stationmaster_simulator.course import (
    Course,
    Known,
    Runs,
    Standing,
    Track,
    draw_course,
    inside,
    reports,
    stage_plans,
)
from stationmaster_simulator.events import ScenarioEvent, StagePlan, TimetableEntry, in_order, run_id
from stationmaster_simulator.occupancy import Occupancy, stay_of

__all__ = ["DAYS_AHEAD", "Habits", "make_scenario"]

DAYS_AHEAD = 3
"""The base timetable of a day enters the database so many days before, just after midnight."""

STAGE = 4 * 60 * MINUTE
STAGE_AHEAD = 30 * MINUTE
QUIET_HOURS = 2 * 60 * MINUTE
"""Nothing that needs a free track is done so near to midnight: the neighbouring day's trains are not known here."""

REASONS = ("线路故障", "设备故障", "天气原因", "线路施工")
PREFIXES = "GDCZTK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a day is like. Pairs are the least and the most of a day; a short timetable has fewer."""

    punctual: float = 0.87
    unknown: tuple[int, int] = (2, 3)
    track_changes: tuple[int, int] = (3, 5)
    suspended: tuple[int, int] = (1, 2)
    restored: tuple[int, int] = (1, 1)
    extra: tuple[int, int] = (1, 1)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One train while its day is made."""

    number: int
    call: PlannedCall
    course: Course
    extra: bool = False
    more: list[Known] = field(default_factory=list)
    changes_track: bool = False
    cancelled: bool = False

    @property
    def first(self) -> Instant:
        return _first(self.call)


def make_scenario(
    calls: Sequence[PlannedCall],
    seed: int,
    *,
    day: date,
    zone: ZoneInfo,
    faces: Mapping[str, str] | None = None,
    habits: Habits | None = None,
) -> tuple[ScenarioEvent, ...]:
    """Everything that happens in the dispatching database on account of one service date.

    Args:
        calls: the day's calls, in the timetable's order; a run's number is its place here, an extra's comes after.
        seed: chance.
        day: the service date.
        zone: the station's time zone.
        faces: the platform of every track that has a platform face; without them no train changes its track.
        habits: what the day is like.

    Returns:
        Events in order of `at`. Every run arrives and departs in the end, unless it is suspended.

    """
    ways = habits or Habits()
    rng = Random(f"{seed}/{day.isoformat()}")  # noqa: S311 - chance that can be repeated is the point
    midnight = local_instant(day, time(0), zone)
    entered = Instant(local_instant(day, time(0), zone, days=-DAYS_AHEAD) + 20)
    roles = _Roles(calls, ways, rng)
    runs: list[_Run] = []
    for index, call in enumerate(calls):
        course = draw_course(call, rng, punctual=ways.punctual, unknown=index in roles.unknown)
        runs.append(_Run(number=index + 1, call=call, course=course))
    for index in sorted(roles.suspended):
        _suspend(runs[index], rng)
    for index in sorted(roles.restored):
        _suspend_and_restore(runs[index], rng)

    day_hours = (midnight + QUIET_HOURS, local_instant(day, time(0), zone, days=1) - QUIET_HOURS)
    tracks = Occupancy(faces or {})
    for run in runs:
        tracks.add(run.call.track, stay_of(run.call, run.course.arrival, run.course.departure))
    for _ in range(min(rng.randint(*ways.extra), len(calls))):
        extra = _extra(runs, tracks, day_hours, rng)
        if extra is not None:
            runs.append(extra)
    _change_tracks(runs, tracks, day_hours, rng.randint(*ways.track_changes), rng)

    events: list[ScenarioEvent] = []
    for run in runs:
        at = inside(rng, run.first - rng.randint(120, 240) * MINUTE) if run.extra else entered
        events.extend(_events(run, day, at, midnight, rng))
    return in_order(events)


class _Roles:
    """Which calls of the day have which lot; nobody has two."""

    def __init__(self, calls: Sequence[PlannedCall], ways: Habits, rng: Random) -> None:
        stopping = [index for index, call in enumerate(calls) if call.kind is not CallKind.PASSING]
        rng.shuffle(stopping)
        self._left = stopping
        self._most = max(1, len(calls) // 8)
        self.unknown = self._take(rng.randint(*ways.unknown))
        self.suspended = self._take(rng.randint(*ways.suspended))
        self.restored = self._take(rng.randint(*ways.restored))

    def _take(self, count: int) -> frozenset[int]:
        taken = frozenset(self._left[: min(count, self._most)])
        self._left = self._left[len(taken) :]
        return taken


def _suspend(run: _Run, rng: Random) -> None:
    at = inside(rng, run.first - rng.randint(60, 180) * MINUTE)
    fact = Runs(at=at, running=Running.SUSPENDED, reason=rng.choice(REASONS))
    run.course = replace(run.course, known=(fact,))
    run.cancelled = True


def _suspend_and_restore(run: _Run, rng: Random) -> None:
    off = inside(rng, run.first - rng.randint(160, 240) * MINUTE)
    on = inside(rng, run.first - rng.randint(75, 110) * MINUTE)
    run.more.append(Runs(at=off, running=Running.SUSPENDED, reason=rng.choice(REASONS)))
    run.more.append(Runs(at=on, running=Running.SCHEDULED))


def _change_tracks(runs: Sequence[_Run], tracks: Occupancy, hours: tuple[int, int], count: int, rng: Random) -> None:
    candidates = [
        run
        for run in runs
        if run.call.track
        and run.call.kind is not CallKind.PASSING
        and not run.cancelled
        and not run.extra
        and _within(run, hours)
    ]
    rng.shuffle(candidates)
    for run in candidates:
        if count <= 0:
            return
        stay = stay_of(run.call, run.course.arrival, run.course.departure)
        free = tracks.free(stay, instead_of=run.call.track)
        if not free:
            continue
        track = rng.choice(free)
        real = run.course.arrival or run.course.departure or run.first
        planned_or_real = min(run.first, real)
        least = 25 if run.call.arrival is None else 6
        at = inside(rng, planned_or_real - rng.randint(least, 60) * MINUTE)
        run.more.append(Track(at=at, track=track))
        tracks.add(track, stay)
        count -= 1


def _extra(runs: Sequence[_Run], tracks: Occupancy, hours: tuple[int, int], rng: Random) -> _Run | None:
    """A train like one of the day's, at another time, on a track that is free then; None if there is no such track."""
    likes = [run for run in runs if run.call.kind in (CallKind.ORIGIN, CallKind.THROUGH) and _within(run, hours)]
    rng.shuffle(likes)
    taken = {number for run in runs for number in run.call.numbers}
    for like in likes:
        shift = rng.choice((-1, 1)) * rng.randint(20, 90) * MINUTE
        call = replace(
            like.call,
            number=(number := _new_number(like.call.number, taken, rng)),
            numbers=(number,),
            arrival=_shifted(like.call.arrival, shift),
            departure=_shifted(like.call.departure, shift),
            gates=(),
            areas=(),
            exits=(),
        )
        run = _Run(
            number=len(runs) + 1,
            call=call,
            course=draw_course(call, rng, punctual=1.0, unknown=False),
            extra=True,
        )
        if not like.call.track:
            return run
        stay = stay_of(call, run.course.arrival, run.course.departure)
        free = tracks.free(stay)
        if free and _within(run, hours):
            track = rng.choice(free)
            tracks.add(track, stay)
            run.call = replace(call, track=track)
            return run
    return None


def _new_number(like: str, taken: set[str], rng: Random) -> str:
    """A number with the same prefix letter that no train of the day has."""
    prefix = like[0] if like[:1] in PREFIXES else ""
    while True:
        number = f"{prefix}{rng.randint(4001, 4998) if prefix else rng.randint(3001, 3998)}"
        if number not in taken:
            return number


def _events(run: _Run, day: date, at: Instant, midnight: Instant, rng: Random) -> list[ScenarioEvent]:
    call, number = run.call, run_id(day, run.number)
    entry = TimetableEntry(
        at=at,
        run=number,
        day=day,
        train="/".join(call.numbers),
        train_class=call.train_class,
        kind=call.kind,
        origin=call.origin,
        destination=call.destination,
        arrival=call.arrival,
        departure=call.departure,
        track=call.track,
    )
    first = StagePlan(
        at=at,
        run=number,
        arrival=call.arrival,
        departure=call.departure,
        track=call.track,
        running=Running.EXTRA if run.extra else Running.SCHEDULED,
    )
    stage = midnight + (run.first - midnight) // STAGE * STAGE
    drawn_up = Standing(at=at if run.extra else Instant(stage - STAGE_AHEAD + 15))
    known = (drawn_up, *run.course.known, *run.more)
    return [
        entry,
        *stage_plans(number, known, first),
        *(() if run.cancelled else reports(number, run.course, rng)),
    ]


def _within(run: _Run, hours: tuple[int, int]) -> bool:
    stay = stay_of(run.call, run.course.arrival, run.course.departure)
    return hours[0] <= stay.start and stay.end <= hours[1]


def _shifted(instant: Instant | None, seconds: int) -> Instant | None:
    return None if instant is None else Instant(instant + seconds)


def _first(call: PlannedCall) -> Instant:
    time_ = call.arrival if call.arrival is not None else call.departure
    if time_ is None:
        raise ValueError(f"{call.number} has no time")
    return time_
