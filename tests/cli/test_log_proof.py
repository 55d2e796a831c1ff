"""`stationmaster log`: an auditor's own look at the log, without the hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.making import made_hub, run_sql
from stationmaster.cli.main import main
from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.storage.database import database_url
from support.small_station import at


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose database has three records."""
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        log = AuditLog(
            store=hub.store, in_writer=hub.thread, reactor=hub.reactor, now=lambda: float(at("07:00")), keep_days=200
        )
        hub.open()
        log.begin()
        for login in ("li", "wang", "zhao"):
            log.record("login", who=login)
    file = tmp_path / "stationmaster.toml"
    file.write_text('[hub]\nstation = "station"\n', "utf-8")
    return file


def test_the_log_is_proved_and_a_place_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A whole log says how many records it has and where it ends; that place proves it later."""
    assert main(["log", str(config)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("The log is whole: 3 records, 1 to 3.\n")
    place = told.split()[-1]
    assert main(["log", str(config), "--known", place]) == 0
    assert main(["log", str(config), "--known", place[:-1] + ("0" if place[-1] != "0" else "1")]) == 1
    assert "record 3: rewritten." in capsys.readouterr().out


def test_what_was_changed_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each fault is named with its record, and the exit code says so."""
    run_sql(database_url("sqlite:///hub.db", config.parent), "UPDATE audit SET who = 'nobody' WHERE sequence = 2")
    assert main(["log", str(config)]) == 1
    assert "record 2: altered. It is not what was written." in capsys.readouterr().out


def test_a_place_that_is_none_is_refused(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A short hash proves nothing, and is not taken for one that does."""
    assert main(["log", str(config), "--known", "3:9f86d081"]) == 2
    assert "is no place of a log" in capsys.readouterr().err
