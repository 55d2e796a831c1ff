"""Who tries too often: back-off after failures, and so many connections a second, in tables that cannot grow.

Times are machine time in seconds. Both tables forget the key that was not heard of for longest when they are full.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Backoff", "Rate", "source_of"]

MOST_KEYS = 4096
LONGEST_WAIT_S = 60.0
FORGOTTEN_S = 900.0

_SITE_BITS = 64


def source_of(address: str) -> str:
    """By what an address is counted: itself, or of IPv6 the network of 64 bits, of which one host may have all."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _SITE_BITS), strict=False))


@dataclass(slots=True)
class _Tries:
    failures: int
    until: float
    last: float


class Backoff:
    """After some failures a wait, twice as long after each further one.

    Args:
        seconds: machine time.
        free: failures without a wait.
        most: keys that are remembered.

    """

    def __init__(self, seconds: Callable[[], float], *, free: int, most: int = MOST_KEYS) -> None:
        self._seconds = seconds
        self._free = free
        self._most = most
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tries)

    def wait_s(self, key: str) -> float:
        """How long this one still has to wait; 0 if it may try."""
        tries = self._tries.get(key)
        return 0.0 if tries is None else max(0.0, tries.until - self._seconds())

    def failed(self, key: str) -> None:
        """It tried in vain."""
        now = self._seconds()
        tries = self._tries.pop(key, None)
        if tries is None or now - tries.last > FORGOTTEN_S:
            tries = _Tries(failures=0, until=0.0, last=now)
        tries.failures += 1
        tries.last = now
        over = tries.failures - self._free
        if over > 0:
            tries.until = now + min(LONGEST_WAIT_S, 2.0 ** min(over - 1, 10))
        self._tries[key] = tries
        while len(self._tries) > self._most:
            self._tries.popitem(last=False)

    def forgive(self, key: str) -> None:
        """It has shown that it may."""
        self._tries.pop(key, None)


class Rate:
    """So many a second in the long run, and so many at once.

    Args:
        seconds: machine time.
        rate: a second.
        burst: at once.
        most: keys that are remembered.

    """

    def __init__(self, seconds: Callable[[], float], *, rate: float, burst: int, most: int = MOST_KEYS) -> None:
        self._seconds = seconds
        self._rate = rate
        self._burst = burst
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, key: str) -> bool:
        """Whether this one may have another now."""
        now = self._seconds()
        left, since = self._left.pop(key, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._rate)
        allowed = left >= 1.0
        self._left[key] = (left - 1.0 if allowed else left, now)
        while len(self._left) > self._most:
            self._left.popitem(last=False)
        return allowed
