"""Memory that a process has freed and still holds.

The GNU C library keeps what a thread has freed below anything that is still in use, in case that as much is needed
again. After something large that happens once a day, that is memory for a whole day that nobody uses.
"""

from __future__ import annotations

import ctypes

__all__ = ["give_back"]

_LIBRARY = ctypes.CDLL(None)
"""What the process has loaded anyway; looked for at once, since a drill lets nothing be loaded later."""


def give_back() -> None:
    """Give all that is free back to the system; it takes milliseconds. Other systems' libraries do so by themselves."""
    trim = getattr(_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)
