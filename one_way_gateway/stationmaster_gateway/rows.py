"""Rows of the dispatching database, and the call that those of one run make.

The database is somebody else's: any column may hold anything. What cannot be understood is a `RowFault` with the run
and the reason, and concerns that run alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from stationmaster_base.times import Instant, from_iso
from stationmaster_telegram.records import CallRecord, Kind, RunningState

__all__ = ["RowFault", "Rows", "instant", "merge"]

_KINDS = {kind.name.lower(): kind for kind in Kind}
_RUNNING = {running.name.lower(): running for running in RunningState}


class RowFault(ValueError):
    """The rows of one run cannot be understood; the text says which column and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All that the database has of one run, as it came: tuples in the order of the queries' columns.

    `base` is (run_id, service_date, train, train_class, kind, origin, destination, arrival, departure, track); `stage`
    is (run_id, arrival, departure, arrival_unknown, departure_unknown, track, running, reason); each of `reports` is
    (run_id, event, actual).
    """

    run: int
    base: Sequence[Any] | None = None
    stage: Sequence[Any] | None = None
    reports: tuple[Sequence[Any], ...] = ()


def merge(rows: Rows) -> CallRecord:
    """The whole call, revision 0.

    Raises:
        RowFault: something cannot be understood.

    """
    if rows.base is None:
        raise RowFault("there is no row in base_timetable for it")
    _, day, train, train_class, kind, origin, destination, arrival, departure, track = rows.base
    planned_arrival = _instant("arrival", arrival)
    planned_departure = _instant("departure", departure)
    kind = _word("kind", kind, _KINDS)
    if kind is Kind.PASSING:
        planned_arrival = planned_departure if planned_arrival is None else planned_arrival
        planned_departure = planned_arrival if planned_departure is None else planned_departure
    stage = (None, None, 0, 0, None, "scheduled", "") if rows.stage is None else tuple(rows.stage[1:])
    expected_arrival, expected_departure, arrival_unknown, departure_unknown, stage_track, running, reason = stage
    actual = _actual_times(rows.reports)
    try:
        return CallRecord(
            run=rows.run,
            day=_date("service_date", day),
            numbers=tuple(number.strip() for number in _text("train", train).split("/")),
            kind=kind,
            train_class=_text("train_class", train_class),
            origin=_text("origin", origin),
            destination=_text("destination", destination),
            planned_arrival=planned_arrival,
            planned_departure=planned_departure,
            expected_arrival=_instant("stage_plan.arrival", expected_arrival),
            expected_departure=_instant("stage_plan.departure", expected_departure),
            actual_arrival=actual.get("arrival"),
            actual_departure=actual.get("departure"),
            arrival_unknown=_flag("arrival_unknown", arrival_unknown),
            departure_unknown=_flag("departure_unknown", departure_unknown),
            track=_text("stage_plan.track", stage_track) or _text("track", track),
            running=_word("running", running, _RUNNING),
            reason=_text("reason", reason),
        )
    except RowFault:
        raise
    except ValueError as error:
        raise RowFault(str(error)) from error


def instant(value: Any) -> Instant | None:
    """A time column, or None if it holds none that can be understood."""
    try:
        return _instant("time", value)
    except RowFault:
        return None


def _actual_times(reports: Sequence[Sequence[Any]]) -> dict[str, Instant | None]:
    actual: dict[str, Instant | None] = {}
    for _, event, time in reports:
        if event not in ("arrival", "departure"):
            raise RowFault(f"report.event is {event!r}; possible are arrival, departure")
        actual[event] = _instant(f"report.actual of the {event}", time)
    return actual


def _instant(column: str, value: Any) -> Instant | None:
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return Instant(int(value.astimezone(UTC).timestamp()))
    if isinstance(value, str):
        try:
            return from_iso(value.strip())
        except ValueError:
            pass  # said below, with the column
    raise RowFault(f"{column} is {value!r}; a time is YYYY-MM-DDTHH:MM:SSZ")


def _date(column: str, value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return datetime.strptime(value.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            pass  # said below, with the column
    raise RowFault(f"{column} is {value!r}; a date is YYYY-MM-DD")


def _text(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise RowFault(f"{column} is {value!r}; it should be text")
    return unicodedata.normalize("NFC", value).strip()


def _flag(column: str, value: Any) -> bool:
    if value in (0, 1, None):
        return bool(value)
    raise RowFault(f"{column} is {value!r}; possible are 0 and 1")


def _word(column: str, value: Any, words: dict[str, Any]) -> Any:
    if isinstance(value, str) and value in words:
        return words[value]
    raise RowFault(f"{column} is {value!r}; possible are {', '.join(words)}")
