"""What a GTFS feed says of one stop: the trips that call there, as far as a station needs to know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stationmaster.station.gtfs_archive import Archive, FeedRow
from stationmaster.station.reading import closest
from stationmaster.station.running_days import Calendar
from stationmaster_base.configuration import Faults

__all__ = ["FeedCall", "FeedRoute", "FeedStop", "FeedTrip", "StopFeed", "read_stop_feed"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PLATFORM, STATION = 0, 1
NOT_AVAILABLE = 1
"""`pickup_type` and `drop_off_type`: not available."""

STOP_TIMES = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")

EXAMPLES = 10
"""How many stops a fault names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStop:
    """A row of `stops.txt`; `type` is 0 for a platform (or a stop without any), 1 for a station."""

    id: str
    name: str
    type: int
    parent: str
    platform_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRoute:
    """A row of `routes.txt`; `name` is its short name, else its long one."""

    id: str
    name: str
    type: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTrip:
    """A row of `trips.txt`; `first` and `last` are the stops at which the trip begins and ends."""

    id: str
    line: int
    route: FeedRoute
    calendar: Calendar
    short_name: str
    first: FeedStop
    last: FeedStop
    repeats: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCall:
    """A row of `stop_times.txt` at the stop.

    `arrival` and `departure` are minutes from the midnight of the trip's service day, both None where the feed leaves
    the times open. `begins` and `ends` say whether it is the trip's first or last; `boards` and `alights` whether
    anybody may.
    """

    line: int
    trip: FeedTrip
    stop: FeedStop
    arrival: int | None
    departure: int | None
    begins: bool
    ends: bool
    boards: bool
    alights: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFeed:
    """What a feed says of a stop: the stops that are the station, and the calls there in the file's order.

    `namesakes` are other stops of the same name, which may be its other platforms: many feeds have no stations.
    """

    stops: tuple[FeedStop, ...]
    calls: tuple[FeedCall, ...]
    namesakes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Span:
    """Where a trip begins and ends, as far as its rows have been read."""

    first: tuple[int, str, FeedRow] | None = None
    last: tuple[int, str, FeedRow] | None = None
    sequences: set[int]


def read_stop_feed(archive: Archive, wanted_stops: Sequence[str], zone: str, faults: Faults) -> StopFeed:
    """What the feed says of some stops, which are the station: each a station with all its platforms, or a platform.

    Looked at are the tables' heads and the rows of stops, routes, and of the trips that call there with their
    calendars; what is wrong with them is said at once. What is wrong with other trips is of no concern here.

    Args:
        archive: the feed.
        wanted_stops: `stop_id`s, at least one.
        zone: the station's time zone, which must be the feed's.
        faults: where faults go; if there are any, what is returned is not to be used.

    """
    stops = _stops(archive)
    here: dict[str, FeedStop] = {}
    for each in wanted_stops if stops else ():
        here |= _stops_here(stops, each, faults)
    _check_zone(archive, zone)
    # Every table is read even if one before it is at fault: people mend feeds once and not seven times.
    rows = [row for row in archive.rows("stop_times.txt", STOP_TIMES) if row.text("stop_id") in here]
    wanted = {row.text("trip_id") for row in rows}
    spans = _spans(archive, wanted, stops)
    trips = _Trips(archive, wanted, stops, spans, faults).read()
    if stops and here and archive.has("stop_times.txt") and not wanted and not len(faults):
        named = " or ".join(map(repr, wanted_stops))
        faults.add("stop_times.txt", "file", f"no trip calls at {named}", "a stop at which trips call")
    calls = tuple(
        call
        for row in rows
        if row.text("trip_id") in trips
        for call in [_call(row, trips[row.text("trip_id")], here[row.text("stop_id")], spans)]
    )
    names = {each.name for each in here.values()}
    beside = (each for each in stops.values() if each.name in names and each.id not in here and each.type == PLATFORM)
    return StopFeed(stops=tuple(here.values()), calls=calls, namesakes=tuple(each.id for each in beside))


def _stops(archive: Archive) -> dict[str, FeedStop]:
    stops: dict[str, FeedStop] = {}
    for row in archive.rows("stops.txt", ("stop_id", "stop_name")):
        found = FeedStop(
            id=row.filled("stop_id"),
            name=row.text("stop_name"),
            type=row.choice("location_type", "0, 1, 2, 3, 4"),
            parent=row.text("parent_station"),
            platform_code=row.text("platform_code"),
        )
        if found.id in stops:
            row.fault("stop_id", f"{found.id!r} stands there twice", "each stop once")
        stops[found.id] = found
    return stops


