"""Payloads: contents as positional MessagePack.

A payload is one MessagePack array. Positions are fixed; a receiver of this version refuses more or fewer than it knows.
The state of the gateway alone may grow: a receiver looks past positions of it that it does not know.
Times are small: minutes relative to a time nearby, so that most of them are one byte.
A time with seconds is an array of two: minutes and seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import Any, NoReturn

import msgpack

from stationmaster_base.times import Instant
from stationmaster_telegram.records import (
    DAY_ZERO,
    CallRecord,
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    HourManifest,
    Kind,
    Manifest,
    RunningState,
    Tombstone,
    Tombstones,
    day_start,
)
from stationmaster_telegram.words import INDEX, WORDS

__all__ = ["TelegramType", "pack", "type_of", "unpack"]

_ARRIVAL_UNKNOWN = 1
_DEPARTURE_UNKNOWN = 2
_OPTIONAL: tuple[Any, ...] = ("", None, None, None, None, 0, 0, "")
"""What the last eight positions of a call are when they are left out."""
_REQUIRED = 9
_STATE_LEAST = 5
_DATABASE_STATES = frozenset(DatabaseState)


class TelegramType(IntEnum):
    """The type in a telegram's header."""

    CALLS = 1
    TOMBSTONES = 2
    MANIFEST = 3
    STATE = 4


def type_of(content: Content) -> TelegramType:
    """The type that a content is sent as."""
    match content:
        case Calls():
            return TelegramType.CALLS
        case Tombstones():
            return TelegramType.TOMBSTONES
        case Manifest():
            return TelegramType.MANIFEST
        case GatewayState():
            return TelegramType.STATE


def pack(content: Content) -> bytes:
    """The payload that says `content`, not yet deflated."""
    match content:
        case Calls():
            body = _pack_calls(content.records)
        case Tombstones():
            body = [value for stone in content.tombstones for value in (stone.run, stone.revision)]
        case Manifest():
            body = [content.cycle, content.count, content.digest]
            for hour in content.hours:
                body += [_days(hour.day), hour.hour, hour.count, hour.digest]
        case GatewayState():
            body = [content.database, content.database_time, content.read_age, content.faulty, content.held]
            if content.gateway_time is not None:
                body.append(content.gateway_time)
    packed: bytes = msgpack.packb(body)
    return packed


def unpack(kind: TelegramType, payload: bytes) -> Content:
    """The content that a payload says.

    Raises:
        ValueError: it says nothing that this version knows.

    """
    try:
        body = msgpack.unpackb(payload, strict_map_key=True, max_ext_len=0, max_map_len=0)
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise ValueError(f"not MessagePack: {error}") from error
    if type(body) is not list:
        raise ValueError("a payload is an array")
    match kind:
        case TelegramType.CALLS:
            return _unpack_calls(body)
        case TelegramType.TOMBSTONES:
            return _unpack_tombstones(body)
        case TelegramType.MANIFEST:
            return _unpack_manifest(body)
        case TelegramType.STATE:
            return _unpack_state(body)


def _pack_calls(records: Sequence[CallRecord]) -> list[Any]:
    start = day_start(records[0].day)
    base = (_first(records[0]) - start) // 60
    body: list[Any] = [_days(records[0].day), base]
    run = 0
    for record in records:
        body.append(_pack_call(record, run, start + base * 60))
        run = record.run
    return body


def _first(record: CallRecord) -> Instant:
    """The planned arrival, of an origin call the planned departure."""
    return record.planned if record.planned_arrival is None else record.planned_arrival


def _pack_call(record: CallRecord, run: int, base: int) -> list[Any]:
    unknown = _ARRIVAL_UNKNOWN * record.arrival_unknown + _DEPARTURE_UNKNOWN * record.departure_unknown
    values = [
        record.run - run,
        record.revision,
        "/".join(record.numbers),
        _pack_word(record.train_class),
        record.kind,
        _pack_word(record.origin),
        _pack_word(record.destination),
        _pack_time(record.planned_arrival, base),
        _pack_time(record.planned_departure, base if record.planned_arrival is None else record.planned_arrival),
        record.track,
        _pack_time(record.actual_arrival, record.planned_arrival),
        _pack_time(record.actual_departure, record.planned_departure),
        _pack_time(record.expected_arrival, record.planned_arrival),
        _pack_time(record.expected_departure, record.planned_departure),
        unknown,
        record.running,
        record.reason,
    ]
    while len(values) > _REQUIRED and values[-1] == _OPTIONAL[len(values) - 1 - _REQUIRED]:
        values.pop()
    return values


def _unpack_calls(body: list[Any]) -> Calls:
    if len(body) < 3:
        _refuse("a telegram of calls has a day, a base and a call")
    day = _day(body[0])
    base = day_start(day) + _whole(body[1]) * 60
    records = []
    run = 0
    for values in body[2:]:
        record = _unpack_call(values, day, run, base)
        run = record.run
        records.append(record)
    return Calls(records=tuple(records))


