"""`stationmaster gateway` besides running: the self-test and the export of the security log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from stationmaster.cli.main import main


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that was run in this process has set up logging for all of it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A gateway on a database that is not there and a device that is none."""
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[gateway]\ndatabase = "sqlite:///none.db"\nport = "/dev/null"\nstation = "QHD"\nstate = "g.json"\n'
        "status_port = 0\n"
    )
    return file


def test_the_self_test_reports_and_fails_with_its_exit_code(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What failed is in the report, on standard output; nothing else is said."""
    assert main(["gateway", "--self-test", "--config", str(config)]) == 1
    said = capsys.readouterr()
    assert "FAIL  database" in said.out
    assert "FAIL  port          /dev/null is not a serial port." in said.out
    assert said.err == ""


def test_a_log_that_is_not_there_is_a_persons_mistake(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and a message, no traceback and no file."""
    out = config.parent / "out.jsonl"
    assert main(["gateway", "--export-log", str(out), "--config", str(config)]) == 2
    assert "There is no security log" in capsys.readouterr().err
    assert not out.exists()


def test_settings_that_are_wrong_are_all_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The self-test begins with the settings; without them nothing can be tried."""
    config.write_text(config.read_text() + 'listen = "0.0.0.0"\nbaud = 7\n')
    assert main(["gateway", "--self-test", "--config", str(config)]) == 2
    said = capsys.readouterr().err
    assert "gateway.listen" in said
    assert "gateway.baud" in said


def test_one_cannot_ask_for_both(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are two different things to do instead of running."""
    with pytest.raises(SystemExit):
        main(["gateway", "--self-test", "--export-log", "x", "--config", str(config)])
    assert "not allowed with" in capsys.readouterr().err
