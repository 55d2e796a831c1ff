"""The commands that work on a station's folder: `check`, `import`, `plan` and `draw`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from stationmaster.cli import words
from stationmaster_base.errors import StationError

__all__ = ["add_station_commands"]

Adder = Callable[..., argparse.ArgumentParser]
"""Adds a command: its name, its summary, more about it, what it calls, the extra that it needs, examples."""


def add_station_commands(commands: Any, add: Adder) -> None:
    """Add the commands in the order in which a person needs them."""
    _add_check(commands, add)
    _add_import(commands, add)
    _add_plan(commands, add)
    _add_draw(commands, add)


def _add_check(commands: Any, add: Adder) -> None:
    parser = add(
        commands,
        "check",
        "checks a station's folder and reports every fault at once",
        "Each fault is one line: file, place, what is wrong, what is allowed. Exit code 1 if there are any, 0 if not.",
        call=_check,
        extra="all",
        examples="  stationmaster check stations/sample\n",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the station's folder")


def _add_import(commands: Any, add: Adder) -> None:
    parser = add(
        commands,
        "import",
        "brings a timetable into a station's folder",
        "A bad row is reported with its line and reason, and then nothing is written at all.\n"
        "Rows without a track get one that is free; rows for which there is none are reported.",
        call=_import,
        extra="hub",
        examples="  stationmaster import timetable day.csv --into stations/mine\n"
        "  stationmaster import gtfs feed.zip --stop 8000105 --class ICE=高速动车 --into stations/mine\n",
    )
    parser.add_argument("what", choices=["timetable", "gtfs"], help="what the file holds")
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="timetable: CSV (UTF-8 or GB18030) or .xlsx with the columns train_class, kind, train, origin, "
        "destination, arr, dep. gtfs: a feed, a zip file",
    )
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="the station's folder")
    parser.add_argument(
        "--without-track",
        action="store_true",
        help="bring in rows for which no track is free without one, instead of nothing at all",
    )
    feed = parser.add_argument_group("a GTFS feed")
    feed.add_argument(
        "--stop",
        dest="stops",
        action="append",
        default=[],
        metavar="STOP_ID",
        help="which stop the station is, a station or a platform; several if its platforms are stops of their own",
    )
    feed.add_argument(
        "--class",
        dest="classes",
        type=words.pair,
        action="append",
        default=[],
        metavar="ROUTE=CLASS",
        help="the train class of a route, given by short name, route_id or type:N; as often as needed",
    )
    feed.add_argument(
        "--track",
        dest="tracks",
        type=words.pair,
        action="append",
        default=[],
        metavar="CODE=TRACK",
        help="the track of a platform_code or stop_id; as often as needed",
    )
    feed.add_argument(
        "--route-types",
        type=words.ranges,
        default=(),
        metavar="N,N-N",
        help="the route types that are trains (default: 2,100-117)",
    )
    feed.add_argument(
        "--number-from",
        choices=["trip_short_name", "trip_id"],
        default="trip_short_name",
        help="where the train number stands (default: trip_short_name)",
    )


def _add_plan(commands: Any, add: Adder) -> None:
    parser = add(
        commands,
        "plan",
        "writes the day plans that the timetable makes",
        "A plan has every call of a service date, with the times, places and formation that timetable, calendars and\n"
        "operations.csv give. What people have changed in a running station is not in it.",
        call=_plan,
        extra="hub",
        examples="  stationmaster plan stations/sample --from 2026-03-01\n"
        "  stationmaster plan stations/sample --from 2026-03-01 --days 7 --format json --out week.json\n",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the station's folder")
    parser.add_argument(
        "--from", dest="first", type=words.day, required=True, metavar="YYYY-MM-DD", help="the first service date"
    )
    parser.add_argument("--days", type=words.days, default=3, metavar="N", help="how many service dates (default: 3)")
    parser.add_argument("--format", choices=["csv", "json"], default="csv", help="how it is written (default: csv)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: standard output)")


def _add_draw(commands: Any, add: Adder) -> None:
    parser = add(
        commands,
        "draw",
        "draws a station's tracks and platforms",
        "The drawing is the one that the console shows, made from places.toml. As plan.svg in the station's folder it\n"
        "is where a drawing of one's own begins: what is changed in it is shown so. See docs/track-plan.md.",
        call=_draw,
        extra="hub",
        examples="  stationmaster draw stations/sample > plan.svg\n"
        "  stationmaster draw stations/mine --out stations/mine/plan.svg\n",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the station's folder")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: standard output)")


def _check(chosen: argparse.Namespace) -> int:
    station: Any = import_module("stationmaster.cli.stations")
    code: int = station.check(chosen.folder)
    return code


def _import(chosen: argparse.Namespace) -> int:
    station: Any = import_module("stationmaster.cli.stations")
    code: int
    if chosen.what == "timetable":
        code = station.import_timetable(chosen.file, chosen.into, without_track=chosen.without_track)
        return code
    if not chosen.stops:
        raise StationError("stop-missing", "A feed has many stops.", "Say with --stop which one the station is.")
    chosen.extra = "gtfs"
    code = station.import_gtfs(
        chosen.file,
        chosen.into,
        stops=tuple(chosen.stops),
        classes=tuple(chosen.classes),
        tracks=tuple(chosen.tracks),
        route_types=chosen.route_types,
        number_from=chosen.number_from,
        without_track=chosen.without_track,
    )
    return code


def _draw(chosen: argparse.Namespace) -> int:
    station: Any = import_module("stationmaster.cli.stations")
    code: int = station.draw(chosen.folder, out=chosen.out)
    return code


def _plan(chosen: argparse.Namespace) -> int:
    station: Any = import_module("stationmaster.cli.stations")
    code: int = station.plan(chosen.folder, chosen.first, chosen.days, form=chosen.format, out=chosen.out)
    return code
