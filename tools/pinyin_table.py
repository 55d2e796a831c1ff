#!/usr/bin/env python3
"""Makes `day_readings.js`: how each common Chinese character is read, so that a name can be found by its pinyin.

The console looks for trains in the browser, where no pinyin is known. All readings of a character are in it, since a
person who types `chang` or `zhang` means the same 长. Run it again when the characters or pypinyin change:
`python tools/pinyin_table.py`.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "platform" / "stationmaster" / "console" / "static" / "panes" / "day_readings.js"
WIDTH = 110
HEAD = """\
// How Chinese characters are read, without tones: each reading, then every character of GB 2312 that may have it.
// Made by tools/pinyin_table.py from pypinyin's table (MIT); not written by hand.

export const READINGS = `
"""


def characters() -> str:
    """Every Chinese character of GB 2312."""
    rows = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return "".join(row.decode("gb2312", "ignore") for row in rows)


def typed(reading: str) -> str:
    """A reading without its tone, as it is typed: `lǚ` is `lv`."""
    for marked in "ǖǘǚǜü":
        reading = reading.replace(marked, "v")
    parts = unicodedata.normalize("NFD", reading)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def table() -> dict[str, str]:
    """Characters by reading."""
    readings: defaultdict[str, list[str]] = defaultdict(list)
    for sign in characters():
        for reading in dict.fromkeys(typed(each) for each in pinyin_dict.get(ord(sign), "").split(",")):
            if reading.isascii() and reading.isalpha():
                readings[reading].append(sign)
    return {reading: "".join(signs) for reading, signs in sorted(readings.items())}


def text() -> str:
    """The module."""
    everything = "".join(f"{reading}{signs}" for reading, signs in table().items())
    lines = [everything[start : start + WIDTH] for start in range(0, len(everything), WIDTH)]
    return HEAD + "\n".join(lines) + "\n`;\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