def _stops_here(stops: Mapping[str, FeedStop], wanted: str, faults: Faults) -> dict[str, FeedStop]:
    """The stops that are the station, the wanted one first."""
    stop = stops.get(wanted)
    if stop is None:
        named = [each.id for each in stops.values() if each.name == wanted]
        near = named[0] if named else closest(wanted, stops)
        hint = f"; did you mean {near!r} ({stops[near].name})?" if near else ""
        some = ", ".join(
            [each.id for each in stops.values() if each.type == STATION][:EXAMPLES] or list(stops)[:EXAMPLES]
        )
        faults.add("stops.txt", "stop_id", f"there is no stop {wanted!r}{hint}", f"a stop_id such as {some}")
        return {}
    if stop.type not in (PLATFORM, STATION):
        faults.add("stops.txt", "location_type", f"{wanted!r} is no station and no platform", "location_type 0 or 1")
    children = {each.id: each for each in stops.values() if each.parent == wanted and each.type == PLATFORM}
    return {stop.id: stop} | children


def _check_zone(archive: Archive, zone: str) -> None:
    """Times of a feed are its agency's; they can be taken as they are only if that is the station's own zone."""
    for row in archive.rows("agency.txt", ("agency_timezone",)):
        theirs = row.text("agency_timezone")
        try:
            same = theirs == zone or _alike(ZoneInfo(theirs), ZoneInfo(zone))
        except (KeyError, ValueError, OSError):
            row.fault("agency_timezone", f"{theirs!r} is not a time zone", "an IANA name such as Asia/Shanghai")
            continue
        if not same:
            row.fault("agency_timezone", f"{theirs!r} is not the station's time", f"{zone}, or one that always agrees")


