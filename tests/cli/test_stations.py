"""`check`, `plan`, `draw` and `import`, as a person reads them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from station.gtfs_making import Feed
from stationmaster.cli.main import main

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """A copy of the sample station."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "station"))


def test_a_good_station_has_no_faults(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sample is good: exit code 0, and its size is told."""
    assert main(["check", str(station)]) == 0
    said = capsys.readouterr().out
    assert said.endswith(f"{station}: no faults.\n")
    assert "rows of timetable" in said


def test_every_fault_is_a_line_and_the_code_is_one(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults in several files, layouts included, come out together, each with its place, each once."""
    text = (station / "boards.toml").read_text("utf-8")
    (station / "boards.toml").write_text(text.replace('type = "ticket_hall"', 'type = "ticket-hall"', 1), "utf-8")
    layout = next(iter(sorted((station / "layouts").glob("*.toml"))))
    layout.write_text(layout.read_text("utf-8") + '\nnonsense = "x"\n', "utf-8")
    with (station / "timetable.csv").open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    row = {"train_class": "快速", "kind": "origin", "train": "K9", "origin": "甲", "destination": "乙", "dep": "25:00"}
    with (station / "timetable.csv").open("a", encoding="utf-8") as file:
        file.write(",".join(row.get(column, "") for column in columns) + "\n")
    assert main(["check", str(station)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("boards.toml: board[") and "ticket_hall" in line for line in lines)
    assert any(line.startswith(f"layouts/{layout.name}: ") and "nonsense" in line for line in lines)
    assert any(line.startswith("timetable.csv: line ") and "25:00" in line for line in lines)
    assert lines[-1] == f"{station}: {len(lines) - 1} faults."
    assert len(set(lines)) == len(lines)


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a misspelt folder."""
    assert main(["check", str(tmp_path / "none")]) == 1
    assert "does not exist" in capsys.readouterr().out


def test_a_timetable_is_imported(station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A good file replaces the timetable, gets its tracks, and the station still has no faults."""
    file = tmp_path / "day.csv"
    file.write_text(
        "train_class,kind,train,origin,destination,arr,dep\n快速,through,K9,呼和浩特,北京,07:00,07:10\n", "utf-8"
    )
    assert main(["import", "timetable", str(file), "--into", str(station)]) == 0
    said = capsys.readouterr().out
    assert "1 call imported into" in said
    assert "1 were given a track" in said
    assert main(["check", str(station)]) == 0
    assert len((station / "timetable.csv").read_text("utf-8").splitlines()) == 2


def test_a_bad_row_imports_nothing(station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One bad row of two leaves the folder as it was, and is named with its line."""
    before = (station / "timetable.csv").read_bytes()
    file = tmp_path / "day.csv"
    file.write_text(
        "train_class,kind,train,origin,destination,arr,dep\n"
        "快速,through,K9,呼和浩特,北京,07:00,07:10\n快速,through,K11,呼和浩特,北京,soon,07:10\n",
        "utf-8",
    )
    assert main(["import", "timetable", str(file), "--into", str(station)]) == 1
    said = capsys.readouterr().out
    assert "day.csv: line 3" in said
    assert "Nothing was imported: 1 fault." in said
    assert (station / "timetable.csv").read_bytes() == before


def test_a_stop_of_a_feed_is_imported(station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be brought in is listed, trip by trip, and the station then has no faults."""
    feed = str(Feed(tmp_path / "feed.zip").write())
    words = ["import", "gtfs", feed, "--stop", "MZN", "--class", "K=快速", "--track", "Z=14", "--into", str(station)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "9 calls imported into" in said
    assert "left out: 1 trip: runs on no date\n  t-never (line 26)\n" in said
    assert main(["check", str(station)]) == 0


def test_a_faulty_feed_imports_nothing(station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each fault is a line, and the code is one."""
    before = (station / "timetable.csv").read_bytes()
    feed = Feed(tmp_path / "feed.zip").change("stop_times.txt", "10:00:00,10:05:59", "x,y").write()
    assert main(["import", "gtfs", str(feed), "--stop", "MZN", "--into", str(station)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("stop_times.txt: line 3, arrival_time: 'x' is not possible (allowed: HH:MM:SS")
    assert said[1].startswith("stop_times.txt: line 3, departure_time: 'y' is not possible")
    assert "Nothing was imported: 2 faults." in said
    assert (station / "timetable.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--stop"),
        (("--stop", "MZN", "--class", "K"), "'K' is no pair"),
        (("--stop", "MZN", "--track", "=4"), "'=4' is no pair"),
        (("--stop", "MZN", "--route-types", "2-"), "'2-' are no route types"),
    ],
)
def test_what_a_feed_does_not_say_must_be_said(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """A missing or misspelt option is one message, and exit code 2."""
    try:
        code = main(["import", "gtfs", str(tmp_path / "feed.zip"), "--into", str(station), *words])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert said in capsys.readouterr().err


def test_without_the_library_the_extra_is_named(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub without `stationmaster[gtfs]` says what to install."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "pygtfs"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygtfs", None)
    feed = Feed(tmp_path / "feed.zip").write()
    assert main(["import", "gtfs", str(feed), "--stop", "MZN", "--into", str(station)]) == 2
    assert "pip install 'stationmaster[gtfs]'" in capsys.readouterr().err


def test_plans_are_written(station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To the screen as CSV, or as JSON into a file."""
    assert main(["plan", str(station), "--from", "2026-03-06", "--days", "1"]) == 0
    assert capsys.readouterr().out.startswith("date,train_class,kind,train,origin,")
    out = tmp_path / "week.json"
    words = ["plan", str(station), "--from", "2026-03-06", "--days", "7", "--format", "json", "--out", str(out)]
    assert main(words) == 0
    assert capsys.readouterr().out == f"The plans of 7 dates from 2026-03-06 on are in {out}.\n"
    days = json.loads(out.read_text("utf-8"))["days"]
    assert [day["date"] for day in days] == [f"2026-03-{number:02}" for number in range(6, 13)]


def test_plans_of_a_faulty_station_are_not_written(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its faults are said instead; so is a file that cannot be written."""
    words = ["plan", str(station), "--from", "2026-03-06"]
    assert main([*words, "--out", str(tmp_path / "none" / "plan.csv")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    (station / "operations.csv").write_text("train,track\nK600,99\n", "utf-8")
    assert main(words) == 2
    assert "operations.csv: line 2, track: '99' is not known" in capsys.readouterr().err


def test_a_drawing_is_written_that_can_be_gone_on_from(
    station: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It comes out as SVG; as the station's own drawing it is taken as it is; a damaged one is no hindrance."""
    assert main(["draw", str(station)]) == 0
    assert capsys.readouterr().out.startswith("<?xml")
    own = station / "plan.svg"
    own.write_text("<svg", "utf-8")
    assert main(["draw", str(station), "--out", str(own)]) == 0
    assert capsys.readouterr().out == f"The track plan is in {own}.\n"
    assert main(["check", str(station)]) == 0
    assert main(["draw", str(station), "--out", str(tmp_path / "none" / "plan.svg")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    (station / "operations.csv").write_text("train,track\nK600,99\n", "utf-8")
    assert main(["draw", str(station)]) == 2
    assert "'99' is not known" in capsys.readouterr().err
