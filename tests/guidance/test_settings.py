"""The `[guidance]` table."""

from __future__ import annotations

from pathlib import Path

from stationmaster_base.configuration import Faults, Table
from stationmaster_guidance.settings import GuidanceSettings
from stationmaster_kernel.values import TaskKind


def test_settings_have_the_documented_defaults(tmp_path: Path) -> None:
    """Guidance listens on loopback, port 8081, and shows rows and people's texts."""
    faults = Faults()
    table = Table({"identity": "guidance", "token": "t", "state": "g.state"}, "s.toml", faults, "guidance")
    settings = GuidanceSettings.from_table(table, folder=tmp_path)
    assert len(faults) == 0
    assert (settings.listen, settings.port) == ("127.0.0.1", 8081)
    assert settings.agent.task_kinds == (TaskKind.DISPLAY, TaskKind.MESSAGE)
    assert settings.agent.state_file == tmp_path / "g.state"


def test_faults_are_all_told() -> None:
    """Everything wrong in the table is said at once, a misspelt key among it."""
    faults = Faults()
    GuidanceSettings.from_table(Table({"port": 99999, "prot": 1}, "s.toml", faults, "guidance"))
    assert sorted(fault.place for fault in faults) == [
        "guidance.identity",
        "guidance.port",
        "guidance.prot",
        "guidance.state",
        "guidance.token",
    ]
