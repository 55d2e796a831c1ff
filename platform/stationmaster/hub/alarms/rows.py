"""Alarms, shelves and conditions as they stand in the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select
from sqlalchemy.sql import ColumnElement

from stationmaster.hub.alarms.conditions import KnownState
from stationmaster.hub.alarms.record import Acknowledgement, Record, Shelf
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.storage.schema import ALARM, ALARM_SHELF, CONDITION
from stationmaster_base.times import Instant

__all__ = ["HistoryFilter", "Kept", "Written", "cut", "read_history", "read_kept", "write"]

_MANY = 400
"""Keys in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is to be written: records whole; shelves by key and conditions by kind and id, None: gone."""

    records: Sequence[Record] = ()
    shelves: Mapping[str, Shelf | None]
    conditions: Mapping[tuple[str, str], KnownState | None]

    def __bool__(self) -> bool:
        return bool(self.records or self.shelves or self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What goes on after a restart; `number` is the last that was given."""

    records: tuple[Record, ...]
    shelves: tuple[Shelf, ...]
    conditions: tuple[KnownState, ...]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """Which standings are asked for; empty or None: any.

    `begin` and `end` are station times between which it stood at some moment; `before` is a number. `text` is looked
    for in its id and words. `heads`: only what is part of nothing else.
    """

    begin: Instant | None = None
    end: Instant | None = None
    identity: str = ""
    code: str = ""
    severity: str = ""
    key: str = ""
    text: str = ""
    part_of: int | None = None
    heads: bool = False
    before: int | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        """As conditions of a question."""
        found: list[ColumnElement[bool]] = []
        if self.begin is not None:
            found.append(or_(ALARM.c.ended.is_(None), ALARM.c.ended >= self.begin))
        if self.end is not None:
            found.append(ALARM.c.raised <= self.end)
        found += [
            column == value
            for column, value in (
                (ALARM.c.identity, self.identity),
                (ALARM.c.severity, self.severity),
                (ALARM.c.key, self.key),
                (ALARM.c.part_of, self.part_of),
            )
            if value not in ("", None)
        ]
        if self.code:
            found.append(or_(ALARM.c.name == self.code, ALARM.c.name.startswith(f"{self.code}/", autoescape=True)))
        if self.text:
            found.append(
                or_(
                    *(
                        func.lower(column).contains(self.text.lower(), autoescape=True)
                        for column in (ALARM.c.name, ALARM.c.zh, ALARM.c.en)
                    )
                )
            )
        if self.heads:
            found.append(ALARM.c.part_of.is_(None))
        if self.before is not None:
            found.append(ALARM.c.number < self.before)
        return found


def write(connection: Connection, written: Written) -> None:
    """Have the database say this, whatever it said before."""
    for start in range(0, len(written.records), _MANY):
        some = written.records[start : start + _MANY]
        connection.execute(delete(ALARM).where(ALARM.c.number.in_([record.number for record in some])))
        connection.execute(insert(ALARM), [_row(record) for record in some])
    for key, shelf in written.shelves.items():
        connection.execute(delete(ALARM_SHELF).where(ALARM_SHELF.c.key == key))
        if shelf is not None:
            connection.execute(insert(ALARM_SHELF), [_shelf_row(shelf)])
    for (kind, name), condition in written.conditions.items():
        connection.execute(delete(CONDITION).where(CONDITION.c.kind == kind, CONDITION.c.id == name))
        if condition is not None:
            connection.execute(insert(CONDITION), [_condition_row(condition)])


def read_kept(connection: Connection) -> Kept:
    """What stands, what waits to be seen, what is put aside, and since when what is how.

    Raises:
        ValueError: the database holds what no hub wrote.

    """
    records = connection.execute(select(ALARM).where(ALARM.c.waits == 1).order_by(ALARM.c.number)).all()
    shelves = connection.execute(select(ALARM_SHELF)).all()
    conditions = connection.execute(select(CONDITION)).all()
    return Kept(
        records=tuple(_record(row) for row in records),
        shelves=tuple(_shelf(row) for row in shelves),
        conditions=tuple(
            KnownState(kind=row.kind, id=row.id, state=row.state, since=_instant(row.since), detail=row.detail)
            for row in conditions
        ),
        number=connection.execute(select(func.max(ALARM.c.number))).scalar() or 0,
    )


