"""The base drawing of a track plan: what stays while trains come and go, as an SVG document with an identity.

What programs look for has an id: `track-<id>`, `platform-<id>`, `gate-<id>`, `area-<id>`, `exit-<id>` and `hall`.
Colours are attributes, so that the file can be looked at by itself; a page overrides them through the classes `plan-…`.
Names stand in it in every language of the station, each marked with `lang`; all but the first are hidden until a page
shows them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from stationmaster.console.track_plan.layout import Lane, PlanLayout, lay_out
from stationmaster_kernel.configuration import Configuration, PlaceKind, StationFacts, Words

__all__ = ["Drawing", "draw", "drawing_of"]

GROUND, RAIL, SLAB, LINE, TEXT = "#ffffff", "#5a6572", "#d9dee4", "#8a94a0", "#1b2530"

TAG = (62, 20)
"""Width and height of a track's name at each end."""

TAG_FONT, NAME_FONT, LEAST_FONT = 13.0, 15.0, 7.0
DEVICES = 76
"""Width that the devices of a room take beside its name, if there is room for both."""

NARROW = 0.58
"""Width of a letter that is not wide, as part of the size of its font."""

_PASSAGE_WORDS: dict[str, Words] = {
    "underpass": (("zh", "地道"), ("en", "Underpass")),
    "bridge": (("zh", "天桥"), ("en", "Bridge")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """An SVG document. `identity` is its content's hash: who has a drawing of this identity has this one."""

    identity: str
    svg: bytes


def drawing_of(svg: bytes) -> Drawing:
    """A document with its identity."""
    return Drawing(identity=sha256(svg).hexdigest()[:32], svg=svg)


def draw(configuration: Configuration) -> Drawing:
    """The drawing of a station; the same station gives the same bytes."""
    plan = lay_out(configuration)
    return drawing_of(_Pen(plan, configuration.station).document().encode())


class _Pen:
    """Draws one plan."""

    def __init__(self, plan: PlanLayout, station: StationFacts) -> None:
        self._plan = plan
        self._station = station
        self._languages = station.languages
        # Its tables of SVG take a tenth of a second: a hub need not have them before somebody looks at a plan.
        import svgwrite  # noqa: PLC0415 - as above

        self._svg: Any = svgwrite.Drawing(
            size=None, viewBox=f"0 0 {_number(plan.width)} {_number(plan.height)}", debug=False
        )

    def document(self) -> str:
        svg, plan = self._svg, self._plan
        self._rectangle(svg, (0, 0, plan.width, plan.height), "plan-ground", fill=GROUND)
        for top in plan.bands:
            band = (plan.hall[0], top, plan.width - 2 * plan.hall[0], plan.hall[3])
            self._rectangle(svg, band, "plan-building", fill=SLAB, fill_opacity="0.35")
        group = svg.add(svg.g(id="hall", class_="plan-hall"))
        self._rectangle(group, plan.hall, "plan-room", fill="none", stroke=LINE)
        self._name(group, self._station.names, _named(plan.hall), NAME_FONT)
        for passage in plan.passages:
            self._passage(passage.type, (passage.x, passage.y, passage.width, passage.height))
        for platform in dict.fromkeys(slab.place.id for slab in plan.slabs):
            self._platform(platform)
        for lane in plan.lanes:
            self._track(lane)
        for spot in plan.spots:
            kind = spot.place.kind.value
            group = svg.add(svg.g(id=f"{kind}-{spot.place.id}", class_=f"plan-{kind}"))
            box = (spot.x, spot.y, spot.width, spot.height)
            self._rectangle(group, box, "plan-room", fill=GROUND, stroke=LINE, rx=3)
            if spot.place.kind is PlaceKind.GATE:
                self._name(group, spot.place.names, box, TAG_FONT)
            else:
                self._name(group, spot.place.names, _named(box), NAME_FONT)
        text: str = svg.tostring()
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'

    def _passage(self, kind: str, box: tuple[float, float, float, float]) -> None:
        group = self._svg.add(self._svg.g(id=f"passage-{kind}", class_="plan-passage"))
        self._rectangle(group, box, "plan-way", fill=SLAB, fill_opacity="0.5", stroke=LINE, stroke_dasharray="6 4")
        words = tuple((each, dict(_PASSAGE_WORDS[kind]).get(each, kind)) for each in self._languages)
        x, y, width, _ = box
        self._name(group, words, (x - width, y - 14, width * 3, 13.0), 11.0)

    def _platform(self, platform: str) -> None:
        group = self._svg.add(self._svg.g(id=f"platform-{platform}", class_="plan-platform"))
        for slab in self._plan.slabs:
            if slab.place.id == platform:
                box = (slab.x, slab.y, slab.width, slab.height)
                self._rectangle(group, box, "plan-slab", fill=SLAB, stroke=LINE, rx=4)
                self._name(group, slab.place.names, (slab.x + 6, slab.y, slab.width * 0.18, slab.height), NAME_FONT)

    def _track(self, lane: Lane) -> None:
        svg = self._svg
        through = "" if lane.place.platform else " plan-through"
        line = " L".join(f"{_number(x)} {_number(y)}" for x, y in lane.points)
        svg.add(
            svg.path(
                d=f"M{line}",
                id=f"track-{lane.place.id}",
                class_=f"plan-track{through}",
                fill="none",
                stroke=RAIL,
                stroke_width=3,
                stroke_linejoin="round",
                **({} if lane.place.platform else {"stroke_dasharray": "14 5"}),
            )
        )
        width, height = TAG
        for x in (lane.points[2][0], lane.points[3][0] - width):
            group = svg.add(svg.g(class_="plan-tag"))
            box = (x, lane.y - height / 2, float(width), float(height))
            self._rectangle(group, box, "plan-plate", fill=GROUND, stroke=RAIL, rx=4)
            self._name(group, lane.place.names, box, TAG_FONT)

    def _rectangle(self, group: Any, box: tuple[float, float, float, float], name: str, **more: Any) -> None:
        x, y, width, height = (_number(each) for each in box)
        group.add(self._svg.rect(insert=(x, y), size=(width, height), class_=name, **more))

    def _name(self, group: Any, names: Words, box: tuple[float, float, float, float], size: float) -> None:
        """A name in the middle of a box, in every language, as small as it must be to fit."""
        x, y, width, height = box
        words = dict(names)
        for number, language in enumerate(self._languages):
            text = words.get(language, "")
            font = max(LEAST_FONT, min(size, (width - 4) / max(1.0, _ems(text))))
            element = self._svg.text(
                text,
                insert=(_number(x + width / 2), _number(y + height / 2 + font * 0.36)),
                class_="plan-name",
                fill=TEXT,
                font_size=_number(font),
                font_family="sans-serif",
                text_anchor="middle",
            )
            element["lang"] = language
            if number:
                element["display"] = "none"
            group.add(element)


def _named(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The part of a room's box that is its name's; the rest is for the devices in it."""
    x, y, width, height = box
    return x, y, max(width * 0.48, width - DEVICES), height


def _ems(text: str) -> float:
    """The width of a text, in sizes of its font."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else NARROW for letter in text)


def _number(value: float) -> str:
    """A length with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
