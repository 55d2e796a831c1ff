"""The machine that the kit runs on: its clocks and its chance, as values that a test can replace."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Machine", "this_machine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`monotonic` are seconds that nobody sets, `wall` seconds since 1970, `new_id` gives words that never repeat.

    `pause` waits for so many seconds.
    """

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    new_id: Callable[[], str]
    pause: Callable[[float], object]


def this_machine() -> Machine:
    """The machine as it is; for composition roots."""
    return Machine(monotonic=time.monotonic, wall=time.time, new_id=lambda: uuid.uuid4().hex[:8], pause=time.sleep)
