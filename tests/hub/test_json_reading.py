"""Reading JSON that somebody sent."""

from __future__ import annotations

import pytest

from stationmaster.hub.web.json_reading import plain_json


def test_a_whole_number_is_one_however_it_is_written() -> None:
    """`30.0` and `3e1` are the integer 30; what is not whole stays as it is."""
    read = plain_json(b'{"a": 30.0, "b": 3e1, "c": 0.5, "d": 1e400}')
    assert read == {"a": 30, "b": 30, "c": 0.5, "d": float("inf")}
    assert [type(value) for value in read.values()] == [int, int, float, float]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"NaN", b"-Infinity", b'"\xff"', "{}".encode("utf-16")])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """Not JSON, too deep, not a number of JSON, not UTF-8: each is a ValueError and nothing worse."""
    with pytest.raises(ValueError, match=r"."):
        plain_json(body)
