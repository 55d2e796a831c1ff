"""`operations.csv`: the most specific row wins field by field, and what cannot be is said at once."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.station.load import load_station
from stationmaster.station.operations import (
    OPERATION_COLUMNS,
    Operation,
    Operations,
    Template,
    read_operations,
)
from stationmaster.station.running_days import RunningDays
from stationmaster.station.timetable import TimetableRow
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
CLASSES = ("高速动车", "快速")
HEADER = ",".join(OPERATION_COLUMNS)


def row(number: str, kind: CallKind, arr: str = "", dep: str = "", **more: object) -> TimetableRow:
    usual = TimetableRow(
        line=7,
        train_class="快速",
        kind=kind,
        number=number,
        numbers=(number,),
        origin="甲",
        destination="乙",
        arrival=time.fromisoformat(arr) if arr else None,
        departure=time.fromisoformat(dep) if dep else None,
    )
    return replace(usual, **more)


ENDS = row("K2", CallKind.TERMINUS, "10:00", line=2)
BEGINS = row("K3", CallKind.ORIGIN, "", "12:00", line=3)
STOPS = row("K5", CallKind.THROUGH, "11:00", "11:05", line=4, numbers=("K5", "K8"))
PASSES = row("K7", CallKind.PASSING, "11:30", "11:30", line=5)
TIMETABLE = (ENDS, BEGINS, STOPS, PASSES)


def read(
    tmp_path: Path, *lines: str, header: str = HEADER, timetable: tuple[TimetableRow, ...] = TIMETABLE
) -> tuple[Operations, list[str]]:
    (tmp_path / "operations.csv").write_text("\n".join((header, *lines, "")), "utf-8")
    faults = Faults()
    operations = read_operations(tmp_path, PLACES, CLASSES, timetable, faults)
    return operations, [f"{fault.place}: {fault.problem}" for fault in faults]


def test_a_folder_without_the_file_has_no_templates(tmp_path: Path) -> None:
    """The timetable and the platforms say enough for a small station."""
    faults = Faults()
    assert read_operations(tmp_path, PLACES, CLASSES, TIMETABLE, faults) == Operations()
    assert list(faults) == []


def test_every_cell_has_its_place(tmp_path: Path) -> None:
    """Columns that are not needed may be left out."""
    operations, faults = read(tmp_path, "K8,快速,through,1,1A 1B,A,N,17辆,,-25,-4", "K2,,,,,,,,K3,,")
    assert faults == []
    assert operations.templates == (
        Template(
            line=2,
            train="K8",
            train_class="快速",
            kind=CallKind.THROUGH,
            operation=Operation(
                track="1", gates=("1A", "1B"), areas=("A",), exits=("N",), formation="17辆", opens=-25, closes=-4
            ),
        ),
        Template(line=3, train="K2", operation=Operation(turnaround="K3")),
    )
    short, faults = read(tmp_path, "快速,8辆", header="train_class,formation")
    assert faults == []
    assert short.of(STOPS).formation == "8辆"


def test_the_most_specific_row_wins_field_by_field(tmp_path: Path) -> None:
    """Train before class and kind, before class, before kind; and the timetable's own cells before all."""
    operations, faults = read(
        tmp_path,
        ",,through,1,1A,A,N,by kind,,-10,-1",
        ",快速,,,1B,,,by class,,-20,",
        ",快速,through,,,,,by both,,-30,",
        "K5,,,,,,,,,-40,",
    )
    assert faults == []
    assert operations.of(STOPS) == Operation(
        track="1", gates=("1B",), areas=("A",), exits=("N",), formation="by both", opens=-40, closes=-1
    )
    own = replace(STOPS, gates=("1A",))
    assert operations.of(own).gates == ("1A",)
    assert operations.worked(own) == replace(own, track="1", areas=("A",), exits=("N",))


def test_of_several_numbers_the_first_that_has_a_row_wins(tmp_path: Path) -> None:
    """And each of them is one of the train's."""
    operations, _ = read(tmp_path, "K8,,,,,,,by K8,,-9,-3", "K5,,,,,,,by K5,,,")
    assert operations.of(STOPS).formation == "by K5"
    assert operations.of(STOPS).opens == -9


