"""Everything that is refused at the open protocol's port: one log line with the reason, and a count.

A flood of the same from one address would fill the log: of one reason and address some lines a minute are written, and
the next says how many were not. The metric counts all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter

from stationmaster.hub.open_protocol.rate_limits import source_of
from stationmaster_base.logging import get_logger

__all__ = ["Refusals"]

_LOG = get_logger("security")

LINES = 10
WINDOW_S = 60.0
MOST_KEYS = 1024


class Refusals:
    """The log of refusals.

    Args:
        seconds: machine time.
        registry: where the count goes.

    """

    def __init__(self, seconds: Callable[[], float], registry: CollectorRegistry) -> None:
        self._seconds = seconds
        self._said: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._count = Counter(
            "stationmaster_hub_refused", "What was refused at the open protocol's port.", ["reason"], registry=registry
        )

    def __len__(self) -> int:
        return len(self._said)

    def refused(self, reason: str, address: str, identity: str = "", detail: str = "") -> None:
        """Somebody was refused.

        Args:
            reason: a stable word.
            address: who, as the connection says.
            identity: who, as he says.
            detail: what it was, for people; never a secret.

        """
        self._count.labels(reason).inc()
        key, now = (reason, source_of(address)), self._seconds()
        since, lines = self._said.pop(key, (now, 0))
        unsaid = 0
        if now - since >= WINDOW_S:
            unsaid = max(0, lines - LINES)
            since, lines = now, 0
        self._said[key] = (since, lines + 1)
        while len(self._said) > MOST_KEYS:
            self._said.popitem(last=False)
        if lines < LINES:
            _LOG.warning("refused", reason=reason, address=address, identity=identity, detail=detail, unsaid=unsaid)
