"""What is known of each call, and since when: plans and the dispatching database's rows folded into facts.

A call's history is a list of facts, each with the instant from which it holds. Facts know nothing of rules, and
nothing here depends on the clock but the check that a report is not from the future.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from support.oracle_station import MINUTE, PlannedTrain, Station

__all__ = ["EventFacts", "Facts", "Known", "histories"]

FUTURE = 5 * MINUTE
FARTHEST = 48 * 60 * MINUTE
NEEDS = {
    "origin": ("departure",),
    "terminus": ("arrival",),
    "through": ("arrival", "departure"),
    "passing": ("arrival", "departure"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """An arrival or a departure as plan and feed have it; `flagged` is the feed's own word that it is unknown."""

    planned: int
    expected: int | None = None
    flagged: bool = False
    actual: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that plan and feed say of a call; `…_since` are the instants at which something became so."""

    call: str
    numbers: tuple[str, ...]
    train_class: str
    kind: str
    origin: str
    destination: str
    arrival: EventFacts | None
    departure: EventFacts | None
    planned_track: str
    planned_platform: str
    track: str
    platform: str
    gates: tuple[str, ...]
    areas: tuple[str, ...]
    exits: tuple[str, ...]
    running: str = "scheduled"
    reason: str = ""
    platform_since: int = 0
    platform_before: str = ""
    suspended_since: int = 0
    extra_since: int = 0
    arrival_unknown_since: int = 0
    departure_unknown_since: int = 0

    @property
    def suspended(self) -> bool:
        return self.running == "suspended"

    def event(self, name: str) -> EventFacts | None:
        return self.arrival if name == "arrival" else self.departure

    def has_been(self, name: str) -> bool:
        """Whether it is reported, or cannot but have been: a train that is gone has arrived."""
        reported = [event.actual is not None for event in (self.event(name), self.departure) if event is not None]
        return self.event(name) is not None and any(reported)

    def unknown(self, name: str) -> bool:
        """Whether nobody knows when: said so, or a departure that waits for an arrival of which that is said."""
        event = self.event(name)
        if event is None or event.actual is not None:
            return False
        return event.flagged or (name == "departure" and self.unknown("arrival"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """From `at` on, `facts` hold."""

    at: int
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A whole call as the gateway puts it together from the three tables."""

    day: date
    numbers: tuple[str, ...]
    train_class: str
    kind: str
    origin: str
    destination: str
    arrival: EventFacts | None
    departure: EventFacts | None
    track: str
    running: str
    reason: str


def histories(
    station: Station, scenario: Path, start: int, days: Sequence[date], planned_at: Mapping[date, int]
) -> dict[str, list[Known]]:
    """Each call's facts in order of time, from a station that is started at `start`."""
    fold = _Fold(station)
    lines = _lines(scenario)
    plans = {day: max(start, planned_at.get(day, start)) for day in days}
    database = _Database()
    for at in sorted({start, *plans.values(), *(line["at"] for line in lines if line["at"] > start)}):
        new = [line for line in lines if (line["at"] == at if at > start else line["at"] <= start)]
        touched = [database.put(line) for line in new]
        for day in sorted(day for day, planned in plans.items() if planned == at):
            fold.plan(at, day)
            touched += [run for run, row in database.base.items() if row["day"] == day.isoformat()]
        for run in sorted(set(touched)):
            record = database.record(run)
            if record is not None and plans.get(record.day, at + 1) <= at:
                fold.record(at, record)
    return fold.histories


class _Database:
    """The three tables as they stand."""

    def __init__(self) -> None:
        self.base: dict[int, dict[str, Any]] = {}
        self._stage: dict[int, dict[str, Any]] = {}
        self._report: dict[int, dict[str, int]] = {}

    def put(self, line: dict[str, Any]) -> int:
        run: int = line["run"]
        if line["table"] == "base_timetable":
            self.base[run] = line
        elif line["table"] == "stage_plan":
            self._stage[run] = line
        else:
            self._report.setdefault(run, {})[line["event"]] = line["actual"]
        return run

    def record(self, run: int) -> _Record | None:
        base, stage, report = self.base.get(run), self._stage.get(run, {}), self._report.get(run, {})
        if base is None:
            return None
        events: dict[str, EventFacts | None] = {"arrival": None, "departure": None}
        for name in events:
            if base.get(name) is not None:
                events[name] = EventFacts(
                    planned=base[name],
                    expected=stage.get(name),
                    flagged=bool(stage.get(f"{name}_unknown")),
                    actual=report.get(name),
                )
        return _Record(
            day=date.fromisoformat(base["day"]),
            numbers=tuple(base["train"].split("/")),
            train_class=base["train_class"],
            kind=base["kind"],
            origin=base["origin"],
            destination=base["destination"],
            arrival=events["arrival"],
            departure=events["departure"],
            track=stage.get("track") or base.get("track") or "",
            running=stage.get("running") or "scheduled",
            reason=stage.get("reason") or "",
        )


