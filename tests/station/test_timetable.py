"""The base timetable's rows: what is read, what is refused and why, and that writing them is the reverse."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.load import load_station
from stationmaster.station.running_days import Calendar, RunningDays
from stationmaster.station.timetable import RawRow, TimetableRow, read_row, read_timetable, timetable_text
from stationmaster_base.configuration import Faults
from stationmaster_kernel.configuration import Place, PlaceKind
from stationmaster_kernel.values import CallKind

PLACES = (
    Place(id="1", kind=PlaceKind.TRACK, names=(("zh", "1道"),), platform="1"),
    Place(id="2", kind=PlaceKind.TRACK, names=(("zh", "2道"),)),
    *(Place(id=name, kind=PlaceKind.GATE, names=(("zh", name),)) for name in ("1A", "1B")),
    Place(id="A", kind=PlaceKind.AREA, names=(("zh", "A"),)),
    Place(id="N", kind=PlaceKind.EXIT, names=(("zh", "N"),)),
)
GOOD = {
    "train_class": "快速",
    "kind": "through",
    "train": "K1178/K1175",
    "origin": "银川",
    "destination": "北京",
    "arr": "23:51",
    "dep": "00:09",
    "track": "1",
    "gates": "1A 1B",
    "areas": "A",
    "exits": "N",
    "valid_from": "2026-01-01",
    "valid_until": "2026-12-31",
    "weekdays": "57",
}
CALENDARS = (
    Calendar(id="school", weekdays=(1, 2, 3, 4, 5)),
    Calendar(id="fair", weekdays=(), added=frozenset({date(2026, 5, 1)})),
)
HEADER = "train_class,kind,train,origin,destination,arr,dep"


def read(**cells: str) -> tuple[TimetableRow | None, list[str]]:
    faults = Faults()
    row = read_row(RawRow(line=7, **(GOOD | cells)), PLACES, "timetable.csv", faults, CALENDARS)
    return row, [f"{fault.place}: {fault.problem}" for fault in faults]


def table_faults(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "timetable.csv").write_text(text, "utf-8")
    faults = Faults()
    read_timetable(tmp_path, PLACES, (), faults)
    return [f"{fault.place}: {fault.problem}" for fault in faults]


def test_a_full_row_is_read_with_all_its_values() -> None:
    """Every column has its place in the row; the first number is the key."""
    row, faults = read()
    assert faults == []
    assert row == TimetableRow(
        line=7,
        train_class="快速",
        kind=CallKind.THROUGH,
        number="K1178",
        numbers=("K1178", "K1175"),
        origin="银川",
        destination="北京",
        arrival=time(23, 51),
        departure=time(0, 9),
        track="1",
        gates=("1A", "1B"),
        areas=("A",),
        exits=("N",),
        days=RunningDays(valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31), weekdays=(5, 7)),
    )
    assert row is not None
    assert row.minutes == (23 * 60 + 51, 24 * 60 + 9)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"kind": "thru"}, "line 7, kind: 'thru' is not known"),
        ({"train": ""}, "line 7, train: '' is not a train number"),
        ({"train": "G1/G1"}, "line 7, train: 'G1/G1' has a number twice"),
        ({"train": "g1"}, "line 7, train: 'g1' is not a train number"),
        ({"train_class": " "}, "line 7, train_class: is empty"),
        ({"origin": ""}, "line 7, origin: is empty"),
        ({"arr": "24:00"}, "line 7, arr: '24:00' is not a time"),
        ({"arr": "7:04"}, "line 7, arr: '7:04' is not a time"),
        ({"arr": ""}, "line 7, arr: is empty, and the kind is through"),
        ({"kind": "origin"}, "line 7, arr: '23:51' stands there, and the kind is origin"),
        ({"kind": "terminus"}, "line 7, dep: '00:09' stands there, and the kind is terminus"),
        ({"kind": "terminus", "arr": "", "dep": ""}, "line 7, arr: is empty, and the kind is terminus"),
        ({"kind": "passing"}, "line 7, dep: '00:09' is not the time of arr"),
        ({"kind": "passing", "arr": "", "dep": ""}, "line 7, arr: is empty"),
        ({"track": "9"}, "line 7, track: '9' is not known"),
        ({"track": "2"}, "line 7, track: track '2' has no platform, and the train stops"),
        ({"gates": "1A 1A"}, "line 7, gates: '1A' stands there twice"),
        ({"gates": "1Z"}, "line 7, gates: '1Z' is not known"),
        ({"areas": "B"}, "line 7, areas: 'B' is not known"),
        ({"exits": "B"}, "line 7, exits: 'B' is not known"),
        ({"valid_from": "2026-02-30"}, "line 7, valid_from: '2026-02-30' is not a date"),
        ({"valid_from": "2026-W01-1"}, "line 7, valid_from: '2026-W01-1' is not a date"),
        ({"valid_from": "2027-01-01"}, "line 7, valid_until: 2026-12-31 lies before valid_from"),
        ({"weekdays": "8"}, "line 7, weekdays: '8' are not weekdays"),
        ({"weekdays": "11"}, "line 7, weekdays: '11' are not weekdays"),
        ({"calendar": "scool"}, "line 7, calendar: 'scool' is not known"),
        ({"arr_day": "5"}, "line 7, arr_day: '5' is not possible"),
        ({"arr_day": "x"}, "line 7, arr_day: 'x' is not possible"),
        ({"dep_day": "0"}, "line 7, dep_day: '0' puts the departure before the arrival"),
        ({"arr_day": "2", "dep_day": "2"}, "line 7, dep_day: '2' puts the departure before the arrival"),
        ({"arr_day": "4"}, "line 7, arr_day: '4' puts the departure beyond day 4"),
        ({"kind": "origin", "arr": "", "arr_day": "1"}, "line 7, arr_day: '1' stands there, and the kind is origin"),
        (
            {"kind": "terminus", "dep": "", "dep_day": "1"},
            "line 7, dep_day: '1' stands there, and the kind is terminus",
        ),
        (
            {"kind": "passing", "dep": "", "arr_day": "1", "dep_day": "2"},
            "line 7, dep_day: '2' is not arr_day",
        ),
    ],
)
def test_each_impossible_cell_is_one_fault_at_its_line_and_column(cells: dict[str, str], fault: str) -> None:
    """A wrong row is refused for exactly the reason that it is wrong."""
    row, faults = read(**cells)
    assert row is None
    assert faults == [fault]


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    """Several wrong cells are several faults."""
    _, faults = read(kind="x", train="", arr="x", track="x")
    assert len(faults) == 4


@pytest.mark.parametrize(
    ("cells", "service_day", "minutes"),
    [
        ({}, 0, (1431, 1449)),
        ({"arr_day": "1"}, 1, (1431, 1449)),
        ({"arr_day": "1", "dep_day": "2"}, 1, (1431, 1449)),
        ({"dep_day": "1"}, 0, (1431, 1449)),
        ({"dep_day": "2"}, 0, (1431, 2889)),
        ({"arr": "00:05", "arr_day": "3"}, 3, (5, 9)),
        ({"arr": "00:05", "arr_day": "3", "dep_day": "4"}, 3, (5, 1449)),
        ({"kind": "terminus", "dep": "", "arr_day": "2"}, 2, (1431, 1431)),
        ({"kind": "origin", "arr": "", "dep_day": "1"}, 1, (9, 9)),
        ({"kind": "passing", "arr": "", "dep_day": "1"}, 1, (9, 9)),
    ],
)
def test_days_underway_place_the_call_after_the_date_at_the_origin(
    cells: dict[str, str], service_day: int, minutes: tuple[int, int]
) -> None:
    """Without `dep_day` the departure is the first one after the arrival."""
    row, faults = read(**cells)
    assert faults == []
    assert row is not None
    assert (row.service_day, row.minutes) == (service_day, minutes)


def test_a_train_that_began_on_friday_calls_on_saturday() -> None:
    """Calendars, weekdays and validity are tested on the date at the train's origin."""
    row, _ = read(arr="00:05", dep="00:09", arr_day="1", weekdays="5", valid_until="2026-03-06", calendar="school")
    assert row is not None
    calls = [day for number in range(1, 32) if row.calls_on(day := date(2026, 3, number))]
    assert calls == [date(2026, 3, 7)]
    assert not row.calls_on(date.min)


