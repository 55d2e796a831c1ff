"""Checking a station's folder for a person: all faults, all warnings, and what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stationmaster.station.advice import advice_for
from stationmaster.station.devices import LAYOUTS_FOLDER, layout_files
from stationmaster.station.load import Station, read_station
from stationmaster.station.places import ids_of
from stationmaster.station.reading import HelpfulFaults
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.values import CallKind

__all__ = ["LayoutCheck", "Report", "check_station", "examine_station"]

LayoutCheck = Callable[[Path, str], list[Fault]]
"""Guidance's look at one layout: the file, and its name as faults show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check has found.

    `faults` keep the station from running; `warnings` do not, and their `allowed` is advice. `summary` are lines that
    say what the folder holds; empty if there are faults.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...] = ()
    summary: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the station can run."""
        return not self.faults


def check_station(folder: Path, *, layout_check: LayoutCheck | None = None) -> Report:
    """Read all of the folder and say everything that is wrong with it; never raises for what stands in it.

    Args:
        folder: the station's folder.
        layout_check: what draws boards, asked about each layout; None leaves the layouts' insides unread.

    """
    return examine_station(folder, layout_check=layout_check)[0]


def examine_station(folder: Path, *, layout_check: LayoutCheck | None = None) -> tuple[Report, Station | None]:
    """What `check_station` says, and the station itself if there are no faults."""
    faults = HelpfulFaults()
    if not folder.is_dir():
        faults.add(str(folder), "folder", "does not exist or is not a folder", "a station's folder")
        return Report(faults=tuple(faults)), None
    station = read_station(folder, faults)
    found = list(faults)
    if layout_check is not None:
        for path in layout_files(folder):
            found.extend(layout_check(path, f"{LAYOUTS_FOLDER}/{path.name}"))
    if found:
        # A layout that is no TOML is reported by both readers, in the same words.
        return Report(faults=tuple(dict.fromkeys(found))), None
    return Report(faults=(), warnings=tuple(advice_for(station)), summary=_summary(station)), station


def _summary(station: Station) -> tuple[str, ...]:
    configuration = station.configuration
    facts = configuration.station
    places = {kind: len(ids_of(configuration.places, kind)) for kind in PlaceKind}
    kinds = Counter(row.kind for row in station.timetable)
    board_types = {board.type for board in configuration.boards}
    does = Counter(rule.does.value for rule in configuration.rules)
    return (
        f"{' / '.join(text for _, text in facts.names)} ({facts.telecode}), {facts.zone}, {', '.join(facts.languages)}",
        "places: " + ", ".join(f"{number} {_plural(kind.value, number)}" for kind, number in places.items()),
        f"{len(configuration.boards)} boards of {len(board_types)} types with {len(configuration.layouts)} layouts, "
        f"{len(configuration.zones)} zones",
        f"{len(configuration.rules)} rules: " + ", ".join(f"{number} {name}" for name, number in sorted(does.items())),
        f"{len(configuration.templates)} templates, {len(configuration.names)} names of stations",
        f"{len(station.calendars)} {_plural('calendar', len(station.calendars))}, "
        f"{len(station.operations.templates)} {_plural('row', len(station.operations.templates))} of operations",
        f"{len(station.timetable)} rows of timetable: " + ", ".join(f"{kinds[kind]} {kind.value}" for kind in CallKind),
    )


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
