"""The guidance process: how it starts, what it says of itself, how it ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from urllib.request import urlopen

import pytest

from guidance.fakes import NOON, board, configuration, row_task
from guidance.making import Guidance
from guidance.running import RunningProcess
from stationmaster_agent.machine import AgentState
from stationmaster_agent.view import AgentHealth
from stationmaster_base.times import Instant
from stationmaster_guidance.build import guidance_health
from support.ports import free_port

CONFIG = """
[guidance]
identity = "guidance"
token = "secret"
hubs = ["127.0.0.1:{hub}"]
state = "guidance.state"
port = {port}
"""


def test_process_serves_before_there_is_a_hub_and_ends_cleanly(tmp_path: Path) -> None:
    """Guidance starts without a hub, says how it is, and ends on a signal with exit code 0."""
    port = free_port()
    config = tmp_path / "stationmaster.toml"
    config.write_text(CONFIG.format(hub=free_port(), port=port))
    process = RunningProcess("stationmaster_guidance", config)
    try:
        process.wait_for("started")
        with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            health = json.load(answer)
        with urlopen(f"http://127.0.0.1:{port}/api/v1/boards") as answer:
            assert json.load(answer)["boards"] == {}
    finally:
        code = process.end(signal.SIGTERM)
    assert (health["process"], health["status"], health["state"]) == ("guidance", "degraded", "resyncing")
    assert health["quiet"] is False
    assert code == 0
    assert not any("Traceback" in line for line in process.lines)


def test_process_refuses_a_bad_configuration_with_all_its_faults(tmp_path: Path) -> None:
    """What is wrong with the configuration is said in one go, without a traceback, with exit code 2."""
    config = tmp_path / "stationmaster.toml"
    config.write_text('[guidance]\nidentity = "g g"\nport = 1\nprot = 2\n')
    process = RunningProcess("stationmaster_guidance", config)
    assert process.result() == 2
    said = "".join(process.lines)
    for fault in ("guidance.identity", "guidance.token", "guidance.state", "guidance.prot"):
        assert fault in said
    assert "Traceback" not in said


def health(state: AgentState = AgentState.ONLINE, *, quiet: bool = True, next_at: int | None = None) -> AgentHealth:
    """What an agent may say of itself."""
    return AgentHealth(
        state=state, position=7, unreported=0, quiet=quiet, next_at=None if next_at is None else Instant(next_at)
    )


@pytest.mark.parametrize(
    ("agent", "status"),
    [
        (AgentState.ONLINE, "ok"),
        (AgentState.SUSPECT, "degraded"),
        (AgentState.ALONE, "degraded"),
        (AgentState.RESYNCING, "degraded"),
    ],
)
def test_health_follows_the_agent(tmp_path: Path, agent: AgentState, status: str) -> None:
    """Guidance is well only with its hub."""
    assert guidance_health(health(agent), Guidance(tmp_path).boards).status == status


def test_health_is_quiet_and_due_with_both_agent_and_boards(tmp_path: Path) -> None:
    """Quiet needs both to be quiet; what is next is the earlier of both."""
    guidance = Guidance(tmp_path)
    guidance.source.show(row_task("G1", 5))
    told = guidance_health(health(next_at=NOON + 400), guidance.boards)
    assert (told.quiet, told.next_at) == (True, NOON + 300)
    assert guidance_health(health(next_at=NOON + 200), guidance.boards).next_at == NOON + 200
    assert guidance_health(health(quiet=False), guidance.boards).quiet is False
    guidance.stepped.set(NOON + 300)
    guidance.stepped.clock.reread()
    assert guidance_health(health(), guidance.boards).quiet is False
    assert told.more["boards"] == 1


def test_health_is_degraded_by_a_broken_layout(tmp_path: Path) -> None:
    """A layout that cannot be used is seen from outside."""
    told = guidance_health(health(), Guidance(tmp_path, configuration(board(layout="none"))).boards)
    assert (told.status, told.more["broken_layouts"]) == ("degraded", ["none"])
