"""Which trains answer a question, and in what order. Pure: calls, names and the time go in, calls come out."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant, local_date, local_instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.values import CallKind, Running
from stationmaster_query.names import PlaceIndex
from stationmaster_query.status import main_event

__all__ = ["MOST", "Answer", "Question", "read_question", "search"]

MOST = 60
"""How many trains an answer holds at most."""

SPAN = 120 * MINUTE
"""How much of the day is shown when nothing but a time, or nothing at all, is asked for."""

JUST_GONE = 5 * MINUTE
"""A train that has just left is still shown: somebody runs for it."""

BEHIND = 6 * 60 * MINUTE
"""Who asks for a train by its number gets it for so long after it has left."""

LATE_ASKED = 2 * 60 * MINUTE
"""A time of day that passed longer ago than this is meant for tomorrow."""

LONGEST = 40
LETTERS = string.ascii_uppercase
CLOCK = re.compile(r"([01]?\d|2[0-3])[:：]?([0-5]\d)?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: the beginning of a train number or of a place, a time from which on. Any may be absent."""

    number: str = ""
    place: str = ""
    start: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The trains, in order, and how many more there are than an answer holds."""

    calls: tuple[Call, ...]
    more: int = 0


def read_question(given: Mapping[str, str], zone: ZoneInfo, now: float) -> Question:
    """The question in a request's arguments `q` (number), `place` and `from` (local HH:MM, or HH).

    Raises:
        StationError: `bad-question`: an argument says nothing that can be searched for.

    """
    number, place, start = (given.get(key, "").strip() for key in ("q", "place", "from"))
    if max(len(number), len(place), len(start)) > LONGEST:
        raise StationError("bad-question", f"A question has at most {LONGEST} characters.", "Type less.")
    number = "".join(unicodedata.normalize("NFKC", number).split()).upper()
    return Question(number=number, place=place, start=_start(start, zone, now) if start else None)


def _start(text: str, zone: ZoneInfo, now: float) -> Instant:
    match = CLOCK.match(unicodedata.normalize("NFKC", text))
    if match is None:
        raise StationError("bad-question", f"{text!r} is not a time of day.", "Write it as HH:MM, for example 08:30.")
    clock = time(int(match[1]), int(match[2] or 0))
    today = local_date(Instant(int(now)), zone)
    start = local_instant(today, clock, zone)
    return start if start >= now - LATE_ASKED else local_instant(today + timedelta(days=1), clock, zone)


def search(question: Question, calls: Iterable[Call], places: PlaceIndex, now: float) -> Answer:
    """The calls that answer the question, by time; a train whose whole number was given comes first.

    Trains that do not stop are never among them.
    """
    low, high = _window(question, now)
    found = [
        (call, moment)
        for call in calls
        if call.kind is not CallKind.PASSING
        and low <= (moment := shown_time(call, now)) < high
        and number_matches(question.number, call)
        and (not question.place or any(places.matches(key, question.place) for key in _ends(call)))
    ]
    found.sort(key=lambda pair: (not _exact(question.number, pair[0]), pair[1], pair[0].id))
    return Answer(calls=tuple(call for call, _ in found[:MOST]), more=max(0, len(found) - MOST))


def shown_time(call: Call, now: float) -> Instant:
    """The time by which a call is found: best known, else planned, but not before now while it is still to come."""
    event = main_event(call)
    if event.best is not None:
        return event.best
    if call.running is Running.SUSPENDED:
        return event.planned
    return Instant(max(event.planned, int(now)))


def number_matches(number: str, call: Call) -> bool:
    """Whether any of the call's numbers begins as typed; typed without its letter it is found as well."""
    if not number:
        return True
    for own in call.numbers:
        plain = own.upper()
        digits = plain.lstrip(LETTERS)
        if plain.startswith(number) or (number.isdigit() and digits.startswith(number)):
            return True
    return False


def _exact(number: str, call: Call) -> bool:
    return bool(number) and number in (own.upper() for own in call.numbers)


def _ends(call: Call) -> tuple[str, str]:
    return call.origin, call.destination


def _window(question: Question, now: float) -> tuple[float, float]:
    if question.start is not None:
        return question.start, question.start + SPAN if not (question.number or question.place) else float("inf")
    if question.number:
        return now - BEHIND, float("inf")
    if question.place:
        return now - JUST_GONE, float("inf")
    return now - JUST_GONE, now + SPAN
