"""Words on lines of characters: a Latin letter takes one place, a Chinese one two."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

__all__ = ["places", "wrapped"]

_PIECES = re.compile(r"\s+|[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")


def places(text: str) -> int:
    """How many places the text takes."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def wrapped(text: str, width: int) -> list[str]:
    """The text on lines of at most `width` places; Latin words are broken only where they are longer than that."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if piece.isspace():
            lines[-1] += " " if lines[-1] else ""
            continue
        if lines[-1] and places(lines[-1] + piece) > width:
            lines.append("")
        for letter in piece:
            if places(lines[-1] + letter) > width and lines[-1]:
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines]
