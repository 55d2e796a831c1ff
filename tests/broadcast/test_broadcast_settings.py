"""What the configuration file says of broadcast."""

from pathlib import Path
from typing import Any

import pytest

from stationmaster_base.configuration import Faults, Table
from stationmaster_broadcast.settings import BroadcastSettings
from stationmaster_broadcast.speech.engine import engine_names
from stationmaster_kernel.values import TaskKind

LEAST = {"identity": "broadcast", "token": "t", "state": "b.db", "sounds": "sounds"}


def read(body: dict[str, Any], folder: Path = Path("/station")) -> tuple[BroadcastSettings, list[str]]:
    """The settings, and the places of all faults."""
    faults = Faults()
    settings = BroadcastSettings.from_table(Table(body, "station.toml", faults, "broadcast"), folder)
    settings.speech.finish()
    return settings, [fault.place for fault in faults]


def test_the_least_that_must_be_said() -> None:
    """Everything else has a value to start from; relative paths count from the file's folder."""
    settings, faults = read(LEAST)
    assert faults == []
    assert (settings.port, settings.listen, settings.engine, settings.sink) == (8083, "127.0.0.1", "pyttsx3", "file")
    assert settings.sounds == Path("/station/sounds")
    assert settings.agent.state_file == Path("/station/b.db")
    assert settings.agent.task_kinds == (TaskKind.ANNOUNCEMENT,)
    assert settings.cache_bytes == 256 * 1024 * 1024


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("engine", "parrot"),
        ("sink", "trumpet"),
        ("port", 70000),
        ("ahead_minutes", -1),
        ("cache_mb", 0),
        ("keep_days", "many"),
        ("unknown", 1),
    ],
)
def test_each_wrong_value_is_a_fault_at_its_key(key: str, value: object) -> None:
    """And only there."""
    assert read({**LEAST, key: value})[1] == [f"broadcast.{key}"]


def test_what_is_missing_is_said_all_at_once() -> None:
    """Every key that must be there."""
    assert set(read({})[1]) == {"broadcast.identity", "broadcast.token", "broadcast.state", "broadcast.sounds"}


def test_a_pronunciation_table_is_read_and_its_faults_are_ours(tmp_path: Path) -> None:
    """A fault in the CSV is reported with those of the TOML."""
    (tmp_path / "names.csv").write_text("language,name,spoken\nzh,大城,dai4cheng2\nzh,,\n", "utf-8")
    settings, faults = read({**LEAST, "pronunciation": "names.csv", "port": -1}, tmp_path)
    assert [entry.name for entry in settings.pronunciations] == ["大城"]
    assert faults == ["broadcast.port", "line 3"] or faults == ["line 3", "broadcast.port"]


def test_the_shipped_engines_can_be_named() -> None:
    """A test's or a drill's silent engine is as real as the default."""
    assert {"pyttsx3", "silent"} <= set(engine_names())
