"""NMEA-0183 sentences, as receivers and master clocks put them on a serial line, read for their time alone.

A sentence is `$`, a talker of two letters, three letters of what it says, fields after commas, `*`, and two
hexadecimal digits: the exclusive or of all that stands between `$` and `*`. A line end follows, usually CR LF.

Two sentences tell the time of day with its date, and nothing else of them is read:

- `RMC`: field 1 is `hhmmss[.s…]`, field 2 `A` (valid) or `V` (not), field 9 `ddmmyy`. Since NMEA 2.3 field 12 tells
  how the position was found; since 4.1 field 13 is a navigational status. That last field is often `V` on a receiver
  that is perfectly well, so it is not looked at.
- `ZDA`: field 1 as before, then day, month and year with four digits. It never says whether it is valid.

Real lines carry sentences that were cut off, ran together, or lost bytes, so nothing without a right checksum is read.
The reader takes bytes and gives events; it knows no port and no clock, only the machine seconds that come with them.
"""

from __future__ import annotations

import calendar
import re
from collections import deque
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import xor

__all__ = ["TALKERS", "Counters", "Fix", "NmeaReader", "Sentence", "checksum"]

TALKERS = frozenset({"GP", "GN", "BD", "GB", "GL"})
"""GPS, several systems at once, BeiDou (by an older and by the present name), GLONASS."""

LONGEST = 256
"""Bytes of a sentence; the standard allows 82, and real receivers exceed that."""

_SENTENCE = re.compile(rb"([\x20-\x7e]*)\*([0-9A-Fa-f]{2})[ \t]*")
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})(\.\d{1,9})?")
_DATE = re.compile(r"(\d{2})(\d{2})(\d{2})")

_GOOD_MODES = frozenset("ADFPR")
"""Modes of a real fix: autonomous, differential, float or fixed RTK, precise; all others are none."""

_CENTURY_TURNS = 80
"""Two-digit years from 80 on are of the 1900s: the Global Positioning System counts from 1980."""


@dataclass(slots=True, kw_only=True)
class Counters:
    """What has come since the start.

    `good` sentences had a right checksum. Of these `ignored` were of another kind or talker, `malformed` should have
    told the time and did not have the form for it, and `empty` had no time or date in them yet.
    `bad_checksums` had a wrong one, `unchecked` had none (cut off, or run together with the next), and `strays` are
    pieces of text that did not begin with `$`.
    """

    good: int = 0
    ignored: int = 0
    malformed: int = 0
    empty: int = 0
    bad_checksums: int = 0
    unchecked: int = 0
    strays: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """The time that one sentence told.

    `at` is seconds since 1970 as the sentence says it, believed by nobody yet. `machine` is the machine time, in
    seconds, when the first byte of the sentence had come. `valid` is what the sentence says of itself; None for a kind
    that says nothing. `leap` is set when it names the second 60, which is then counted as the first of the next minute.
    """

    at: float
    machine: float
    talker: str
    sentence: str
    valid: bool | None
    leap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence that should tell the time and tells none: it is empty, or `malformed`. `valid` as in `Fix`."""

    machine: float
    talker: str
    sentence: str
    valid: bool | None
    malformed: bool


class NmeaReader:
    """Reads a stream of bytes.

    Args:
        talkers: those that are listened to.

    """

    def __init__(self, talkers: frozenset[str] = TALKERS) -> None:
        self.counters = Counters()
        self._talkers = talkers
        self._buffer = bytearray()
        self._inside = False
        self._began = 0.0
        self._events: deque[Fix | Sentence] = deque()

    def receive_data(self, data: bytes, machine: float) -> None:
        """Take bytes that came at machine time `machine`."""
        for byte in data:
            if byte == 0x24:  # $
                self._end()
                self._inside = True
                self._began = machine
            elif byte in (0x0A, 0x0D):
                self._end()
            else:
                self._buffer.append(byte)
                if len(self._buffer) > LONGEST:
                    self._end()

    def next_event(self) -> Fix | Sentence | None:
        """The next sentence that should tell the time; None when all that came has been read."""
        return self._events.popleft() if self._events else None

    def interrupted(self) -> None:
        """The line was cut: what was begun will not be ended."""
        self._end()

    def _end(self) -> None:
        text, inside = bytes(self._buffer), self._inside
        self._buffer.clear()
        self._inside = False
        if not inside:
            self.counters.strays += bool(text.strip())
            return
        found = _SENTENCE.fullmatch(text)
        if found is None:
            self.counters.unchecked += 1
        elif checksum(found[1]) != int(found[2], 16):
            self.counters.bad_checksums += 1
        else:
            self.counters.good += 1
            self._read(found[1].decode("ascii"))

    def _read(self, text: str) -> None:
        address, *fields = text.split(",")
        talker, kind = address[:2], address[2:]
        if talker not in self._talkers or kind not in ("RMC", "ZDA"):
            self.counters.ignored += 1
            return
        valid = _rmc_valid(fields) if kind == "RMC" else None
        clock = fields[0] if fields else ""
        day = (fields[8:9] if kind == "RMC" else fields[1:4]) or [""]
        if not clock or not all(day):
            self.counters.empty += 1
            self._events.append(
                Sentence(machine=self._began, talker=talker, sentence=kind, valid=valid, malformed=False)
            )
            return
        at = _instant(clock, _rmc_day(day[0]) if kind == "RMC" else _zda_day(day))
        if at is None:
            self.counters.malformed += 1
            self._events.append(
                Sentence(machine=self._began, talker=talker, sentence=kind, valid=valid, malformed=True)
            )
            return
        leap = clock[4:6] == "60"
        self._events.append(Fix(at=at, machine=self._began, talker=talker, sentence=kind, valid=valid, leap=leap))


def checksum(text: bytes) -> int:
    """The exclusive or of what stands between `$` and `*`."""
    return reduce(xor, text, 0)


def _rmc_valid(fields: list[str]) -> bool:
    mode = fields[11] if len(fields) > 11 else ""
    return fields[1:2] == ["A"] and (not mode or mode in _GOOD_MODES)


def _rmc_day(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    if found is None or not text.isascii():
        return None
    year = int(found[3])
    return _day(year + (1900 if year >= _CENTURY_TURNS else 2000), found[2], found[1])


def _zda_day(texts: list[str]) -> date | None:
    if [len(text) for text in texts] != [2, 2, 4] or not all(text.isascii() and text.isdigit() for text in texts):
        return None
    return _day(int(texts[2]), texts[1], texts[0])


def _day(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None


def _instant(clock: str, day: date | None) -> float | None:
    found = _TIME.fullmatch(clock)
    if found is None or not clock.isascii() or day is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    if hour > 23 or minute > 59 or second > (60 if (hour, minute) == (23, 59) else 59):
        return None
    whole = calendar.timegm((day.year, day.month, day.day, hour, minute, second))
    return whole + float(found[4] or 0)
