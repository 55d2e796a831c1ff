"""`stationmaster backup` and `stationmaster restore`, as a person meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.making import begin, contents, made_hub, opened, run_sql, tick, worked
from stationmaster.cli.main import main
from stationmaster.hub.storage.database import database_url


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose hub has run."""
    file = tmp_path / "stationmaster.toml"
    file.write_text('[hub]\nstation = "station"\n', "utf-8")
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        hub.open().put(*begin(), tick(1))
    return file


@pytest.mark.parametrize("name", ["backup", "restore"])
def test_each_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` says what the command does, and how it is called."""
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    said = capsys.readouterr().out
    assert (ended.value.code, f"\n  stationmaster {name} " in said) == (0, True)


def test_there_and_back(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A backup is written, looked at, refused where something is, and restored where that is wanted."""
    file = str(tmp_path / "file.gz")
    assert main(["backup", str(config), file]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Backed up to {file}: the journal until 2026-02-28T22:01:00Z, entry 4 of epoch epoch-1.\n")
    assert "1 head, 4 input, 4 journal" in said
    assert main(["restore", str(config), file, "--check"]) == 0
    assert "is readable to its end, made 2" in capsys.readouterr().out
    assert main(["restore", str(config), file]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main(["restore", str(config), file, "--replace"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1].startswith("The hub begins epoch ")
    assert said.endswith(" after entry 4.\n")
    with opened(database_url("sqlite:///hub.db", tmp_path)) as found:
        assert contents(found.state) == contents(worked(*begin(), tick(1)))
        assert found.position.epoch in said


def test_a_backup_that_is_not_whole_is_said_loudly(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is written, with exit code 1 and a message; it is restored only with `--damaged`."""
    run_sql(database_url("sqlite:///hub.db", tmp_path), "UPDATE journal SET changes = '{}' WHERE sequence = 2")
    file = str(tmp_path / "file.gz")
    for words in (["backup", str(config), file], ["restore", str(config), file, "--check"]):
        assert main(words) == 1
        assert "not whole: entry 2 is not what was written" in capsys.readouterr().err
    assert main(["restore", str(config), file, "--replace"]) == 2
    assert main(["restore", str(config), file, "--replace", "--damaged"]) == 0


def test_what_a_person_did_wrong_is_said(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that are not there, and a configuration with a fault, are messages."""
    assert main(["backup", str(tmp_path / "none.toml"), "file.gz"]) == 2
    assert main(["restore", str(config), str(tmp_path / "none.gz")]) == 2
    config.write_text('[hub]\nstation = "station"\ndatabase = "oracle://"\n', "utf-8")
    assert main(["backup", str(config), str(tmp_path / "file.gz")]) == 2
    said = capsys.readouterr().err
    assert ["none.toml" in said, "none.gz" in said, "hub.database" in said] == [True, True, True]
    assert "Traceback" not in said