class _Fold:
    """Plans and records, one after the other, into histories."""

    def __init__(self, station: Station) -> None:
        self.histories: dict[str, list[Known]] = {}
        self._station = station
        self._last: dict[str, _Record] = {}
        self._calls: dict[date, list[str]] = {}

    def plan(self, at: int, day: date) -> None:
        for train in self._station.plan(day):
            self._create(at, day, train)

    def record(self, at: int, record: _Record) -> None:
        if not self._can_be_true(at, record):
            return
        call = self._match(record)
        if call is None:
            call = self._create(at, record.day, _train(record))
            running = record.running if record.running in ("suspended", "diverted") else "extra"
            facts = replace(
                self._facts(call),
                running=running,
                reason=record.reason,
                suspended_since=at if running == "suspended" else 0,
                extra_since=at if running == "extra" else 0,
            )
            self.histories[call] = [Known(at=at, facts=facts)]
            # What made the call is its first record, but for the times that differ from the planned ones.
            last: _Record | None = replace(record, arrival=None, departure=None)
        else:
            last = self._last.get(call)
        self._last[call] = record
        before = self._facts(call)
        after = self._applied(at, before, last, record)
        if after == before:
            return
        if self.histories[call][-1].at == at:
            self.histories[call].pop()
        self.histories[call].append(Known(at=at, facts=after))

    def _facts(self, call: str) -> Facts:
        return self.histories[call][-1].facts

    def _create(self, at: int, day: date, train: PlannedTrain) -> str:
        station = self._station
        number = quote(train.numbers[0], safe="")
        same = [call for call in self._calls.get(day, ()) if call.split("/")[2] == number]
        call = f"{quote(station.telecode, safe='')}/{day.isoformat()}/{number}/{len(same) + 1}"
        self._calls.setdefault(day, []).append(call)
        platform = station.tracks[train.track] if train.track else ""
        own = _places(station, platform)
        facts = Facts(
            call=call,
            numbers=train.numbers,
            train_class=train.train_class,
            kind=train.kind,
            origin=train.origin,
            destination=train.destination,
            arrival=None if train.arrival is None else EventFacts(planned=train.arrival),
            departure=None if train.departure is None else EventFacts(planned=train.departure),
            planned_track=train.track,
            planned_platform=platform,
            track=train.track,
            platform=platform,
            gates=train.gates or own["gates"],
            areas=train.areas or own["areas"],
            exits=train.exits or own["exits"],
        )
        self.histories[call] = [Known(at=at, facts=facts)]
        return call

    def _match(self, record: _Record) -> str | None:
        of_day = [self._facts(call) for call in self._calls.get(record.day, ())]
        shared = [facts for facts in of_day if set(facts.numbers) & set(record.numbers)]
        if not shared:
            return None
        when = _reference(record)
        return min(shared, key=lambda facts: abs(_reference(facts) - when)).call

    def _can_be_true(self, at: int, record: _Record) -> bool:
        events = [event for event in (record.arrival, record.departure) if event is not None]
        actuals = [event.actual for event in events if event.actual is not None]
        return (
            (not record.track or record.track in self._station.tracks)
            and all(getattr(record, name) is not None for name in NEEDS[record.kind])
            and all(actual <= at + FUTURE for actual in actuals)
            and not (len(actuals) == 2 and actuals[1] < actuals[0])
            and not (record.running == "suspended" and actuals)
            and all(
                abs(time - event.planned) <= FARTHEST
                for event in events
                for time in (event.expected, event.actual)
                if time is not None
            )
        )

    def _applied(self, at: int, facts: Facts, last: _Record | None, record: _Record) -> Facts:
        """The facts with what differs between two records of a call; the first record speaks for itself."""
        changes: dict[str, Any] = {}
        for name in ("arrival", "departure"):
            have, said = facts.event(name), getattr(record, name)
            if have is not None and said is not None and (last is None or getattr(last, name) != said):
                changes[name] = replace(said, planned=have.planned)
        if last is None or last.running != record.running:
            changes["running"] = record.running
            if record.running == "suspended" and not facts.suspended:
                changes["suspended_since"] = at
            if record.running == "extra" and facts.running != "extra":
                changes["extra_since"] = at
        if last is None or last.reason != record.reason:
            changes["reason"] = record.reason
        if last is None or last.track != record.track:
            changes.update(self._moved(at, facts, record.track or facts.planned_track))
        after = replace(facts, **changes)
        for name in ("arrival", "departure"):
            if after.unknown(name) and not facts.unknown(name):
                changes[f"{name}_unknown_since"] = at
        return replace(facts, **changes)

    def _moved(self, at: int, facts: Facts, track: str) -> dict[str, Any]:
        if track == facts.track:
            return {}
        platform = self._station.tracks[track] if track else ""
        if platform == facts.platform:
            return {"track": track}
        return {
            "track": track,
            "platform": platform,
            "platform_since": at,
            "platform_before": facts.platform or facts.platform_before,
            **_places(self._station, platform),
        }


def _places(station: Station, platform: str) -> dict[str, tuple[str, ...]]:
    own = station.platforms.get(platform)
    if own is None:
        return {"gates": (), "areas": (), "exits": ()}
    return {"gates": own.gates, "areas": own.areas, "exits": own.exits}


def _reference(call: Facts | _Record) -> int:
    event = call.departure or call.arrival
    if event is None:
        raise ValueError(f"{call.numbers} has no time")
    return event.planned


def _train(record: _Record) -> PlannedTrain:
    return PlannedTrain(
        numbers=record.numbers,
        train_class=record.train_class,
        kind=record.kind,
        origin=record.origin,
        destination=record.destination,
        arrival=None if record.arrival is None else record.arrival.planned,
        departure=None if record.departure is None else record.departure.planned,
        track=record.track,
    )


def _lines(scenario: Path) -> list[dict[str, Any]]:
    """The scenario's events with instants as seconds of UTC, in order."""
    return sorted(_parsed(scenario.read_text("utf-8-sig").split("\n")), key=lambda line: int(line["at"]))


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            event: dict[str, Any] = json.loads(line)
            for key in ("at", "arrival", "departure", "actual"):
                if event.get(key) is not None:
                    event[key] = int(datetime.fromisoformat(event[key].replace("Z", "+00:00")).timestamp())
            yield event
