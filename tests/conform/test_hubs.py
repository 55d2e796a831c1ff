"""The kit as a client: it passes our own hub, as a process of its own, and catches hubs that are wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from conform import faulty_hub
from conform.kit import PATIENT, SHORT
from stationmaster_conform.hub_scenarios.catalogue import HUB_SCENARIOS
from stationmaster_conform.machine import this_machine
from stationmaster_conform.options import HubOptions, Patience
from stationmaster_conform.played_client import PlayedClient
from stationmaster_conform.runner import chosen, play
from stationmaster_conform.verdict import Result, Verdict
from support.ports import ENVIRONMENT, free_block

STATION = Path(__file__).parents[2] / "stations" / "sample"

CAUGHT = {
    faulty_hub.WrongDigest: ("connect", "OP-BEAT-6"),
    faulty_hub.ResumesAnything: ("future", "OP-SUB-4"),
    faulty_hub.IgnoresFilters: ("filter", "OP-SUB-6"),
    faulty_hub.SkipsUpdates: ("updates", "OP-UPD-5"),
    faulty_hub.NoHeartbeats: ("heartbeats", "OP-BEAT-2"),
    faulty_hub.NeverReceives: ("reports", "OP-REP-6"),
    faulty_hub.TellsNoTime: ("time", "OP-TIME-1"),
    faulty_hub.HigherVersion: ("first-version", "OP-VER-2"),
    faulty_hub.KnowsEverybody: ("wrong-token", "OP-AUTH-2"),
}


def tried(port: int, scenarios: list[str], *, patience: Patience = PATIENT) -> list[Verdict]:
    options = HubOptions(host="127.0.0.1", port=port, identity="kit", token="secret", watch_s=5, patience=patience)
    client = PlayedClient(options, this_machine())
    try:
        return play(chosen(HUB_SCENARIOS, scenarios, quick=False), client, this_machine(), lambda _: None)
    finally:
        client.tidy()


@cache
def trials() -> dict[type[faulty_hub.BentHub], Future[list[Verdict]]]:
    """All trials at once, begun by the first test that wants one: each spends its time waiting."""

    def trial(kind: type[faulty_hub.BentHub], names: list[str], patience: Patience) -> list[Verdict]:
        with faulty_hub.serving(kind) as port:
            return tried(port, names, patience=patience)

    pool = ThreadPoolExecutor(10)
    every = sorted({scenario for scenario, _ in CAUGHT.values()})
    found = {kind: pool.submit(trial, kind, [scenario], SHORT) for kind, (scenario, _) in CAUGHT.items()}
    found[faulty_hub.BentHub] = pool.submit(trial, faulty_hub.BentHub, every, PATIENT)
    pool.shutdown(wait=False)
    return found


@pytest.mark.parametrize("kind", CAUGHT, ids=lambda kind: kind.__name__)
def test_a_wrong_hub_is_caught(kind: type[faulty_hub.BentHub]) -> None:
    """The scenario that is about it fails, with the clause that is broken."""
    _, clause = CAUGHT[kind]
    (verdict,) = trials()[kind].result()
    assert verdict.result is Result.FAIL
    assert verdict.complaint is not None
    assert verdict.complaint.clause == clause, verdict.complaint


def test_a_hub_in_order_passes_them() -> None:
    """The same hub, not bent, passes what the bent ones fail."""
    verdicts = trials()[faulty_hub.BentHub].result()
    assert [(one.scenario, one.complaint) for one in verdicts if one.result is not Result.PASS] == []


@pytest.fixture
def our_hub(tmp_path: Path):
    """A hub of the sample station, as `stationmaster hub` starts it; gives its port for the protocol."""
    first = free_block()
    (tmp_path / "hub.toml").write_text(
        f'[hub]\nstation = "{STATION}"\nport = {first}\nprotocol_port = {first + 1}\nheartbeat_s = 1.0\n'
        '[hub.subsystems]\nkit = { token = "secret", kind = "monitoring" }\n',
        "utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "stationmaster.cli", "hub", "--config", str(tmp_path / "hub.toml")],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while '"event": "up"' not in (line := process.stderr.readline()):
            assert line, "the hub ended"
        yield first + 1
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_our_own_hub_conforms(our_hub: int) -> None:
    """The hub of the sample station passes every quick scenario of the kit, run as a vendor runs it; each applies."""
    command = [sys.executable, "-m", "stationmaster_conform", "hub", "--connect", f"127.0.0.1:{our_hub}"]
    ended = subprocess.run(
        [*command, "--identity", "kit", "--token", "secret", "--quick", "--patience", "20"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    quick = len(chosen(HUB_SCENARIOS, [], quick=True))
    assert ended.stdout.splitlines()[-1] == f"{quick} pass, 0 fail, 0 not applicable"
