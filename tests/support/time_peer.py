"""A time server on loopback to ask: chrony's own where it is on the machine, else the station's own answer.

`STATIONMASTER_CHRONYD` names the program if it is neither on the path nor in `/usr/sbin`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.sntp_server import SntpServer, TimeTold
from support.ports import free_port

CONFIGURATION = """
port {port}
bindaddress 127.0.0.1
cmdport 0
local stratum 3
allow 127.0.0.1
pidfile {folder}/chronyd.pid
"""

QUALITY = ClockQuality(state=ClockState.LOCKED, error_s=0.001, source="test")


def chronyd() -> str | None:
    """The program, if it is there."""
    named = os.environ.get("STATIONMASTER_CHRONYD")
    return named or shutil.which("chronyd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def time_peer(folder: Path) -> Iterator[int]:
    """Its port, while it runs. It shows this machine's time."""
    program = chronyd()
    if program is None or os.geteuid() != 0:
        with _own_peer() as port:
            yield port
        return
    port = free_port()
    file = folder / "chrony.conf"
    file.write_text(CONFIGURATION.format(port=port, folder=folder), "utf-8")
    # -x: it leaves the machine's clock alone; -d: it stays with us
    process = subprocess.Popen([program, "-x", "-d", "-u", "root", "-f", str(file)], stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _own_peer() -> Iterator[int]:
    server = SntpServer(now=time.time, told=lambda: TimeTold(quality=QUALITY), leaps=LeapTable.shipped())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                request, sender = port.recvfrom(2048)
                if request == b"end":
                    return
                answer = server.answer(request)
                if answer is not None:
                    port.sendto(answer, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(port.getsockname()[1])
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"end", port.getsockname())
            thread.join(10)


def _wait_until_it_answers(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.1)
        probe.connect(("127.0.0.1", port))
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                probe.send(b"\x23" + bytes(39) + b"whatever")
                if probe.recv(100)[1] == 3:
                    return
            except OSError:
                continue
    raise AssertionError("the time server does not answer")
