"""The year window with its eras, and the table of leap seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.rollover import ERA, YearWindow
from support.nmea_lines import utc

WINDOW = YearWindow()
LEAPS = LeapTable.shipped()


def test_the_window_holds_whole_years() -> None:
    """The first and the last second of the window are in it, their neighbours are not."""
    assert [
        WINDOW.holds(at) for at in (utc(2020, 1, 1) - 1, utc(2020, 1, 1), utc(2038, 1, 1) - 1, utc(2038, 1, 1))
    ] == [0, 1, 1, 0]


def test_real_rollovers_are_repaired_by_one_and_two_eras() -> None:
    """1999-08-22 was sent on 2019-04-07; a second era later it is sent on 2038-11-20, which the window refuses."""
    lost = utc(1999, 8, 22)
    assert lost + ERA == utc(2019, 4, 7)
    assert YearWindow(first=2019).eras_to(lost, utc(2019, 4, 7), 1.0) == 1
    assert WINDOW.eras_to(lost, utc(2019, 4, 7), 1.0) is None
    assert YearWindow(first=2020, last=2040).eras_to(lost, lost + 2 * ERA, 1.0) == 2
    assert WINDOW.eras_to(lost, lost + 2 * ERA, 1.0) is None


@given(st.floats(utc(1980, 1, 6), utc(2037, 1, 1)), st.floats(utc(2020, 1, 1), utc(2037, 1, 1)), st.floats(0.0, 100.0))
def test_a_repair_is_always_near_the_known_time(at: float, known: float, tolerance: float) -> None:
    """What is repaired lies within the tolerance of the known time, and only whole eras forward are added."""
    eras = WINDOW.eras_to(at, known, tolerance)
    if eras is not None:
        assert eras >= 0
        assert abs(at + eras * ERA - known) <= tolerance


def test_the_shipped_table_knows_what_there_was() -> None:
    """TAI − UTC was 10 s in 1972, 33 s in 2006 and is 37 s since 2017; GPS time is 18 s ahead of UTC."""
    at = [utc(1972, 1, 1), utc(2006, 1, 1) - 1, utc(2006, 1, 1), utc(2017, 1, 1), utc(2026, 11, 22)]
    assert [LEAPS.tai_ahead(each) for each in at] == [10, 32, 33, 37, 37]
    assert LEAPS.gps_ahead(utc(2026, 11, 22)) == 18
    assert len(LEAPS.leaps) == 27
    assert LEAPS.inserted(utc(2016, 12, 31), utc(2017, 1, 1)) == 1
    assert LEAPS.announced(utc(2016, 12, 31, 12))
    assert not LEAPS.announced(utc(2017, 1, 1))


def test_before_its_expiry_only_the_table_counts_and_after_it_the_end_of_any_month() -> None:
    """A second 60 that is not in the table is a fault until the table expires; then it is possible on a last day."""
    assert LEAPS.possible(utc(2017, 1, 1))
    assert not LEAPS.possible(utc(2026, 7, 1))
    late = utc(2028, 1, 1)
    assert LEAPS.expired(late)
    assert LEAPS.possible(late)
    assert not LEAPS.possible(late + 86400)
    assert not LEAPS.possible(late + 1)


@pytest.mark.parametrize(
    "lines",
    [[], ["start 10"], ["# Expires: 2027-06-28", "2016-12-31"], ["# Expires: soon"], ["# Expires: 2027-06-28", "x 1"]],
)
def test_a_broken_table_is_refused(lines: list[str]) -> None:
    """A table that cannot be read, or that does not say when it expires, is not used."""
    with pytest.raises(StationError, match="leap seconds"):
        LeapTable.from_lines(lines)
