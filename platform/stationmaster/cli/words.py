"""What a person types as the value of an option, and what is said when it is none."""

from __future__ import annotations

import argparse
import re
from datetime import date

__all__ = ["day", "days", "minutes", "names", "pair", "port", "ranges", "speed", "translation"]


def day(text: str) -> date:
    """A date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write 2026-03-01") from error


def days(text: str) -> int:
    """How many dates: at least one, at most a year."""
    days = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= days <= 366:
        raise argparse.ArgumentTypeError(f"{text!r} is not possible; a number 1…366")
    return days


def minutes(text: str) -> int:
    """How long: at least a minute, at most a day."""
    minutes = int(text[:9]) if text.isascii() and text.isdigit() else 0
    if not 1 <= minutes <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not possible; a number 1…1440")
    return minutes


def names(text: str) -> tuple[str, ...]:
    """`hall-1,type:gate`: names, parted by commas."""
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} names nothing; write hall-1,hall-2")
    return found


def pair(text: str) -> tuple[str, str]:
    """`what the feed says=what it is here`."""
    left, equals, right = text.partition("=")
    if not equals or not left.strip() or not right.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is no pair; write what the feed says=what it is here")
    return left.strip(), right.strip()


def ranges(text: str) -> tuple[tuple[int, int], ...]:
    """`2,100-117`: numbers and ranges of them, both ends included."""
    found = [re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", part.strip()) for part in text.split(",")]
    if not all(found):
        raise argparse.ArgumentTypeError(f"{text!r} are no route types; write 2,100-117")
    return tuple((int(each[1]), int(each[2] or each[1])) for each in found if each)


def speed(text: str) -> float:
    """Station seconds per second."""
    try:
        speed = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
    if not 0 <= speed <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not possible; a number 0…3600")
    return speed


def port(text: str) -> int:
    """A port that an ordinary user may open."""
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 1024 <= port <= 65000:
        raise argparse.ArgumentTypeError(f"{text!r} is not possible; a number 1024…65000")
    return port


def translation(text: str) -> tuple[str, str]:
    """`en=Leave the station`: a language and words in it."""
    language, equals, said = text.partition("=")
    if not equals or not language.strip() or not said.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is no text; write en=Leave the station")
    return language.strip(), said.strip()
