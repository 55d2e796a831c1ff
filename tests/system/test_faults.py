"""Faults of the network between real processes: how soon a subsystem goes on alone, and how soon all agree again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stationmaster_agent.settings import AgentSettings
from support import fault_agents
from support.fault_digests import agent_settings, hub_digest, hub_states, replica_of
from support.fault_kinds import FAULTS, PACKET_FAULTS, Parted, kill_hub, part, stop_hub
from support.fault_links import FaultLink, FaultProxy, fault_proxy
from support.fault_packets import PacketLink, packet_network
from support.fault_trial import PRODUCTS, Trial, fault_trial
from support.records import record

pytestmark = pytest.mark.timeout(120)

SEED = 20260302
AGENTS = tuple(f"guidance-{number}" for number in range(len(FAULTS) - len(PRODUCTS)))


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """A proxy in a process of its own."""
    with fault_proxy(SEED) as made:
        yield made


def settings_of(trial: Trial, name: str) -> AgentSettings:
    """The agent's settings of one of the trial's subsystems."""
    if name in PRODUCTS:
        return agent_settings(trial.config, name)
    return fault_agents.settings_of(trial.config, name)


def all_agree(trial: Trial, folder: Path) -> None:
    """Each replica on disk is, by digest, what the hub had committed at the replica's place in its journal.

    That is no earlier than what it had been told before all ended; the hub, which ended last, may have gone on.
    """
    settings = {name: settings_of(trial, name) for name in trial.everybody}
    replicas = {name: replica_of(each) for name, each in settings.items()}
    places = {name: each.position.sequence for name, each in replicas.items() if each.position is not None}
    states = hub_states(folder, places.values())
    wanted = {name: hub_digest(states[places[name]], each.wanted) for name, each in settings.items()}
    assert {name: each.digest() for name, each in replicas.items()} == wanted
    assert [name for name, last in trial.had.items() if places[name] < last] == []


def judge(means: str, times: list[Parted]) -> None:
    """Every promise was kept; the figures go into the record."""
    record("faults", by=means, times=[(each.kind, each.identity, each.alone_s, each.online_s) for each in times])
    late = [each for each in times if not each.kept]
    assert not late, late


def test_whatever_the_network_does_all_agree_again(proxy: FaultProxy, tmp_path: Path) -> None:
    """Alone within three heartbeats and a second, online within two seconds of the end, and every replica the hub's.

    Each kind of fault at a subsystem of its own, all at once; then the hub is stopped, goes on, is killed, and returns.
    """
    links: dict[str, FaultLink] = {}

    def reach(name: str, port: int) -> str:
        links[name] = proxy.open(name, port)
        return f"127.0.0.1:{links[name].port}"

    with fault_trial(Trial(tmp_path, AGENTS, reach)) as trial:
        who = dict(zip(trial.everybody, FAULTS, strict=True))
        times = part(trial, links, who, 2.0)
        times += stop_hub(trial, trial.everybody, 1.0)
        times += kill_hub(trial, trial.everybody, 1.0)
    judge("a proxy", times)
    all_agree(trial, tmp_path)


def test_real_packets(proxy: FaultProxy, tmp_path: Path) -> None:
    """The same with TLS between network namespaces, where a lost packet is lost and nobody answers for who is away.

    Where the machine lets nobody have namespaces, each fault is the proxy's of the same name.
    """
    packets: dict[str, PacketLink] = {}
    links: dict[str, FaultLink] = {}
    with packet_network(SEED) as network:

        def reach(name: str, port: int) -> str:
            if network is None:
                links[name] = proxy.open(name, port)
                return f"127.0.0.1:{links[name].port}"
            packets[name] = network.open(name)
            return f"{packets[name].address}:{port}"

        names = [f"guidance-{number}" for number in range(len(PACKET_FAULTS))]
        places = ((), ()) if network is None else (network.hub, network.subsystems)
        with fault_trial(Trial(tmp_path, names, reach, products=False, places=places)) as trial:
            if network is None:
                times = part(trial, links, dict(zip(names, FAULTS, strict=False)), 2.0)
            else:
                times = part(trial, packets, dict(zip(names, PACKET_FAULTS, strict=True)), 2.0)
    judge("a proxy" if network is None else "network namespaces", times)
    all_agree(trial, tmp_path)
