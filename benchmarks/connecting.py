"""How long until subscribers are whole: 1,000 that connect again all at once, and one that needs everything.

    python benchmarks/connecting.py [SUBSCRIBERS]

The server is the protocol's own, in a process of its own, with a hub in memory that holds a day of 900 calls. In the
storm every connection begins in the same moment, and each is that of one of the station's boards, which asks for its
rows, the layouts and the names; whole is who has the heartbeat that proves it. Once they hold nothing and each needs
the snapshot, once they hold what there is and need nothing but the proof; plain and over TLS.
The snapshot of everything to one subscriber is compared with the same bytes through a bare socket.
"""

from __future__ import annotations

import gc
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from crowd import READ, Server, Tls, Wire
from crowd_storm import storm
from fan_out import certificates, more_files
from measured import Measured, against, hand_on, share, told

from stationmaster.station.load import load_station
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.filters import Filter

ROOT = Path(__file__).parent.parent
KINDS = ("station", "place", "name", "layout", "board", "task")

SUBSCRIBERS = 1000
CALLS = 900
ROUNDS = 3
SNAPSHOTS = 20


def boards() -> list[Filter]:
    """What each board of the sample station asks for."""
    station = load_station(ROOT / "stations" / "sample")
    return [
        Filter(kinds=KINDS, task_kinds=(TaskKind.DISPLAY,), targets=(board.id,))
        for board in station.configuration.boards
    ]


def stormed(count: int, tls: Tls | None) -> list[Measured]:
    """All connect at once, without and with what there is."""
    over = " over TLS" if tls else ""
    results = []
    with Server(count, tls, CALLS, boards()) as server, storm(server, count) as connected:
        connected(None)
        held = next(iter(server.joining.values())).position
        for what, position in (("with nothing", None), ("with everything", held)):
            rounds = [connected(position) for _ in range(ROUNDS)]
            times = sorted(rounds, key=lambda each: max(each[0]))[ROUNDS // 2][0]
            print(
                f"{count:,} connect at once{over} {what}: of the middle one of {ROUNDS} storms half are whole after "
                f"{share(times, 0.5):.0f} ms, 95 of 100 after {share(times, 0.95):.0f} ms, all after "
                f"{max(times):.0f} ms; {rounds[0][1]:,} bytes to each; the server has {server.memory_mb():.0f} MB"
            )
            name = f"{count:,} subscribers connect at once{over} {what}, until all are whole"
            results.append(Measured(name=name, value=max(times), unit="ms"))
    return results


def snapshot() -> list[Measured]:
    """One subscriber, and everything."""
    with Server(1, None, CALLS) as server:
        taken = []
        for _ in range(SNAPSHOTS):
            wire = Wire(server.port, None)
            begun = time.monotonic()
            server.join(wire, 0)
            taken.append((time.monotonic() - begun) * 1000)
            received = server.joining[wire].received
            wire.socket.close()
    bare = [through_a_socket(received) for _ in range(SNAPSHOTS)]
    print(f"a snapshot of {CALLS} calls with their tasks and the station: {received:,} bytes")
    return [
        against(
            f"snapshot of {CALLS} calls, from connecting until whole, against its bytes through a bare socket",
            share(taken, 0.5),
            "ms",
            share(bare, 0.5),
        ),
        Measured(name=f"snapshot of {CALLS} calls", value=received, unit="bytes"),
    ]


def through_a_socket(size: int) -> float:
    """Milliseconds that so many bytes take through a connection on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def send() -> None:
            taken, _ = listening.accept()
            with taken:
                taken.sendall(bytes(size))

        sender = threading.Thread(target=send)
        sender.start()
        begun, left = time.monotonic(), size
        with socket.create_connection(listening.getsockname()) as wire:
            while left:
                left -= len(wire.recv(READ))
        sender.join()
        return (time.monotonic() - begun) * 1000


def main(count: int) -> None:
    """Measure, print, hand on."""
    gc.disable()
    results = snapshot()
    with tempfile.TemporaryDirectory() as name:
        tls = certificates(Path(name))
        for how in (None, tls):
            results += stormed(count, how)
            gc.collect()
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    more_files()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SUBSCRIBERS)
