"""`check` and `import`, as a person reads them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

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
