"""The oracle's own reading of a station folder, so that a misreading by the station's loader is seen too.

It trusts the folder: whether it is right is for `stationmaster check` to say. Everything here comes from
`docs/station-folder.md`; nothing of the station's code is used.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

__all__ = ["Moment", "PlannedTrain", "Platform", "Rule", "Station", "Target", "read_station"]

MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """`{ base, offset, time }`; offset in minutes."""

    base: str
    offset: int = 0
    time: str = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of rules.toml with the defaults of the table in station-folder.md; minutes throughout."""

    id: str
    does: str
    kinds: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    platforms: frozenset[str] = frozenset()
    start: Moment | None = None
    end: Moment | None = None
    due: Moment | None = None
    after_arrival: int | None = None
    boards: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    awaits: str = ""
    hard_end: int = 120
    where: str = "platform"
    trigger: str = ""
    at_least: int = 0
    ahead: int = 180
    valid: int = 5
    rearm: int = 10
    feed_limit: int | None = None
    template: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform with the places that belong to it."""

    id: str
    names: Mapping[str, str]
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A board or a zone: its type and what it serves."""

    id: str
    type: str
    platforms: frozenset[str] = frozenset()
    gates: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    exits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrain:
    """A train of a day plan; times are seconds of UTC, empty lists of places mean the platform's."""

    numbers: tuple[str, ...]
    train_class: str
    kind: str
    origin: str
    destination: str
    arrival: int | None
    departure: int | None
    track: str = ""
    gates: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Station:
    """A station folder as the oracle sees it. `places` are the names of gates, areas and exits by kind and id."""

    telecode: str
    names: Mapping[str, str]
    zone: ZoneInfo
    languages: tuple[str, ...]
    overdue_after: int
    late_from: int
    early_from: int
    dwell_least: int
    suspended_row: int
    keep: int
    tracks: Mapping[str, str]
    platforms: Mapping[str, Platform]
    places: Mapping[str, Mapping[str, Mapping[str, str]]]
    boards: tuple[Target, ...]
    zones: tuple[Target, ...]
    rules: tuple[Rule, ...]
    texts: Mapping[str, Mapping[str, str]]
    towns: Mapping[str, Mapping[str, str]]
    rows: tuple[Mapping[str, str], ...]
    _rendered: dict[tuple[object, ...], str] = field(default_factory=dict)
    _environment: SandboxedEnvironment = field(
        default_factory=lambda: SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    )

    def town(self, name: str, language: str) -> str:
        """A train's origin or destination in a language.

        Raises:
            ValueError: names.csv lacks it; its pinyin is beyond an oracle.

        """
        if language == self.languages[0]:
            return name
        if name == self.names[self.languages[0]]:
            return self.names[language]
        text = self.towns.get(name, {}).get(language, "")
        if not text:
            raise ValueError(f"names.csv lacks {name!r} in {language!r}, and the oracle knows no pinyin: add it")
        return text

    def joined(self, kind: str, ids: tuple[str, ...], language: str) -> str:
        """Names of places in a row: `、` between them in Chinese, `, ` elsewhere."""
        return ("、" if language == "zh" else ", ").join(self.places[kind][each][language] for each in ids)

    def platform_name(self, platform: str, language: str) -> str:
        """The name of a platform, or nothing for none."""
        return self.platforms[platform].names[language] if platform else ""

    def clock(self, instant: int | None) -> str:
        """HH:MM by the station's clock, or nothing for no time."""
        return "" if instant is None else datetime.fromtimestamp(instant, self.zone).strftime("%H:%M")

    def render(self, template: str, language: str, fields: Mapping[str, str | int]) -> str:
        """A template's text in one language, without blanks around it."""
        key = (template, language, tuple(sorted(fields.items())))
        if key not in self._rendered:
            made = self._environment.from_string(self.texts[template][language])
            self._rendered[key] = made.render(dict(fields)).strip()
        return self._rendered[key]

    def plan(self, day: date) -> list[PlannedTrain]:
        """The trains of a service date in order of their planned times."""
        trains = [self._train(row, day) for row in self.rows if _runs(row, day)]
        return sorted(trains, key=lambda train: (_first(train), train.departure or 0, train.numbers))

    def _train(self, row: Mapping[str, str], day: date) -> PlannedTrain:
        arrival, departure = self._instant(row["arr"], day), self._instant(row["dep"], day)
        if row["kind"] == "passing":
            arrival = departure if arrival is None else arrival
            departure = arrival if departure is None else departure
        if arrival is not None and departure is not None and row["dep"] and row["arr"] and departure < arrival:
            departure = self._instant(row["dep"], day + timedelta(days=1))
        return PlannedTrain(
            numbers=tuple(row["train"].split("/")),
            train_class=row["train_class"],
            kind=row["kind"],
            origin=row["origin"],
            destination=row["destination"],
            arrival=arrival,
            departure=departure,
            track=row.get("track", ""),
            gates=tuple(row.get("gates", "").split()),
            areas=tuple(row.get("areas", "").split()),
            exits=tuple(row.get("exits", "").split()),
        )

    def _instant(self, text: str, day: date) -> int | None:
        if not text:
            return None
        hour, minute = text.split(":")
        return int(datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=self.zone).timestamp())


