"""Byte stuffing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_telegram.cobs import LONGEST, stuff, unstuff


@given(st.binary(max_size=LONGEST))
def test_what_was_stuffed_comes_back_and_held_no_zero(body: bytes) -> None:
    """Any body comes back from its stuffed form, which holds no zero and is one byte longer."""
    stuffed = stuff(body)
    assert 0 not in stuffed
    assert len(stuffed) == len(body) + 1
    assert unstuff(stuffed) == body


@given(st.binary(max_size=300))
def test_anything_may_be_unstuffed(data: bytes) -> None:
    """Whatever comes down a line is a body or a ValueError, and a body's stuffed form is what came."""
    with suppress(ValueError):
        assert stuff(unstuff(data)) == data


def test_the_papers_example() -> None:
    """The worked example of the published algorithm: zeros become distances to the next."""
    assert stuff(bytes.fromhex("4500002c4c79000040064f37")) == bytes.fromhex("024501042c4c79010540064f37")


@pytest.mark.parametrize("data", [b"", b"\x05ab", b"\x01\x00", b"\x01" * 255])
def test_no_body_is_refused(data: bytes) -> None:
    """Nothing, a code past the end, a zero, and too much are refused."""
    with pytest.raises(ValueError, match=r"body|code|zero"):
        unstuff(data)


def test_too_long_a_body_is_refused() -> None:
    """More than 253 bytes are not stuffed, since they would need a second code byte."""
    with pytest.raises(ValueError, match="more than 253"):
        stuff(bytes(254))
