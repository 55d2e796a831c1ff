"""The base drawing of the track plan: what stands in it, where, and that it is the same each time."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from stationmaster.console.track_plan.drawing import draw
from stationmaster.console.track_plan.layout import lay_out
from stationmaster.station.load import load_station
from stationmaster_kernel.configuration import Configuration, Place, PlaceKind
from support.effort import scaled
from support.small_station import STATION, both, place

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
SVG = "{http://www.w3.org/2000/svg}"
IDENTITY = "b271288e256135ea462496d95a8a2faa"
"""Of the small station's drawing; another one means that every client fetches every drawing anew."""

Box = tuple[float, float, float, float]


def drawn(configuration: Configuration) -> Any:
    return etree.fromstring(draw(configuration).svg)


def with_tracks(*platforms: str) -> Configuration:
    """A station whose tracks, from top to bottom, lie at these platforms; empty: at none."""
    known = list(dict.fromkeys(item for item in platforms if item))
    places = tuple(place(PlaceKind.PLATFORM, item, gates=(f"{item}G",), exits=("N",)) for item in known)
    gates = tuple(place(PlaceKind.GATE, f"{item}G") for item in known)
    tracks = tuple(place(PlaceKind.TRACK, str(n), platform=item) for n, item in enumerate(platforms, 1))
    return replace(STATION, places=(*places, *tracks, *gates, place(PlaceKind.EXIT, "N")))


def order(configuration: Configuration) -> str:
    """Tracks and platforms from top to bottom: numbers are tracks, letters platforms."""
    plan = lay_out(configuration)
    rows = [(lane.y, lane.place.id) for lane in plan.lanes]
    rows += [(slab.y + slab.height / 2, f"P{slab.place.id}") for slab in plan.slabs]
    return " ".join(name for _, name in sorted(rows))


def test_the_same_station_gives_the_same_bytes() -> None:
    """A drawing's identity follows from the station alone, and does not change with the program's next start."""
    first, second = draw(STATION), draw(replace(STATION))
    assert (first.svg, first.identity) == (second.svg, second.identity)
    assert first.identity == IDENTITY


def test_another_station_has_another_identity() -> None:
    """A new name of a track is another drawing; what is not drawn, such as a board's size, is not."""
    tracks = tuple(
        replace(each, names=both("正线", "Main")) if each.kind is PlaceKind.TRACK and each.id == "9" else each
        for each in STATION.places
    )
    assert draw(replace(STATION, places=tracks)).identity != draw(STATION).identity
    boards = tuple(replace(board, width=board.width + 1) for board in STATION.boards)
    assert draw(replace(STATION, boards=boards)).identity == draw(STATION).identity


def test_platforms_lie_at_their_tracks() -> None:
    """An island lies between its tracks, a side platform beside its own, and the first one above all tracks."""
    assert order(with_tracks("A", "", "", "B", "B", "C")) == "PA 1 2 3 4 PB 5 6 PC"
    assert order(with_tracks("A", "B")) == "PA 1 2 PB"
    assert order(with_tracks("A", "A")) == "1 PA 2"
    assert order(with_tracks("A")) == "PA 1"
    assert order(with_tracks("A", "A", "A")) == "1 PA 2 3 PA"
    assert order(with_tracks("A", "B", "A")) == "PA 1 2 PB 3 PA"


def test_everything_that_is_looked_for_is_there_once() -> None:
    """Each track, platform, gate, area and exit of the sample station has its id, and each track is a line."""
    configuration = load_station(SAMPLE).configuration
    root = drawn(configuration)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    kinds = (PlaceKind.TRACK, PlaceKind.PLATFORM, PlaceKind.GATE, PlaceKind.AREA, PlaceKind.EXIT)
    wanted = {f"{each.kind}-{each.id}" for each in configuration.places if each.kind in kinds}
    assert len(ids) == len(set(ids))
    assert wanted | {"hall", "passage-underpass"} == set(ids)
    assert all(root.find(f".//{SVG}path[@id='track-{n}']") is not None for n in range(1, 15))


def test_names_stand_in_every_language_and_one_is_seen() -> None:
    """Names are there in both languages; whoever opens the file by itself sees the first."""
    root = drawn(STATION)
    tags = root.findall(f".//{SVG}g[@class='plan-tag']")[0].findall(f"{SVG}text")
    assert [(text.get("lang"), text.text, text.get("display")) for text in tags] == [
        ("zh", "1track", None),
        ("en", "track 1", "none"),
    ]


def test_a_name_is_text_whatever_it_is() -> None:
    """A name that looks like markup stays a name."""
    name = both("<script>alert(1)</script>", '"><image href="http://example.org"/>')
    places = tuple(replace(each, names=name) if each.kind is PlaceKind.TRACK else each for each in STATION.places)
    root = drawn(replace(STATION, places=places))
    assert {etree.QName(element).localname for element in root.iter()} <= {"svg", "defs", "g", "rect", "path", "text"}
    assert "<script>alert(1)</script>" in [text.text for text in root.iter(f"{SVG}text")]


def text_boxes(root: Any, language: str) -> list[tuple[str, Box]]:
    """Every name in a language, with the box that it takes as a browser would draw it, rather too wide."""
    found = []
    for text in root.iter(f"{SVG}text"):
        if text.get("lang") != language:
            continue
        size = float(text.get("font-size"))
        width = sum(size if ord(letter) > 0x2E80 else size * 0.58 for letter in text.text)
        x, y = float(text.get("x")), float(text.get("y"))
        found.append((text.text, (x - width / 2, y - size * 0.8, x + width / 2, y + size * 0.2)))
    return found


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


NAMES = st.text(st.sampled_from("道站台Track 0123456789"), min_size=1, max_size=9)


@settings(max_examples=scaled(40))
@given(st.lists(st.sampled_from(["", "A", "B", "C", "D"]), min_size=1, max_size=40), st.data())
def test_no_two_names_overlap(platforms: list[str], data: st.DataObject) -> None:
    """However tracks and platforms follow each other and are called, each name can be read within the picture."""
    configuration = with_tracks(*platforms)
    named: list[Place] = []
    for each in configuration.places:
        word = data.draw(NAMES) if each.kind is not PlaceKind.GATE else each.id
        named.append(replace(each, names=both(word, word)))
    root = drawn(replace(configuration, places=tuple(named)))
    _, _, width, height = (float(each) for each in root.get("viewBox").split())
    boxes = text_boxes(root, "zh")
    for (one, box), (other, another) in itertools.combinations(boxes, 2):
        assert not overlap(box, another), (one, other)
    assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height for _, box in boxes)


def test_tracks_run_from_edge_to_edge() -> None:
    """Each track begins at the left edge and ends at the right one, straight through the station in between."""
    plan = lay_out(STATION)
    for lane in plan.lanes:
        (first, _), (last, _) = lane.points[0], lane.points[-1]
        assert (first, last) == (0, plan.width)
        assert lane.points[2][1] == lane.points[3][1] == lane.y
    assert re.search(r'viewBox="0 0 1300 \d+"', draw(STATION).svg.decode())
