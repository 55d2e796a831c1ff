"""A station's folder, read whole: every fault at once, or a station."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stationmaster.station.calendars import read_calendars
from stationmaster.station.devices import read_boards, read_layouts, read_zones
from stationmaster.station.directions import Directions, read_directions
from stationmaster.station.names import fill_names, guess_warning, read_names
from stationmaster.station.operations import Operations, read_operations
from stationmaster.station.own_drawing import read_drawing
from stationmaster.station.places import read_places, read_station_file
from stationmaster.station.pronunciations import read_pronunciations
from stationmaster.station.reading import HelpfulFaults
from stationmaster.station.replacing import interrupted
from stationmaster.station.rules import RuleWorld, read_rules
from stationmaster.station.running_days import Calendar
from stationmaster.station.texts import STATUS_PREFIX, read_templates
from stationmaster.station.timetable import TimetableRow, read_timetable
from stationmaster.station.wiring import Supply, read_wiring
from stationmaster_base.configuration import Faults
from stationmaster_base.errors import Fault
from stationmaster_kernel.configuration import Clearance, Configuration, Name

__all__ = ["Station", "load_station", "read_station"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A station as its folder says.

    `classes` are the train classes that `station.toml` lists. `calendars` are the dates with names, `operations` how
    trains are worked here. `drawing` is its own SVG of its tracks, made harmless; None without one. `directions` is
    which way trains go. `wiring` is what devices hang on together. `warnings` are what was made by rule for want of
    better; their `allowed` is advice.
    """

    configuration: Configuration
    timetable: tuple[TimetableRow, ...]
    folder: Path
    classes: tuple[str, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    operations: Operations = field(default_factory=Operations)
    drawing: bytes | None = None
    directions: Directions = field(default_factory=Directions)
    wiring: tuple[Supply, ...] = ()
    warnings: tuple[Fault, ...] = ()

    @property
    def clearance(self) -> Clearance:
        """What a train needs of its track."""
        return self.configuration.station.clearance

    @property
    def worked(self) -> tuple[TimetableRow, ...]:
        """The timetable with the tracks, gates, areas and exits of `operations` where it leaves them open."""
        return tuple(self.operations.worked(row) for row in self.timetable)


def load_station(folder: Path) -> Station:
    """The station in `folder`.

    Raises:
        ConfigurationError: with every fault in all of its files.

    """
    faults = HelpfulFaults()
    if not folder.is_dir():
        faults.add(str(folder), "folder", "does not exist or is not a folder", "a station's folder")
        faults.raise_if_any()
    station = read_station(folder, faults)
    faults.raise_if_any()
    return station


def read_station(folder: Path, faults: Faults) -> Station:
    """The station in `folder` as far as it can be read; if there are faults, it is not to be used."""
    interrupted(folder, faults)
    file = read_station_file(folder, faults)
    languages = file.facts.languages
    places = read_places(folder, languages, faults)
    layouts = read_layouts(folder, faults)
    boards = read_boards(folder, languages, places, layouts, faults)
    zones = read_zones(folder, languages, places, faults)
    templates = read_templates(folder, languages, faults)
    given = read_names(folder, languages, faults)
    pronunciations = read_pronunciations(folder, languages, faults)
    calendars = read_calendars(folder, faults)
    timetable = read_timetable(folder, places, calendars, faults)
    classes = tuple(dict.fromkeys((*file.classes, *(row.train_class for row in timetable))))
    operations = read_operations(folder, places, classes, timetable, faults)
    said = [template for template in templates if not template.id.startswith(STATUS_PREFIX)]
    world = RuleWorld.of(places, zones, said, classes)
    rules = read_rules(folder, world, faults)
    own = Name(id=dict(file.facts.names).get(languages[0], ""), names=file.facts.names)
    known = given if not own.id or own.id in {name.id for name in given} else (*given, own)
    filled = fill_names(known, (name for row in timetable for name in (row.origin, row.destination)), languages)
    return Station(
        configuration=Configuration(
            station=file.facts,
            places=places,
            boards=boards,
            zones=zones,
            names=filled.names,
            pronunciations=pronunciations,
            templates=templates,
            layouts=layouts,
            rules=rules,
        ),
        timetable=timetable,
        folder=folder,
        classes=file.classes,
        calendars=calendars,
        operations=operations,
        drawing=read_drawing(folder, places, faults),
        directions=read_directions(folder, faults),
        wiring=read_wiring(folder, languages, places, (*boards, *zones), faults),
        warnings=tuple(guess_warning(name) for name in filled.names if name.id in filled.guessed),
    )
