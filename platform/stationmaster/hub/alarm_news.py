"""What is different among the alarms since the last look, for the subscribers who want to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stationmaster.hub.alarms import Alarm, AlarmBook
from stationmaster_protocol.equipment import AlarmSign
from stationmaster_protocol.messages import Deletion

__all__ = ["AlarmNews", "alarm_sign"]

_LONGEST = 2000


class AlarmNews:
    """Compares the book with what was told last.

    Args:
        alarms: the book.
        changed: is told what is different now, and which are no more.

    """

    def __init__(self, alarms: AlarmBook, changed: Callable[[Sequence[AlarmSign], Sequence[Deletion]], None]) -> None:
        self._alarms = alarms
        self._changed = changed
        self._told: dict[str, AlarmSign] = {}

    @property
    def signs(self) -> tuple[AlarmSign, ...]:
        """Every alarm, as it was told last."""
        return tuple(self._told.values())

    def look(self) -> None:
        """Tell what is different."""
        before = self._told
        self._told = {f"{alarm.identity}/{alarm.id}": alarm_sign(alarm) for alarm in self._alarms.alarms()}
        changed = [sign for name, sign in self._told.items() if before.get(name) != sign]
        gone = [Deletion(kind="alarm", id=name) for name in before if name not in self._told]
        if changed or gone:
            self._changed(changed, gone)


def alarm_sign(alarm: Alarm) -> AlarmSign:
    """An alarm as it is told to subscribers."""
    return AlarmSign(
        id=alarm.id,
        identity=alarm.identity or None,
        severity=alarm.severity,
        since=alarm.since,
        cause=alarm.cause,
        texts=(("zh", alarm.zh[:_LONGEST]), ("en", alarm.en[:_LONGEST])),
    )
