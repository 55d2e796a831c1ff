"""The query process: how it starts, what it says of itself, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import urlopen

from guidance.running import RunningProcess
from stationmaster_agent.machine import AgentState
from stationmaster_agent.view import AgentHealth
from stationmaster_query.build import query_health
from support.ports import free_port

CONFIG = """
[query]
identity = "query"
token = "secret"
hubs = ["127.0.0.1:{hub}"]
state = "query.state"
port = {port}
"""


def test_process_serves_before_there_is_a_hub_and_ends_cleanly(tmp_path: Path) -> None:
    """Query starts without a hub, answers that it knows no station yet, and ends on a signal with exit code 0."""
    port = free_port()
    config = tmp_path / "stationmaster.toml"
    config.write_text(CONFIG.format(hub=free_port(), port=port))
    process = RunningProcess("stationmaster_query", config)
    try:
        process.wait_for("started")
        with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            health = json.load(answer)
        with urlopen(f"http://127.0.0.1:{port}/api/v1/search") as answer:
            found = json.load(answer)
    finally:
        code = process.end()
    assert (health["process"], health["status"], health["calls"]) == ("query", "degraded", 0)
    assert (found["station"], found["calls"], found["stale"]) == (None, [], True)
    assert code == 0
    assert not any("Traceback" in line for line in process.lines)


def test_process_refuses_a_bad_configuration_with_all_its_faults(tmp_path: Path) -> None:
    """What is wrong with the configuration is said in one go, without a traceback, with exit code 2."""
    config = tmp_path / "stationmaster.toml"
    config.write_text('[query]\nport = "x"\n')
    process = RunningProcess("stationmaster_query", config)
    assert process.result() == 2
    said = "".join(process.lines)
    for fault in ("query.identity", "query.token", "query.state", "query.port"):
        assert fault in said
    assert "Traceback" not in said


def test_health_follows_the_agent() -> None:
    """Query is well only with its hub, and as quiet as its agent."""
    for state in AgentState:
        agent = AgentHealth(state=state, position=3, unreported=0, quiet=state == "online", next_at=None)
        told = query_health(agent, 12)
        assert told.status == ("ok" if state is AgentState.ONLINE else "degraded")
        assert told.quiet is (state is AgentState.ONLINE)
        assert told.more["calls"] == 12
