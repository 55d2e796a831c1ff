"""The configuration made ready for the kernel: look-ups, compiled templates, who serves which call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Board, Configuration, Place, PlaceKind, StationFacts, Words, Zone
from stationmaster_kernel.rules import Rule, Selector
from stationmaster_kernel.values import TaskKind

__all__ = ["ReadyStation", "Whereabouts", "environment", "make_ready", "whereabouts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The places that a call uses, as boards and zones are matched against them."""

    platforms: tuple[str, ...]
    gates: tuple[str, ...]
    areas: tuple[str, ...]
    exits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadyStation:
    """A `Configuration` with its look-ups. Made by `make_ready`; nothing in it is changed afterwards."""

    facts: StationFacts
    zone: ZoneInfo
    languages: tuple[str, ...]
    tracks: Mapping[str, Place]
    platforms: Mapping[str, Place]
    words: Mapping[tuple[PlaceKind, str], Mapping[str, str]]
    names: Mapping[str, Mapping[str, str]]
    templates: Mapping[str, Mapping[str, Template]]
    check_in_rules: tuple[Rule, ...]
    task_rules: tuple[Rule, ...]
    boards: tuple[Board, ...]
    zones: tuple[Zone, ...]

    def check_in_rule(self, call: Call) -> Rule | None:
        """The first check-in rule that selects the call."""
        return next((rule for rule in self.check_in_rules if selects(rule.when, call)), None)

    def rules_for(self, call: Call) -> Iterable[Rule]:
        """The display and announcement rules that select the call."""
        return (rule for rule in self.task_rules if selects(rule.when, call))

    def platform_of(self, track: str) -> str:
        """The platform at a track; empty for an unknown track or one without a face."""
        place = self.tracks.get(track)
        return "" if place is None else place.platform

    def places_of(self, platform: str) -> Whereabouts:
        """The platform's own gates, areas and exits."""
        place = self.platforms.get(platform)
        if place is None:
            return Whereabouts(platforms=(platform,) if platform else (), gates=(), areas=(), exits=())
        return Whereabouts(platforms=(platform,), gates=place.gates, areas=place.areas, exits=place.exits)

    def boards_for(self, rule: Rule, where: Whereabouts) -> tuple[str, ...]:
        """The boards that a display rule targets for a call at `where`."""
        return tuple(board.id for board in self.boards if board.type in rule.boards and serves(board, where))

    def zones_for(self, rule: Rule, where: Whereabouts) -> tuple[str, ...]:
        """The zones that an announcement rule targets for a call at `where`."""
        return tuple(zone.id for zone in self.zones if zone.type in rule.zones and serves(zone, where))

    def name(self, key: str, language: str) -> str:
        """A station's name in a language; as the timetable writes it if there is none."""
        return self.names.get(key, {}).get(language, key)

    def place_words(self, kind: PlaceKind, ids: Iterable[str], language: str) -> str:
        """Places' names in a language, joined as the language joins them."""
        comma = "、" if language == "zh" else ", "
        return comma.join(self.words.get((kind, item), {}).get(language, item) for item in ids if item)

    def render(self, template: str, language: str, fields: Mapping[str, str | int]) -> str:
        """A template's text; empty if the template or the language is missing.

        A template that fails on these fields gives its error as text: it is seen, and stops nothing.
        """
        compiled = self.templates.get(template, {}).get(language)
        if compiled is None:
            return ""
        try:
            return compiled.render(fields).strip()
        except TemplateError as error:
            return f"[{template}: {error}]"


def environment() -> ImmutableSandboxedEnvironment:
    """How templates are read: sandboxed, an unknown field is an error, no HTML escaping."""
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def make_ready(configuration: Configuration) -> ReadyStation:
    """Look-ups for a configuration that the station's check has found good."""
    texts = environment()
    by_kind = {
        kind: {place.id: place for place in configuration.places if place.kind is kind}
        for kind in (PlaceKind.TRACK, PlaceKind.PLATFORM)
    }
    return ReadyStation(
        facts=configuration.station,
        zone=ZoneInfo(configuration.station.zone),
        languages=configuration.station.languages,
        tracks=by_kind[PlaceKind.TRACK],
        platforms=by_kind[PlaceKind.PLATFORM],
        words={(place.kind, place.id): _words(place.names) for place in configuration.places},
        names={name.id: _words(name.names) for name in configuration.names},
        templates={
            template.id: {language: texts.from_string(text) for language, text in template.texts}
            for template in configuration.templates
        },
        check_in_rules=tuple(rule for rule in configuration.rules if rule.does is TaskKind.CHECK_IN),
        task_rules=tuple(rule for rule in configuration.rules if rule.does is not TaskKind.CHECK_IN),
        boards=configuration.boards,
        zones=configuration.zones,
    )


def whereabouts(call: Call) -> Whereabouts:
    """The places that the call uses now."""
    return Whereabouts(
        platforms=(call.platform,) if call.platform else (), gates=call.gates, areas=call.areas, exits=call.exits
    )


def selects(when: Selector, call: Call) -> bool:
    """Whether each non-empty list of the selector holds the call's value."""
    return (
        (not when.kinds or call.kind in when.kinds)
        and (not when.classes or call.train_class in when.classes)
        and (not when.platforms or call.platform in when.platforms)
    )


def serves(device: Board | Zone, where: Whereabouts) -> bool:
    """Whether each non-empty list of the device shares a place with `where`."""
    return (
        _meets(device.platforms, where.platforms)
        and _meets(device.gates, where.gates)
        and _meets(device.areas, where.areas)
        and _meets(device.exits, where.exits)
    )


def _meets(served: tuple[str, ...], used: tuple[str, ...]) -> bool:
    return not served or any(place in used for place in served)


def _words(words: Words) -> dict[str, str]:
    return dict(words)
