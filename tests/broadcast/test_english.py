"""English text is read as announcers read it."""

import pytest

from stationmaster_broadcast.speech.english import cardinal, clock_time
from stationmaster_broadcast.speech.normalise import normalise

TRAINS = [
    ("Train G2402", "Train G two four zero two"),
    ("train K1178/9", "train K one one seven eight, K one one seven nine"),
    ("G2402/G2403", "G two four zero two, G two four zero three"),
    ("Train 6856", "Train six eight five six"),
    ("train 12 to Beijing", "train one two to Beijing"),
    ("Train 1461/2", "Train one four six one, one four six two"),
    ("trains D1 and D2", "trains D one and D two"),
    ("Z317", "Z three one seven"),
    ("DJ5612", "D J five six one two"),
]
TIMES = [
    ("at 08:05", "at eight oh five"),
    ("at 10:00", "at ten o'clock"),
    ("12:00", "twelve o'clock"),
    ("13:00", "thirteen hundred hours"),
    ("00:00", "midnight"),
    ("00:05", "zero oh five"),
    ("at 06:28: please wait", "at six twenty-eight: please wait"),
    ("12:30", "twelve thirty"),
    ("20:20", "twenty twenty"),
    ("23:59", "twenty-three fifty-nine"),
    ("8:05-9:30", "eight oh five to nine thirty"),
]
PLACES = [
    ("gate 1A", "gate one eigh"),
    ("gates 1A and 1B", "gates one eigh and one B"),
    ("gates 1A, 1B", "gates one eigh, one B"),
    ("Gate A12", "Gate eigh twelve"),
    ("Gates A, B or C", "Gates eigh, B or C"),
    ("Exit C1", "Exit C one"),
    ("Platform 3", "Platform three"),
    ("platform 12.", "platform twelve."),
    ("Platforms 1/2", "Platforms one, two"),
    ("track 14", "track fourteen"),
    ("Terminal 2", "Terminal two"),
    ("Waiting Area A", "Waiting Area eigh"),
    ("Car 08", "Car eight"),
    ("cars 9-16", "cars nine to sixteen"),
    ("Gates 1A-1C", "Gates one eigh to one C"),
    ("Platform a train stops at", "Platform a train stops at"),
]
COUNTS = [
    ("about 15 minutes late", "about fifteen minutes late"),
    ("105 minutes", "one hundred and five minutes"),
    ("1 hour 30 minutes", "one hour thirty minutes"),
    ("a 2-hour delay", "a two-hour delay"),
    ("About 5 min late", "About five minutes late"),
    ("1 min", "one minute"),
    ("2 h 5 min late", "two hours five minutes late"),
    ("1 h late", "one hour late"),
    ("3-5 minutes", "three to five minutes"),
    ("1,200 passengers", "one thousand two hundred passengers"),
    ("2026-03-06", "March sixth, twenty twenty-six"),
    ("2005-01-22", "January twenty-second, two thousand and five"),
    ("1905-10-30", "October thirtieth, nineteen oh five"),
    ("2026-13-06", "two thousand and twenty-six, thirteen, six"),
    ("1200 passengers", "one thousand two hundred passengers"),
    ("23.5 yuan", "twenty-three point five yuan"),
    ("50%", "fifty per cent"),
    ("-5℃", "minus five degrees Celsius"),
    ("1st 2nd 3rd 12th 20th 21st", "first second third twelfth twentieth twenty-first"),
    ("100th", "one hundredth"),
]
CODES = [
    ("12306", "one two three zero six"),
    ("101", "one zero one"),
    ("007", "zero zero seven"),
    ("5 to 15", "five to fifteen"),
    ("No. 3 & No. 4", "number three and number four"),
    ("A train to Hohhot East", "A train to Hohhot East"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "said"), TRAINS + TIMES + PLACES + COUNTS + CODES)
def test_what_is_written_is_said_as_announcers_say_it(written: str, said: str) -> None:
    """Train numbers are letters and single digits, times have oh five, a gate's letter A is no article."""
    assert normalise(written, "en") == said


def test_a_whole_announcement() -> None:
    """All kinds of number in one text do not disturb one another."""
    written = (
        "Attention please. Check-in for train G2402 to Beijing North, 08:05, is now open at gates 1A, 1B. "
        "The train leaves from Platform 3, about 25 minutes late."
    )
    said = (
        "Attention please. Check-in for train G two four zero two to Beijing North, eight oh five, is now open at "
        "gates one eigh, one B. The train leaves from Platform three, about twenty-five minutes late."
    )
    assert normalise(written, "en") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety-nine"),
        (100, "one hundred"),
        (999, "nine hundred and ninety-nine"),
        (1001, "one thousand and one"),
        (1100, "one thousand one hundred"),
        (12000, "twelve thousand"),
        (1234567, "one two three four five six seven"),
    ],
)
def test_cardinals(number: int, said: str) -> None:
    """Numbers have `and` before the last two places."""
    assert cardinal(number) == said


def test_every_minute_of_the_day_has_words_of_its_own() -> None:
    """No two times are said alike."""
    assert len({clock_time(hour, minute) for hour in range(24) for minute in range(60)}) == 24 * 60
