"""Rows of the dispatching database, and the call that those of one run make.

The database is somebody else's: any column may hold anything. What cannot be understood is a `RowFault` with the run
and the reason, and concerns that run alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from stationmaster_base.times import Instant, from_iso
from stationmaster_telegram.records import CallRecord, Kind, RunningState

__all__ = ["EVENTS", "KINDS", "RUNNING", "Meaning", "RowFault", "Rows", "day", "instant", "merge", "train_numbers"]

KINDS = {kind.name.lower(): kind for kind in Kind}
RUNNING = {running.name.lower(): running for running in RunningState}
EVENTS = {"arrival": "arrival", "departure": "departure"}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a database means by what it says.

    `zone` is that of times that name none; without it such times are faults. `kinds`, `running` and `events` are the
    database's words for ours.
    """

    zone: tzinfo | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    running: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)


_USUAL = Meaning()


def merge(rows: Rows, meaning: Meaning = _USUAL) -> CallRecord:
    """The whole call, revision 0.

    A kind that is not given follows from the planned times: no arrival is an origin call, no departure a terminus call.

    Raises:
        RowFault: something cannot be understood.

    """
    if rows.base is None:
        raise RowFault("there is no row in base_timetable for it")
    _, service_date, _, train_class, kind_word, origin, destination, arrival, departure, track = rows.base
    zone = meaning.zone
    planned_arrival = _instant("arrival", arrival, zone)
    planned_departure = _instant("departure", departure, zone)
    kind = _kind(kind_word, meaning, planned_arrival is not None, planned_departure is not None)
    if kind is Kind.PASSING:
        planned_arrival = planned_departure if planned_arrival is None else planned_arrival
        planned_departure = planned_arrival if planned_departure is None else planned_departure
    stage = (None, None, 0, 0, None, "scheduled", "") if rows.stage is None else tuple(rows.stage[1:])
    expected_arrival, expected_departure, arrival_unknown, departure_unknown, stage_track, running, reason = stage
    actual = _actual_times(rows.reports, meaning)
    try:
        return CallRecord(
            run=rows.run,
            day=_date("service_date", service_date),
            numbers=train_numbers(rows),
            kind=kind,
            train_class=_text("train_class", train_class),
            origin=_text("origin", origin),
            destination=_text("destination", destination),
            planned_arrival=planned_arrival,
            planned_departure=planned_departure,
            expected_arrival=_instant("stage_plan.arrival", expected_arrival, zone),
            expected_departure=_instant("stage_plan.departure", expected_departure, zone),
            actual_arrival=actual.get("arrival"),
            actual_departure=actual.get("departure"),
            arrival_unknown=_flag("arrival_unknown", arrival_unknown),
            departure_unknown=_flag("departure_unknown", departure_unknown),
            track=_text("stage_plan.track", stage_track) or _text("track", track),
            running=RunningState.SCHEDULED if running is None else _word("running", running, RUNNING, meaning.running),
            reason=_text("reason", reason),
        )
    except RowFault:
        raise
    except ValueError as error:
        raise RowFault(str(error)) from error


def train_numbers(rows: Rows) -> tuple[str, ...]:
    """All numbers of the train.

    Raises:
        RowFault: they cannot be understood.

    """
    if rows.base is None:
        raise RowFault("there is no row in base_timetable for it")
    return tuple(number.strip() for number in _text("train", rows.base[2]).split("/"))


def instant(value: Any, zone: tzinfo | None = None) -> Instant | None:
    """A time column, or None if it holds none that can be understood."""
    try:
        return _instant("time", value, zone)
    except RowFault:
        return None


def day(value: Any) -> date | None:
    """A date column, or None if it holds none that can be understood."""
    try:
        return _date("date", value)
    except RowFault:
        return None


def _kind(word: Any, meaning: Meaning, arrives: bool, departs: bool) -> Kind:
    if word is not None:
        found: Kind = _word("kind", word, KINDS, meaning.kinds)
        return found
    if arrives and departs:
        return Kind.THROUGH
    return Kind.TERMINUS if arrives else Kind.ORIGIN


def _actual_times(reports: Sequence[Sequence[Any]], meaning: Meaning) -> dict[str, Instant | None]:
    actual: dict[str, Instant | None] = {}
    for _, event, time in reports:
        found = _word("report.event", event, EVENTS, meaning.events)
        actual[found] = _instant(f"report.actual of the {found}", time, meaning.zone)
    return actual


def _instant(column: str, value: Any, zone: tzinfo | None = None) -> Instant | None:
    if value is None:
        return None
    time = value if isinstance(value, datetime) else None
    if isinstance(value, str):
        try:
            return from_iso(value.strip())  # the usual form, and the quickest
        except ValueError:
            time = _other_form(value)
    if time is None:
        raise RowFault(f"{column} is {value!r}; a time is YYYY-MM-DDTHH:MM:SSZ")
    if time.tzinfo is None:
        if zone is None:
            raise RowFault(f"{column} is {value!r}, without a time zone; gateway.source.zone may name it")
        time = time.replace(tzinfo=zone)
    try:
        return Instant(int(time.timestamp()))
    except (ValueError, OverflowError) as error:
        raise RowFault(f"{column} is {value!r}: {error}") from error


def _other_form(text: str) -> datetime | None:
    """Other ways of ISO 8601 to write a date with a time of day: with a space, an offset, a fraction, no seconds."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return time if ":" in text else None


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


def _word(column: str, value: Any, words: Mapping[str, Any], theirs: Mapping[str, str]) -> Any:
    said = str(value).strip() if isinstance(value, str | int) else ""
    word = theirs.get(said, said)
    if word in words:
        return words[word]
    raise RowFault(f"{column} is {value!r}; possible are {', '.join(theirs or words)}")
