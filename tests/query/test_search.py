"""Which trains answer which question."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_base.times import MINUTE, Instant, from_iso
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.configuration import Name
from stationmaster_kernel.values import CallKind, Running
from stationmaster_query.names import PlaceIndex, keys_of
from stationmaster_query.search import MOST, Question, read_question, search

ZONE = ZoneInfo("Asia/Shanghai")
NOW = from_iso("2026-03-02T04:00:00Z")  # noon
PLACES = PlaceIndex(
    [
        Name(id="北京西", names=(("zh", "北京西"), ("en", "Beijing West"))),
        Name(id="西安北", names=(("zh", "西安北"), ("en", "Xi'an North"))),
    ]
)


def call(number: str, minutes: int, *, origin: str = "明泽南", destination: str = "北京西", **more: object) -> Call:
    """A train that leaves so many minutes from now."""
    at = Instant(NOW + minutes * MINUTE)
    values: dict[str, object] = {
        "id": f"MZN/2026-03-02/{number}/1",
        "service_date": date(2026, 3, 2),
        "number": number,
        "numbers": (number,),
        "train_class": "动车组",
        "kind": CallKind.ORIGIN,
        "origin": origin,
        "destination": destination,
        "departure": Event(planned=at, best=at),
    }
    return Call(**(values | more))  # type: ignore[arg-type]


def ask(question: Question, *calls: Call) -> list[str]:
    """The numbers of the answer."""
    return [found.number for found in search(question, calls, PLACES, NOW).calls]


def test_nothing_asked_shows_the_next_two_hours() -> None:
    """The start page shows what leaves within two hours and what has just left, in order of time."""
    calls = [call("G5", 119), call("G6", 120), call("G2", 10), call("G1", -4), call("G0", -6), call("G3", 60)]
    assert ask(Question(), *calls) == ["G1", "G2", "G3", "G5"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("G2402", ["G2402"]),
        ("g24", ["G2402", "G24"]),
        ("2402", ["G2402"]),
        ("24", ["G2402", "6824", "G24"]),
        ("2403", ["G2402"]),
        ("6824", ["6824"]),
        ("D", []),
        ("Ｇ２４０２", ["G2402"]),
    ],
)
def test_number(typed: str, found: list[str]) -> None:
    """Any of a train's numbers finds it, with or without its letter, by its beginning, in any width and case."""
    trains = [
        call("G2402", 30, numbers=("G2402", "G2403")),
        call("6824", 40, numbers=("6824", "2499")),
        call("G24", 50),
        call("K9", 5),
    ]
    question = read_question({"q": typed}, ZONE, NOW)
    expected = sorted(found, key=lambda number: number != question.number)
    assert ask(question, *trains) == expected


def test_exact_number_comes_first() -> None:
    """Who types a whole number sees that train first, even if one whose number only begins so leaves earlier."""
    assert ask(Question(number="G24"), call("G2402", 10), call("G24", 300)) == ["G24", "G2402"]


def test_number_finds_trains_that_left_a_while_ago_and_tomorrows() -> None:
    """A train asked for by number is found for six hours after it has left, and days ahead."""
    trains = [call("G1", -361), call("G12", -359), call("G13", 30 * 60)]
    assert ask(Question(number="G1"), *trains) == ["G12", "G13"]


@pytest.mark.parametrize("typed", ["北京", "京西", "beijing w", "Beijing West", "beijingxi", "BJX", "bw", "ｂｊｘ"])
def test_place(typed: str) -> None:
    """A place is found by (part of) its Chinese name, English name, pinyin or initials, at either end of a route."""
    trains = [
        call("G1", 200),
        call("G2", 20, destination="西安北"),
        call("G3", 30, origin="北京西", destination="西安北"),
    ]
    assert ask(Question(place=typed), *trains) == ["G3", "G1"]


def test_keys_of_a_station() -> None:
    """A station has its name, pinyin, initials and English name as keys; an apostrophe is no obstacle."""
    assert keys_of("西安北", {"en": "Xi'an North"}) == {"西安北", "xianbei", "xab", "xiannorth", "xn"}


def test_passing_trains_are_not_for_passengers() -> None:
    """A train that does not stop is no answer, even to its own number."""
    assert ask(Question(number="G1"), call("G1", 10, kind=CallKind.PASSING)) == []


def test_unknown_delay_keeps_a_train_in_the_answer() -> None:
    """A train whose time is unknown is still to come, however long ago it was planned."""
    train = call("G1", -90, departure=Event(planned=Instant(NOW - 90 * MINUTE), unknown=True))
    assert ask(Question(), train, call("G2", 1)) == ["G1", "G2"]
    suspended = call(
        "G3", -90, departure=Event(planned=Instant(NOW - 90 * MINUTE), unknown=True), running=Running.SUSPENDED
    )
    assert ask(Question(), suspended) == []


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("12:00", "2026-03-02T04:00:00Z"),
        ("10:00", "2026-03-02T02:00:00Z"),
        ("09:59", "2026-03-03T01:59:00Z"),
        ("8", "2026-03-03T00:00:00Z"),
        ("1830", "2026-03-02T10:30:00Z"),
        ("１８：３０", "2026-03-02T10:30:00Z"),
    ],
)
def test_time_of_day(text: str, start: str) -> None:
    """A time is today's, or tomorrow's if it passed more than two hours ago; people write it in several ways."""
    assert read_question({"from": text}, ZONE, NOW).start == from_iso(start)


def test_time_shows_two_hours_from_it() -> None:
    """Asked for a time alone, the answer is the two hours from it; with a place, everything after it."""
    trains = [call("G1", 59), call("G2", 60), call("G3", 179), call("G4", 180, destination="西安北")]
    start = Instant(NOW + 60 * MINUTE)
    assert ask(Question(start=start), *trains) == ["G2", "G3"]
    assert ask(Question(start=start, place="xab"), *trains) == ["G4"]


@pytest.mark.parametrize("given", [{"from": "25:00"}, {"from": "soon"}, {"q": "G" * 41}, {"place": "x" * 1000}])
def test_bad_question_is_said(given: dict[str, str]) -> None:
    """What cannot be searched for is said with a stable code."""
    with pytest.raises(StationError) as error:
        read_question(given, ZONE, NOW)
    assert error.value.code == "bad-question"


def test_answer_is_bounded_and_says_what_it_leaves_out() -> None:
    """An answer never floods a kiosk."""
    answer = search(Question(number="G"), [call(f"G{n}", n) for n in range(MOST + 7)], PLACES, NOW)
    assert (len(answer.calls), answer.more) == (MOST, 7)


@given(q=st.text(max_size=45), place=st.text(max_size=45), start=st.one_of(st.just(""), st.text(max_size=8)))
def test_no_question_crashes(q: str, place: str, start: str) -> None:
    """Whatever is typed is answered or refused with a message."""
    code = ""
    try:
        question = read_question({"q": q, "place": place, "from": start}, ZONE, NOW)
        assert search(question, [call("G1", 10)], PLACES, NOW).more == 0
    except StationError as error:
        code = error.code
    assert code in ("", "bad-question")
