"""What is allowed in a station's folder and yet is most often a slip: the warnings of a check."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from stationmaster.station.devices import BOARDS_FILE, LAYOUTS_FOLDER, MESSAGE_BOARD
from stationmaster.station.load import Station
from stationmaster.station.occupation import conflicts
from stationmaster.station.operations import OPERATIONS_FILE
from stationmaster.station.places import PLACES_FILE
from stationmaster.station.rules import RULES_FILE
from stationmaster.station.running_days import ALL_WEEK, DAILY, RunningDays
from stationmaster.station.texts import STATUS_PREFIX, TEMPLATES_FILE, TOPIC_PREFIX
from stationmaster.station.timetable import TIMETABLE_FILE, TimetableRow
from stationmaster.station.turnarounds import departures_of
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.rules import Base, Rule, Where
from stationmaster_kernel.values import CallKind, TaskKind

__all__ = ["advice_for"]

LONG_STOP = 360
"""Minutes from which a stop is more likely two times in the wrong cells than a stop."""

EXAMPLES = 5
"""How many rows of the timetable a warning names."""

DEPARTING = (CallKind.ORIGIN, CallKind.THROUGH)


def advice_for(station: Station) -> Iterator[Fault]:
    """Warnings for a station that has no faults; `allowed` says what to do."""
    yield from station.warnings
    yield from _timetable(station)
    yield from _operations(station)
    yield from _turnarounds(station)
    yield from _rules(station)
    yield from _unused(station)
    yield from _idle_places(station)


def _timetable(station: Station) -> Iterator[Fault]:
    if not station.timetable:
        yield _warning(TIMETABLE_FILE, "file", "has no rows", "stationmaster import timetable FILE --into DIR")
    worked = station.worked
    for row in worked:
        first, last = row.minutes
        place = f"line {row.line}"
        if last - first > LONG_STOP:
            problem = f"{row.number} stands here for {(last - first) // 60} h {(last - first) % 60} min"
            yield _warning(TIMETABLE_FILE, place, problem, "a departure before the arrival is on the next day")
        if not row.days.meet(DAILY):
            yield _warning(
                TIMETABLE_FILE, place, f"{row.number} runs on no date", "valid_from, weekdays and calendar that meet"
            )
        if station.classes and row.train_class not in station.classes:
            problem = f"{row.train_class!r} is not among the classes of station.toml"
            yield _warning(TIMETABLE_FILE, place, problem, ", ".join(station.classes))
    for conflict in conflicts(worked, station.clearance):
        problem = (
            f"{conflict.second.number} and {conflict.first.number} (line {conflict.first.line}) "
            f"are on track {conflict.track} at the same time"
        )
        yield _warning(TIMETABLE_FILE, f"line {conflict.second.line}", problem, "another track for one of them")
    yield from _some_rows(
        (row for row in worked if not row.track),
        "have no track, and so no platform until the feed or a person gives one",
        "stationmaster import timetable allots tracks",
    )
    check_in = [rule for rule in station.configuration.rules if rule.does is TaskKind.CHECK_IN]
    platforms = _platforms(station)
    yield from _some_rows(
        (
            row
            for row in worked
            if row.kind in DEPARTING and not any(_selects(rule, row, platforms.get(row.track, "")) for rule in check_in)
        ),
        "depart, and no check-in rule selects them",
        "a check-in rule without `when`, as the last",
    )


def _operations(station: Station) -> Iterator[Fault]:
    """Templates that do nothing, most often because a number or a class has changed."""
    if not station.timetable:
        return
    for template in station.operations.templates:
        if not any(template.selects(row) for row in station.timetable):
            advice = "a train, a class or a kind of call that the timetable has"
            yield _warning(OPERATIONS_FILE, f"line {template.line}", "selects no row of the timetable", advice)


def _turnarounds(station: Station) -> Iterator[Fault]:
    """Links that are possible and yet hardly meant: little time, another track, one set for two departures."""
    linked: dict[str, list[TimetableRow]] = {}
    worked, least = station.worked, station.configuration.station.turnaround_least
    for row in worked:
        template = next((each for each in station.operations.selecting(row) if each.operation.turnaround), None)
        if template is None or row.kind is not CallKind.TERMINUS:
            continue
        number, place = template.operation.turnaround, f"line {template.line}, turnaround"
        departures = [each for each in departures_of(row, number, worked) if row.calls_with(each.row, each.shift)]
        if departures and min(each.wait for each in departures) < least:
            problem = f"{number!r} leaves {min(each.wait for each in departures)} min after {row.number} arrives"
            yield _warning(
                OPERATIONS_FILE, place, problem, f"{least} minutes or more, or another turnaround_least in station.toml"
            )
        tracks = sorted({each.row.track for each in departures} - {"", row.track}) if row.track else []
        if tracks:
            problem = f"{row.number} arrives on track {row.track}, and {number!r} leaves from {', '.join(tracks)}"
            yield _warning(OPERATIONS_FILE, place, problem, "one track, if the set is not to be moved")
        other = next((other for other in linked.setdefault(number, []) if other.calls_with(row)), None)
        linked[number].append(row)
        if other is not None:
            problem = f"{number!r} leaves with the sets of {other.number} and of {row.number}"
            yield _warning(OPERATIONS_FILE, place, problem, "one arrival for each departure")


def _rules(station: Station) -> Iterator[Fault]:
    types = {board.type for board in station.configuration.boards}
    platforms, worked = _platforms(station), station.worked
    for rule in station.configuration.rules:
        for board_type in rule.boards:
            if board_type not in types:
                yield _warning(
                    RULES_FILE, rule.id, f"there is no board of type {board_type!r}", ", ".join(sorted(types))
                )
        if worked and not any(_selects(rule, row, platforms.get(row.track, "")) for row in worked):
            yield _warning(
                RULES_FILE, rule.id, "selects no row of the timetable on any day", "what is in one row's cells"
            )
        for moment in (rule.start, rule.end, rule.due):
            lacking = CallKind.ORIGIN if moment is not None and moment.base is Base.ARRIVAL else CallKind.TERMINUS
            if moment is not None and rule.when.kinds == (lacking,):
                problem = f"counts from {moment.base.value}, which no {lacking.value} call has"
                yield _warning(RULES_FILE, rule.id, problem, "another base, or other kinds")


def _unused(station: Station) -> Iterator[Fault]:
    configuration = station.configuration
    templates = {rule.template for rule in configuration.rules}
    for template in configuration.templates:
        if template.id not in templates and not template.id.startswith((STATUS_PREFIX, TOPIC_PREFIX)):
            yield _warning(TEMPLATES_FILE, template.id, "no rule uses it", "a rule with this template, or none of it")
    layouts = {board.layout for board in configuration.boards}
    for layout in configuration.layouts:
        if layout.id not in layouts:
            yield _warning(f"{LAYOUTS_FOLDER}/{layout.id}.toml", "file", "no board uses it", "a board with this layout")
    rows = (rule for rule in configuration.rules if rule.where is Where.PLATFORM)
    shown = {board_type for rule in rows for board_type in rule.boards}
    for board in configuration.boards:
        if board.type not in shown and board.type != MESSAGE_BOARD:
            yield _warning(
                BOARDS_FILE, board.id, f"no rule puts rows on boards of type {board.type!r}", "a display rule"
            )


def _idle_places(station: Station) -> Iterator[Fault]:
    configuration = station.configuration
    lit = {light_type for rule in configuration.rules for light_type in rule.lights}
    told = {post for rule in configuration.rules for post in rule.posts}
    for place in configuration.places:
        if place.kind is PlaceKind.LIGHT and place.type not in lit:
            yield _warning(PLACES_FILE, f"light {place.id}", "no rule switches it", "a lighting rule for its type")
        if place.kind is PlaceKind.POST and place.id not in told and told:
            yield _warning(PLACES_FILE, f"post {place.id}", "no rule tells it anything", "a notice rule, or none of it")
    with_track = {place.platform for place in configuration.places if place.kind is PlaceKind.TRACK}
    for place in configuration.places:
        if place.kind is PlaceKind.PLATFORM and place.id not in with_track:
            yield _warning(PLACES_FILE, f"platform {place.id}", "no track is at it", "a track with this platform")
        if place.kind is PlaceKind.PLATFORM and not place.gates:
            yield _warning(PLACES_FILE, f"platform {place.id}", "has no gates: nobody is checked in", "gates")


def _selects(rule: Rule, row: TimetableRow, platform: str) -> bool:
    """Whether the rule is for the row on any service date; what the row leaves open may be anything."""
    when = rule.when
    return (
        (not when.kinds or row.kind in when.kinds)
        and (not when.classes or row.train_class in when.classes)
        and (not when.trains or any(number in when.trains for number in row.numbers))
        and (not when.platforms or not platform or platform in when.platforms)
        and (not when.gates or not row.gates or any(gate in when.gates for gate in row.gates))
        and (not when.areas or not row.areas or any(area in when.areas for area in row.areas))
        and row.days.meet(_days_of(rule), row.service_day)
    )


def _days_of(rule: Rule) -> RunningDays:
    return RunningDays(
        valid_from=rule.valid_from, valid_until=rule.valid_until, weekdays=rule.when.weekdays or ALL_WEEK
    )


def _platforms(station: Station) -> dict[str, str]:
    return {place.id: place.platform for place in station.configuration.places if place.kind is PlaceKind.TRACK}


def _some_rows(rows: Iterator[TimetableRow], problem: str, advice: str) -> Iterator[Fault]:
    """One warning for all of the rows, which names the first few."""
    found = list(rows)
    if found:
        numbers = ", ".join(row.number for row in islice(found, EXAMPLES))
        more = f" and {len(found) - EXAMPLES} more" if len(found) > EXAMPLES else ""
        yield _warning(TIMETABLE_FILE, f"line {found[0].line}", f"{numbers}{more} {problem}", advice)


def _warning(file: str, place: str, problem: str, advice: str) -> Fault:
    return Fault(file=file, place=place, problem=problem, allowed=advice)
