"""Words on lines of characters: a Latin letter takes one place, a Chinese one two.

A text that does not fit into its cell even in the smallest type is shown in steps, one part after the other, so that
nothing of it is lost and no number is cut where it would be another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from unicodedata import east_asian_width

__all__ = ["MOST_STEPS", "parts_of", "places", "wrapped"]

MOST_STEPS = 6
"""Parts in which a text is shown; what is longer is cut."""

_PIECES = re.compile(r"\s+|[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")

_LETTERS = re.compile(r"[\d:.]+|.", re.DOTALL)
"""Where even words are too long: single letters, and numbers as they are."""


def places(text: str) -> int:
    """How many places the text takes."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def wrapped(text: str, width: int, measure: Callable[[str], int] = places) -> list[str]:
    """The text on lines of at most `width` places; Latin words are broken only where they are longer than that.

    `measure` says how long a text is, if not in places.
    """
    lines = [""]
    for piece in _PIECES.findall(text):
        if piece.isspace():
            lines[-1] += " " if lines[-1] else ""
            continue
        if lines[-1] and measure(lines[-1] + piece) > width:
            lines.append("")
        for letter in piece:
            if measure(lines[-1] + letter) > width and lines[-1]:
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines]


def parts_of(text: str, room: int, more: str, measure: Callable[[str], int] = places) -> list[str]:
    """The text in parts that go into `room` each, broken between words where they are short enough, never in a number.

    All but the last end with `more`, the sign that something follows; the last begins with it where it has room for
    some of what was said before. A text of which no part would fit comes back whole.
    """
    if measure(text) <= room:
        return [text]
    space = room - measure(more)
    for pattern in (_PIECES, _LETTERS):
        pieces = pattern.findall(text)
        if max(map(measure, pieces)) <= space:
            return _parts(pieces, space, more, measure)
    return [text]


def _parts(pieces: list[str], space: int, more: str, measure: Callable[[str], int]) -> list[str]:
    starts = [0]
    for place in range(len(pieces)):
        if measure("".join(pieces[starts[-1] : place + 1]).strip()) > space:
            starts.append(place)
    last = starts[-1]
    while measure("".join(pieces[last - 1 :]).strip()) <= space:
        last -= 1
    tail = "".join(pieces[last:]).strip()
    heads = ["".join(pieces[start:end]).strip() for start, end in pairwise(starts)]
    repeats = "".join(pieces[last : starts[-1]]).strip()
    return [*(f"{head}{more}" for head in heads if head), f"{more}{tail}" if repeats else tail]
