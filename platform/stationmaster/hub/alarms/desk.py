"""What people do about alarms: acknowledge them, put them aside for a while, take them back.

An alarm is named by its key, and who acknowledges may say which standing of it he has seen: if it has gone and come
again meanwhile, that is another one, and he is told so. What is done to the head of a group is done to all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.record import GRAVE_MINUTES, LONGEST_MINUTES, Acknowledgement, Record, Shelf
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.times import MINUTE, Instant

__all__ = ["AlarmDesk"]

_LOG = get_logger("alarms")


class AlarmDesk:
    """Where people act on alarms.

    Args:
        book: the alarms.
        now: station time.

    """

    def __init__(self, book: AlarmBook, now: Callable[[], float]) -> None:
        self._book = book
        self._now = now

    def acknowledge(self, key: str, number: int | None, by: str, why: str = "") -> Record:
        """Say that somebody knows; what has been acknowledged already stays as it is.

        Args:
            key: the alarm's.
            number: the standing that he has seen; None: whichever it is.
            by: who.
            why: what he adds.

        Raises:
            StationError: `no-such-alarm`, `alarm-changed`.

        """
        record = self._find(key)
        if number is not None and record.number != number:
            raise StationError(
                "alarm-changed",
                f"{record.sign.id} has gone and come again meanwhile.",
                "Look at it as it is now, and acknowledge that.",
            )
        if record.acknowledged is not None:
            return record
        known = replace(record, acknowledged=Acknowledgement(by=by, at=self._instant(), why=why))
        self._book.acknowledged(known)
        _LOG.info("alarm-acknowledged", alarm=record.sign.id, identity=record.sign.identity, by=by, why=why)
        return known

    def shelve(self, key: str, minutes: int, by: str, why: str) -> Shelf:
        """Put an alarm aside; one that is put aside already is so from now on for this long.

        Raises:
            StationError: `no-such-alarm`; `shelved-too-long` if it is grave, or has a grave part.

        """
        record = self._find(key)
        most = GRAVE_MINUTES if self._book.is_grave(record) else LONGEST_MINUTES
        if minutes > most:
            raise StationError(
                "shelved-too-long",
                f"{record.sign.id} may be shelved for {most} minutes at most.",
                "Shelve it for less; it can be shelved again.",
            )
        now = self._instant()
        shelf = Shelf(
            key=key,
            identity=record.sign.identity,
            alarm=record.sign.id,
            by=by,
            at=now,
            until=Instant(now + minutes * MINUTE),
            why=why,
        )
        self._book.shelve(shelf)
        _LOG.warning(
            "alarm-shelved", alarm=shelf.alarm, identity=shelf.identity, by=by, why=why, minutes=minutes, todo="nothing"
        )
        return shelf

    def unshelve(self, key: str, by: str) -> Shelf:
        """Have an alarm back.

        Raises:
            StationError: `not-shelved`.

        """
        shelf = self._book.shelf(key)
        if shelf is None:
            raise StationError("not-shelved", f"No alarm {key} is shelved.", "It may have come back by itself.")
        self._book.unshelve(key, why=f"by {by}")
        return shelf

    def _find(self, key: str) -> Record:
        record = self._book.record(key)
        if record is None:
            raise StationError("no-such-alarm", f"No alarm {key} stands or waits.", "It may be over; see the history.")
        return record

    def _instant(self) -> Instant:
        return Instant(int(self._now()))
