"""Ports for the processes that tests start, and what such a process needs of the environment.

A port that the system hands out by itself may be handed out again, to any connection that someone opens, before the
process that it was meant for listens on it. So these are from below the range of such ports, and reserved among all
tests that run at the same time by a lock on a file, which ends with the test's process.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
"""The environment of a child that imports what the tests import."""
LOWEST = 12_000
"""Above the ports that usual services have."""
BLOCK = 10
"""Ports are reserved by so many, since a process may use those that follow the one that it is given."""
_locks: list[int] = []
"""Open for as long as this process lives."""
_left: list[int] = []
"""Of the blocks that are reserved, the ports that nobody was given yet."""


def _below() -> int:
    """The lowest port that the system hands out by itself (Linux, ip-sysctl: ip_local_port_range)."""
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])


def _blocks() -> Iterator[int]:
    """The first ports of all blocks, in no order."""
    firsts = list(range(LOWEST, _below() - BLOCK, BLOCK))
    random.SystemRandom().shuffle(firsts)
    yield from firsts
    raise AssertionError(f"no {BLOCK} free ports from {LOWEST} to {_below()}")


def _reserve(folder: Path, first: int) -> bool:
    """Whether this process has the block from now on."""
    lock = os.open(folder / str(first), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for port in range(first, first + BLOCK):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
    except OSError:
        os.close(lock)
        return False
    _locks.append(lock)
    return True


def free_block() -> int:
    """The first of ten consecutive ports of loopback, TCP and UDP, that nobody has or will be given; it is even."""
    folder = Path(tempfile.gettempdir()) / "stationmaster-test-ports"
    folder.mkdir(exist_ok=True)
    return next(first for first in _blocks() if _reserve(folder, first))


def free_ports(count: int) -> list[int]:
    """So many ports of loopback, TCP and UDP, that nobody has or will be given."""
    while len(_left) < count:
        first = free_block()
        _left.extend(range(first, first + BLOCK))
    return [_left.pop(0) for _ in range(count)]


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]
