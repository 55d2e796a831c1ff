"""One update to all subscribers: from the hub's word to publish it until the last of them has the whole of it.

    python benchmarks/fan_out.py [SUBSCRIBERS …]

The hub's side is the protocol's real server in a process of its own, with a hub in memory behind it. It is compared
with a bare Twisted write loop that sends the same bytes to as many connections, and with Mosquitto where it is on the
machine, to whose subscribers a publisher sends as many bytes at quality 0. The same client program reads for all of
them, each in a process of its own, and the rounds take turns, so all see the same machine. Making the bytes of the
update is part of the server's time and not of the others'; our subscribers acknowledge each update at once, as real
ones do, and the others' say nothing. All of it plain and over TLS, on loopback.
"""

from __future__ import annotations

import gc
import resource
import select
import shutil
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from crowd import Broker, Crowd, Loop, Server, Tls
from cryptography.hazmat.primitives.asymmetric import ec
from measured import Measured, against, hand_on, share, told

from stationmaster.hub.open_protocol.authority import Authority, write_private
from stationmaster.hub.open_protocol.certificates import pem_of, pem_of_key

COUNTS = {100: 40, 1000: 40, 5000: 12}
"""Subscribers, and in how many rounds."""
WARM_UP = 4
BUDGET = {(1000, False): 1.5}
PAUSE_S = 0.05


def certificates(folder: Path) -> Tls:
    """A certificate for loopback, and the authority that has signed it."""
    now = datetime.now(UTC)
    authority = Authority.create(folder / "authority", "A benchmark's authority", now)
    key = ec.generate_private_key(ec.SECP256R1())
    made = authority.issue(key.public_key(), name="hub", hosts=("127.0.0.1",), now=now, days=2)
    tls = Tls(certificate=folder / "hub.pem", key=folder / "hub.key", authority=folder / "authority" / "authority.pem")
    tls.certificate.write_text(pem_of(made))
    write_private(tls.key, pem_of_key(key))
    return tls


def measure(count: int, rounds: int, tls: Tls | None, folder: Path) -> list[Measured]:
    """Let each send its updates in turn."""
    how = f"{count:,} subscribers" + (" over TLS" if tls else "")
    with ExitStack() as stack:
        server = Server(count, tls)
        crowds: list[Crowd] = [stack.enter_context(server), stack.enter_context(Loop(count, tls))]
        for crowd in crowds:
            crowd.gather(count)
        server.round()
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if program is None:
            print("Mosquitto is not on this machine: not compared with it.")
        else:
            crowds.append(stack.enter_context(Broker(program, folder, server.size, tls)))
            crowds[-1].gather(count)
        taken: dict[Crowd, list[float]] = {crowd: [] for crowd in crowds}
        busy: dict[Crowd, float] = {}
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                busy = {crowd: crowd.processor_s() for crowd in crowds}
            for crowd in crowds:
                took = crowd.round()
                if number >= WARM_UP:
                    taken[crowd].append(took)
                select.select([], [], [], PAUSE_S)  # the servers read the acknowledgements
        print(f"{how}, an update of {server.size} bytes, {rounds} rounds, taking turns")
        for crowd, values in taken.items():
            each = (crowd.processor_s() - busy[crowd]) / rounds * 1000
            print(
                f"  {crowd.name:26} median {share(values, 0.5):7.2f} ms   p95 {share(values, 0.95):7.2f} ms   "
                f"longest {max(values):7.2f} ms   {each:6.1f} ms of processor each   {crowd.memory_mb():6.1f} MB"
            )
    ours, *others = crowds
    budget = BUDGET.get((count, tls is not None))
    results = []
    for other in others:
        held = budget if isinstance(other, Loop) else None
        results.append(
            against(
                f"one update to {how}, median, against {other.name}",
                share(taken[ours], 0.5),
                "ms",
                share(taken[other], 0.5),
                f"≤ {held}×" if held else "",
                ratio=held,
            )
        )
    return results


def main(counts: dict[int, int]) -> None:
    """Measure, print, hand on."""
    gc.disable()
    results: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tls = certificates(folder)
        for count, rounds in counts.items():
            for how in (None, tls):
                results += measure(count, rounds, how, folder)
                gc.collect()
    print(told(results))
    hand_on(results)


def more_files() -> None:
    """Let this process and its children have as many open files as the system allows them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    more_files()
    main({int(count): COUNTS.get(int(count), 40) for count in sys.argv[1:]} or COUNTS)
