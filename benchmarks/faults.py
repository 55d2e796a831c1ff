"""How soon a subsystem goes on alone, and how soon all agree again, for each kind of fault between real processes.

    python benchmarks/faults.py [--rounds ROUNDS] [--heartbeat SECONDS] [--longest SECONDS]

In each round every kind of fault meets a subsystem of its own at a moment of chance, stays for up to `--longest`
seconds, and is mended; then the hub is stopped and goes on, and is killed and started again. Times are those that the
processes stamped themselves. First through a proxy, then, where the machine lets us have network namespaces, with real
packets over TLS. The promise: alone within three heartbeats and a second, online again within two seconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from measured import Measured, hand_on, share, told

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.fault_kinds import ALONE_BEATS, ALONE_S, FAULTS, ONLINE_S, PACKET_FAULTS, Parted, kill_hub, part, stop_hub
from support.fault_links import FaultLink, fault_proxy
from support.fault_packets import PacketLink, packet_network
from support.fault_trial import Trial, fault_trial

SEED = 20260302


def main() -> None:
    """Measure, print, hand on."""
    parser = argparse.ArgumentParser(description="times to alone and to agreement")
    parser.add_argument("--rounds", type=int, default=5, help="how often each kind of fault")
    parser.add_argument("--heartbeat", type=float, default=0.5, help="machine seconds between heartbeats")
    parser.add_argument("--longest", type=float, default=4.0, help="machine seconds for which a fault stays at most")
    parser.add_argument("--only", choices=("proxy", "packets"), default="", help="one way of doing it")
    asked = parser.parse_args()
    chance = random.Random(SEED)
    times: list[Parted] = []
    if asked.only != "packets":
        times += by_proxy(chance, asked.rounds, asked.heartbeat, asked.longest)
    if asked.only != "proxy":
        times += by_packets(chance, asked.rounds, asked.heartbeat, asked.longest)
    results = figures(times)
    print(table(times))
    print(told(results))
    hand_on(results)


def by_proxy(chance: random.Random, rounds: int, heartbeat_s: float, longest_s: float) -> list[Parted]:
    """Everything that the proxy and signals can do."""
    links: dict[str, FaultLink] = {}
    names = [f"guidance-{number}" for number in range(len(FAULTS))]
    times: list[Parted] = []
    with tempfile.TemporaryDirectory() as folder, fault_proxy(SEED) as proxy:

        def reach(name: str, port: int) -> str:
            links[name] = proxy.open(name, port)
            return f"127.0.0.1:{links[name].port}"

        trial = Trial(Path(folder), names, reach, products=False, heartbeat_s=heartbeat_s)
        with fault_trial(trial):
            for _ in range(rounds):
                somewhere(chance, heartbeat_s)
                times += part(trial, links, dict(zip(names, FAULTS, strict=True)), chance.uniform(0.5, longest_s))
                somewhere(chance, heartbeat_s)
                times += stop_hub(trial, names[:3], chance.uniform(0.0, longest_s))
                trial.settle()
                times += kill_hub(trial, names[:3], chance.uniform(0.0, longest_s))
                trial.settle()
    return times


def by_packets(chance: random.Random, rounds: int, heartbeat_s: float, longest_s: float) -> list[Parted]:
    """Everything that real packets can meet; nothing where the machine does not let us."""
    links: dict[str, PacketLink] = {}
    names = [f"guidance-{number}" for number in range(len(PACKET_FAULTS))]
    times: list[Parted] = []
    with tempfile.TemporaryDirectory() as folder, packet_network(SEED) as network:
        if network is None:
            print("No network namespaces here: nothing is measured with real packets.")
            return times

        def reach(name: str, port: int) -> str:
            assert network is not None
            links[name] = network.open(name)
            return f"{links[name].address}:{port}"

        places = (network.hub, network.subsystems)
        trial = Trial(Path(folder), names, reach, products=False, heartbeat_s=heartbeat_s, places=places)
        with fault_trial(trial):
            for _ in range(rounds):
                somewhere(chance, heartbeat_s)
                faults = dict(zip(names, PACKET_FAULTS, strict=True))
                times += part(trial, links, faults, chance.uniform(0.5, longest_s))
                trial.settle()
    return times


def somewhere(chance: random.Random, heartbeat_s: float) -> None:
    """Let some part of a heartbeat's time go by, so that faults do not always come at the same place in it."""
    threading.Event().wait(chance.uniform(0.0, heartbeat_s))


def figures(times: Iterable[Parted]) -> list[Measured]:
    """For each kind the longest times, against the promise."""
    results = []
    for kind, parted in by_kind(times).items():
        limit = ALONE_BEATS * parted[0].heartbeat_s + ALONE_S
        alone = [each.alone_s for each in parted if each.alone_s is not None]
        if alone:
            budget = f"≤ {limit:g} s"
            ok = max(alone) <= limit
            results.append(Measured(name=f"{kind}: alone, longest", value=max(alone), unit="s", budget=budget, ok=ok))
        online = max(each.online_s for each in parted)
        budget = f"≤ {ONLINE_S:g} s"
        ok = online <= ONLINE_S
        results.append(Measured(name=f"{kind}: agreed again, longest", value=online, unit="s", budget=budget, ok=ok))
    return results


def table(times: Iterable[Parted]) -> str:
    """The distributions, for people."""
    lines = ["seconds: shortest / median / 95 of 100 / longest", f"{'fault':32} {'n':>4}  {'alone':27}  agreed again"]
    for kind, parted in by_kind(times).items():
        alone = [each.alone_s for each in parted if each.alone_s is not None]
        lines.append(f"{kind:32} {len(parted):4}  {four(alone):27}  {four([each.online_s for each in parted])}")
    return "\n".join(lines)


def four(values: list[float]) -> str:
    """Shortest, median, 95 of 100, longest."""
    if not values:
        return "never"
    return " / ".join(f"{each:.2f}" for each in (min(values), share(values, 0.5), share(values, 0.95), max(values)))


def by_kind(times: Iterable[Parted]) -> dict[str, list[Parted]]:
    """The faults of each kind."""
    found: dict[str, list[Parted]] = defaultdict(list)
    for each in times:
        found[each.kind].append(each)
    return found


if __name__ == "__main__":
    main()
