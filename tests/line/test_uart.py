"""Bytes on an asynchronous line whose bits are damaged: which bytes come out of it."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_simulator.line_faults import LineFaults
from stationmaster_simulator.uart import BITS, Uart


class Told(random.Random):
    """Dice that make faults at the bits that a test wants; `skip` is asked for the distance to the next."""

    def __init__(self, *bits: int) -> None:
        super().__init__(1)
        self._distances = [after - before - 1 for before, after in zip((-1, *bits), bits, strict=False)]

    def random(self) -> float:
        """A number that `skip`, at a probability of one half, turns into the next distance."""
        distance = self._distances.pop(0) if self._distances else 10**3
        return 1.0 - 0.5 ** min(distance + 0.5, 1000) if distance < 50 else 1.0 - 2.0**-50


def received(data: bytes, *bits: int) -> bytes:
    """What is received of fewer than 5 bytes when these bits on the line are read as the other."""
    return Uart(Told(*bits), flip=0.5).pass_on(data)


def test_a_wrong_bit_between_start_and_stop_is_a_wrong_bit_of_the_byte() -> None:
    """Bit 1 of a byte's ten is its lowest."""
    assert received(b"\x55\x55\x55", BITS + 1) == b"\x55\x54\x55"
    assert received(b"\x55\x55\x55", BITS + 8) == b"\x55\xd5\x55"


def test_a_start_bit_that_is_missed_makes_the_receiver_slip() -> None:
    """The next zero is taken for the start; all that follows is shifted until a true start is met again."""
    # 0xFE on the line: 0 | 0 1 1 1 1 1 1 1 | 1. Without its start its lowest bit is the start, and the next byte's
    # start is where its ninth bit should be: a wrong stop bit, taken for the start of the next byte.
    assert received(b"\xfe\x41\x42", 0) == b"\xff\x41\x42"
    # 0xFF has no other zero: it is lost, and nothing else is.
    assert received(b"\xff\x41\x42", 0) == b"\x41\x42"
    # 0x0F: 0 | 1 1 1 1 0 0 0 0 | 1. Its sixth bit is taken for the start, and two bytes are read across the true ones.
    assert received(b"\x0f\x41\xff\xff", 0) == b"\x28\xd4\xff"


def test_a_wrong_stop_bit_does_not_lose_the_byte() -> None:
    """It is handed over; its stop bit is taken for the next start, so the next byte is wrong."""
    first, *rest = received(b"\x41\x42\xff", BITS - 1)
    assert first == 0x41
    assert rest[0] != 0x42


def test_zeros_with_a_wrong_stop_bit_are_a_break_and_no_byte() -> None:
    """It lasts until the line is at rest; the zero byte that it was is not received."""
    assert received(b"\x00\xff\xff", BITS - 1) == b"\xff"


@given(st.binary(max_size=200), st.integers(0, 2**32), st.sampled_from([1e-3, 1e-2, 0.2]), st.integers(1, 40))
def test_pieces_make_no_difference(data: bytes, seed: int, flip: float, piece: int) -> None:
    """Bytes handed over in any pieces are received as if they had come at once."""
    whole = Uart(random.Random(seed), flip=flip, burst=flip / 10).pass_on(data)
    uart = Uart(random.Random(seed), flip=flip, burst=flip / 10)
    assert b"".join(uart.pass_on(data[at : at + piece]) for at in range(0, len(data), piece)) == whole


def test_faults_come_as_often_as_asked_for_and_the_receiver_finds_its_way_back() -> None:
    """Of ten bits two make bytes slip; between faults all is received as it was sent."""
    data = random.Random(5).randbytes(500_000)
    uart = Uart(random.Random(1), flip=1e-4)
    out = uart.pass_on(data)
    assert 430 < uart.flipped < 570
    assert 50 < uart.slips < 150
    assert abs(len(out) - len(data)) < 300
    blocks = [out[at : at + 40] for at in range(0, len(out), 5000)]
    assert sum(block in data for block in blocks) > 0.9 * len(blocks)


def test_a_cut_falls_within_a_byte_and_what_follows_is_found() -> None:
    """At most one byte is made up at either end of a cut, and then the line is as good as before."""
    made_up = 0
    for seed in range(50):
        faults = LineFaults(seed, uart=True)
        before = faults.pass_on(b"before")
        faults.cut = True
        last = faults.pass_on(b"A") + faults.pass_on(b"gone")
        faults.cut = False
        after = faults.pass_on(b"\x7f\xff\xffafter\xff")
        assert before == b"before"
        assert len(last) <= 1
        assert after.endswith(b"\xffafter\xff")
        made_up += last not in (b"", b"A")
    assert made_up > 5


def test_cuts_come_by_themselves() -> None:
    """As often, and as long, as asked for."""
    data = bytes(range(1, 256)) * 2000
    for uart in (False, True):
        faults = LineFaults(3, cuts=1e-4, cut_bytes=50, uart=uart)
        lost = len(data) - len(faults.pass_on(data))
        assert 35 < faults.cuts < 70
        assert 30 * faults.cuts < lost < 80 * faults.cuts
