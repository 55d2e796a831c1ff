"""The configuration made ready for the kernel: look-ups, rules by call, compiled templates, who serves which call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration, Place, PlaceKind, StationFacts, Words
from stationmaster_kernel.rules import Rule
from stationmaster_kernel.selecting import RuleBook
from stationmaster_kernel.targeting import Targets, Whereabouts
from stationmaster_kernel.templates import Field, Texts

__all__ = ["ReadyStation", "make_ready"]


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
    texts: Texts
    rules: RuleBook
    targets: Targets

    def check_in_rule(self, call: Call) -> Rule | None:
        """The first check-in rule that selects the call and holds."""
        return self.rules.check_in_rule(call)

    def rules_for(self, call: Call) -> list[Rule]:
        """The other rules that select the call and hold, in order."""
        return self.rules.rules_for(call)

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

    def name(self, key: str, language: str) -> str:
        """A station's name in a language; as the timetable writes it if there is none."""
        return self.names.get(key, {}).get(language, key)

    def place_words(self, kind: PlaceKind, ids: Iterable[str], language: str) -> str:
        """Places' names in a language, joined as the language joins them."""
        comma = "、" if language == "zh" else ", "
        return comma.join([self.words.get((kind, item), {}).get(language, item) for item in ids if item])

    def render(self, template: str, language: str, fields: Mapping[str, Field]) -> str:
        """A template's text; empty if the template or the language is missing."""
        return self.texts.render(template, language, fields)


def make_ready(configuration: Configuration) -> ReadyStation:
    """Look-ups for a configuration that the station's check has found good."""
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
        texts=Texts(configuration.templates),
        rules=RuleBook(configuration.rules),
        targets=Targets(configuration),
    )


def _words(words: Words) -> dict[str, str]:
    return dict(words)
