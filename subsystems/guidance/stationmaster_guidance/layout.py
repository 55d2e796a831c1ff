"""How a board looks, as data: what a layout's TOML may say, and the values that it becomes.

A station adds its own screen by writing a file, so everything that differs between two boards is here and nothing of
it in code. A layout has a header, regions one below the other or side by side, and a footer. A region shows rows of
trains in pages; a row has one or more lines of cells. Widths are counted in characters, so that a designer thinks in
what must fit ("eight characters of destination") and the type grows with the screen until that much, and no less, fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_kernel.configuration import Words
from stationmaster_kernel.values import Status

__all__ = [
    "FIELDS",
    "PLACEHOLDERS",
    "BoardLayout",
    "Cars",
    "Colours",
    "Column",
    "Header",
    "HeaderPlace",
    "Headings",
    "Languages",
    "Line",
    "Message",
    "Order",
    "Overflow",
    "Region",
    "Split",
    "StaleRule",
]

FIELDS = (
    "number",
    "origin",
    "destination",
    "planned",
    "expected",
    "time",
    "platform",
    "track",
    "gates",
    "areas",
    "exits",
    "formation",
    "cars",
    "status",
)
"""What a cell may show: the texts of a display task; `status`; `time`, planned, with expected where it differs; and
`cars`, where along the platform each car of the train stops."""

PLACEHOLDERS = ("{board}", "{places}", "{station}")
"""What a layout's text may hold: the names of the board, of the places that it serves, and of the station."""


class Languages(StrEnum):
    """How a board shows the station's languages: one after the other, all at once, or the first alone."""

    ALTERNATE = "alternate"
    TOGETHER = "together"
    FIRST = "first"


class Overflow(StrEnum):
    """What becomes of a text that is too long: smaller (and scrolled when too small), scrolled, or on more lines."""

    SHRINK = "shrink"
    SCROLL = "scroll"
    WRAP = "wrap"


class Headings(StrEnum):
    """Where columns' headings stand: above the region, inside each cell, or nowhere."""

    TOP = "top"
    INSIDE = "inside"
    NONE = "none"


class HeaderPlace(StrEnum):
    """Where the board's header stands; `auto` puts it at the side of a board more than three times as wide as high."""

    AUTO = "auto"
    TOP = "top"
    SIDE = "side"
    NONE = "none"


class Split(StrEnum):
    """How regions lie: `auto` is side by side on a board wider than 4:3, one below the other else."""

    AUTO = "auto"
    ACROSS = "across"
    DOWN = "down"


