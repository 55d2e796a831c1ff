"""How often each alarm came lately: one that comes again and again is *chattering*, in the words of ISA-18.2."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

__all__ = ["CHATTER_S", "Chatter"]

CHATTER_S = 60.0
_CHATTERS = 3
"""So many comings within so many machine seconds are chattering; ISA-18.2 takes the same figures."""

_Name = tuple[str, str]


class Chatter:
    """The last comings of each alarm, by who says it and its id."""

    def __init__(self) -> None:
        self._comings: dict[_Name, deque[float]] = {}

    def came(self, name: _Name, seconds: float) -> None:
        """It has come, at this machine time."""
        self._comings.setdefault(name, deque(maxlen=_CHATTERS)).append(seconds)

    def chatters(self, name: _Name) -> bool:
        """Whether its last comings were within a minute."""
        comings = self._comings.get(name)
        return comings is not None and len(comings) == _CHATTERS and comings[-1] - comings[0] <= CHATTER_S

    def forget(self, but: Collection[_Name], seconds: float) -> None:
        """Forget what came long ago, but for those that are watched."""
        if len(self._comings) > len(but):
            self._comings = {
                name: comings
                for name, comings in self._comings.items()
                if name in but or seconds - comings[-1] < CHATTER_S
            }
