"""Reading a layout's TOML: every fault at once, with its key and what is allowed.

The file's shape is that of the values in `layout.py`; the sample station's layouts are examples of it.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field

from stationmaster_base.configuration import Faults, Table
from stationmaster_guidance.layout import (
    FIELDS,
    PLACEHOLDERS,
    BoardLayout,
    Cars,
    Colours,
    Column,
    Header,
    HeaderPlace,
    Headings,
    Languages,
    Line,
    Message,
    Order,
    Overflow,
    Region,
    Split,
    StaleRule,
)
from stationmaster_kernel.configuration import Words
from stationmaster_kernel.values import Status

__all__ = ["LEAST_CONTRAST", "contrast", "parse_layout", "read_layout"]

COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
FAMILY = re.compile(r"[\w .()-]{1,60}\Z")
PLACEHOLDER = re.compile(r"\{[^{}]*\}|[{}]")

LEAST_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3 (AA): below this ratio people with weak sight cannot read it, and nobody can from afar."""

ALIGNS = ("left", "centre", "right")
MOST_COLUMNS = 16
MOST_REGIONS = 4
MOST_LINES = 6


@dataclass(slots=True, kw_only=True)
class _Said:
    """The texts that the layout holds, by place: at the end each must have every language."""

    texts: list[tuple[Table, str, dict[str, str]]] = field(default_factory=list)

    def words(self, table: Table, key: str, *, needed: bool = False) -> Words:
        """A text by language; empty if it is absent and not needed."""
        if key not in table and not needed:
            return ()
        words = table.languages(key)
        if key in table and isinstance(words, dict) and words:
            self.texts.append((table, key, words))
        for language, text in words.items():
            for found in PLACEHOLDER.findall(text):
                if found not in PLACEHOLDERS:
                    table.fault(f"{key}.{language}", f"{found!r} is no placeholder", ", ".join(PLACEHOLDERS))
        return tuple(words.items())

    def check(self) -> None:
        """Every text in every language that any text of the layout has."""
        languages = dict.fromkeys(language for _, _, words in self.texts for language in words)
        for table, key, words in self.texts:
            for language in languages:
                if not words.get(language, "").strip():
                    table.fault(f"{key}.{language}", "is missing", "text in every language that the layout has")

    @property
    def languages(self) -> int:
        """How many languages the layout has, at least one."""
        return max(1, len({language for _, _, words in self.texts for language in words}))


def parse_layout(body: str, name: str, faults: Faults, file: str | None = None) -> BoardLayout:
    """The layout in a TOML text; whatever is wrong goes to `faults`, and the value then is a stand-in.

    Args:
        body: the file's text.
        name: the layout's id.
        faults: where faults go.
        file: the file's name as faults show it; the id unless given.

    """
    shown = file or f"layout {name}"
    try:
        table = Table(tomllib.loads(body), shown, faults)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        faults.add(shown, f"line {line[1]}" if line else "end", f"is not TOML: {error}", "TOML 1.0")
        table = Table({}, shown, Faults())
    return read_layout(table, name)


def read_layout(table: Table, name: str) -> BoardLayout:
    """The layout in a table; faults are left with the table."""
    said = _Said()
    languages = Languages(table.choice("languages", list(Languages), Languages.ALTERNATE))
    dwell = table.number("dwell_s", 20.0, low=2, high=600)
    language_s = table.number("language_s", 10.0, low=2, high=600)
    header = _header(table.table("header"), said)
    colours = _colours(table.table("colours"))
    stale = _stale(table.table("stale"), said)
    message = _message(table.table("message"), said)
    regions = tuple(_region(each, said) for each in table.tables("region"))
    if len(regions) > MOST_REGIONS or not (regions or message.texts):
        table.fault("region", f"there are {len(regions)} regions", f"1…{MOST_REGIONS}, or none and a message.text")
    layout = BoardLayout(
        id=name,
        languages=languages,
        language_s=language_s,
        dwell_s=dwell,
        split=Split(table.choice("split", list(Split), Split.AUTO)),
        header=header,
        footer=said.words(table, "footer"),
        stale=stale,
        alone=said.words(table, "alone"),
        colours=colours,
        fonts=_fonts(table.table("fonts")),
        vertical=_vertical(table),
        cars=_cars(table.table("cars")),
        message=message,
        regions=regions,
    )
    said.check()
    if languages is Languages.ALTERNATE and language_s * said.languages > dwell + 0.001:
        table.fault(
            "language_s",
            f"a page would turn before it has been seen in {said.languages} languages",
            f"at most dwell_s / {said.languages} = {dwell / said.languages:g}",
        )
    table.finish()
    return layout


def _header(table: Table, said: _Said) -> Header:
    header = Header(
        titles=said.words(table, "title", needed=True),
        place=HeaderPlace(table.choice("place", list(HeaderPlace), HeaderPlace.AUTO)),
        clock=table.flag("clock", default=True),
        date=table.flag("date"),
    )
    table.finish()
    return header


def _stale(table: Table, said: _Said) -> StaleRule:
    rule = StaleRule(
        texts=said.words(table, "text", needed=True),
        after_min=table.integer("after_min", 30, low=1, high=24 * 60),
        silent_s=table.number("silent_s", 30.0, low=1, high=3600),
    )
    table.finish()
    return rule


def _message(table: Table, said: _Said) -> Message:
    usual = Message()
    message = Message(
        texts=said.words(table, "text"),
        size=table.number("size", 1.0, low=0.2, high=1),
        align=table.choice("align", ALIGNS, "centre"),
        background=_colour(table, "background", usual.background),
        text=_colour(table, "colour", usual.text),
        emergency_background=_colour(table, "emergency_background", usual.emergency_background),
        emergency_text=_colour(table, "emergency_colour", usual.emergency_text),
    )
    _readable(table, "colour", message.text, message.background)
    _readable(table, "emergency_colour", message.emergency_text, message.emergency_background)
    table.finish()
    return message