def test_a_row_with_a_calendar_runs_on_its_dates_alone() -> None:
    """And only as far as its own validity allows."""
    row, faults = read(calendar="fair", weekdays="", valid_from="", valid_until="")
    assert faults == []
    assert row is not None
    assert [day for number in range(1, 32) if row.calls_on(day := date(2026, 5, number))] == [date(2026, 5, 1)]


def test_the_same_call_by_way_of_two_dates_at_the_origin_is_a_repetition(tmp_path: Path) -> None:
    """What counts is the service date here: Friday's train with a night underway, and Saturday's without."""
    row = "快速,through,K1,A,B,10:00,10:05"
    columns = f"{HEADER},weekdays,arr_day"
    assert len(table_faults(tmp_path, f"{columns}\n{row},5,1\n{row},6,0\n")) == 1
    assert table_faults(tmp_path, f"{columns}\n{row},5,1\n{row},5,0\n") == []


@pytest.mark.parametrize(("arr", "dep"), [("12:01", "12:01"), ("12:01", ""), ("", "12:01")])
def test_a_passing_train_has_one_time_in_either_or_both(arr: str, dep: str) -> None:
    """Whichever cell has it, it is both arrival and departure; such a train may use a track without platform."""
    row, faults = read(kind="passing", arr=arr, dep=dep, track="2")
    assert faults == []
    assert row is not None
    assert (row.arrival, row.departure) == (time(12, 1), time(12, 1))


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", 7),
        ("train_class,kind\n", 5),
        (f"{HEADER},trak\n", 1),
        (f"{HEADER},arr\n", 1),
        (f"{HEADER}\n快速,through,K1,A,B,10:00\n", 1),
        (f"{HEADER}\n快速,through,K1,A,B,10:00,10:05,\n", 1),
        (f'{HEADER}\n快速,through,"K1,A,B,10:00,10:05\n', 1),
        (f"{HEADER}\n快速,through,K1,A,B,10:00,10:05\n快速,through,K3/K1,A,B,10:00,10:05\n", 1),
        (f"{HEADER}\n快速,through,K1,A,B,10:00,10:05\n\n快速,through,K1,A,B,11:00,11:05\n", 0),
    ],
)
def test_the_files_own_form_is_checked(tmp_path: Path, text: str, faults: int) -> None:
    """Columns, numbers of cells, quotes and repeated trains; the same number at another time is another call."""
    assert len(table_faults(tmp_path, text)) == faults


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    """Blank lines count."""
    text = f"{HEADER}\n\n\n快速,thru,K1,A,B,10:00,10:05\n"
    assert table_faults(tmp_path, text) == ["line 4, kind: 'thru' is not known"]


