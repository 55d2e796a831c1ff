"""English text as announcers read it: numbers, codes and times in words.

Train numbers are letters and single digits (`G two four zero two`), times as `eight oh five` and `ten o'clock`,
gates and platforms as a number with its letter, what counts something as a number.
The functions are pure and never fail: what they do not know they leave as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from string import ascii_uppercase

__all__ = ["cardinal", "clock_time", "digits", "normalise_english"]

ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

LETTERS = {"A": "eigh"}
"""How the letters of a code are written, where the plain letter would be read as a word: A is the article."""

PLACES = "gate|exit|entrance|platform|area|hall|terminal|zone|window|counter|track|car|coach|lift|room"
COUNTED = (
    "minute|min|hour|second|day|week|yuan|RMB|metre|meter|km|kilometre|kilometer|passenger|person|people|"
    "car|coach|per cent|percent|degree|piece|kilogram|kg"
)

_ITEM = r"(?:[A-Z]?\d{1,3}[A-Z]?|[A-Z])(?![A-Za-z0-9])"
_PLACE_LIST = re.compile(
    rf"\b((?i:(?:{PLACES})s?))\s+({_ITEM}(?:(?:\s*,\s*|\s*/\s*|\s+)(?:and\s+|or\s+|to\s+)?{_ITEM})*)"
)
_CLOCK = r"(?<!\d)(?<!\d:)([01]?\d|2[0-4]):([0-5]\d)(?!\d|:\d)"


def digits(number: str) -> str:
    """Digit by digit: 2402 is `two four zero two`."""
    return " ".join(ONES[int(digit)] for digit in number)


def cardinal(number: int) -> str:
    """A number from 0 to 999,999 as a number: 105 is `one hundred and five`; larger ones digit by digit."""
    if number >= 1_000_000:
        return digits(str(number))
    if number >= 1000:
        thousands, rest = divmod(number, 1000)
        joined = "" if not rest else f" and {cardinal(rest)}" if rest < 100 else f" {cardinal(rest)}"
        return f"{cardinal(thousands)} thousand{joined}"
    if number >= 100:
        hundreds, rest = divmod(number, 100)
        return f"{ONES[hundreds]} hundred" + (f" and {cardinal(rest)}" if rest else "")
    if number >= 20:
        tens, rest = divmod(number, 10)
        return TENS[tens] + (f"-{ONES[rest]}" if rest else "")
    return ONES[number]


def clock_time(hour: int, minute: int) -> str:
    """A time of day: 8:05 is `eight oh five`, 10:00 is `ten o'clock`, 13:00 is `thirteen hundred hours`."""
    if minute:
        spoken_hour = ONES[0] if hour in (0, 24) else cardinal(hour)
        return f"{spoken_hour} {f'oh {ONES[minute]}' if minute < 10 else cardinal(minute)}"
    if hour in (0, 24):
        return "midnight"
    return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred hours"


def normalise_english(text: str) -> str:
    """`text` with numbers, codes and times in words; text that has none comes back as it is."""
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text


def _letter(letter: str) -> str:
    return LETTERS.get(letter, letter)


def _decimal(number: str) -> str:
    whole, _, fraction = number.partition(".")
    return cardinal(int(whole)) + (f" point {digits(fraction)}" if fraction else "")


def _bare(number: str) -> str:
    """A number of which nothing is known: short ones are numbers, long ones and 007 are codes."""
    return digits(number) if len(number) > 2 or (len(number) > 1 and number[0] == "0") else cardinal(int(number))


def _code(code: str) -> str:
    """The name of a place: 1A, A12, 12, B."""
    parts = re.findall(r"[A-Za-z]|\d+", code)
    return " ".join(_letter(part.upper()) if part.isalpha() else _place_number(part) for part in parts)


def _place_number(number: str) -> str:
    return digits(number) if len(number) > 2 else cardinal(int(number))


def _place_list(found: re.Match[str]) -> str:
    items = re.sub(r"\s*/\s*", ", ", found[2])
    return f"{found[1]} " + re.sub(r"\b(?!and\b|or\b|to\b)[A-Za-z]?\d*[A-Za-z]?\b", lambda item: _code(item[0]), items)


def _train(found: re.Match[str]) -> str:
    """One train number or several with strokes between: K1178/9 is K and five digits twice."""
    words: list[str] = []
    prefix, before = "", ""
    for part in found[0].split("/"):
        number = part.lstrip(ascii_uppercase)
        letter = part[: len(part) - len(number)]
        prefix = letter or prefix
        if not letter and before and len(number) < len(before):
            number = before[: len(before) - len(number)] + number
        before = number
        words.append(" ".join([*(_letter(letter) for letter in prefix), digits(number)]))
    return ", ".join(words)


def _nth(number: int) -> str:
    """`number` as it counts a place in a row: 21 is `twenty-first`."""
    words = cardinal(number)
    head, _, last = words.rpartition("-")
    if not head:
        head, _, last = words.rpartition(" ")
        joint = " " if head else ""
    else:
        joint = "-"
    ending = ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{head}{joint}{ending}"


def _date(found: re.Match[str]) -> str:
    """2026-03-06 is `March sixth, twenty twenty-six`; a month that there is not leaves three numbers."""
    year, month, day = (int(part) for part in found.groups())
    if not 1 <= month <= len(MONTHS):
        return ", ".join(cardinal(number) for number in (year, month, day))
    return f"{MONTHS[month - 1]} {_nth(day)}, {_year(year)}"


def _year(year: int) -> str:
    """2026 is `twenty twenty-six`, 2005 `two thousand and five`, 1900 `nineteen hundred`."""
    century, rest = divmod(year, 100)
    if century % 10 == 0 and rest < 10:
        return cardinal(year)
    return f"{cardinal(century)} " + ("hundred" if not rest else f"oh {ONES[rest]}" if rest < 10 else cardinal(rest))


def _minutes(found: re.Match[str]) -> str:
    return f"{found[1]} minute{'' if found[1] == '1' else 's'}"


def _hours(found: re.Match[str]) -> str:
    return f"{found[1]} hour{'' if found[1] == '1' else 's'}"


def _temperature(found: re.Match[str]) -> str:
    return f"{'minus ' if found[1] else ''}{_decimal(found[2])} degrees{' Celsius' if found[3] != '°' else ''}"


_Replacement = Callable[[re.Match[str]], str]
_STEPS: tuple[tuple[re.Pattern[str], _Replacement], ...] = (
    (re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w,])"), lambda found: found[0].replace(",", "")),
    (re.compile(r"(?<![\w-])(\d{4})-([01]?\d)-([0-3]?\d)(?![\w-])"), _date),
    (re.compile(rf"({_CLOCK})\s*[-~—–]+\s*(?={_CLOCK})"), lambda found: f"{found[1]} to "),
    (re.compile(_CLOCK), lambda found: clock_time(int(found[1]), int(found[2]))),
    (re.compile(r"(?<![\w.])([-−])?(\d+(?:\.\d+)?)\s*(℃|°C|°)"), _temperature),
    (re.compile(r"(\d+(?:\.\d+)?)\s*%"), lambda found: f"{_decimal(found[1])} per cent"),
    (re.compile(r"(?<![\w.])(\d+)\s*min\b\.?(?=\s|$|[,;])"), _minutes),
    # 3-5 minutes and cars 9-16 are spans; other strokes are pauses.
    (
        re.compile(rf"(?<![\w/-])(\d{{1,4}})\s*[-~—–]+\s*(?=\d{{1,4}}[\s-]*(?:{COUNTED})s?\b)"),
        lambda found: f"{cardinal(int(found[1]))} to ",
    ),
    (
        re.compile(rf"\b((?i:(?:{PLACES})s?))\s+([A-Z]?\d{{1,3}}[A-Z]?)\s*[-~—–]+\s*(?=[A-Z]?\d{{1,3}}[A-Z]?\b)"),
        lambda found: f"{found[1]} {found[2]} to ",
    ),
    (re.compile(r"(?<![\w.])(\d+)\s*h\b\.?(?=\s|$|[,;])"), _hours),
    (re.compile(r"\bNo\.\s*(?=\w?\d)"), lambda _found: "number "),
    (_PLACE_LIST, _place_list),
    (re.compile(r"(?<![A-Za-z\d])(?:DJ|[GDCZTKLYS])\d{1,5}(?:/(?:DJ|[GDCZTKLYS])?\d{1,5})*(?![A-Za-z\d])"), _train),
    (
        re.compile(
            r"(?i:(?<=\btrain )|(?<=\btrains )|(?<=\btrain number )|(?<=\bservice ))\d{1,5}(?:/\d{1,5})*(?![A-Za-z\d])"
        ),
        _train,
    ),
    (re.compile(r"(?<![A-Za-z\d.])(?:[A-Z]\d{1,3}|\d{1,3}[A-Z])(?![A-Za-z\d])"), lambda found: _code(found[0])),
    (re.compile(r"(?<![\w.])(\d{1,3})(?:st|nd|rd|th)\b"), lambda found: _nth(int(found[1]))),
    (re.compile(rf"(?<![\w.])(\d{{1,6}}(?:\.\d+)?)(?=[\s-]*(?:{COUNTED}))"), lambda found: _decimal(found[1])),
    (re.compile(r"(?<![\w.])(\d+\.\d+)(?![\w.]*\d)"), lambda found: _decimal(found[1])),
    (re.compile(r"(?<=\d)\s*[/-]\s*(?=\d)"), lambda _found: ", "),
    (re.compile(r"\d+"), lambda found: _spaced(found, _bare(found[0]))),
    (re.compile(r"\s*&\s*"), lambda _found: " and "),
)


def _spaced(found: re.Match[str], words: str) -> str:
    """`words` with a blank towards a letter that stood right beside the number."""
    text = found.string
    before = " " if found.start() > 0 and text[found.start() - 1].isalnum() else ""
    after = " " if found.end() < len(text) and text[found.end()].isalnum() else ""
    return f"{before}{words}{after}"
