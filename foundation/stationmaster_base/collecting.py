"""Python's collector of garbage while a process starts.

A process that starts makes almost nothing but what stays until it ends: modules, classes, tables, its wiring. The
collector goes through all of it again and again meanwhile, which is a sixth of what a start costs, and afterwards once
more each time that it looks at everything, while all else waits.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["kept_for_good", "uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is collected within; nested, until the outermost ends."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextmanager
def kept_for_good() -> Iterator[None]:
    """What is made within, and all that there was before, stays until the process ends: it is not looked at any more.

    For imports and wiring alone: what they leave behind as garbage stays too.
    """
    with uncollected():
        yield
        gc.freeze()
