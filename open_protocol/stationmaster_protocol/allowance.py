"""How many messages a client may send: so many a second in the long run, and so many more at once.

An acknowledgement that answers something new costs nothing, since it is the hub that decides how many of those there
are. A subscription costs more than one message, as it makes the hub look at everything that it has.
"""

from __future__ import annotations

__all__ = ["SUBSCRIPTION_COST", "Allowance"]

SUBSCRIPTION_COST = 50.0
"""As so many messages counts a subscription."""


class Allowance:
    """What one client has left.

    Args:
        rate: messages for each second of machine time.
        burst: what it may have saved up at most, and has at first.
        now: machine time in seconds.

    """

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._at = now

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Use one up, or as many as a message costs; False if there are not so many left."""
        self._left = min(float(self._burst), self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < cost:
            return False
        self._left -= cost
        return True
