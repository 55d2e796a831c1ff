"""What a board calls itself and the place that it is for."""

from __future__ import annotations

from collections.abc import Iterable

from stationmaster_kernel.configuration import Board, Configuration, PlaceKind, StationFacts, Words

__all__ = ["put_names", "served_words"]


def served_words(board: Board, configuration: Configuration) -> Words:
    """The names of the places that a board serves, in each language; its own name if it serves the whole station.

    Only the kind that says most is named: gates, else platforms, else waiting areas, else exits.
    """
    names = {(place.kind, place.id): dict(place.names) for place in configuration.places}
    for kind, ids in (
        (PlaceKind.GATE, board.gates),
        (PlaceKind.PLATFORM, board.platforms),
        (PlaceKind.AREA, board.areas),
        (PlaceKind.EXIT, board.exits),
    ):
        if ids:
            return tuple(
                (language, _joined((names.get((kind, name), {}).get(language, name) for name in ids), language))
                for language in configuration.station.languages
            )
    return board.names


def _joined(texts: Iterable[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(texts)


def put_names(words: Words, board: Board, places: Words, station: StationFacts) -> Words:
    """A layout's texts with its placeholders filled, as the page fills them; `places` are those of `served_words`."""
    named = {"{board}": dict(board.names), "{places}": dict(places), "{station}": dict(station.names)}
    filled = []
    for language, text in words:
        for placeholder, names in named.items():
            text = text.replace(placeholder, names.get(language, board.id))  # noqa: PLW2901 - one after the other
        filled.append((language, text))
    return tuple(filled)
