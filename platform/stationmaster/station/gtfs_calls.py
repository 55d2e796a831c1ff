"""Rows of the base timetable out of what a GTFS feed says of the station.

Not everything in a feed is something that a timetable here can say. What is left out is counted by reason, with the
trips; nothing is dropped in silence and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import time

from stationmaster.station.csv_table import NUMBER
from stationmaster.station.gtfs_feed import FeedCall, FeedStop, StopFeed
from stationmaster.station.importing import Target
from stationmaster.station.running_days import ALL_WEEK, Calendar, RunningDays
from stationmaster.station.timetable import DAYS_UNDERWAY, TimetableRow, repeated_rows
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.values import CallKind

__all__ = ["CALENDAR_PREFIX", "RAIL", "FeedCalls", "GtfsOptions", "LeftOut", "shortened", "timetable_of"]

CALENDAR_PREFIX = "gtfs."
"""How the ids of calendars begin that come from a feed."""

RAIL = ((2, 2), (100, 117))
"""Route types that are trains."""

OPTIONS = "command line"

EXAMPLES = 8
"""How many trips a line names."""

DAY = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class GtfsOptions:
    """What a feed does not say of itself.

    `stops` are the `stop_id`s that are the station. `classes` are pairs of a route and the train class that it stands
    for here; a route is given by its short name, by its `route_id`, or, as `type:101`, by its type. `tracks` are pairs
    of a `platform_code` or `stop_id` and a track. `route_types` are ranges, both ends included. `number_from` is the
    column of `trips.txt` that holds the train number.
    """

    stops: tuple[str, ...]
    classes: tuple[tuple[str, str], ...] = ()
    tracks: tuple[tuple[str, str], ...] = ()
    route_types: tuple[tuple[int, int], ...] = RAIL
    number_from: str = "trip_short_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Trips that call at the stop and are not in the timetable, and why; each with its line in `stop_times.txt`."""

    reason: str
    trips: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCalls:
    """What came of a feed: rows by time, the calendars that they refer to, what was left out, what to look at."""

    rows: tuple[TimetableRow, ...]
    calendars: tuple[Calendar, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[Fault, ...]


def timetable_of(feed: StopFeed, options: GtfsOptions, target: Target, faults: Faults) -> FeedCalls:
    """The timetable of the station as the feed has it; options that name what is not there are faults."""
    return _Making(feed, options, target, faults).make()


class _Making:
    """Makes rows one by one and remembers what could not be made, and what a person should look at."""

    def __init__(self, feed: StopFeed, options: GtfsOptions, target: Target, faults: Faults) -> None:
        self._feed = feed
        self._options = options
        self._target = target
        self._here = {name for stop in feed.stops for name in (stop.id, stop.parent) if name}
        self._classes = dict(options.classes)
        self._left_out: dict[str, list[str]] = {}
        self._notes: dict[tuple[str, str], list[str]] = {}
        self._calendars: dict[str, Calendar] = {calendar.id: calendar for calendar in target.calendars}
        self._named: dict[Calendar, Calendar] = {}
        self._tracks = self._read_tracks(faults)
        self._check_classes(faults)

    def make(self) -> FeedCalls:
        rows = [row for call in self._feed.calls if (row := self._row(call)) is not None]
        calls = {call.line: call for call in self._feed.calls}
        again = {row.line: twin for row, twin in repeated_rows(rows)}
        for row in rows:
            if row.line in again:
                twin = calls[again[row.line].line].trip.id
                self._leave(
                    calls[row.line], "is, by number, times and dates, a train that another trip is already", twin
                )
        kept = sorted(
            (row for row in rows if row.line not in again), key=lambda row: (row.minutes[1], row.number, row.line)
        )
        used = {row.days.calendar for row in kept if row.days.calendar is not None}
        return FeedCalls(
            rows=tuple(kept),
            calendars=tuple(sorted(used, key=lambda calendar: calendar.id)),
            left_out=tuple(LeftOut(reason=reason, trips=tuple(trips)) for reason, trips in self._left_out.items()),
            warnings=tuple(self._warnings()),
        )

    def _row(self, call: FeedCall) -> TimetableRow | None:
        numbers = self._numbers(call)
        reason = self._reason(call, numbers)
        if reason:
            self._leave(call, reason)
            return None
        kind = _kind(call)
        arrival, departure = call.arrival or 0, call.departure or 0
        if kind is CallKind.PASSING and departure != arrival:
            self._note(call, f"stands here for {departure - arrival} min, and nobody may board or alight", "passing")
            arrival = departure
        if max(arrival, departure) >= (DAYS_UNDERWAY + 1) * DAY:
            self._leave(call, f"calls here more than {DAYS_UNDERWAY} days after its service day")
            return None
        if kind is not CallKind.PASSING and not (call.begins or call.ends):
            self._note_half(call)
        row = TimetableRow(
            line=call.line,
            train_class=self._class(call),
            kind=kind,
            number=numbers[0],
            numbers=numbers,
            origin=self._name(call.trip.first),
            destination=self._name(call.trip.last),
            arrival=None if kind is CallKind.ORIGIN else _clock(arrival),
            departure=None if kind is CallKind.TERMINUS else _clock(departure),
            track=self._track(call, kind),
            days=self._days(call.trip.calendar),
        )
        if kind is CallKind.ORIGIN:
            return replace(row, dep_day=departure // DAY or None)
        row = replace(row, arr_day=arrival // DAY)
        longer = kind is CallKind.THROUGH and departure // DAY - arrival // DAY != row.nights
        return replace(row, dep_day=departure // DAY) if longer else row

    def _reason(self, call: FeedCall, numbers: tuple[str, ...]) -> str:
        """Why the call cannot be in the timetable; empty if it can."""
        trip, kind = call.trip, call.trip.route.type
        if not any(low <= kind <= high for low, high in self._options.route_types):
            return f"is no train (route_type {kind})"
        if trip.repeats:
            return "runs by frequencies.txt, without times of its own"
        if call.begins and call.ends:
            return "has no other stop"
        if call.arrival is None:
            return "has no time here (stop_times.txt leaves it open)"
        if trip.calendar.empty:
            return "runs on no date"
        if (call.begins and not call.boards) or (call.ends and not call.alights):
            return "begins or ends here, and nobody may board or alight"
        if not numbers:
            allowed = "A–Z and digits, at most 10, several divided by '/'"
            return f"has no train number in {self._options.number_from} ({allowed})"
        if not self._name(trip.first) or not self._name(trip.last):
            return "begins or ends at a stop without a name"
        return ""

    def _numbers(self, call: FeedCall) -> tuple[str, ...]:
        """The train's numbers; none if what stands there is none."""
        text = call.trip.id if self._options.number_from == "trip_id" else call.trip.short_name
        numbers = tuple(dict.fromkeys(re.sub(r"\s", "", text).upper().split("/")))
        return numbers if all(NUMBER.match(number) for number in numbers) else ()

    def _name(self, stop: FeedStop) -> str:
        return self._target.own.id if stop.id in self._here else stop.name

    def _class(self, call: FeedCall) -> str:
        route = call.trip.route
        for key in (route.name, route.id, f"type:{route.type}"):
            if key and key in self._classes:
                return self._classes[key]
        found = route.name or f"type:{route.type}"
        if self._target.classes and found not in self._target.classes:
            problem = f"{found!r} is taken as the train class, and station.toml does not list it"
            self._note(call, problem, f"--class {found}=…, one of {', '.join(self._target.classes)}")
        return found

    def _track(self, call: FeedCall, kind: CallKind) -> str:
        keys = [key for key in (call.stop.platform_code, call.stop.id) if key]
        track = next((self._tracks[key] for key in keys if key in self._tracks), "")
        if not track:
            if call.stop.platform_code:
                problem = f"platform_code {call.stop.platform_code!r} is no track here"
                self._note(call, problem, f"--track {call.stop.platform_code}=…; until then a free track is taken")
            return ""
        place = next(place for place in self._target.places if place.kind is PlaceKind.TRACK and place.id == track)
        if not place.platform and kind is not CallKind.PASSING:
            self._note(call, f"track {track} has no platform, and the train stops", "a free track is taken instead")
            return ""
        return track

    def _days(self, calendar: Calendar) -> RunningDays:
        """Weekdays between two dates need no name; a calendar with exceptions gets one."""
        if calendar.weekdays and not calendar.added and not calendar.removed:
            return RunningDays(
                valid_from=calendar.valid_from, valid_until=calendar.valid_until, weekdays=calendar.weekdays
            )
        if calendar not in self._named:
            plain = CALENDAR_PREFIX + (re.sub(r"[^A-Za-z0-9_.-]", "-", calendar.id) or "-")
            self._named[calendar] = self._unique(calendar, plain)
        return RunningDays(weekdays=ALL_WEEK, calendar=self._named[calendar])

    def _unique(self, calendar: Calendar, plain: str) -> Calendar:
        """A calendar's id never changes its meaning: the timetable before, which is kept, may refer to it."""
        number = 1
        while True:
            named = replace(calendar, id=plain if number == 1 else f"{plain}.{number}")
            if self._calendars.setdefault(named.id, named) == named:
                return named
            number += 1

    def _read_tracks(self, faults: Faults) -> dict[str, str]:
        """Tracks by platform code: what the options say, else the track of that id or name, else a platform's only."""
        tracks = [place for place in self._target.places if place.kind is PlaceKind.TRACK]
        found: dict[str, str] = {}
        for platform in (place for place in self._target.places if place.kind is PlaceKind.PLATFORM):
            at = [track.id for track in tracks if track.platform == platform.id]
            if len(at) == 1:
                found.update(dict.fromkeys((platform.id, *(text for _, text in platform.names)), at[0]))
        for track in tracks:
            found.update(dict.fromkeys((track.id, *(text for _, text in track.names)), track.id))
        codes = {code for stop in self._feed.stops for code in (stop.platform_code, stop.id) if code}
        for code, wanted in self._options.tracks:
            if wanted not in {track.id for track in tracks}:
                known = ", ".join(track.id for track in tracks)
                faults.add(OPTIONS, f"--track {code}={wanted}", f"{wanted!r} is not known", known)
                continue
            if codes and code not in codes:
                known = ", ".join(sorted(codes))
                faults.add(OPTIONS, f"--track {code}={wanted}", f"{code!r} is not known", known)
            found[code] = wanted
        return found

    def _check_classes(self, faults: Faults) -> None:
        routes = {call.trip.route for call in self._feed.calls}
        keys = sorted({key for route in routes for key in (route.name, route.id, f"type:{route.type}") if key})
        for key, name in self._options.classes:
            if keys and key not in keys:
                faults.add(OPTIONS, f"--class {key}={name}", f"{key!r} is not known", ", ".join(keys))
            if self._target.classes and name not in self._target.classes:
                known = ", ".join(self._target.classes)
                faults.add(OPTIONS, f"--class {key}={name}", f"{name!r} is not known", known)

    def _note_half(self, call: FeedCall) -> None:
        if not call.boards:
            self._note(call, "nobody may board here, though the train goes on", "as it is: a terminus call")
        elif not call.alights:
            self._note(
                call, "nobody may alight here, though the train comes from elsewhere", "as it is: an origin call"
            )

    def _leave(self, call: FeedCall, reason: str, twin: str = "") -> None:
        same = f", as {twin}" if twin else ""
        self._left_out.setdefault(reason, []).append(f"{call.trip.id} (line {call.line}{same})")

    def _note(self, call: FeedCall, problem: str, advice: str) -> None:
        self._notes.setdefault((problem, advice), []).append(f"{call.trip.id} (line {call.line})")

    def _warnings(self) -> Iterator[Fault]:
        if self._feed.namesakes:
            yield Fault(
                file="stops.txt",
                place="stop_name",
                problem=f"{shortened(self._feed.namesakes)}: has the same name, and its trips are not taken",
                allowed=" ".join(f"--stop {each}" for each in self._feed.namesakes[:EXAMPLES]),
            )
        for (problem, advice), trips in self._notes.items():
            yield Fault(
                file="stop_times.txt",
                place=f"{len(trips)} {'trip' if len(trips) == 1 else 'trips'}",
                problem=f"{problem}: {shortened(trips)}",
                allowed=advice,
            )


def shortened(trips: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = f" and {len(trips) - EXAMPLES} more" if len(trips) > EXAMPLES else ""
    return ", ".join(trips[:EXAMPLES]) + more


def _kind(call: FeedCall) -> CallKind:
    """What the train does here for passengers: that is what boards and announcements are about."""
    if not call.boards and not call.alights:
        return CallKind.PASSING
    if call.begins or not call.alights:
        return CallKind.ORIGIN
    if call.ends or not call.boards:
        return CallKind.TERMINUS
    return CallKind.THROUGH


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
