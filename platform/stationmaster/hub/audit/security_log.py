"""What has to do with who is there and what he may, as records of the log.

Who is refused can ask again as often as he likes, and would fill the log: of one kind from one place so many a minute
are recorded one by one, and of the others how many there were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stationmaster.hub.audit.audit_log import AuditLog

__all__ = ["EACH", "WITHIN_S", "LoggedSecurity"]

EACH = 20
"""Records of one kind from one place in `WITHIN_S` that are written one by one."""

WITHIN_S = 60.0

_PLACES = 1000
_OWN = ("login", "address")


@dataclass(slots=True)
class _Often:
    since: float
    count: int = 0
    left_out: int = 0


class LoggedSecurity:
    """What the people's part tells it, it has recorded.

    Args:
        log: the log.
        seconds: machine time.

    """

    def __init__(self, log: AuditLog, seconds: Callable[[], float]) -> None:
        self._log = log
        self._seconds = seconds
        self._often: dict[tuple[str, str], _Often] = {}

    def record(self, kind: str, who: str, detail: Mapping[str, str]) -> None:
        """Record it; `detail` may have `login`, `address`, and what else is known."""
        origin = detail.get("address", "")
        left_out = self._left_out(kind, origin)
        if left_out is None:
            return
        words = ", ".join(f"{key}: {value}" for key, value in detail.items() if key not in _OWN and value)
        if left_out:
            words = f"{words} (and {left_out} more before)".lstrip()
        self._log.record(kind, who=who, login=detail.get("login", ""), origin=origin, words=words)

    def _left_out(self, kind: str, origin: str) -> int | None:
        """How many were left out before this one; None: this one is left out as well."""
        now = self._seconds()
        often = self._often.pop((kind, origin), None)
        left_out = 0
        if often is None or now - often.since >= WITHIN_S:
            left_out = 0 if often is None else often.left_out
            often = _Often(since=now)
        often.count += 1
        self._often[kind, origin] = often
        while len(self._often) > _PLACES:
            del self._often[next(iter(self._often))]
        if often.count > EACH:
            often.left_out += 1
            return None
        return left_out
