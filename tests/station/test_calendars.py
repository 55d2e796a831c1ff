"""`calendars.csv`: what is read, what is refused and why, and that writing it is the reverse."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.calendars import calendars_text, read_calendars
from stationmaster.station.running_days import Calendar
from stationmaster_base.configuration import Faults

HEADER = "calendar,valid_from,valid_until,weekdays,added,removed"


def read(tmp_path: Path, text: str) -> tuple[tuple[Calendar, ...], list[str]]:
    (tmp_path / "calendars.csv").write_text(text, "utf-8")
    faults = Faults()
    calendars = read_calendars(tmp_path, faults)
    return calendars, [f"{fault.place}: {fault.problem}" for fault in faults]


def test_a_folder_without_the_file_has_no_calendars(tmp_path: Path) -> None:
    """Most stations need none."""
    faults = Faults()
    assert read_calendars(tmp_path, faults) == ()
    assert list(faults) == []


def test_every_cell_has_its_place(tmp_path: Path) -> None:
    """Lists of dates are divided by spaces; empty weekdays are every day, `-` is none."""
    calendars, faults = read(
        tmp_path,
        f"{HEADER}\nschool,2026-03-02,2026-07-10,12345,2026-07-11 2026-07-12,2026-04-06\nall,,,,,\n"
        "two,,,-,2026-01-01 2026-01-02,\n",
    )
    assert faults == []
    assert calendars == (
        Calendar(
            id="school",
            valid_from=date(2026, 3, 2),
            valid_until=date(2026, 7, 10),
            weekdays=(1, 2, 3, 4, 5),
            added=frozenset({date(2026, 7, 11), date(2026, 7, 12)}),
            removed=frozenset({date(2026, 4, 6)}),
        ),
        Calendar(id="all"),
        Calendar(id="two", weekdays=(), added=frozenset({date(2026, 1, 1), date(2026, 1, 2)})),
    )


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (",,,1,,", "line 2, calendar: is empty"),
        ("Früh jahr,,,,,", "line 2, calendar: 'Früh jahr' is not an identifier"),
        ("a,2026-02-30,,,,", "line 2, valid_from: '2026-02-30' is not a date"),
        ("a,2026-03-02,2026-03-01,,,", "line 2, valid_until: 2026-03-01 lies before valid_from"),
        ("a,,,08,,", "line 2, weekdays: '08' are not weekdays"),
        ("a,,,,2026-3-1,", "line 2, added: '2026-3-1' is not a date"),
        ("a,,,,,2026-03-01 2026-03-01", "line 2, removed: '2026-03-01' stands there twice"),
        ("a,,,,2026-03-01,2026-03-01", "line 2, removed: '2026-03-01' is also added"),
        ("a,,,-,,", "line 2, weekdays: '-' leaves no date, as none is added"),
        ("a,,,,,\na,,,,,", "line 3, calendar: 'a' stands on line 2 already"),
        ("a,,,,", "line 2: has 5 cells"),
    ],
)
def test_each_impossible_cell_is_one_fault_at_its_line_and_column(tmp_path: Path, row: str, fault: str) -> None:
    """A wrong row is refused for exactly the reason that it is wrong."""
    assert read(tmp_path, f"{HEADER}\n{row}\n")[1] == [fault]


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    """Several wrong cells in several rows are several faults."""
    assert len(read(tmp_path, f"{HEADER}\na b,x,y,9,z,w\nc,,,77,,\n")[1]) == 7


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(
    calendar=st.builds(
        Calendar,
        id=st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True),
        valid_from=st.none() | st.just(date(2019, 1, 1)),
        valid_until=st.none() | days,
        weekdays=st.sets(st.integers(1, 7)).map(lambda chosen: tuple(sorted(chosen))),
        added=st.frozensets(st.dates(date(2020, 1, 1), date(2024, 1, 1)), min_size=1),
        removed=st.frozensets(st.dates(date(2025, 1, 1), date(2030, 1, 1))),
    )
)
def test_a_calendar_that_is_written_reads_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, calendar: Calendar
) -> None:
    """Writing loses nothing."""
    assert read(tmp_path_factory.mktemp("calendars"), calendars_text([calendar])) == ((calendar,), [])


@given(text=st.text(max_size=200))
def test_no_text_crashes_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands in the file, the outcome is faults, and calendars that can be written and read again."""
    folder = tmp_path_factory.mktemp("calendars")
    (folder / "calendars.csv").write_bytes(f"{HEADER}\n{text}".encode("utf-8", "surrogatepass"))
    faults = Faults()
    good = read_calendars(folder, faults)
    if not len(faults):
        assert read(folder, calendars_text(good)) == (good, [])
