"""`stationmaster guidance preview` and `check`: a station's folder and a day of its timetable, handed to guidance."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stationmaster.station.load import Station, load_station
from stationmaster.station.names import NAMES_FILE
from stationmaster.station.plans import plan_day
from stationmaster_base.errors import Fault, StationError
from stationmaster_base.times import MINUTE, Instant, floor_minute, local_instant
from stationmaster_guidance.moment import BoardMoment, board_moment
from stationmaster_kernel.configuration import Configuration, PlaceKind
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, GradeFeed, Plan, PlannedCall, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import FeedGrade, Running

__all__ = ["PreviewOptions", "check_boards", "day_state", "preview"]

UNKNOWN = "?"
FAULTY = 1

BEFORE_S = 86_400
"""How long before the moment of the picture the plan was made, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOptions:
    """What picture is wanted.

    `day` is today in the station's zone unless given, `language` the station's first. `late` has `TRAIN=MINUTES`, or
    `TRAIN=?` for a delay that is not known, `moved` has `TRAIN=TRACK`. The suffix of `out` says what kind of picture.
    """

    board: str
    station: Path
    at: time
    day: date | None = None
    language: str | None = None
    page: int = 1
    late: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    out: Path


def preview(options: PreviewOptions) -> int:
    """Write the picture of a board and say where it is; 0.

    Raises:
        ConfigurationError: the station's folder or the board's layout has faults; all of them.
        StationError: there is no such board, train, language or page, or the file cannot be written.

    """
    kind = options.out.suffix.lower()
    if kind not in (".png", ".svg"):
        raise StationError("no-such-picture", f"{options.out} names no kind of picture. Write .png or .svg.")
    station = load_station(options.station)
    configuration = station.configuration
    languages = configuration.station.languages
    if options.language is not None and options.language not in languages:
        raise StationError(
            "no-such-language", f"The station has no language {options.language!r}. It has: {', '.join(languages)}."
        )
    language = 0 if options.language is None else languages.index(options.language)
    zone = ZoneInfo(configuration.station.zone)
    day = options.day or datetime.now(zone).date()
    now = local_instant(day, options.at, zone)
    state = day_state(station, day, now, late=options.late, suspended=options.suspended, moved=options.moved)
    moment = board_moment(configuration, options.board, state.tasks.values(), state.calls, now)
    pages = max((region.pages for region in moment.picture.regions), default=1)
    if not 1 <= options.page <= pages:
        raise StationError("no-such-page", f"{options.board} has no page {options.page} then. Its pages: 1…{pages}.")
    try:
        _write(moment, options, kind, language)
    except OSError as error:
        raise StationError("picture-not-written", f"{options.out} cannot be written: {error.strerror}.") from error
    board, rows = moment.board, len(moment.picture.rows)
    sys.stdout.write(
        f"{options.out}: {board.id}, {board.width} × {board.height}, {day} {options.at:%H:%M}, "
        f"{rows} rows, page {options.page} of {pages}.\n"
    )
    if moment.picture.without_room:
        sys.stdout.write(f"{moment.picture.without_room} rows have no room; give {board.layout} more rows or pages.\n")
    return 0


def _write(moment: BoardMoment, options: PreviewOptions, kind: str, language: int) -> None:
    if kind == ".svg":
        svg: Any = import_module("stationmaster_guidance.board_svg")
        options.out.write_text(svg.board_svg(moment, language=language, page=options.page), "utf-8")
    else:
        screenshot: Any = import_module("stationmaster_guidance.screenshot")
        screenshot.write_png(moment, options.out, language=language, page=options.page)


