"""Which standing alarm comes from which other, so that one fault is one alarm with its parts listed.

The rules, each of which leads from a part to its head; a head's own head is the head of both:

1. What hangs on a supply that has failed (`supplies`) is a part of that supply's alarm.
2. What cannot be told since its subsystem is away is a part of the alarm that the subsystem is away.
3. A subsystem's alarm that names another alarm of the same subsystem as its cause is a part of that.
4. What a board shows wrong, and the silence of a zone, is a part of the alarm of a device that serves it.
5. What is wrong with lines and gateways is a part of the alarm that the feed is lost or late, and what is wrong with
   masters of time of the alarm that the clock runs without them.

By the third, fourth and fifth an alarm is never a part of one that is less grave: it would be hidden by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from stationmaster.hub.alarms.record import Record
from stationmaster.hub.alarms.sign import Sign
from stationmaster.hub.alarms.standing import Standing
from stationmaster.hub.alarms.supplies import SupplyWatch

__all__ = ["Causes"]

_SHOWN_OR_HEARD = ("board-differs", "board-old", "board-unread", "zone")

_WHOLES = (
    (("feed-lost", "feed-late"), ("line-closed", "line-silent", "line-noisy", "gateway-database")),
    (("clock-invalid", "clock-free-run", "clock-holdover"), ("clock-source", "clock-no-majority")),
)
"""Alarms, the first of which that stands is the head of the others."""


class Causes:
    """Finds heads by the rules.

    Args:
        supplies: what fails together.

    """

    def __init__(self, supplies: SupplyWatch) -> None:
        self._supplies = supplies

    def signs(self, seen: Iterable[Sign]) -> list[Sign]:
        """Signs of supplies that have failed, by what is seen now."""
        return self._supplies.signs(seen)

    def heads(self, standing: Iterable[Standing]) -> Mapping[str, str]:
        """Which alarm is a part of which, by key."""
        stands = list(standing)
        by_id = {record.sign.id: record for record in _records(stands) if not record.sign.identity}
        above: dict[str, str] = {}
        for part, head in (
            *self._shown_or_heard(stands),
            *_said(stands),
            *_wholes(by_id),
            *self._supplied(stands, by_id),
            *_suppressed(stands, by_id),
        ):
            if part.key != head.key:
                above[part.key] = head.key
        tops = {part: top for part in above if (top := _top(part, above)) is not None}
        return {part: top for part, top in tops.items() if top not in tops}

    def _supplied(self, stands: Iterable[Standing], by_id: Mapping[str, Record]) -> Iterator[tuple[Record, Record]]:
        heads = {subject: name for name, subjects in self._supplies.parts().items() for subject in subjects}
        for record in _records(stands):
            head = by_id.get(heads.get(record.sign.subject, ""))
            if head is not None:
                yield record, head

    def _shown_or_heard(self, stands: Iterable[Standing]) -> Iterator[tuple[Record, Record]]:
        serving: dict[str, Record] = {}
        for record in _records(stands):
            if record.sign.subject:
                serving.update({target: _graver(record, serving.get(target)) for target in record.sign.targets})
        for record in _records(stands) if serving else ():
            code, _, target = record.sign.id.partition("/")
            head = serving.get(target)
            if code in _SHOWN_OR_HEARD and head is not None and (head.is_grave or not record.is_grave):
                yield record, head


def _records(stands: Iterable[Standing]) -> Iterator[Record]:
    return (each.record for each in stands if each.record is not None)


def _graver(one: Record, other: Record | None) -> Record:
    return one if other is None or (one.is_grave and not other.is_grave) else other


def _said(stands: Iterable[Standing]) -> Iterator[tuple[Record, Record]]:
    """What subsystems say themselves."""
    named = {(record.sign.identity, record.sign.id): record for record in _records(stands)}
    for record in _records(stands):
        cause = record.sign.cause
        head = named.get((record.sign.identity, cause)) if cause and record.sign.identity else None
        if head is not None and (head.is_grave or not record.is_grave):
            yield record, head


def _wholes(by_id: Mapping[str, Record]) -> Iterator[tuple[Record, Record]]:
    for heads, codes in _WHOLES:
        head = next((by_id[name] for name in heads if name in by_id), None)
        if head is not None:
            parts = (record for record in by_id.values() if record.code in codes)
            yield from ((record, head) for record in parts if head.is_grave or not record.is_grave)


def _suppressed(stands: Iterable[Standing], by_id: Mapping[str, Record]) -> Iterator[tuple[Record, Record]]:
    for each in stands:
        head = by_id.get(f"subsystem-absent/{each.sign.told_by}") if each.suppressed else None
        if each.record is not None and head is not None:
            yield each.record, head


def _top(part: str, above: Mapping[str, str]) -> str | None:
    """The last head on the way up; None if the way leads round."""
    seen = {part}
    top = above[part]
    while top in above:
        if top in seen:
            return None
        seen.add(top)
        top = above[top]
    return top
