"""`station.toml` and `places.toml`: the station itself and the places that calls and devices refer to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from stationmaster.station.reading import only_keys, read_reference, read_references, read_words, unique
from stationmaster_base.configuration import Faults, Table, read_toml
from stationmaster_kernel.configuration import Clearance, Place, PlaceKind, StationFacts

__all__ = ["PLACES_FILE", "STATION_FILE", "StationFile", "ids_of", "read_places", "read_station_file"]

STATION_FILE = "station.toml"
PLACES_FILE = "places.toml"

TELECODE = re.compile(r"[A-Z0-9]{2,6}\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")

LIGHT_KEYS = ("id", "names", "type", "platforms", "gates", "areas", "exits")

DAY = 1440
"""Minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFile:
    """What `station.toml` says: the facts that the kernel needs, and what this package alone needs.

    `classes` are the train classes that are in use here; empty: whichever the timetable has.
    """

    facts: StationFacts
    classes: tuple[str, ...]


def read_station_file(folder: Path, faults: Faults) -> StationFile:
    """`station.toml`; for what is wrong in it, a fault and a stand-in."""
    table = read_toml(folder / STATION_FILE, faults, STATION_FILE)
    languages = _languages(table)
    facts = StationFacts(
        telecode=_telecode(table),
        names=read_words(table, "names", languages),
        zone=_zone(table),
        languages=languages,
        overdue_after=table.integer("overdue_after", 2, high=60),
        late_from=table.integer("late_from", 1, low=1, high=120),
        early_from=table.integer("early_from", 1, low=1, high=120),
        dwell_least=table.integer("dwell_least", 2, high=60),
        suspended_row=table.integer("suspended_row", 60, high=DAY),
        keep=table.integer("keep", 2160, low=60, high=14 * DAY),
        turnaround_least=table.integer("turnaround_least", 20, high=240),
        clearance=_clearance(table.table("clearance")),
        boarding_apart=table.flag("boarding_apart", False),
    )
    station = StationFile(facts=facts, classes=table.texts("classes"))
    table.finish()
    return station


def read_places(folder: Path, languages: tuple[str, ...], faults: Faults) -> tuple[Place, ...]:
    """`places.toml`: kinds in the order in which they first stand there, places of a kind in the file's order."""
    table = read_toml(folder / PLACES_FILE, faults, PLACES_FILE)
    tables = {kind: table.tables(kind.value) for kind in PlaceKind}
    table.finish()
    for kind in (PlaceKind.TRACK, PlaceKind.PLATFORM):
        if not tables[kind] and not len(faults):
            table.fault(kind.value, "there is none", f"one or more [[{kind.value}]]")
    order = sorted(PlaceKind, key=lambda kind: table.keys().index(kind) if kind.value in table else len(PlaceKind))
    simple = {
        kind: unique((item, _place(item, kind, languages)) for item in tables[kind])
        for kind in PlaceKind
        if kind not in (PlaceKind.TRACK, PlaceKind.PLATFORM, PlaceKind.LIGHT)
    }
    around = tuple(place for places in simple.values() for place in places)
    platforms = unique((item, _platform(item, languages, around)) for item in tables[PlaceKind.PLATFORM])
    tracks = unique((item, _track(item, languages, platforms)) for item in tables[PlaceKind.TRACK])
    around = (*around, *platforms)
    lights = unique((item, _light(item, languages, around)) for item in tables[PlaceKind.LIGHT])
    found = simple | {PlaceKind.PLATFORM: platforms, PlaceKind.TRACK: tracks, PlaceKind.LIGHT: lights}
    return tuple(place for kind in order for place in found[kind])


def ids_of(places: Iterable[Place], kind: PlaceKind) -> tuple[str, ...]:
    """The ids of all places of a kind, in the folder's order."""
    return tuple(place.id for place in places if place.kind is kind)


def _place(table: Table, kind: PlaceKind, languages: tuple[str, ...]) -> Place:
    place = Place(id=table.identifier("id"), kind=kind, names=read_words(table, "names", languages))
    table.finish()
    return place


def _platform(table: Table, languages: tuple[str, ...], around: tuple[Place, ...]) -> Place:
    place = Place(
        id=table.identifier("id"),
        kind=PlaceKind.PLATFORM,
        names=read_words(table, "names", languages),
        gates=read_references(table, "gates", "gate", ids_of(around, PlaceKind.GATE)),
        areas=read_references(table, "areas", "area", ids_of(around, PlaceKind.AREA)),
        exits=read_references(table, "exits", "exit", ids_of(around, PlaceKind.EXIT)),
    )
    table.finish()
    return place


def _light(table: Table, languages: tuple[str, ...], around: tuple[Place, ...]) -> Place:
    place = Place(
        id=table.identifier("id"),
        kind=PlaceKind.LIGHT,
        names=read_words(table, "names", languages),
        type=table.identifier("type") if "type" in table else "",
        platforms=read_references(table, "platforms", "platform", ids_of(around, PlaceKind.PLATFORM)),
        gates=read_references(table, "gates", "gate", ids_of(around, PlaceKind.GATE)),
        areas=read_references(table, "areas", "area", ids_of(around, PlaceKind.AREA)),
        exits=read_references(table, "exits", "exit", ids_of(around, PlaceKind.EXIT)),
    )
    only_keys(table, LIGHT_KEYS)
    return place


def _track(table: Table, languages: tuple[str, ...], platforms: tuple[Place, ...]) -> Place:
    place = Place(
        id=table.identifier("id"),
        kind=PlaceKind.TRACK,
        names=read_words(table, "names", languages),
        platform=read_reference(table, "platform", "platform", ids_of(platforms, PlaceKind.PLATFORM), ""),
    )
    table.finish()
    return place


def _telecode(table: Table) -> str:
    value = table.text("telecode")
    if value and not TELECODE.match(value):
        table.fault("telecode", f"{value!r} is not a telecode", "2 to 6 of A–Z and 0–9")
    return value


def _languages(table: Table) -> tuple[str, ...]:
    values = table.texts("languages")
    if "languages" not in table:
        return ("zh", "en")
    for number, value in enumerate(values):
        if not LANGUAGE.match(value):
            table.fault(f"languages[{number}]", f"{value!r} is not a language", "codes such as zh, en, mn")
    if not values:
        table.fault("languages", "there is none", '["zh", "en"]')
        return ("zh",)
    return values


def _zone(table: Table) -> str:
    value = table.text("zone")
    try:
        ZoneInfo(value or "UTC")
    except (ValueError, OSError) as error:
        # ZoneInfoNotFoundError is a KeyError; the others come of names such as "../x" or of folders.
        table.fault("zone", f"{value!r} is not a time zone: {error}", "an IANA name such as Asia/Shanghai")
        return "UTC"
    except KeyError:
        table.fault("zone", f"{value!r} is not a time zone", "an IANA name such as Asia/Shanghai")
        return "UTC"
    return value or "UTC"


def _clearance(table: Table) -> Clearance:
    usual = Clearance()
    clearance = Clearance(
        before_arrival=table.integer("before_arrival", usual.before_arrival, high=60),
        after_departure=table.integer("after_departure", usual.after_departure, high=60),
        origin_before=table.integer("origin_before", usual.origin_before, high=240),
        terminus_after=table.integer("terminus_after", usual.terminus_after, high=240),
        between=table.integer("between", usual.between, high=60),
    )
    table.finish()
    return clearance
