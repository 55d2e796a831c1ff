"""Every text that a cell of a board may ever show: what the check puts into each cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stationmaster_kernel.configuration import Configuration, PlaceKind
from stationmaster_kernel.places import make_ready
from stationmaster_kernel.values import Status

__all__ = ["PossibleTexts"]

LONGEST_NUMBER = "G8888"
LARGE_DELAYS = (58, 120, 599)
"""Minutes of delay whose words are long: minutes alone, hours alone, both."""


class PossibleTexts:
    """The texts of a station, by field and language.

    Args:
        configuration: the station, without faults.
        numbers: the train numbers of its timetable.

    """

    def __init__(self, configuration: Configuration, numbers: Sequence[str] = ()) -> None:
        self._configuration = configuration
        self._numbers = tuple(numbers) or (LONGEST_NUMBER,)
        self._ready = make_ready(configuration)
        self._made: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(self, field: str, language: str) -> tuple[str, ...]:
        """What may stand in a cell of this field, each text once; nothing for a field that is drawn and not written."""
        key = (field, language)
        if key not in self._made:
            self._made[key] = tuple(dict.fromkeys(text for text in self._all(field, language) if text))
        return self._made[key]

    def _all(self, field: str, language: str) -> Iterable[str]:
        configuration, ready = self._configuration, self._ready
        if field == "number":
            return self._numbers
        if field in ("origin", "destination"):
            return [ready.name(name.id, language) for name in configuration.names]
        if field in ("planned", "expected"):
            return ["20:58"]
        if field == "time":
            return ["20:5820:8"]  # planned in smaller type and expected: as wide as eight to nine digits
        if field == "status":
            return [
                *(
                    ready.render(f"status.{status}", language, {"minutes": minutes})
                    for status in Status
                    if status is not Status.PLATFORM_CHANGED
                    for minutes in LARGE_DELAYS
                ),
                *self._elsewhere(language),
            ]
        if field == "track":
            return [place.id for place in configuration.places if place.kind is PlaceKind.TRACK]
        kinds = {"gates": PlaceKind.GATE, "areas": PlaceKind.AREA, "exits": PlaceKind.EXIT}
        platforms = [place for place in configuration.places if place.kind is PlaceKind.PLATFORM]
        if field == "platform":
            return [ready.place_words(PlaceKind.PLATFORM, (place.id,), language) for place in platforms]
        if field in kinds:
            used = {"gates": [p.gates for p in platforms], "areas": [p.areas for p in platforms]}
            served = used.get(field, [p.exits for p in platforms])
            return [ready.place_words(kinds[field], ids, language) for ids in served]
        return ()

    def _elsewhere(self, language: str) -> Iterable[str]:
        """Where a train may have gone, as the old platform's boards say it: to any platform, or to none."""
        ready, template = self._ready, f"status.{Status.PLATFORM_CHANGED}"
        platforms = [place for place in self._configuration.places if place.kind is PlaceKind.PLATFORM]
        tracks = [place.id for place in self._configuration.places if place.kind is PlaceKind.TRACK]
        nothing = dict.fromkeys(("platform", "old_platform", "track", "gates", "exits"), "")
        for place in platforms:
            name = ready.place_words(PlaceKind.PLATFORM, (place.id,), language)
            fields = nothing | {"platform": name, "old_platform": name, "track": max(tracks, key=len, default="")}
            for kind, ids, words in ((PlaceKind.GATE, place.gates, "gates"), (PlaceKind.EXIT, place.exits, "exits")):
                of_places = {words: ready.place_words(kind, ids, language)}
                yield ready.render(template, language, fields | of_places | {"minutes": max(LARGE_DELAYS)})
        yield ready.render(template, language, nothing | {"minutes": 0})
