"""The NMEA reader: what it takes from a line, and what it counts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_clock.nmea import LONGEST, Counters, Fix, NmeaReader, Sentence, checksum
from support.nmea_lines import line, recordings, rmc, utc, zda


def read(data: bytes, machine: float = 7.0) -> tuple[list[Fix | Sentence], Counters]:
    reader = NmeaReader()
    reader.receive_data(data, machine)
    return list(iter(reader.next_event, None)), reader.counters


@pytest.mark.parametrize("talker", ["GP", "GN", "BD", "GB", "GL"])
def test_both_sentences_of_every_talker_tell_the_time(talker: str) -> None:
    """RMC and ZDA of all five talkers give the instant that they name; only RMC says whether it is valid."""
    at = utc(2026, 3, 1, 7, 4, 5)
    events, counters = read(rmc(at, talker=talker) + zda(at, talker=talker))
    assert events == [
        Fix(at=at, machine=7.0, talker=talker, sentence="RMC", valid=True),
        Fix(at=at, machine=7.0, talker=talker, sentence="ZDA", valid=None),
    ]
    assert counters == Counters(good=2)


@pytest.mark.parametrize(
    ("rest", "valid"),
    [
        ("", True),  # before NMEA 2.3: no mode
        (",0.0,E", True),
        (",,,A", True),
        (",,,D", True),
        (",,,A,V", True),  # 4.1: the last field is a navigational status and not the validity
        (",,,N", False),
        (",,,E", False),
        (",,,S", False),
        (",,,M,S", False),
    ],
)
def test_status_and_mode_decide_whether_it_is_valid(rest: str, valid: bool) -> None:
    """A mode that is no fix makes an RMC void, and the navigational status after it says nothing."""
    at = utc(2026, 3, 1, 7, 4, 5)
    (event,), _ = read(rmc(at, rest=rest))
    assert event.valid is valid
    (event,), _ = read(rmc(at, rest=rest, status="V"))
    assert event.valid is False


def test_other_sentences_and_talkers_are_ignored_and_no_errors() -> None:
    """What is not RMC or ZDA of a known talker is counted as ignored."""
    _, counters = read(line("GPGGA,005947.00,3715.66,N,12157.66,W,1") + line("GARMC,1") + line("PMTK001,1") + line("G"))
    assert counters == Counters(good=4, ignored=4)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"$GPZDA,000429.00,22,08,1999,,*68\r\n", Counters(bad_checksums=1)),
        (b"$GPZDA,000429.00,22,08,1999,,\r\n", Counters(unchecked=1)),
        (b"$GPGSA,A,1,,$" + rmc(0.0)[1:], Counters(unchecked=1, good=1)),
        (b"hello\n,,,*1E\r\n\r\n  \n", Counters(strays=2)),
        (b"$GPRMC,1*0\x80\n", Counters(unchecked=1)),
    ],
)
def test_damage_is_counted_by_kind(data: bytes, expected: Counters) -> None:
    """Wrong checksums, missing ones and text outside sentences are counted apart, and none stops the next sentence."""
    _, counters = read(data)
    assert counters == expected


@pytest.mark.parametrize(
    "text",
    [
        "GPRMC,000231.099,A,4829.0005,N,00022.0015,E,0.15,212.28,2208-1,,,A",  # a receiver after its rollover
        "GPRMC,240000,A,,,,,,,010326,,,A",
        "GPRMC,120060,A,,,,,,,010326,,,A",
        "GPRMC,120000,A,,,,,,,300226,,,A",
        "GPRMC,1200,A,,,,,,,010326,,,A",
        "GPZDA,120000,1,03,2026,00,00",
        "GPZDA,120000,01,03,26,00,00",
        "GPZDA,120000,01,03,0000,00,00",
    ],
)
def test_a_time_that_cannot_be_is_malformed(text: str) -> None:
    """A sentence with a right checksum and an impossible time or date tells none."""
    (event,), counters = read(line(text))
    assert isinstance(event, Sentence)
    assert event.malformed
    assert counters == Counters(good=1, malformed=1)


def test_a_receiver_without_a_fix_is_empty_and_void() -> None:
    """Before the first fix the fields are empty; that is no fault of the line."""
    (event,), counters = read(line("GPRMC,,V,,,,,,,,,,N") + b"")
    assert (event.valid, counters) == (False, Counters(good=1, empty=1))


def test_the_leap_second_is_marked() -> None:
    """23:59:60 is the first second of the next day, marked."""
    (event,), _ = read(line("GPZDA,235960.00,31,12,2016,00,00"))
    assert event == Fix(at=utc(2017, 1, 1), machine=7.0, talker="GP", sentence="ZDA", valid=None, leap=True)


def test_a_sentence_is_as_old_as_its_first_byte() -> None:
    """The machine time of a fix is that of its `$`, however late its end comes."""
    data = rmc(utc(2026, 3, 1))
    reader = NmeaReader()
    reader.receive_data(data[:1], 1.0)
    reader.receive_data(data[1:-1], 2.0)
    reader.receive_data(data[-1:], 3.0)
    event = reader.next_event()
    assert event is not None
    assert event.machine == 1.0


def test_endless_text_is_cut_off() -> None:
    """A line that never ends, as at a wrong rate, takes no memory."""
    _, counters = read(b"$" + b"x" * 10 * LONGEST)
    assert counters.unchecked == 1
    assert counters.strays == 8


@given(st.lists(st.binary(max_size=40)), st.integers(0, 3))
def test_nothing_that_comes_breaks_it(pieces: list[bytes], cut: int) -> None:
    """Any bytes in any pieces are read, and a good sentence after them too."""
    reader = NmeaReader()
    good = rmc(utc(2026, 3, 1))
    for piece in pieces:
        reader.receive_data(good[:cut] + piece, 0.0)
    reader.receive_data(good, 1.0)
    events = list(iter(reader.next_event, None))
    assert isinstance(events[-1], Fix)
    assert events[-1].at == utc(2026, 3, 1)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_it_does_not_matter_how_the_bytes_are_cut(noise: bytes, cuts: list[int]) -> None:
    """The same bytes in other pieces give the same counts and the same events."""
    data = noise + rmc(utc(2026, 3, 1)) + zda(utc(2026, 3, 1))
    whole, counters = read(data)
    reader = NmeaReader()
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in pairwise(places):
        reader.receive_data(data[start:end], 7.0)
    assert list(iter(reader.next_event, None)) == whole
    assert reader.counters == counters


@given(st.integers(0, 82), st.integers(1, 255))
def test_one_changed_byte_is_always_found(place: int, flip: int) -> None:
    """No single changed byte of a sentence's body gets another time through."""
    at = utc(2026, 3, 1, 7, 4, 5)
    data = bytearray(rmc(at))
    body = len(data) - 5
    data[1 + place % (body - 1)] ^= flip
    events, _ = read(bytes(data))
    assert [event for event in events if isinstance(event, Fix)] == []


EXPECTED = {
    "april6_2019": Counters(good=3, malformed=1, empty=1),
    "firefly-II": Counters(good=46, bad_checksums=23),
    "gp-320fw-2019-04-07-coldboot": Counters(good=93, ignored=70, bad_checksums=36, unchecked=8, strays=2),
    "meinberg-gps164": Counters(good=90),
    "quectel-l76k-nmea": Counters(good=2280, ignored=1980),
}
"""What the recordings hold, counted by hand from their lines."""


def test_the_recordings_are_counted_exactly() -> None:
    """Every sentence of every recorded receiver is counted as what it is, wrong checksums above all."""
    found = {name: read(b"".join(lines))[1] for name, lines in recordings().items()}
    assert found == {name: EXPECTED[name] for name in found}


def test_the_checksum_is_the_standards() -> None:
    """The exclusive or, as in a sentence of a real receiver."""
    assert checksum(b"GPZDA,005947.00,08,07,2010,+00,00") == 0x4E