def test_the_same_train_on_other_weekdays_is_no_repetition(tmp_path: Path) -> None:
    """Two rows that never run on the same date do not contradict each other."""
    row = "快速,through,K1,A,B,10:00,10:05"
    assert table_faults(tmp_path, f"{HEADER},weekdays\n{row},12345\n{row},67\n") == []
    assert len(table_faults(tmp_path, f"{HEADER},weekdays\n{row},12345\n{row},567\n")) == 1


def test_writing_the_samples_timetable_gives_its_file(sample: Path) -> None:
    """The file of the sample is in the form in which imports write."""
    text = timetable_text(load_station(sample).timetable)
    assert text == (sample / "timetable.csv").read_text("utf-8")


clock = st.times().map(lambda value: value.replace(second=0, microsecond=0, tzinfo=None))
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@st.composite
def rows(draw: st.DrawFn) -> TimetableRow:
    kind = draw(st.sampled_from(CallKind))
    numbers = tuple(
        draw(st.lists(st.from_regex(r"[GDK][1-9][0-9]{0,3}", fullmatch=True), min_size=1, max_size=3, unique=True))
    )
    arrival = None if kind is CallKind.ORIGIN else draw(clock)
    departure = None if kind is CallKind.TERMINUS else draw(clock)
    arr_day = 0 if kind is CallKind.ORIGIN else draw(st.integers(0, 2))
    longer = st.none()
    if kind is CallKind.THROUGH and arrival is not None and departure is not None:
        longer |= st.integers(arr_day + 1 + (departure < arrival), 4)
    elif kind is CallKind.ORIGIN:
        longer |= st.integers(1, 4)
    return TimetableRow(
        line=2,
        train_class=draw(words),
        kind=kind,
        number=numbers[0],
        numbers=numbers,
        origin=draw(words),
        destination=draw(words),
        arrival=arrival,
        departure=arrival if kind is CallKind.PASSING else departure,
        track=draw(st.sampled_from(["", "1"])),
        gates=tuple(draw(st.lists(st.sampled_from(["1A", "1B"]), unique=True))),
        arr_day=arr_day,
        dep_day=draw(longer),
        days=RunningDays(
            valid_from=draw(st.none() | st.dates(date(2020, 1, 1), date(2025, 1, 1))),
            valid_until=draw(st.none() | st.dates(date(2025, 1, 2), date(2030, 1, 1))),
            weekdays=tuple(sorted(draw(st.sets(st.integers(1, 7), min_size=1)))),
            calendar=draw(st.none() | st.sampled_from(CALENDARS)),
        ),
    )


@given(row=rows())
def test_a_row_that_is_written_reads_as_the_same_row(
    tmp_path_factory: pytest.TempPathFactory, row: TimetableRow
) -> None:
    """Writing loses nothing."""
    folder = tmp_path_factory.mktemp("timetable")
    (folder / "timetable.csv").write_text(timetable_text([row]), "utf-8")
    faults = Faults()
    assert read_timetable(folder, PLACES, CALENDARS, faults) == (row,)
    assert list(faults) == []


cells = st.sampled_from(["快速", "through", "origin", "K1", "K1/K3", "10:00", "10:05", "", '"', "A,B", "\n"])


@given(text=st.text(max_size=200) | st.lists(cells, max_size=9).map(",".join))
def test_no_text_crashes_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands in the file, the outcome is faults, and rows that can be written and read again."""
    folder = tmp_path_factory.mktemp("timetable")
    (folder / "timetable.csv").write_bytes(f"{HEADER}\n{text}".encode("utf-8", "surrogatepass"))
    faults = Faults()
    good = read_timetable(folder, PLACES, (), faults)
    (folder / "timetable.csv").write_text(timetable_text(good), "utf-8")
    again = read_timetable(folder, PLACES, (), Faults())
    assert [replace(row, line=0) for row in again] == [replace(row, line=0) for row in good]