def read_history(connection: Connection, wanted: HistoryFilter, most: int) -> list[Record]:
    """The newest standings that are wanted, the newest first."""
    question = select(ALARM).where(*wanted.clauses()).order_by(ALARM.c.number.desc()).limit(most)
    return [_record(row) for row in connection.execute(question)]


def cut(connection: Connection, before: Instant, most: int) -> int:
    """Delete what was over before a station time, at most so many; how many they were."""
    old = select(ALARM.c.number).where(ALARM.c.waits == 0, ALARM.c.ended < before).order_by(ALARM.c.number).limit(most)
    numbers = [row.number for row in connection.execute(old)]
    for start in range(0, len(numbers), _MANY):
        connection.execute(delete(ALARM).where(ALARM.c.number.in_(numbers[start : start + _MANY])))
    return len(numbers)


def _row(record: Record) -> dict[str, Any]:
    sign, acknowledged = record.sign, record.acknowledged
    return {
        "number": record.number,
        "key": record.key,
        "identity": sign.identity,
        "name": sign.id,
        "severity": sign.severity.value,
        "zh": sign.zh,
        "en": sign.en,
        "cause": sign.cause,
        "told_by": sign.told_by,
        "subject": sign.subject,
        "targets": json.dumps(sign.targets, ensure_ascii=False),
        "on_delay_ms": round(sign.after_s * 1000),
        "since": record.since,
        "raised": record.raised,
        "last": record.last,
        "times": record.times,
        "ended": record.ended,
        "waits": int(record.waits),
        "part_of": record.part_of,
        "acknowledged_by": None if acknowledged is None else acknowledged.by,
        "acknowledged_at": None if acknowledged is None else acknowledged.at,
        "acknowledged_why": None if acknowledged is None else acknowledged.why,
    }


def _record(row: Any) -> Record:
    acknowledged = None
    if row.acknowledged_at is not None:
        acknowledged = Acknowledgement(
            by=row.acknowledged_by or "", at=Instant(row.acknowledged_at), why=row.acknowledged_why or ""
        )
    return Record(
        number=row.number,
        key=row.key,
        sign=Sign(
            id=row.name,
            severity=Severity(row.severity),
            zh=row.zh,
            en=row.en,
            identity=row.identity,
            cause=row.cause,
            after_s=row.on_delay_ms / 1000,
            told_by=row.told_by,
            subject=row.subject,
            targets=tuple(json.loads(row.targets)),
        ),
        since=Instant(row.since),
        raised=Instant(row.raised),
        last=Instant(row.last),
        times=row.times,
        ended=_instant(row.ended),
        waits=bool(row.waits),
        acknowledged=acknowledged,
        part_of=row.part_of,
    )


def _shelf_row(shelf: Shelf) -> dict[str, Any]:
    return {
        "key": shelf.key,
        "identity": shelf.identity,
        "name": shelf.alarm,
        "by": shelf.by,
        "at": shelf.at,
        "until": shelf.until,
        "why": shelf.why,
    }


def _shelf(row: Any) -> Shelf:
    return Shelf(
        key=row.key,
        identity=row.identity,
        alarm=row.name,
        by=row.by,
        at=Instant(row.at),
        until=Instant(row.until),
        why=row.why,
    )


def _condition_row(condition: KnownState) -> dict[str, Any]:
    return {
        "kind": condition.kind,
        "id": condition.id,
        "state": condition.state,
        "since": condition.since,
        "detail": condition.detail,
    }


def _instant(value: int | None) -> Instant | None:
    return None if value is None else Instant(value)
