"""Telling subscribers of the open protocol what is wrong: each alarm when it comes, changes and is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.record import AlarmState, Record
from stationmaster_protocol.equipment import AlarmSign
from stationmaster_protocol.messages import Deletion

__all__ = ["AlarmNews"]

_LONGEST = 2000
"""Characters of a text, as the protocol has it."""


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
        self._revision = -1

    @property
    def signs(self) -> tuple[AlarmSign, ...]:
        """Every alarm, as it was told last."""
        return tuple(self._told.values())

    def look(self) -> None:
        """Tell what is different."""
        if self._alarms.revision == self._revision:
            return
        self._revision = self._alarms.revision
        before = self._told
        self._told = {
            f"{record.sign.identity}/{record.sign.id}": _alarm_sign(record)
            for record in self._alarms.standing()
            if self._alarms.state(record) is not AlarmState.SUPPRESSED
        }
        changed = [sign for name, sign in self._told.items() if before.get(name) != sign]
        gone = [Deletion(kind="alarm", id=name) for name in before if name not in self._told]
        if changed or gone:
            self._changed(changed, gone)


def _alarm_sign(record: Record) -> AlarmSign:
    """An alarm as it is told to subscribers."""
    sign = record.sign
    return AlarmSign(
        id=sign.id,
        identity=sign.identity or None,
        severity=sign.severity,
        since=record.since,
        cause=sign.cause,
        texts=(("zh", sign.zh[:_LONGEST]), ("en", sign.en[:_LONGEST])),
    )
