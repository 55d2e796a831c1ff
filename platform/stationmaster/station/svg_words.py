"""What may stand in a station's own drawing of its tracks: elements, attributes and values, as tables.

A drawing is shown within the page of people who may act, so what is not known to be harmless is not let in.
"""

from __future__ import annotations

import re

__all__ = [
    "ATTRIBUTES",
    "CLASS",
    "DRAWN",
    "ELEMENTS",
    "IDENTIFIER",
    "LOCAL_URL",
    "PROPERTIES",
    "REFERENCES",
    "SVG",
    "TRACK_SHAPES",
    "XLINK",
    "is_harmless",
]

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

DRAWN = ("track", "platform", "gate", "area", "exit")
"""Kinds of place that a drawing names with ids such as `track-3`."""

TRACK_SHAPES = ("path", "line", "polyline")
"""What a track may be drawn as: something that trains can follow from the left end to the right one."""

ELEMENTS = frozenset(
    {
        *("svg", "g", "defs", "symbol", "use", "title", "desc"),
        *("path", "line", "polyline", "polygon", "rect", "circle", "ellipse"),
        *("text", "tspan", "textPath"),
        *("linearGradient", "radialGradient", "stop", "clipPath", "marker"),
    }
)

PROPERTIES = frozenset(
    {
        *("fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap"),
        *("stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity", "color"),
        *("font-family", "font-size", "font-style", "font-weight", "letter-spacing", "word-spacing", "text-anchor"),
        *("dominant-baseline", "alignment-baseline", "baseline-shift", "text-decoration", "writing-mode"),
        *("display", "visibility", "clip-path", "clip-rule", "paint-order", "vector-effect", "shape-rendering"),
        *("stop-color", "stop-opacity", "marker-start", "marker-mid", "marker-end", "text-rendering"),
    }
)
"""What may stand as an attribute or within `style`, from which it becomes an attribute."""

ATTRIBUTES = PROPERTIES | {
    *("id", "class", "lang", "transform", "viewBox", "width", "height", "preserveAspectRatio", "pathLength"),
    *("d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "rotate", "fx", "fy"),
    *("textLength", "lengthAdjust", "startOffset", "method", "spacing", "offset", "gradientUnits"),
    *("gradientTransform", "spreadMethod", "clipPathUnits", "markerWidth", "markerHeight", "markerUnits"),
    *("refX", "refY", "orient", "overflow", "version", "baseProfile", "role", "aria-label", "aria-hidden", "href"),
}

REFERENCES = ("href", f"{{{XLINK}}}href")
"""Attributes that lead to something else: within the drawing only."""

CLASS = re.compile(r"plan-[a-z-]{1,32}\Z")
"""Classes that the page gives its own colours to; others are dropped."""

IDENTIFIER = re.compile(r"[^\W\d_](?:[\w.:-]{0,119})\Z")
LOCAL_URL = re.compile(r"url\(\s*['\"]?#([\w.:-]+)['\"]?\s*\)", re.IGNORECASE)

_CALLED = re.compile(r"(?<![\w-])([a-z-]+)\s*\(", re.IGNORECASE)
_HARMLESS_CALLS = frozenset(
    {
        *("matrix", "translate", "translatex", "translatey", "scale", "rotate", "skewx", "skewy"),
        *("rgb", "rgba", "hsl", "hsla"),
    }
)
_LONGEST = 200_000
"""Characters of one attribute; a long path has some ten thousand."""


def is_harmless(value: str) -> bool:
    """Whether a value refers to nothing outside of the drawing and calls nothing but colours and transformations."""
    if len(value) > _LONGEST or "\\" in value or "@" in value or "/*" in value:
        return False
    rest = LOCAL_URL.sub("", value)
    return all(name.lower() in _HARMLESS_CALLS for name in _CALLED.findall(rest)) and "javascript:" not in rest.lower()
