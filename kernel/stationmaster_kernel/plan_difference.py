"""What is different between two day plans, for people to read: against the version before, or the day before.

Two dates are never compared by instants: what a controller compares is the clock on the wall and the day that it
belongs to, so a train at 08:05 is at 08:05 on both sides of a clock change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from stationmaster_base.times import Instant
from stationmaster_kernel.day_plan import PlanRow, RowChange
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.planned_call import PlannedCall

__all__ = [
    "FieldDifference",
    "PlanSide",
    "RowDifference",
    "before_version",
    "field_differences",
    "plan_difference",
    "standing",
    "wall_clock",
]

_READ_FIRST: tuple[tuple[str, ...], ...] = (
    ("arrival", "departure", "track", "platform"),
    ("gates", "areas", "exits", "formation"),
    ("opens", "closes"),
    ("kind", "train_class", "numbers", "origin", "destination", "turnaround"),
)
"""Fields by how much they matter to who reads them: what sends people to a wrong place or too late comes first."""

_RANK = {field: rank for rank, fields in enumerate(_READ_FIRST) for field in fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSide:
    """One of two plans: its date, and its calls by number and n."""

    day: date
    calls: tuple[tuple[tuple[str, int], PlannedCall], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One field of a call, in both plans, as text.

    Times are `HH:MM` on the station's wall, with `+1` on the next day, `-1` on the day before, and `*` the second time
    in the hour that a clock change repeats. Offsets are minutes; several places are joined by a comma.
    """

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDifference:
    """One call that only one of two plans has, or that is not the same in both.

    `at` is its time, departure before arrival, written as in `FieldDifference`; `fields` are those that differ, in the
    order in which they matter, none for a call that was added or is gone.
    """

    change: RowChange
    number: str
    nth: int
    at: str
    fields: tuple[FieldDifference, ...] = ()


_NONE: tuple[FieldDifference, ...] = ()


def standing(day: date, rows: Iterable[PlanRow]) -> PlanSide:
    """A day's plan as it stands."""
    calls = ((_key(row), row.planned) for row in rows)
    return PlanSide(day=day, calls=tuple((key, call) for key, call in calls if call is not None))


def before_version(day: date, rows: Iterable[PlanRow], version: int) -> PlanSide:
    """A day's plan as it stood before `version`, the newest."""
    calls = ((_key(row), row.before if row.version == version > 1 else row.planned) for row in rows)
    return PlanSide(day=day, calls=tuple((key, call) for key, call in calls if call is not None))


def plan_difference(before: PlanSide, after: PlanSide, station: ReadyStation) -> tuple[RowDifference, ...]:
    """What is added, gone and changed from one plan to the other.

    In the order in which it is read: added, gone, then changes, those first that matter most; each by time of day.
    """
    old, new = dict(before.calls), dict(after.calls)
    found: list[tuple[int, str, RowDifference]] = []
    for key in dict.fromkeys((*new, *old)):
        was, now = old.get(key), new.get(key)
        call, day = (was, before.day) if now is None else (now, after.day)
        change, rank, fields = RowChange.CHANGED, 0, _NONE
        if was is None:
            change, rank = RowChange.ADDED, -2
        elif now is None:
            change, rank = RowChange.GONE, -1
        else:
            fields = field_differences(was, before.day, now, after.day, station)
            if not fields:
                continue
            rank = _RANK[fields[0].field]
        difference = RowDifference(
            change=change, number=key[0], nth=key[1], at=_time_of(call, day, station.zone), fields=fields
        )
        found.append((rank, _sorting(call, day, station.zone), difference))
    return tuple(item for *_, item in sorted(found, key=lambda each: (each[0], each[1], each[2].number, each[2].nth)))


def field_differences(
    was: PlannedCall, was_on: date, now: PlannedCall, now_on: date, station: ReadyStation
) -> tuple[FieldDifference, ...]:
    """The fields in which two planned calls differ, each seen from its own service date."""
    before, after = _said(was, was_on, station), _said(now, now_on, station)
    return tuple(
        FieldDifference(field=field, before=before[field], after=after[field])
        for fields in _READ_FIRST
        for field in fields
        if before[field] != after[field]
    )


def wall_clock(instant: Instant | None, day: date, zone: ZoneInfo) -> str:
    """An instant as the clock on the wall shows it, seen from a service date; empty without one."""
    if instant is None:
        return ""
    local = datetime.fromtimestamp(instant, zone)
    text = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    days = (local.date() - day).days
    return text + (f"{days:+d}" if days else "") + ("*" if local.fold else "")


def _said(call: PlannedCall, day: date, station: ReadyStation) -> dict[str, str]:
    return {
        "arrival": wall_clock(call.arrival, day, station.zone),
        "departure": wall_clock(call.departure, day, station.zone),
        "track": call.track,
        "platform": station.platform_of(call.track),
        "gates": ", ".join(call.gates),
        "areas": ", ".join(call.areas),
        "exits": ", ".join(call.exits),
        "formation": call.formation,
        "opens": "" if call.opens is None else str(call.opens),
        "closes": "" if call.closes is None else str(call.closes),
        "kind": call.kind.value,
        "train_class": call.train_class,
        "numbers": "/".join(call.numbers),
        "origin": call.origin,
        "destination": call.destination,
        "turnaround": call.turnaround,
    }


def _key(row: PlanRow) -> tuple[str, int]:
    """Number and n, from the row's id: a row may stand for no call at all."""
    _, _, rest = row.id.partition("/")
    number, _, nth = rest.rpartition("/")
    return number, int(nth)


def _time(call: PlannedCall | None) -> Instant | None:
    if call is None:
        return None
    return call.departure if call.departure is not None else call.arrival


def _time_of(call: PlannedCall | None, day: date, zone: ZoneInfo) -> str:
    return wall_clock(_time(call), day, zone)


def _sorting(call: PlannedCall | None, day: date, zone: ZoneInfo) -> str:
    """Sorts by day, then by the clock on the wall."""
    instant = _time(call)
    if instant is None:
        return ""
    local = datetime.fromtimestamp(instant, zone)
    return f"{(local.date() - day).days + 500:04d} {local:%H:%M:%S} {local.fold}"
