"""Ports for the processes that tests start, and what such a process needs of the environment."""

from __future__ import annotations

import os
import socket
import sys

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
"""The environment of a child that imports what the tests import."""


def free_block() -> int:
    """A port from which seven are free; where to begin depends on the process, so that two tests do not meet."""
    for first in range(20_000 + os.getpid() % 190 * 50, 30_000, 50):
        try:
            for port in range(first, first + 7):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")
