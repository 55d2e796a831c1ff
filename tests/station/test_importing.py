"""Importing: all or nothing, with tracks, names and a way back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stationmaster.station import importing
from stationmaster.station.files import replace_text
from stationmaster.station.importing import import_timetable
from stationmaster.station.load import load_station
from stationmaster.station.occupation import conflicts
from stationmaster_kernel.values import CallKind

HEADER = "train_class,kind,train,origin,destination,arr,dep"
GOOD = f"{HEADER}\n快速,through,K1178,银川,北京西,00:33,00:53\n动车组,origin,D6778,明泽南,兴和北,,06:17\n"

Write = Callable[..., Path]


def test_the_real_day_finds_a_track_for_every_call(folder, real_day: Path) -> None:
    """All calls of the day are imported and allotted without conflict, and the station loads with them."""
    given = len(real_day.read_text("utf-8").splitlines()) - 1
    report = import_timetable(real_day, folder.path)
    assert report.faults == ()
    assert report.written
    assert (report.rows, report.allotted, report.unallotted) == (given, given, ())
    station = load_station(folder.path)
    assert len(station.timetable) == given
    assert all(row.track for row in station.timetable)
    assert list(conflicts(station.timetable, station.clearance)) == []
    assert {row.kind for row in station.timetable} >= {CallKind.ORIGIN, CallKind.TERMINUS, CallKind.THROUGH}


def test_importing_twice_gives_the_same_folder(folder, real_day: Path) -> None:
    """The second import finds everything as it wants it, and leaves the first one's backup alone."""
    before = (folder.path / "timetable.csv").read_bytes()
    report = import_timetable(real_day, folder.path)
    assert report.backup == folder.path / "timetable.csv.bak"
    once = folder.contents()
    assert once["timetable.csv.bak"] == before
    again = import_timetable(real_day, folder.path)
    assert again.written
    assert (again.backup, again.names_added) == (None, ())
    assert folder.contents() == once


def test_unknown_names_are_added_with_pinyin_and_reported(folder, write_csv: Write) -> None:
    """The rest of names.csv stays as it was, empty cells included."""
    folder.change("names.csv", "西安,Xi'an", "西安,")
    before = (folder.path / "names.csv").read_text("utf-8")
    report = import_timetable(write_csv(GOOD), folder.path)
    assert report.names_added == ("银川", "兴和北")
    assert (folder.path / "names.csv").read_text("utf-8") == f"{before}银川,Yinchuan\n兴和北,Xinghebei\n"
    assert [str(warning) for warning in report.warnings] == [
        "names.csv: 银川: is new; added as en 'Yinchuan' (allowed: its right name)",
        "names.csv: 兴和北: is new; added as en 'Xinghebei' (allowed: its right name)",
    ]


def test_one_bad_row_and_nothing_is_imported(folder, write_csv: Write) -> None:
    """Every bad row is reported with its line and reason, and the folder stays byte for byte as it was."""
    before = folder.contents()
    bad = "快速,through,K1,银川,北京西,25:00,00:53\n快速,thrugh,K3,银川,北京西,00:30,00:53\n"
    report = import_timetable(write_csv(GOOD + bad), folder.path)
    assert not report.written
    assert [str(fault) for fault in report.faults] == [
        "given.csv: line 4, arr: '25:00' is not a time (allowed: HH:MM, 00:00…23:59)",
        "given.csv: line 5, kind: 'thrugh' is not known; did you mean 'through'? "
        "(allowed: origin, terminus, through, passing)",
    ]
    assert folder.contents() == before


def test_a_repeated_row_is_refused(folder, write_csv: Write) -> None:
    """A sheet pasted twice does not double the day."""
    report = import_timetable(write_csv(GOOD + GOOD.split("\n", 1)[1]), folder.path)
    assert not report.written
    assert [fault.problem for fault in report.faults] == [
        "K1178 stands on line 2 already",
        "D6778 stands on line 3 already",
    ]


def test_what_cannot_be_allotted_is_refused_unless_the_user_wants_it(folder, write_csv: Write) -> None:
    """Thirteen trains at one time on twelve platform tracks: reported, and imported without track only when asked."""
    rows = "".join(f"快速,through,K{number},银川,北京西,10:00,10:10\n" for number in range(1, 14))
    before = folder.contents()
    refused = import_timetable(write_csv(f"{HEADER}\n{rows}"), folder.path)
    assert not refused.written
    assert [missing.row.number for missing in refused.unallotted] == ["K13"]
    assert refused.faults[0].place == "line 14"
    assert "every track is taken" in refused.faults[0].problem
    assert folder.contents() == before
    wanted = import_timetable(write_csv(f"{HEADER}\n{rows}"), folder.path, allow_unallotted=True)
    assert wanted.written
    assert [missing.row.number for missing in wanted.unallotted] == ["K13"]
    assert [row.number for row in load_station(folder.path).timetable if not row.track] == ["K13"]


def test_tracks_in_the_file_are_kept_and_their_conflicts_told(folder, write_csv: Write) -> None:
    """People may have their reasons, so it is a warning."""
    rows = "快速,through,K1,银川,北京西,10:00,10:10,4\n快速,through,K3,银川,北京西,10:05,10:12,4\n"
    report = import_timetable(write_csv(f"{HEADER},track\n{rows}"), folder.path)
    assert report.written
    assert report.allotted == 0
    assert "K3 and K1 (line 2) are on track 4 at the same time" in [warning.problem for warning in report.warnings]


