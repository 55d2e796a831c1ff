"""Signs of life of each part: a thread that hangs is as bad as one that is dead, and looks quite alive from outside."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Vitals", "stacks"]


@dataclass(slots=True)
class _Part:
    within_s: float
    at: float


class Vitals:
    """When each part last gave a sign.

    Args:
        monotonic: machine seconds.

    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._parts: dict[str, _Part] = {}

    def expect(self, part: str, within_s: float) -> None:
        """From now on this part gives a sign at least every so many seconds."""
        self._parts[part] = _Part(within_s, self._monotonic())

    def beat(self, part: str) -> None:
        """The part is alive; nothing for one of which none is expected."""
        if (known := self._parts.get(part)) is not None:
            known.at = self._monotonic()

    def hung(self) -> list[str]:
        """The parts that have given no sign for too long."""
        now = self._monotonic()
        return [name for name, part in list(self._parts.items()) if now > part.at + part.within_s]

    def silence_s(self) -> dict[str, float]:
        """Seconds since each part's last sign."""
        now = self._monotonic()
        return {name: max(0.0, now - part.at) for name, part in list(self._parts.items())}


def stacks() -> tuple[str, ...]:
    """Where every thread is now, as Python tells it; for the exit report of a process that hangs."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return tuple(
        f"{names.get(number, number)}: {''.join(traceback.format_stack(frame)[-4:])}"
        for number, frame in sys._current_frames().items()
    )