def _fonts(table: Table) -> tuple[tuple[str, tuple[str, ...]], ...]:
    fonts = []
    for language in table.keys():  # noqa: SIM118 - a Table is no mapping
        families = table.texts(language)
        if not LANGUAGE.match(language):
            table.fault(language, "is not a language", "zh, en, mn, …")
        for number, family in enumerate(families):
            if not FAMILY.match(family):
                table.fault(f"{language}[{number}]", f"{family!r} is no name of a font", "a family, as in Noto Sans")
        fonts.append((language, families))
    table.finish()
    return tuple(fonts)


def _vertical(table: Table) -> tuple[str, ...]:
    languages = table.texts("vertical")
    for number, language in enumerate(languages):
        if not LANGUAGE.match(language):
            table.fault(f"vertical[{number}]", f"{language!r} is not a language", "mn, …")
    return languages


def _cars(table: Table) -> Cars:
    cars = Cars(
        first=table.choice("first", ("left", "right"), "left"),
        places=table.integer("places", 16, low=1, high=40),
        sectors=table.texts("sectors"),
        here=table.text("here", ""),
    )
    if cars.here and cars.here not in cars.sectors:
        table.fault("here", f"{cars.here!r} is not a sector", ", ".join(cars.sectors) or "one of sectors")
    table.finish()
    return cars


def _colours(table: Table) -> Colours:
    usual = Colours()
    background = _colour(table, "background", usual.background)
    header = _colour(table, "header", usual.header)
    statuses = dict(usual.statuses)
    of_status = table.table("status")
    for key in of_status.keys():  # noqa: SIM118 - a Table is no mapping
        if key in list(Status):
            statuses[Status(key)] = _colour(of_status, key, usual.text)
        else:
            of_status.text(key, "")
            of_status.fault(key, "is not a status", ", ".join(Status))
    colours = Colours(
        background=background,
        text=_colour(table, "text", usual.text),
        muted=_colour(table, "muted", usual.muted),
        header=header,
        header_text=_colour(table, "header_text", usual.header_text),
        number=_colour(table, "number", usual.number),
        statuses=tuple(statuses.items()),
    )
    for key, colour, ground in (
        ("text", colours.text, background),
        ("muted", colours.muted, background),
        ("header_text", colours.header_text, header),
        ("number", colours.number, background),
        *((f"status.{status}", colour, background) for status, colour in colours.statuses),
    ):
        _readable(table, key, colour, ground)
    of_status.finish()
    table.finish()
    return colours


def _readable(table: Table, key: str, colour: str, ground: str) -> None:
    ratio = contrast(colour, ground)
    if ratio < LEAST_CONTRAST:
        problem = f"{colour} on {ground} has contrast {ratio:.1f} and cannot be read"
        table.fault(key, problem, f"{LEAST_CONTRAST} or more")


def _colour(table: Table, key: str, usual: str) -> str:
    value = table.text(key, usual)
    if not COLOUR.match(value):
        table.fault(key, f"{value!r} is not a colour", "#rrggbb")
        return usual
    return value.lower()


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1…21, as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _region(table: Table, said: _Said) -> Region:
    lines = _lines(table, "line", said)
    if not lines:
        table.fault("line", "is missing", f"1…{MOST_LINES} tables [[region.line]]")
    region = Region(
        titles=said.words(table, "title"),
        share=table.number("share", 1.0, low=0.05, high=100),
        rows=table.integer("rows", low=1, high=60),
        pages=table.integer("pages", 3, low=1, high=20),
        grow=table.flag("grow"),
        headings=Headings(table.choice("headings", list(Headings), Headings.TOP)),
        lines=lines,
        narrow=_lines(table, "narrow", said),
        rules=table.texts("rules"),
        rules_except=table.texts("rules_except"),
        hide=tuple(Status(word) for word in table.texts("hide", list(Status)) if word in list(Status)),
        order=Order(table.choice("order", list(Order), Order.TIME)),
        empty=said.words(table, "empty"),
    )
    table.finish()
    return region


def _lines(table: Table, key: str, said: _Said) -> tuple[Line, ...]:
    tables = table.tables(key)
    if len(tables) > MOST_LINES:
        table.fault(key, f"there are {len(tables)}", f"at most {MOST_LINES}")
    return tuple(_line(each, said) for each in tables)


def _line(table: Table, said: _Said) -> Line:
    tables = table.tables("columns")
    if not 1 <= len(tables) <= MOST_COLUMNS:
        table.fault("columns", f"there are {len(tables)}", f'1…{MOST_COLUMNS} of {{ field = "…", width = … }}')
    columns = tuple(_column(each, said) for each in tables)
    shown = Counter((column.field, column.language) for column in columns)
    for (name, _), count in shown.items():
        if count > 1:
            table.fault("columns", f"{name!r} stands there twice in the same language", "each once")
    line = Line(height=table.number("height", 1.0, low=0.1, high=20), columns=columns)
    table.finish()
    return line


def _column(table: Table, said: _Said) -> Column:
    column = Column(
        field=table.choice("field", FIELDS),
        headings=said.words(table, "heading"),
        width=table.number("width", low=0.5, high=200),
        align=table.choice("align", ALIGNS, "left"),
        language=table.text("language", ""),
        overflow=Overflow(table.choice("overflow", list(Overflow), Overflow.SHRINK)),
        size=table.number("size", 1.0, low=0.2, high=3),
        filled=table.flag("filled"),
    )
    table.finish()
    return column
