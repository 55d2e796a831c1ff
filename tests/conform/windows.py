"""A machine that looks like Windows to Python: what only POSIX has is not there. As a program, it runs the kit on it.

What the standard library itself chooses by the platform when it is imported is imported first; then `sys.platform` is
changed, the modules are refused and the functions deleted, before anything of ours is imported.
"""

from __future__ import annotations

import importlib.abc
import os
import signal
import socket
import sys
import threading

from support.ports import free_port

STANDARD = ("argparse", "asyncio", "json", "subprocess", "tempfile", "uuid", "xml.etree.ElementTree", "zoneinfo")

POSIX_ONLY = frozenset(
    {"fcntl", "termios", "pwd", "grp", "resource", "tty", "pty", "syslog", "spwd", "crypt", "nis", "readline"}
)
LACKING = {
    os: ("fork", "forkpty", "getuid", "geteuid", "getgid", "setsid", "killpg", "getpgid", "openpty", "uname", "chown"),
    signal: ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGALRM", "SIGCHLD", "setitimer", "pthread_sigmask"),
    socket: ("AF_UNIX", "SO_REUSEPORT", "socketpair"),
}


class Refuser(importlib.abc.MetaPathFinder):
    """Says of modules that only POSIX has, and of Twisted, that there are none."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in POSIX_ONLY | {"twisted"}:
            raise ModuleNotFoundError(f"No module named {name!r} on this machine", name=name)


def become_windows() -> None:
    for name in STANDARD:
        importlib.import_module(name)
    for name in POSIX_ONLY:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Refuser())
    for module, names in LACKING.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "win32"


def main(report: str, junit: str) -> int:
    kit = importlib.import_module("stationmaster_conform.main").main
    port = free_port()
    device = threading.Thread(
        target=kit, args=(["device", "loudspeaker", "--connect", f"127.0.0.1:{port}", "--seconds", "25"],), daemon=True
    )
    device.start()
    words = ["client", "--listen", f"127.0.0.1:{port}", "--heartbeat", "0.1", "--report", report, "--junit", junit]
    for name in ("connect", "updates", "gap", "tasks", "hostile-not-xml", "resume"):
        words += ["--scenario", name]
    return kit(words)


if __name__ == "__main__":
    become_windows()
    sys.exit(main(*sys.argv[1:]))