def read_station(folder: Path) -> Station:
    """The station of a folder that is right."""
    main = _toml(folder / "station.toml")
    places = _toml(folder / "places.toml")
    languages = tuple(main["languages"])
    with (folder / "names.csv").open(encoding="utf-8", newline="") as file:
        towns = {row["name"]: {key: row.get(key) or "" for key in languages[1:]} for row in csv.DictReader(file)}
    with (folder / "timetable.csv").open(encoding="utf-8", newline="") as file:
        rows = tuple({key: value or "" for key, value in row.items()} for row in csv.DictReader(file))
    return Station(
        telecode=main["telecode"],
        names=main["names"],
        zone=ZoneInfo(main["zone"]),
        languages=languages,
        overdue_after=main.get("overdue_after", 2),
        late_from=main.get("late_from", 1),
        early_from=main.get("early_from", 1),
        dwell_least=main.get("dwell_least", 2),
        suspended_row=main.get("suspended_row", 60),
        keep=main.get("keep", 2160),
        tracks={each["id"]: each.get("platform", "") for each in places.get("track", [])},
        platforms={each["id"]: _platform(each) for each in places.get("platform", [])},
        places={
            kind: {each["id"]: each["names"] for each in places.get(table, [])}
            for kind, table in (("gates", "gate"), ("areas", "area"), ("exits", "exit"))
        },
        boards=tuple(_target(each) for each in _toml(folder / "boards.toml").get("board", [])),
        zones=tuple(_target(each) for each in _toml(folder / "zones.toml").get("zone", [])),
        rules=tuple(_rule(each) for each in _toml(folder / "rules.toml").get("rule", [])),
        texts=_toml(folder / "templates.toml"),
        towns=towns,
        rows=rows,
    )


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _platform(table: Mapping[str, Any]) -> Platform:
    lists = {key: tuple(table.get(key, ())) for key in ("gates", "areas", "exits")}
    return Platform(id=table["id"], names=table["names"], **lists)


def _target(table: Mapping[str, Any]) -> Target:
    lists = {key: frozenset(table.get(key, ())) for key in ("platforms", "gates", "areas", "exits")}
    return Target(id=table["id"], type=table["type"], **lists)


def _rule(table: Mapping[str, Any]) -> Rule:
    when = table.get("when", {})
    moments: dict[str, Any] = {key: Moment(**table[key]) for key in ("start", "end", "due") if key in table}
    plain = ("after_arrival", "awaits", "hard_end", "trigger", "at_least", "ahead", "valid", "rearm", "feed_limit")
    return Rule(
        id=table["id"],
        does=table["does"],
        kinds=frozenset(when.get("kinds", ())),
        classes=frozenset(when.get("classes", ())),
        platforms=frozenset(when.get("platforms", ())),
        boards=tuple(table.get("boards", ())),
        zones=tuple(table.get("zones", ())),
        template=table.get("template", ""),
        where=table.get("where", "platform"),
        **moments,
        **{key: table[key] for key in plain if key in table},
    )


def _runs(row: Mapping[str, str], day: date) -> bool:
    first, last, weekdays = row.get("valid_from", ""), row.get("valid_until", ""), row.get("weekdays", "")
    return (
        (not first or day >= date.fromisoformat(first))
        and (not last or day <= date.fromisoformat(last))
        and (not weekdays or str(day.isoweekday()) in weekdays)
    )


def _first(train: PlannedTrain) -> int:
    time = train.arrival if train.arrival is not None else train.departure
    if time is None:
        raise ValueError(f"{train.numbers} has no time")
    return time
