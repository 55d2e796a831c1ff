"""How many alarms one subsystem may raise: one that has gone wild fills neither the list nor the history."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from stationmaster.hub.alarms.sign import Severity, Sign

__all__ = ["MOST_RAISED", "RaiseLimit"]

MOST_RAISED = 1000
"""Alarms that one subsystem may raise within five minutes; more are raised later, if they still hold."""

_WITHIN_S = 300.0


class RaiseLimit:
    """Counts what each subsystem raises; the hub's own alarms are not bounded."""

    def __init__(self) -> None:
        self._raised: dict[str, deque[float]] = {}
        self._refused: dict[str, float] = {}

    def may(self, identity: str, seconds: float) -> bool:
        """Whether a subsystem may raise one more at this machine time; if so it counts as raised."""
        if not identity:
            return True
        raised = self._raised.setdefault(identity, deque(maxlen=MOST_RAISED))
        if len(raised) == MOST_RAISED and seconds - raised[0] < _WITHIN_S:
            self._refused[identity] = seconds
            return False
        raised.append(seconds)
        return True

    def signs(self, seconds: float) -> Iterator[Sign]:
        """Who raises more than is taken."""
        self._refused = {name: at for name, at in self._refused.items() if seconds - at < _WITHIN_S}
        for identity in self._refused:
            yield Sign(
                id=f"alarms-too-many/{identity}",
                severity=Severity.WARNING,
                zh=f"子系统 {identity} 告警过多, 五分钟内超出 {MOST_RAISED} 条的暂不列出",
                en=f"Subsystem {identity} raises too many alarms: beyond {MOST_RAISED} in five minutes they wait",
                after_s=0.0,
            )
