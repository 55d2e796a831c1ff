"""Memory that was freed goes back to the system."""

from __future__ import annotations

import ctypes

import pytest

from stationmaster_base.freed import give_back


def test_what_is_free_is_given_back_wherever_the_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """The C library is told to keep nothing; one that has no such call is let alone."""
    give_back()
    told: list[int] = []

    class Library:
        malloc_trim = told.append

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    give_back()
    assert told == [0]
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    give_back()
    assert told == [0]
