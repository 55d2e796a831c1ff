"""The command line, as a person meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stationmaster.cli.main import main
from stationmaster.cli.processes import PROCESSES

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def command(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What the command prints when it is a process of its own."""
    arguments = [sys.executable, "-P", "-m", "stationmaster.cli", *words]
    return subprocess.run(arguments, capture_output=True, text=True, env=ENVIRONMENT, cwd=cwd, timeout=60, check=False)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists each command with what it does, and gives examples."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for name in ("run", "check", "import", "replay", "export", *(process.command for process in PROCESSES)):
        assert f"\n    {name}" in said
    assert "stationmaster check stations/sample" in said


@pytest.mark.parametrize(
    "name", ["run", "check", "import", "replay", "export", *(process.command for process in PROCESSES)]
)
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself and shows how it is called."""
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"examples:\n  stationmaster {name}" in capsys.readouterr().out


def test_no_command_is_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the help is shown, and the exit code says that nothing was done."""
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().out


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` says the name and a version."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("stationmaster ")


def test_a_missing_configuration_is_a_message() -> None:
    """A process without its file says so on standard error, without a traceback, and ends with 2."""
    ended = command("simulate", "--config", "/nowhere/stationmaster.toml")
    assert ended.returncode == 2
    assert "/nowhere/stationmaster.toml: file: does not exist" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_nothing_is_imported_that_is_not_called() -> None:
    """Reading the command line loads no Twisted, no database and no component: an appliance has few of them."""
    code = (
        "import sys, contextlib, stationmaster.cli.main as m\n"
        "with contextlib.suppress(SystemExit): m.main(['gateway', '--help'])\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(names & {'twisted', 'sqlalchemy', 'lxml', 'stationmaster_kernel', 'stationmaster_gateway'} or '-')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    assert ended.stdout.splitlines()[-1] == "-"


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not installed is told with the command that installs it."""
    for name in [name for name in sys.modules if name.startswith(("stationmaster_simulator", "sqlalchemy"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert main(["simulate"]) == 2
    assert "needs the Python package 'sqlalchemy'" in (said := capsys.readouterr().err)
    assert "pip install 'stationmaster[all]'" in said


def test_a_missing_part_of_our_own_is_no_users_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is not blamed on an extra."""
    monkeypatch.setitem(sys.modules, "stationmaster_simulator.main", None)
    with pytest.raises(ModuleNotFoundError):
        main(["simulate"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--speed", "fast"), "'fast' is not a number"),
        (("run", "--speed", "-1"), "0…3600"),
        (("run", "--day", "tomorrow"), "'tomorrow' is not a date"),
        (("run", "--ports-from", "80"), "1024…65000"),
        (("import", "trains", "x.csv", "--into", "y"), "invalid choice"),
        (("import", "timetable", "x.csv"), "--into"),
        (("fly",), "invalid choice"),
    ],
)
def test_words_that_make_no_sense_are_explained(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be is named with what can, and ends with 2."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    """Output into a closed pipe ends quietly."""
    file = tmp_path / "day.jsonl"
    file.write_text('{"at": "2026-03-01T07:04:20Z", "table": "stage_plan", "run": 3}\n' * 20_000, "utf-8")
    config = tmp_path / "stationmaster.toml"
    config.write_text('[simulator]\nstation = "x"\ndatabase = "sqlite:///x.db"\nscenario = "day.jsonl"\n', "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "stationmaster.cli", "simulate", "--config", str(config), "--print-scenario"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"stage_plan" in process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 0