def _alike(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether two zones have the same time on every day of the years for which timetables are made."""
    first = date(2020, 1, 1)
    noons = [datetime.combine(first + timedelta(days=number), time(12)) for number in range(366 * 20)]
    return all(one.utcoffset(noon) == other.utcoffset(noon) for noon in noons)


def _spans(archive: Archive, wanted: set[str], stops: Mapping[str, FeedStop]) -> dict[str, _Span]:
    """The first and the last row of each wanted trip."""
    spans: dict[str, _Span] = {}
    if not wanted:
        return spans
    for row in archive.rows("stop_times.txt", STOP_TIMES):
        trip = row.text("trip_id")
        if trip not in wanted:
            continue
        sequence, stop = row.number("stop_sequence"), row.filled("stop_id")
        span = spans.setdefault(trip, _Span(sequences=set()))
        if sequence in span.sequences:
            row.fault("stop_sequence", f"'{sequence}' stands in trip {trip!r} twice", "each once in a trip")
        if stop and stop not in stops:
            row.fault("stop_id", f"{stop!r} is not in stops.txt", "a stop_id of stops.txt")
        span.sequences.add(sequence)
        if span.first is None or sequence < span.first[0]:
            span.first = (sequence, stop, row)
        if span.last is None or sequence > span.last[0]:
            span.last = (sequence, stop, row)
    return spans


def _call(row: FeedRow, trip: FeedTrip, stop: FeedStop, spans: Mapping[str, _Span]) -> FeedCall:
    span = spans[trip.id]
    arrival, departure = row.minute("arrival_time"), row.minute("departure_time")
    if arrival is not None and departure is not None and departure < arrival:
        allowed = f"{row.text('arrival_time')} or later"
        row.fault("departure_time", f"{row.text('departure_time')!r} lies before arrival_time", allowed)
    kinds = "0, 1, 2, 3"
    return FeedCall(
        line=row.line,
        trip=trip,
        stop=stop,
        arrival=arrival if arrival is not None else departure,
        departure=departure if departure is not None else arrival,
        begins=span.first is not None and span.first[2].line == row.line,
        ends=span.last is not None and span.last[2].line == row.line,
        boards=row.choice("pickup_type", kinds) != NOT_AVAILABLE,
        alights=row.choice("drop_off_type", kinds) != NOT_AVAILABLE,
    )


class _Trips:
    """Reads the wanted trips with their routes and calendars."""

    def __init__(
        self,
        archive: Archive,
        wanted: set[str],
        stops: Mapping[str, FeedStop],
        spans: Mapping[str, _Span],
        faults: Faults,
    ) -> None:
        self._archive = archive
        self._wanted = wanted
        self._stops = stops
        self._spans = spans
        self._faults = faults

    def read(self) -> dict[str, FeedTrip]:
        """The trips that have a route and a calendar; for each of the others there is a fault."""
        rows = self._trip_rows()
        routes = self._routes()
        calendars = self._calendars({row.text("service_id") for row in rows.values()})
        repeats = self._repeated()
        trips = {}
        for name, row in rows.items():
            route, calendar = routes.get(row.text("route_id")), calendars.get(row.text("service_id"))
            if route is None:
                row.fault("route_id", f"{row.text('route_id')!r} is not in routes.txt", "a route_id of routes.txt")
            if calendar is None:
                problem = f"{row.text('service_id')!r} is in neither calendar.txt nor calendar_dates.txt"
                row.fault("service_id", problem, "a service_id of one of the two")
            first, last = self._end(self._spans[name].first), self._end(self._spans[name].last)
            if route is not None and calendar is not None and first is not None and last is not None:
                trips[name] = FeedTrip(
                    id=name,
                    line=row.line,
                    route=route,
                    calendar=calendar,
                    short_name=row.text("trip_short_name"),
                    first=first,
                    last=last,
                    repeats=name in repeats,
                )
        return trips

    def _end(self, end: tuple[int, str, FeedRow] | None) -> FeedStop | None:
        """The stop of a trip's first or last row, or the station that it belongs to."""
        stop = None if end is None else self._stops.get(end[1])
        return stop if stop is None else self._stops.get(stop.parent, stop)

    def _trip_rows(self) -> dict[str, FeedRow]:
        rows: dict[str, FeedRow] = {}
        for row in self._archive.rows("trips.txt", ("route_id", "service_id", "trip_id")):
            name = row.text("trip_id")
            if name in rows:
                row.fault("trip_id", f"{name!r} stands on line {rows[name].line} already", "each trip once")
            elif name in self._wanted:
                rows[name] = row
        if self._archive.has("trips.txt"):
            for name in sorted(self._wanted - rows.keys()):
                first = self._spans[name].first
                if first is not None:
                    first[2].fault("trip_id", f"{name!r} is not in trips.txt", "a trip_id of trips.txt")
        return rows

    def _routes(self) -> dict[str, FeedRoute]:
        routes: dict[str, FeedRoute] = {}
        for row in self._archive.rows("routes.txt", ("route_id", "route_type")):
            route = FeedRoute(
                id=row.filled("route_id"),
                name=row.text("route_short_name") or row.text("route_long_name"),
                type=row.choice("route_type", "0 … 7, 11, 12, or an extended type such as 101"),
            )
            if route.id in routes:
                row.fault("route_id", f"{route.id!r} stands there twice", "each route once")
            routes[route.id] = route
        return routes

    def _repeated(self) -> frozenset[str]:
        if not self._archive.has("frequencies.txt"):
            return frozenset()
        return frozenset(row.text("trip_id") for row in self._archive.rows("frequencies.txt", ("trip_id",)))

    def _calendars(self, wanted: set[str]) -> dict[str, Calendar]:
        plain = self._weekly(wanted)
        added: dict[str, set[date]] = {}
        removed: dict[str, set[date]] = {}
        for service, day, adds in self._exceptions(wanted):
            (added if adds else removed).setdefault(service, set()).add(day)
        return {
            service: _without_idle(
                plain.get(service, Calendar(id=service, weekdays=())),
                frozenset(added.get(service, ())),
                frozenset(removed.get(service, ())),
            )
            for service in sorted(plain.keys() | added.keys() | removed.keys())
        }

    def _weekly(self, wanted: set[str]) -> dict[str, Calendar]:
        calendars: dict[str, Calendar] = {}
        if not self._archive.has("calendar.txt"):
            if not self._archive.has("calendar_dates.txt") and self._archive.opened:
                self._faults.add("calendar.txt", "file", "is not in the feed", "it, or calendar_dates.txt, or both")
            return calendars
        for row in self._archive.rows("calendar.txt", ("service_id", *WEEKDAYS, "start_date", "end_date")):
            service = row.text("service_id")
            if service not in wanted:
                continue
            if service in calendars:
                row.fault("service_id", f"{service!r} stands there twice", "each service once")
            first, last = row.day("start_date"), row.day("end_date")
            if first is not None and last is not None and last < first:
                row.fault("end_date", f"{row.text('end_date')!r} lies before start_date", f"{first:%Y%m%d} or later")
            weekdays = tuple(number for number, name in enumerate(WEEKDAYS, 1) if row.flag(name))
            calendars[service] = Calendar(id=service, valid_from=first, valid_until=last, weekdays=weekdays)
        return calendars

    def _exceptions(self, wanted: set[str]) -> Iterator[tuple[str, date, bool]]:
        seen: set[tuple[str, date]] = set()
        rows: Iterable[FeedRow] = ()
        if self._archive.has("calendar_dates.txt"):
            rows = self._archive.rows("calendar_dates.txt", ("service_id", "date", "exception_type"))
        for row in rows:
            service = row.text("service_id")
            if service not in wanted:
                continue
            day, kind = row.day("date"), row.choice("exception_type", "1 (added), 2 (removed)")
            if day is not None and (service, day) in seen:
                row.fault(
                    "date", f"{row.text('date')!r} stands there twice for {service!r}", "each date once a service"
                )
            if day is not None and kind:
                seen.add((service, day))
                yield service, day, kind == 1


def _without_idle(calendar: Calendar, added: frozenset[date], removed: frozenset[date]) -> Calendar:
    """The calendar with those exceptions that change anything."""
    return Calendar(
        id=calendar.id,
        valid_from=calendar.valid_from,
        valid_until=calendar.valid_until,
        weekdays=calendar.weekdays,
        added=frozenset(day for day in added if not calendar.include(day)),
        removed=frozenset(day for day in removed if calendar.include(day)),
    )
