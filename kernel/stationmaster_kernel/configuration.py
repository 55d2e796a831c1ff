"""What a station is, as far as the kernel needs to know: its places, its boards and zones, its names and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_kernel.rules import Rule

__all__ = [
    "Board",
    "Clearance",
    "Configuration",
    "Layout",
    "Name",
    "Place",
    "PlaceKind",
    "Pronunciation",
    "StationFacts",
    "Template",
    "Words",
    "Zone",
]

Words = tuple[tuple[str, str], ...]
"""One text in several languages: pairs of language and text, in the station's order of languages."""


class PlaceKind(StrEnum):
    """The kinds of place that calls and devices refer to."""

    TRACK = "track"
    PLATFORM = "platform"
    GATE = "gate"
    AREA = "area"
    EXIT = "exit"
    POST = "post"
    LIGHT = "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """Minutes for which a train occupies its track beyond its times, and that must lie between two trains.

    `before_arrival` and `after_departure` are kept free around trains that stop or pass, `origin_before` is the time
    that a set stands at the platform before it leaves, `terminus_after` the time until it has been drawn off.
    """

    before_arrival: int = 2
    after_departure: int = 3
    origin_before: int = 30
    terminus_after: int = 20
    between: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFacts:
    """The station itself.

    `zone` is an IANA time zone. Minutes: an event is overdue `overdue_after` its best known time; a row calls a train
    late from `late_from` on and early from `early_from` on; `dwell_least` is the least stop of a through train;
    the row of a suspended train stays `suspended_row` after its planned end;
    calls are dropped `keep` minutes after their last event; a set leaves again `turnaround_least` after it came.
    `clearance` is what a train needs of its track. `boarding_apart`: trains that share a gate by the station's own
    layout (both faces of an island, a gate of several platforms) must not be checked in at the same time.
    """

    telecode: str
    revision: int = 0
    names: Words
    zone: str
    languages: tuple[str, ...] = ("zh", "en")
    overdue_after: int = 2
    late_from: int = 1
    early_from: int = 1
    dwell_least: int = 2
    suspended_row: int = 60
    keep: int = 2160
    turnaround_least: int = 20
    clearance: Clearance = Clearance()
    boarding_apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A track, platform, gate, area, exit, post or light.

    `platform` is set for tracks (empty for a track without a platform face). `gates`, `areas` and `exits` are set for
    platforms: what a call there uses unless its plan says otherwise; and for lights with `platforms`: what a light
    serves, as boards and zones do. `type` is a light's, a free word that rules refer to; a light without one is
    switched by none.
    """

    id: str
    revision: int = 0
    kind: PlaceKind
    names: Words
    type: str = ""
    platform: str = ""
    platforms: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board. It serves the places it names; one that names none serves the whole station.

    `layout` names the layout that draws it; `width` and `height` are pixels. A board that is built of characters has
    `columns` (Latin ones in a line, Chinese ones take two) and `rows` (lines), others 0; its pixels follow from them.
    `groups` are free words by which people address several boards at once.
    """

    id: str
    revision: int = 0
    type: str
    names: Words
    layout: str
    platforms: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()
    width: int = 1920
    height: int = 1080
    columns: int = 0
    rows: int = 0
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A broadcast zone. It serves the places it names; one that names none serves the whole station."""

    id: str
    revision: int = 0
    type: str
    names: Words
    platforms: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A station's name by language; `id` is the name as timetables and feeds write it."""

    id: str
    revision: int = 0
    names: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Pronunciation:
    """How a name or a word is spoken where its letters mislead: `id` is the word as texts have it.

    `texts` says, for each language in whose texts the word needs it, how it is spoken; for Chinese that is toned pinyin
    (`lu4an1`) or characters that sound the same. `not_before` and `not_after` are characters beside which the letters
    are not this word. The kernel carries it and does not read it.
    """

    id: str
    revision: int = 0
    texts: Words
    not_before: str = ""
    not_after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with fields, by language; ids `status.<status>` are the words of rows, all others are announcements."""

    id: str
    revision: int = 0
    texts: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How boards of a type look; the kernel carries it and does not read it. `body` is TOML."""

    id: str
    revision: int = 0
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that a station's folder says. Tuples are in the folder's order; rules in order of precedence."""

    station: StationFacts
    places: tuple[Place, ...] = ()
    boards: tuple[Board, ...] = ()
    zones: tuple[Zone, ...] = ()
    names: tuple[Name, ...] = ()
    pronunciations: tuple[Pronunciation, ...] = ()
    templates: tuple[Template, ...] = ()
    layouts: tuple[Layout, ...] = ()
    rules: tuple[Rule, ...] = ()
