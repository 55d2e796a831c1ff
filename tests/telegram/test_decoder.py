"""The decoder: finds telegrams in anything, and counts what it finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_telegram.decoder import Counters, Decoder
from stationmaster_telegram.frame import Rejected, Telegram
from stationmaster_telegram.records import Calls
from support.telegrams import call, frame


def sent(sequence: int, *, epoch: int = 1, station: str = "QHD") -> bytes:
    """The frame of one call whose run is the sequence."""
    return frame(Calls(records=(call(sequence),)), sequence, epoch=epoch, station=station)


def events_of(decoder: Decoder) -> list[Telegram | Rejected]:
    events = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events


def sequences(decoder: Decoder) -> list[int]:
    return [event.header.sequence for event in events_of(decoder) if isinstance(event, Telegram)]


@given(st.lists(st.integers(1, 9), max_size=60))
def test_telegrams_come_out_however_the_bytes_are_cut(cuts: list[int]) -> None:
    """A stream cut into any pieces gives the same telegrams."""
    stream = b"".join(sent(number) for number in range(1, 5))
    decoder = Decoder("QHD")
    at = 0
    for cut in cuts:
        decoder.receive_data(stream[at : at + cut])
        at += cut
    decoder.receive_data(stream[at:])
    assert sequences(decoder) == [1, 2, 3, 4]
    assert decoder.counters == Counters(bytes=len(stream), frames=4)


@given(st.lists(st.binary(max_size=600), max_size=8))
def test_noise_raises_nothing_and_is_not_hoarded(noise: list[bytes]) -> None:
    """Any bytes at all only count, and the next telegram after a delimiter is received."""
    decoder = Decoder("QHD")
    for piece in noise:
        decoder.receive_data(piece)
        assert len(decoder._held) <= 238
    events_of(decoder)
    decoder.receive_data(b"\0" + sent(9))
    assert sequences(decoder) == [9]


@given(st.integers(1, 50), st.binary(max_size=30))
def test_it_may_begin_in_the_middle(cut: int, junk: bytes) -> None:
    """A receiver that starts within a telegram loses that one alone."""
    decoder = Decoder("QHD")
    decoder.receive_data(sent(1)[cut:] + sent(2) + sent(3))
    assert sequences(decoder)[-2:] == [2, 3]


def test_a_damaged_delimiter_costs_the_telegrams_beside_it_at_most() -> None:
    """Since each frame brings its own two delimiters, losing one joins nothing."""
    stream = bytearray(sent(1) + sent(2) + sent(3))
    stream[len(sent(1)) - 1] ^= 0x10  # the one after the first
    decoder = Decoder("QHD")
    decoder.receive_data(bytes(stream))
    assert sequences(decoder) == [2, 3]
    assert decoder.counters.framing_errors + decoder.counters.crc_errors == 1


def test_missing_and_repeated_telegrams_are_counted_by_epoch() -> None:
    """Gaps are telegrams that never came, duplicates those whose number had passed; a new epoch starts anew."""
    decoder = Decoder("QHD")
    for number in (1, 2, 5, 5, 4, 6):
        decoder.receive_data(sent(number))
    assert (decoder.counters.gaps, decoder.counters.duplicates) == (2, 2)
    decoder.receive_data(sent(1, epoch=2))
    decoder.receive_data(sent(2, epoch=2))
    assert (decoder.counters.gaps, decoder.counters.duplicates) == (2, 2)


def test_each_fault_is_counted_and_told() -> None:
    """What is no telegram for us comes as an event with its reason and counts under it."""
    decoder = Decoder("QHD")
    damaged = bytearray(sent(1))
    damaged[30] ^= 1
    decoder.receive_data(bytes(damaged) + sent(2, station="XYZ") + b"\0" + b"x" * 500 + b"\0" + b"\x09z\0")
    reasons = [event.reason for event in events_of(decoder) if isinstance(event, Rejected)]
    assert sorted(reasons) in (
        ["crc_errors", "framing_errors", "framing_errors", "unknown_stations"],
        ["framing_errors", "framing_errors", "framing_errors", "unknown_stations"],
    )
    assert decoder.counters.unknown_stations == 1
    assert decoder.counters.crc_errors + decoder.counters.framing_errors == 3


def test_a_cut_line_leaves_nothing_behind() -> None:
    """What was held of a frame when the line was cut is a framing error and does not spoil the next."""
    decoder = Decoder("QHD")
    decoder.receive_data(sent(1)[:20])
    decoder.interrupted()
    decoder.interrupted()
    assert decoder.counters.framing_errors == 1
    decoder.receive_data(sent(2))
    assert sequences(decoder) == [2]


def test_senders_without_number_take_no_memory() -> None:
    """A receiver that listens to every station follows a bounded number of them."""
    decoder = Decoder()
    for number in range(200):
        decoder.receive_data(sent(1, station=f"S{number}"))
    assert len(decoder._latest) <= 64
    assert decoder.counters.frames == 200
