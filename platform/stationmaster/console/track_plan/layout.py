"""Where everything is on a track plan that is made from the station's data: pure geometry, in units of the drawing.

Tracks lie below each other in the order of `places.toml`, with the platforms between and beside them; at both ends
they run together. Waiting areas and exits stand in a band above or below, on the side of the platforms that they serve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from stationmaster_kernel.configuration import Configuration, Place, PlaceKind

__all__ = ["Lane", "Passage", "PlanLayout", "Slab", "Spot", "lay_out"]

WIDTH = 1300
EDGE = 24
"""Length of the lines that lead away."""

STRAIGHT = (150, 1150)
"""Where tracks run side by side."""

PLATFORM = (370, 930)
LANE = 32
SLAB = 26
GAP = 3
BAND = 40
MARGIN = 8
HEADROOM = 18
NECK = 11
"""Half of the distance between the lines that lead away."""

PASSAGE_TYPES = ("underpass", "bridge")
"""Types of board, zone and light that show that people cross the tracks."""

PASSAGE_WIDTH = 26
GATES = (0.2, 0.6)
"""The part of a platform on which its gates stand; before it is its name, behind it room for devices."""

GATE_WIDTH = 32
GATE_STEP = 72
"""From one gate to the next: beside each there is room for its devices."""

PASSAGE_AT = 0.64


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A track at height `y`; it runs through `points` from the left end of the station to the right one."""

    place: Place
    y: float
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """A piece of a platform. One that has tracks in several parts of the station has several pieces."""

    place: Place
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A gate, waiting area or exit, as a rectangle."""

    place: Place
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A way for people across the tracks."""

    type: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLayout:
    """A whole station. `hall` is the place of what belongs to no other; `band` the heights of both bands' tops."""

    width: float
    height: float
    lanes: tuple[Lane, ...]
    slabs: tuple[Slab, ...]
    spots: tuple[Spot, ...]
    passages: tuple[Passage, ...]
    hall: tuple[float, float, float, float]
    bands: tuple[float, ...]


def lay_out(configuration: Configuration) -> PlanLayout:
    """The track plan of a station."""
    places = configuration.places
    tracks = [place for place in places if place.kind is PlaceKind.TRACK]
    platforms = {place.id: place for place in places if place.kind is PlaceKind.PLATFORM}
    above, below = _sides(places, platforms)
    y = float(MARGIN + BAND + HEADROOM)
    heights: list[tuple[Place, float]] = []
    slabs: list[Slab] = []
    for place in _rows(tracks, platforms):
        if place.kind is PlaceKind.TRACK:
            heights.append((place, y + LANE / 2))
            y += LANE
        else:
            left, right = PLATFORM
            slabs.append(Slab(place=place, x=left, y=y + GAP, width=right - left, height=SLAB))
            y += SLAB + 2 * GAP
    bands = [float(MARGIN)]
    rows_end = y
    if below:
        bands.append(y + MARGIN)
        y += MARGIN + BAND
    return PlanLayout(
        width=WIDTH,
        height=y + MARGIN,
        lanes=tuple(_lanes(heights)),
        slabs=tuple(slabs),
        spots=(*_gates(slabs, places), *_in_band(above, bands[0]), *(_in_band(below, bands[-1]) if below else ())),
        passages=tuple(_passages(configuration, rows_end)) if tracks else (),
        hall=(STRAIGHT[0], bands[0], PLATFORM[0] - STRAIGHT[0] - MARGIN, BAND),
        bands=tuple(bands),
    )


def _rows(tracks: Sequence[Place], platforms: dict[str, Place]) -> Iterator[Place]:
    """Tracks and platforms from top to bottom.

    Between two neighbours with one platform it is an island; the platform of the first track lies above it, that of
    any other below.
    """
    first = True
    for platform, group in groupby(tracks, key=lambda track: track.platform):
        run = list(group)
        slab = platforms.get(platform)
        while run:
            pair, run = run[:2], run[2:]
            if slab is not None and first and len(pair) == 1:
                yield slab
                yield pair[0]
            else:
                yield pair[0]
                if slab is not None:
                    yield slab
                yield from pair[1:]
            first = False


def _lanes(heights: Sequence[tuple[Place, float]]) -> Iterator[Lane]:
    """The tracks; those of the upper half lead away on one line, those of the lower half on another."""
    middle = (heights[0][1] + heights[-1][1]) / 2 if heights else 0.0
    left, right = STRAIGHT
    for place, y in heights:
        if len(heights) == 1:
            away = y
        elif y <= middle:
            away = middle - NECK
        else:
            away = middle + NECK
        points = ((0, away), (EDGE, away), (left, y), (right, y), (WIDTH - EDGE, away), (WIDTH, away))
        yield Lane(place=place, y=y, points=points)


def _gates(slabs: Sequence[Slab], places: Iterable[Place]) -> Iterator[Spot]:
    """Gates on the first piece of the first platform that names them."""
    gates = {place.id: place for place in places if place.kind is PlaceKind.GATE}
    for slab in slabs:
        here = [gates.pop(gate) for gate in slab.place.gates if gate in gates]
        begin, end = (slab.x + slab.width * part for part in GATES)
        step = min(GATE_STEP, (end - begin) / max(1, len(here)))
        for number, gate in enumerate(here):
            x = begin + number * step
            width = min(GATE_WIDTH, step - GAP)
            yield Spot(place=gate, x=x, y=slab.y + 4, width=width, height=slab.height - 8)


def _sides(places: Sequence[Place], platforms: dict[str, Place]) -> tuple[list[Place], list[Place]]:
    """Waiting areas and exits above and below the tracks: on the side of the platforms that use them."""
    order = {platform: number for number, platform in enumerate(platforms)}
    middle = (len(order) - 1) / 2
    above: list[Place] = []
    below: list[Place] = []
    for place in places:
        if place.kind not in (PlaceKind.AREA, PlaceKind.EXIT):
            continue
        users = [
            number
            for platform, number in order.items()
            if place.id in (platforms[platform].areas if place.kind is PlaceKind.AREA else platforms[platform].exits)
        ]
        mean = sum(users) / len(users) if users else 0.0
        (above if mean <= middle else below).append(place)
    return above, below


def _in_band(places: Sequence[Place], y: float) -> Iterator[Spot]:
    left, right = PLATFORM[0], STRAIGHT[1]
    step = (right - left) / max(1, len(places))
    for number, place in enumerate(places):
        yield Spot(place=place, x=left + number * step, y=y, width=step - MARGIN, height=BAND)


def _passages(configuration: Configuration, bottom: float) -> Iterator[Passage]:
    lights = [place for place in configuration.places if place.kind is PlaceKind.LIGHT]
    types = {each.type for each in configuration.boards} | {each.type for each in configuration.zones}
    types |= {each.type for each in lights}
    for number, kind in enumerate(kind for kind in PASSAGE_TYPES if kind in types):
        yield Passage(
            type=kind,
            x=PLATFORM[0] + (PLATFORM[1] - PLATFORM[0]) * PASSAGE_AT + number * 2 * PASSAGE_WIDTH,
            y=MARGIN + BAND + HEADROOM - GAP,
            width=PASSAGE_WIDTH,
            height=bottom - (MARGIN + BAND + HEADROOM - GAP),
        )