def check_boards(folder: Path, boards: tuple[str, ...] = (), fonts: tuple[Path, ...] | None = None) -> int:
    """Print what does not fit, what fonts lack and which names were made by rule; 0 if there is nothing, else 1.

    Raises:
        ConfigurationError: the station's folder has faults.
        StationError: there is no such board.

    """
    station = load_station(folder)
    configuration = station.configuration
    fitting: Any = import_module("stationmaster_guidance.fitting")
    known = [board.id for board in configuration.boards]
    for board in boards:
        if board not in known:
            raise StationError(
                "no-such-board", f"The station has no board {board!r}. Its boards: {', '.join(known) or 'none'}."
            )
    book = fitting.FontBook() if fonts is None else fitting.FontBook(fonts)
    numbers = tuple(dict.fromkeys(row.number for row in station.timetable))
    report = fitting.check_fit(_only(configuration, boards), numbers=numbers, book=book)
    guessed = [warning for warning in station.warnings if warning.file == NAMES_FILE]
    found: list[Fault] = [*report.findings, *guessed]
    sys.stdout.write("".join(f"{fault}\n" for fault in found))
    sys.stdout.write("".join(f"fonts: {line}\n" for line in report.fonts))
    sys.stdout.write(f"{folder}: {report.texts} texts tried {report.cells} times, {len(found)} findings.\n")
    return FAULTY if found else 0


def _only(configuration: Configuration, boards: tuple[str, ...]) -> Configuration:
    if not boards:
        return configuration
    return replace(configuration, boards=tuple(board for board in configuration.boards if board.id in boards))


def day_state(
    station: Station,
    day: date,
    now: Instant,
    *,
    late: Iterable[str] = (),
    suspended: Iterable[str] = (),
    moved: Iterable[str] = (),
) -> State:
    """The station at `now` as the kernel has it, every train in time but those that are named.

    Raises:
        StationError: no train of that day has the number, there is no such track, or the minutes are none.

    """
    planned = plan_day(station, day)
    early = Instant(now - BEFORE_S)
    state = State.empty(early)
    records = {call.number: _record(call, day, now) for call in planned}
    for each in late:
        number, _, minutes = each.partition("=")
        records[number] = _late(_known(records, number), minutes, now)
    for number in suspended:
        records[number] = replace(_known(records, number), running=Running.SUSPENDED)
    tracks = [place.id for place in station.configuration.places if place.kind is PlaceKind.TRACK]
    for each in moved:
        number, _, track = each.partition("=")
        if track not in tracks:
            raise StationError("no-such-track", f"There is no track {track!r}. Tracks: {', '.join(tracks)}.")
        records[number] = replace(_known(records, number), track=track)
    for given in (
        Configure(id="configure", at=early, configuration=station.configuration),
        GradeFeed(id="grade", at=early, grade=FeedGrade.FRESH),
        Plan(id="plan", at=early, day=day, calls=planned),
        Feed(id="feed", at=now, records=tuple(records.values())),
        Tick(id="tick", at=floor_minute(now)),
    ):
        state, _ = step(state, given)
    return state


def _known(records: dict[str, FeedRecord], number: str) -> FeedRecord:
    if number not in records:
        raise StationError("no-such-train", f"No train {number!r} calls on that day.")
    return records[number]


def _record(call: PlannedCall, day: date, now: Instant) -> FeedRecord:
    return FeedRecord(
        day=day,
        numbers=call.numbers,
        train_class=call.train_class,
        kind=call.kind,
        origin=call.origin,
        destination=call.destination,
        planned_arrival=call.arrival,
        planned_departure=call.departure,
        track=call.track,
        actual_arrival=_past(call.arrival, now),
        actual_departure=_past(call.departure, now),
    )


def _late(record: FeedRecord, minutes: str, now: Instant) -> FeedRecord:
    if minutes == UNKNOWN:
        return replace(
            record,
            actual_arrival=None,
            actual_departure=None,
            arrival_unknown=record.planned_arrival is not None,
            departure_unknown=record.planned_departure is not None,
        )
    if not minutes.isdecimal() or len(minutes) > 4:
        raise StationError("no-minutes", f"{minutes!r} is no number of minutes. Write TRAIN=MINUTES or TRAIN=?.")
    arrival, departure = (
        None if at is None else Instant(at + int(minutes) * MINUTE)
        for at in (record.planned_arrival, record.planned_departure)
    )
    return replace(
        record,
        expected_arrival=arrival,
        expected_departure=departure,
        actual_arrival=_past(arrival, now),
        actual_departure=_past(departure, now),
    )


def _past(at: Instant | None, now: Instant) -> Instant | None:
    return at if at is not None and at <= now else None