class Order(StrEnum):
    """How a region sorts its rows: by the planned time of the row's event, the earliest or the latest first."""

    TIME = "time"
    LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One cell of a row.

    `width` counts characters (of Chinese; two digits or Latin letters take about one). `size` multiplies the type.
    `language` fixes one; empty: as the board does. `filled` paints the cell in the status's colour instead of its text.
    """

    field: str
    headings: Words = ()
    width: float
    align: str = "left"
    language: str = ""
    overflow: Overflow = Overflow.SHRINK
    size: float = 1.0
    filled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of cells in a row; `height` is its share of the row's height."""

    height: float = 1.0
    columns: tuple[Column, ...]

    @property
    def width(self) -> float:
        """How many characters wide the line is; at least 1."""
        return max(1.0, sum(column.width for column in self.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of a board that shows rows.

    `share` is its part of the room. `rows` a page at most: fewer where the board is too low to be read with so many.
    `grow` lets fewer rows take the whole room. `lines` are those of each row, `narrow` the same on a board that is
    higher than wide. Rows come from display tasks: those whose rule matches one of `rules` (shell patterns; empty: any)
    and none of `rules_except`, and whose status is not in `hide`.
    """

    titles: Words = ()
    share: float = 1.0
    rows: int
    pages: int = 3
    grow: bool = False
    headings: Headings = Headings.TOP
    lines: tuple[Line, ...]
    narrow: tuple[Line, ...] = ()
    rules: tuple[str, ...] = ()
    rules_except: tuple[str, ...] = ()
    hide: tuple[Status, ...] = ()
    order: Order = Order.TIME
    empty: Words = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The board's head: its title, the station's clock, the date."""

    titles: Words
    place: HeaderPlace = HeaderPlace.AUTO
    clock: bool = True
    date: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRule:
    """When a board says that it cannot be relied on.

    `after_min`: station minutes for which the dispatching feed has not been fresh, or its hub not been heard.
    `silent_s`: machine seconds for which the page has not heard its own server.
    """

    texts: Words
    after_min: int = 30
    silent_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Colours as `#rrggbb`. `statuses` are those of rows' states; a state that is not named has `text`."""

    background: str = "#05070c"
    text: str = "#ffffff"
    muted: str = "#a9b4c6"
    header: str = "#0d2a52"
    header_text: str = "#ffffff"
    number: str = "#ffd34d"
    statuses: tuple[tuple[Status, str], ...] = (
        (Status.WAITING, "#ffffff"),
        (Status.ON_TIME, "#ffffff"),
        (Status.EARLY, "#7fd7ff"),
        (Status.LATE, "#ffb13d"),
        (Status.DELAY_UNKNOWN, "#ff8f3d"),
        (Status.CHECKING_IN, "#4df07d"),
        (Status.CHECK_IN_CLOSED, "#ff7272"),
        (Status.ARRIVED, "#4df07d"),
        (Status.SUSPENDED, "#ff5c5c"),
        (Status.UNCONFIRMED, "#a9b4c6"),
        (Status.PLATFORM_CHANGED, "#ff6bd6"),
    )

    def of(self, status: Status | None) -> str:
        """The colour of a row in this state."""
        return next((colour for known, colour in self.statuses if known is status), self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cars:
    """How a cell of `cars` is drawn: the platform from end to end as one sees it behind the board.

    `first`: at which end car 1 stops, `left` or `right`. `places` is how many cars the platform has room for; a
    shorter train stops in the middle. `sectors` are the marks on the platform from left to right; `here` is the one
    at which the board hangs.
    """

    first: str = "left"
    places: int = 16
    sectors: tuple[str, ...] = ()
    here: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """How a text that fills the whole board looks, and what a board says that has no rows at all.

    `texts` is the standing text of a board without regions. `size` multiplies the type that would fill the board.
    `background` and `text` are colours as `#rrggbb`; those of an emergency are apart.
    """

    texts: Words = ()
    size: float = 1.0
    align: str = "centre"
    background: str = "#0d2a52"
    text: str = "#ffffff"
    emergency_background: str = "#a30d16"
    emergency_text: str = "#ffffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLayout:
    """One layout.

    `dwell_s` is how long a page stays, `language_s` how long a language does (machine seconds, the same moment on
    all boards). `alone` is shown while the subsystem is cut off from its hub; empty: nothing is. `fonts` are families
    by language, the first that a screen has is used. `vertical` are languages that are written from top to bottom.
    A board without regions shows its message.
    """

    id: str
    languages: Languages = Languages.ALTERNATE
    language_s: float = 10.0
    dwell_s: float = 20.0
    split: Split = Split.AUTO
    header: Header
    footer: Words = ()
    stale: StaleRule
    alone: Words = ()
    colours: Colours = Colours()
    fonts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    vertical: tuple[str, ...] = ()
    cars: Cars = Cars()
    message: Message = Message()
    regions: tuple[Region, ...]

    @property
    def shows_formation(self) -> bool:
        """Whether a cell of this layout follows the make-up of its train."""
        columns = (
            column for region in self.regions for line in (*region.lines, *region.narrow) for column in line.columns
        )
        return any(column.field in ("formation", "cars") for column in columns)

    def families(self, language: str) -> tuple[str, ...]:
        """The font families that this layout names for a language; none: those of the pages' style sheet."""
        return next((families for known, families in self.fonts if known == language), ())