def test_clearance_comes_from_the_folder(folder, write_csv: Write) -> None:
    """[clearance] decides what fits."""
    rows = "".join(f"快速,through,K{number},银川,北京西,10:00,10:10\n" for number in range(1, 13))
    late = "快速,through,K99,银川,北京西,10:16,10:20\n"
    assert import_timetable(write_csv(f"{HEADER}\n{rows}{late}"), folder.path).written
    folder.change("station.toml", "after_departure = 3", "after_departure = 8")
    assert not import_timetable(write_csv(f"{HEADER}\n{rows}{late}"), folder.path).written


def test_a_broken_folder_is_reported_and_left_alone(folder, write_csv: Write) -> None:
    """Without knowing the tracks nothing can be imported."""
    folder.change("places.toml", "[[track]]", "[[track")
    before = folder.contents()
    report = import_timetable(write_csv(GOOD), folder.path)
    assert not report.written
    assert [fault.file for fault in report.faults] == ["places.toml"]
    assert folder.contents() == before


def test_a_folder_without_timetable_and_names_gets_them(folder, write_csv: Write) -> None:
    """The first import into a new station."""
    (folder.path / "timetable.csv").unlink()
    (folder.path / "names.csv").unlink()
    report = import_timetable(write_csv(GOOD), folder.path)
    assert report.written
    assert report.backup is None
    assert (folder.path / "names.csv").read_text("utf-8").splitlines() == [
        "name,en",
        "银川,Yinchuan",
        "北京西,Beijingxi",
        "兴和北,Xinghebei",
    ]


@pytest.mark.parametrize("fails_at", ["names.csv", "timetable.csv"])
def test_a_disk_that_is_full_leaves_the_timetable_as_it_was(
    folder, write_csv: Write, monkeypatch, fails_at: str
) -> None:
    """The failure is a fault, not a traceback; no half-written file stays behind."""

    def full(path: Path, text: str) -> Path | None:
        if path.name == fails_at:
            raise OSError(28, "No space left on device")
        return replace_text(path, text)

    before = folder.contents()
    monkeypatch.setattr(importing, "replace_text", full)
    report = import_timetable(write_csv(GOOD), folder.path)
    assert not report.written
    assert "No space left on device" in report.faults[0].problem
    after = folder.contents()
    assert after["timetable.csv"] == before["timetable.csv"]
    assert not any(name.endswith(".new") for name in after)


def test_replacing_a_file_never_leaves_half_of_it(tmp_path: Path, monkeypatch) -> None:
    """If writing fails, the old text stands and the draft is gone."""
    path = tmp_path / "a.csv"
    path.write_text("old", "utf-8")

    def broken(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        replace_text(path, "new")
    assert [(item.name, item.read_text("utf-8")) for item in tmp_path.iterdir()] == [("a.csv", "old")]


def test_calendars_and_days_underway_may_stand_in_the_file(folder, write_csv: Write) -> None:
    """In Chinese too; a calendar that the folder does not have is a fault."""
    rows = (
        "快速,through,K1,银川,北京西,00:33,00:53,spring-festival,第2日,次日\n"
        "快速,terminus,K3,银川,明泽南,23:33,,,当日,\n"
    )
    report = import_timetable(write_csv(f"{HEADER},开行日历,到达日,出发日\n{rows}"), folder.path)
    assert report.faults == ()
    first, second = load_station(folder.path).timetable
    assert (first.arr_day, first.nights, first.days.calendar) == (1, 0, load_station(folder.path).calendars[0])
    assert (second.arr_day, second.days.calendar) == (0, None)
    row = "快速,origin,K5,明泽南,西安,,09:00,festival\n"
    unknown = import_timetable(write_csv(f"{HEADER},calendar\n{row}"), folder.path)
    assert [(fault.place, fault.problem) for fault in unknown.faults] == [
        ("line 2, calendar", "'festival' is not known; did you mean 'spring-festival'?")
    ]


def test_a_track_that_operations_give_is_left_to_them(folder, write_csv: Write) -> None:
    """It counts as occupied, and a later change of it is not hidden by a cell of the timetable."""
    folder.append("operations.csv", "K1178,,,5,,,,,,,\n")
    report = import_timetable(write_csv(GOOD), folder.path)
    assert (report.written, report.allotted) == (True, 1)
    station = load_station(folder.path)
    assert station.timetable[0].track == ""
    assert station.worked[0].track == "5"


def test_a_timetable_that_makes_operations_impossible_is_refused(folder, write_csv: Write) -> None:
    """A folder that loads never becomes one that does not: here the departure of a turnaround is gone."""
    before = folder.contents()
    rows = "高速动车,terminus,G6654,郑州东,明泽南,10:31,\n"
    report = import_timetable(write_csv(GOOD + rows), folder.path)
    assert not report.written
    assert [str(fault) for fault in report.faults] == [
        "operations.csv: line 14, turnaround: 'G6714' is not in the timetable "
        "(allowed: an origin call that leaves at most 12 hours after G6654 arrives)"
    ]
    assert folder.contents() == before
