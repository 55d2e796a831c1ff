"""Telling the init system: the datagrams of sd_notify(3)."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stationmaster_gateway.notify import Notifier


@pytest.mark.parametrize("abstract", [False, True])
def test_it_tells_what_the_init_system_waits_for(tmp_path: Path, abstract: bool) -> None:
    """Ready, alive with a line for people, stopping; by a socket in the file system or an abstract one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"@{tmp_path}" if abstract else str(tmp_path / "notify")
        listener.bind(f"\0{name[1:]}" if abstract else name)
        listener.settimeout(5)
        notifier = Notifier({"NOTIFY_SOCKET": name})
        notifier.ready()
        notifier.alive("135 calls")
        notifier.stopping()
        assert [listener.recv(500) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1\nSTATUS=135 calls", b"STOPPING=1"]
        assert notifier.lost == 0


def test_without_an_init_system_nothing_is_told(tmp_path: Path) -> None:
    """No variable, no socket; one that nobody listens on loses what is told and nothing else."""
    nobody = Notifier({})
    nobody.ready()
    assert nobody.lost == 0
    gone = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    gone.ready()
    assert gone.lost == 1


def test_an_init_system_that_does_not_listen_is_not_waited_for(tmp_path: Path) -> None:
    """A full socket loses datagrams; a process that waited there would be hung by its own watchdog."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(5000):
            notifier.alive("x" * 1000)
        assert notifier.lost > 0
