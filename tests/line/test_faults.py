"""Faults of a line: as many as asked for, and the same from the same seed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_simulator.line_faults import LineFaults


@given(st.integers(), st.lists(st.binary(max_size=300), max_size=6))
def test_a_line_without_faults_carries_everything(seed: int, pieces: list[bytes]) -> None:
    """With all probabilities zero, what is sent arrives."""
    faults = LineFaults(seed)
    assert [faults.pass_on(piece) for piece in pieces] == pieces


@given(st.integers(0, 2**32), st.lists(st.integers(0, 200), max_size=20))
def test_the_same_seed_gives_the_same_faults_however_the_bytes_are_cut(seed: int, cuts: list[int]) -> None:
    """Flips fall on the same bits whether the bytes come at once or in pieces."""
    data = bytes(4000)
    whole = LineFaults(seed, flip=1e-3).pass_on(data)
    faults = LineFaults(seed, flip=1e-3)
    at, parts = 0, b""
    for cut in cuts:
        parts += faults.pass_on(data[at : at + cut])
        at += cut
    parts += faults.pass_on(data[at:])
    assert parts == whole


def test_faults_come_as_often_as_asked_for() -> None:
    """Rates are what they say, within what chance allows for this seed."""
    data = bytes(1_000_000)
    faults = LineFaults(1, flip=1e-4)
    flipped = sum(byte.bit_count() for byte in faults.pass_on(data))
    assert flipped == faults.flipped
    assert 700 < flipped < 900
    faults = LineFaults(2, drop=1e-3)
    assert len(data) - len(faults.pass_on(data)) == faults.dropped
    assert 900 < faults.dropped < 1100
    faults = LineFaults(3, insert=1e-3)
    assert len(faults.pass_on(data)) - len(data) == faults.inserted
    assert 900 < faults.inserted < 1100
    faults = LineFaults(4, burst=1e-3, burst_bytes=20)
    damaged = sum(byte != 0 for byte in faults.pass_on(data))
    assert 900 < faults.bursts < 1100
    assert 15_000 < damaged < 25_000


def test_a_cut_line_carries_nothing() -> None:
    """Until it is mended."""
    faults = LineFaults(1)
    faults.cut = True
    assert faults.pass_on(b"abc") == b""
    faults.cut = False
    assert faults.pass_on(b"abc") == b"abc"


def test_a_line_that_loses_everything_loses_everything() -> None:
    """Probability one is allowed."""
    assert LineFaults(1, drop=1.0).pass_on(bytes(100)) == b""
    assert LineFaults(1, flip=1.0).pass_on(b"\x0f") == b"\xf0"
