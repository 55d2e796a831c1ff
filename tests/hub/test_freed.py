"""Memory that was freed goes back to the system."""

from __future__ import annotations

import pytest

from stationmaster.hub import freed


def test_what_is_free_is_given_back_wherever_the_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """The C library is told to keep nothing; one that has no such call is let alone."""
    freed.give_back()
    told: list[int] = []

    class Library:
        malloc_trim = told.append

    monkeypatch.setattr(freed, "_LIBRARY", Library)
    freed.give_back()
    assert told == [0]
    monkeypatch.setattr(freed, "_LIBRARY", object())
    freed.give_back()
    assert told == [0]