def test_what_a_call_does_not_have_is_not_said_of_it(tmp_path: Path) -> None:
    """A class's check-in is not its passing trains', and only an ending train has a turnaround."""
    operations, faults = read(tmp_path, ",快速,,,,,,17辆,,-20,-3", "K2,,,,,,,,K3,,")
    assert faults == []
    assert operations.of(PASSES) == Operation(formation="17辆")
    assert operations.of(ENDS) == Operation(formation="17辆", turnaround="K3")
    assert operations.of(BEGINS) == Operation(formation="17辆", opens=-20, closes=-3)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("k5,,,,,,,8,,,", "line 2, train: 'k5' is not a train number"),
        ("K5/K8,,,,,,,8,,,", "line 2, train: 'K5/K8' are 2 numbers"),
        (",快车,origin,,,,,8,,,", "line 2, train_class: '快车' is not known"),
        ("K5,,thru,,,,,8,,,", "line 2, kind: 'thru' is not known"),
        (",,,,,,,8,,,", "line 2, train: is empty, and so are train_class and kind"),
        ("K5,,,,,,,,,,", "line 2, track: is empty, and so is all that could be said"),
        ("K5,,,9,,,,,,,", "line 2, track: '9' is not known"),
        ("K5,,,,1C,,,,,,", "line 2, gates: '1C' is not known"),
        ("K5,,,,,B,,,,,", "line 2, areas: 'B' is not known"),
        ("K5,,,,,,S,,,,", "line 2, exits: 'S' is not known"),
        (f"K5,,,,,,,{'8' * 41},,,", f"line 2, formation: '{'8' * 41}' has 41 characters"),
        ("K5,,,,,,,,,-601,", "line 2, opens: '-601' is not possible"),
        ("K5,,,,,,,,,,soon", "line 2, closes: 'soon' is not possible"),
        ("K5,,,,,,,,,-3,-3", "line 2, closes: '-3' is not after opens"),
        (",,terminus,,,,,,,-20,", "line 2, opens: '-20' stands there, and the kind is terminus"),
        (",,terminus,,,,,,K3,,", "line 2, turnaround: 'K3' stands there, and no train"),
        ("K2,,origin,,,,,,K3,,", "line 2, turnaround: 'K3' stands there, and the kind is origin"),
        ("K5,,,2,,,,,,,", "line 2, track: track '2' has no platform, and K5 (timetable.csv, line 4) stops"),
        (",快速,,2,,,,,,,", "line 2, track: track '2' has no platform, and K2 (timetable.csv, line 2) stops"),
        (
            "K5,,,,,,,,,-1,\n,快速,,,,,,,,,-5",
            "line 2, opens: '-1' is not before closes, '-5', for K5 (timetable.csv, line 4)",
        ),
        ("K5,,,,,,,8,,,\nK5,,,,,,,9,,,", "line 3, train: the same calls are selected on line 2 already"),
        ("K2,,,,,,,,K4,,", "line 2, turnaround: 'K4' is not in the timetable"),
        ("K2,,,,,,,,K8,,", "line 2, turnaround: 'K8' is no origin call (line 4 of the timetable: through)"),
        ("K5,,,,,,,,K3,,", "line 2, turnaround: 'K3' stands there, and K5 does not end here"),
        ("K5,,,,,,,8,,", "line 2: has 10 cells"),
    ],
)
def test_each_impossible_cell_is_one_fault_at_its_line_and_column(tmp_path: Path, line: str, fault: str) -> None:
    """Also where it is impossible only for a train that the timetable has."""
    assert read(tmp_path, line)[1] == [fault]


def test_a_track_without_platform_may_be_said_of_passing_trains(tmp_path: Path) -> None:
    """That is what such tracks are for."""
    assert read(tmp_path, ",,passing,2,,,,,,,")[1] == []
    assert read(tmp_path, "K7,,,2,,,,,,,")[1] == []


def test_a_departure_before_the_arrival_is_no_turnaround(tmp_path: Path) -> None:
    """Nor one that is never on the same date, or much too late."""
    early = replace(BEGINS, departure=time(9, 50))
    weekend = replace(BEGINS, days=RunningDays(weekdays=(6,)))
    weekdays = replace(ENDS, days=RunningDays(weekdays=(1, 2, 3)))
    late = replace(BEGINS, departure=time(22, 30))
    link = "K2,,,,,,,,K3,,"
    assert read(tmp_path, link, timetable=(ENDS, early))[1] == [
        "line 2, turnaround: 'K3' leaves at 09:50, before K2 arrives at 10:00"
    ]
    assert read(tmp_path, link, timetable=(weekdays, weekend))[1] == [
        "line 2, turnaround: 'K3' runs on no date on which K2 does"
    ]
    assert read(tmp_path, link, timetable=(ENDS, late))[1] == [
        "line 2, turnaround: 'K3' leaves at 22:30, too long after K2 arrives at 10:00"
    ]


def test_a_row_for_a_train_that_is_not_in_the_timetable_is_no_fault(tmp_path: Path) -> None:
    """A seasonal train may be gone; the check warns of it."""
    assert read(tmp_path, "K99,,,,,,,,K98,,")[1] == []


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    """Those of the file and those against the timetable."""
    faults = read(tmp_path, "k5,快车,thru,9,1C,B,S,,,x,y", "K2,,,,,,,,K4,,", "K5,,,2,,,,,,,")[1]
    assert len(faults) == 11


@given(
    text=st.text(max_size=200)
    | st.lists(st.sampled_from([*HEADER.split(","), "K5", "-3", "", '"', "\n"])).map(",".join)
)
def test_no_text_crashes_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands in the file, the outcome is faults, and an answer for every call."""
    folder = tmp_path_factory.mktemp("operations")
    (folder / "operations.csv").write_bytes(f"{HEADER}\n{text}".encode("utf-8", "surrogatepass"))
    operations = read_operations(folder, PLACES, CLASSES, TIMETABLE, Faults())
    assert all(operations.of(each).track in ("", "1", "2") for each in TIMETABLE)


def test_the_samples_templates_are_believable(sample: Path) -> None:
    """Every train has a formation; linked trains use one track and have the time for it."""
    whole = load_station(sample)
    assert all(whole.operations.of(each).formation for each in whole.timetable)
    links = [(each, whole.operations.of(each).turnaround) for each in whole.timetable]
    linked = [(each, number) for each, number in links if number]
    assert len(linked) >= 3
    for ending, number in linked:
        (begins,) = [each for each in whole.timetable if each.number == number]
        assert begins.track == ending.track
        assert 30 <= begins.minutes[1] - ending.minutes[0] <= 180
        assert begins.train_class == ending.train_class
    assert date(2026, 2, 16) in whole.calendars[0].removed
