"""A command as a child of the supervisor: it cannot outlive it.

`python -m stationmaster.cli.child PARENT COMMAND …`. The kernel kills this process when the supervisor dies, however
it dies; all that a process keeps bears that. It gets a process group of its own, so that Ctrl-C at the terminal
reaches the supervisor alone and a process can be ended together with whatever it has started.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from stationmaster.cli.main import main

__all__ = ["become_child"]

PR_SET_PDEATHSIG = 1
ORPHANED = 3


def become_child(parent: int) -> bool:
    """Tie this process's life to that of process `parent`; whether `parent` was still there."""
    os.setpgid(0, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    return os.getppid() == parent


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:]) if become_child(int(sys.argv[1])) else ORPHANED)