def _unpack_call(values: Any, day: date, run: int, base: int) -> CallRecord:
    if type(values) is not list or not _REQUIRED <= len(values) <= _REQUIRED + len(_OPTIONAL):
        _refuse("a call has 9 to 17 positions")
    values = [*values, *_OPTIONAL[len(values) - _REQUIRED :]]
    arrival = _unpack_time(values[7], base)
    departure = _unpack_time(values[8], base if arrival is None else arrival)
    unknown = _whole(values[14])
    if not 0 <= unknown <= _ARRIVAL_UNKNOWN + _DEPARTURE_UNKNOWN:
        _refuse("flags of unknown times are 0 to 3")
    return CallRecord(
        run=run + _whole(values[0]),
        revision=_whole(values[1]),
        day=day,
        numbers=tuple(_text(values[2]).split("/")),
        train_class=_word(values[3]),
        kind=Kind(_whole(values[4])),
        origin=_word(values[5]),
        destination=_word(values[6]),
        planned_arrival=arrival,
        planned_departure=departure,
        track=_text(values[9]),
        actual_arrival=_unpack_time(values[10], arrival),
        actual_departure=_unpack_time(values[11], departure),
        expected_arrival=_unpack_time(values[12], arrival),
        expected_departure=_unpack_time(values[13], departure),
        arrival_unknown=bool(unknown & _ARRIVAL_UNKNOWN),
        departure_unknown=bool(unknown & _DEPARTURE_UNKNOWN),
        running=RunningState(_whole(values[15])),
        reason=_text(values[16]),
    )


def _unpack_tombstones(body: list[Any]) -> Tombstones:
    if len(body) % 2:
        _refuse("tombstones are pairs")
    pairs = zip(body[::2], body[1::2], strict=True)
    return Tombstones(
        tombstones=tuple(Tombstone(run=_whole(run), revision=_whole(revision)) for run, revision in pairs)
    )


def _unpack_manifest(body: list[Any]) -> Manifest:
    if len(body) % 4 != 3:
        _refuse("a manifest has 3 positions and 4 for each hour")
    hours = tuple(
        HourManifest(
            day=_day(body[at]), hour=_whole(body[at + 1]), count=_whole(body[at + 2]), digest=_bytes(body[at + 3])
        )
        for at in range(3, len(body), 4)
    )
    return Manifest(cycle=_whole(body[0]), count=_whole(body[1]), digest=_bytes(body[2]), hours=hours)


def _unpack_state(body: list[Any]) -> GatewayState:
    if len(body) < _STATE_LEAST:
        _refuse("a state has 5 positions or more")
    return GatewayState(
        database=_database(_whole(body[0])),
        database_time=_instant(body[1]),
        read_age=_whole(body[2]),
        faulty=_whole(body[3]),
        held=_whole(body[4]),
        gateway_time=_instant(body[5]) if len(body) > _STATE_LEAST else None,
    )


def _database(number: int) -> DatabaseState:
    """A number that a later sender has given a meaning is, here, a database that is not good."""
    if number < 0:
        _refuse("states of a database are 0 and up")
    return DatabaseState(number) if number in _DATABASE_STATES else DatabaseState.OTHER


def _instant(value: Any) -> Instant | None:
    return None if value is None else Instant(_whole(value))


def _days(day: date) -> int:
    return (day - DAY_ZERO).days


def _day(value: Any) -> date:
    days = _whole(value)
    if not 0 <= days < 73_050:
        _refuse(f"day {days} is outside 2000…2199")
    return DAY_ZERO + timedelta(days=days)


def _pack_time(time: Instant | None, base: int | None) -> int | list[int] | None:
    if time is None or base is None:
        return None
    minutes, seconds = divmod(time - base, 60)
    return [minutes, seconds] if seconds else minutes


def _unpack_time(value: Any, base: int | None) -> Instant | None:
    if value is None:
        return None
    if base is None:
        _refuse("a time of an event that the call does not have")
    if type(value) is list:
        if len(value) != 2 or not 0 < _whole(value[1]) < 60:
            _refuse("a time is minutes, or minutes and 1 to 59 seconds")
        return Instant(base + _whole(value[0]) * 60 + value[1])
    return Instant(base + _whole(value) * 60)


def _whole(value: Any) -> int:
    if type(value) is not int:
        _refuse(f"{value!r} is not a whole number")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        _refuse(f"{value!r} is not text")
    return value


def _pack_word(text: str) -> str | int:
    return INDEX.get(text, text)


def _word(value: Any) -> str:
    """Text, or the place of a well-known word in the dictionary, the last word being 0."""
    if type(value) is not int:
        return _text(value)
    if not 0 <= value < len(WORDS):
        _refuse(f"there is no word {value}")
    return WORDS[-1 - value]


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        _refuse(f"{value!r} is not bytes")
    return value


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)
