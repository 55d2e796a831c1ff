"""What test vectors of telegrams are made of: some calls, keys, and frames of any shape, also impossible ones."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from datetime import date
from typing import Any

from stationmaster_base.times import Instant, to_iso
from stationmaster_telegram import cobs
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import Header
from stationmaster_telegram.keys import SigningKey
from stationmaster_telegram.records import (
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

DAY = date(2026, 3, 1)
START = day_start(DAY)
STATION = "QHD"
KEYS = (
    SigningKey(id=1, secret=bytes(range(32))),
    SigningKey(id=2, secret=bytes(range(255, 223, -1))),
)
SM3_ID = 3
SM3_SECRET = bytes(range(64, 96))
HAS_SM3 = "sm3" in hashlib.algorithms_available

CALL = CallRecord(
    run=1,
    revision=1,
    day=DAY,
    numbers=("G1",),
    train_class="高速",
    kind=Kind.THROUGH,
    origin="包头",
    destination="北京",
    planned_arrival=Instant(START + 36_000),
    planned_departure=Instant(START + 36_300),
    track="3",
)
LATE = replace(CALL, revision=2, actual_arrival=Instant(START + 36_090), track="4")
GOOD = GatewayState(database=DatabaseState.GOOD, database_time=Instant(START + 36_000))
HOURS = manifest_hours([LATE])
MANIFEST = Manifest(cycle=3, count=1, digest=whole_digest(HOURS), hours=HOURS)
STONE = Tombstones(tombstones=(Tombstone(run=1, revision=3),))

ORIGIN = replace(
    CALL, run=12, kind=Kind.ORIGIN, planned_arrival=None, origin="秦皇岛", expected_departure=Instant(START + 36_900)
)
TERMINUS = replace(
    CALL,
    run=7,
    revision=9,
    numbers=("G2402", "G2403"),
    kind=Kind.TERMINUS,
    planned_departure=None,
    destination="秦皇岛",
    arrival_unknown=True,
    reason="暴雨",
)
PASSING = replace(
    CALL,
    run=2**53 - 1,
    revision=2**32 - 1,
    numbers=("X101",),
    train_class="行包",
    kind=Kind.PASSING,
    origin="A place of no list",
    planned_departure=CALL.planned_arrival,
    actual_departure=Instant(START + 36_000 - 61),
    track="",
)
NIGHT = replace(
    CALL,
    run=5,
    planned_arrival=Instant(START - 600),
    planned_departure=Instant(START + 300),
    expected_arrival=Instant(START),
    departure_unknown=True,
    arrival_unknown=True,
    running=RunningState.SUSPENDED,
    reason="塌方: 前方车站拥堵",
)


def stored(payload: bytes) -> bytes:
    """One stored block of deflate."""
    size = len(payload)
    return b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + payload


def header(sequence: int, **more: Any) -> Header:
    """Station QHD, gateway 1, epoch 7."""
    return Header(**{"station": STATION, "gateway": 1, "epoch": 7, "sequence": sequence, **more})


def framed(body: bytes) -> bytes:
    """A body with its check sum and delimiters."""
    return b"\0" + cobs.stuff(body + zlib.crc32(body).to_bytes(4, "big")) + b"\0"


def head(
    kind: int, sequence: int, *, version: int = 1, station: bytes = b"QHD\0", gateway: int = 1, epoch: int = 7
) -> bytes:
    """The 15 bytes of a header, also of one that nobody may send."""
    return bytes((version, kind)) + station + bytes((gateway,)) + epoch.to_bytes(4, "big") + sequence.to_bytes(4, "big")


def frame(where: Header, kind: int, stream: bytes, key: SigningKey | None = None) -> bytes:
    """A frame of a payload that is already a deflate stream."""
    station = where.station.encode().ljust(4, b"\0")
    flag = 0 if key is None else 0x80
    fixed = head(kind | flag, where.sequence, station=station, gateway=where.gateway, epoch=where.epoch)
    if key is None:
        return framed(fixed + stream)
    fixed += bytes((key.id,))
    return framed(fixed + key.tag(fixed + stream) + stream)


def said(content: Content) -> dict[str, Any]:
    """What a content says, in JSON."""
    match content:
        case Calls(records=records):
            return {"calls": [_said_call(record) for record in records]}
        case Tombstones(tombstones=stones):
            return {"tombstones": [{"run": stone.run, "revision": stone.revision} for stone in stones]}
        case Manifest():
            hours = [_said_hour(hour) for hour in content.hours]
            return {
                "manifest": {
                    "cycle": content.cycle,
                    "count": content.count,
                    "digest": content.digest.hex(),
                    "hours": hours,
                }
            }
        case GatewayState():
            return {
                "state": {
                    "database": content.database.name.lower(),
                    "database_time": _iso(content.database_time),
                    "read_age": content.read_age,
                    "faulty": content.faulty,
                    "held": content.held,
                    "gateway_time": _iso(content.gateway_time),
                }
            }


def _said_call(record: CallRecord) -> dict[str, Any]:
    return {
        "run": record.run,
        "revision": record.revision,
        "day": record.day.isoformat(),
        "numbers": list(record.numbers),
        "train_class": record.train_class,
        "kind": record.kind.name.lower(),
        "origin": record.origin,
        "destination": record.destination,
        **{name.replace(" ", "_"): _iso(time) for name, time in record.times()},
        "arrival_unknown": record.arrival_unknown,
        "departure_unknown": record.departure_unknown,
        "track": record.track,
        "running": record.running.name.lower(),
        "reason": record.reason,
    }


def _said_hour(hour: HourManifest) -> dict[str, Any]:
    return {"day": hour.day.isoformat(), "hour": hour.hour, "count": hour.count, "digest": hour.digest.hex()}


def _iso(time: Instant | None) -> str | None:
    return None if time is None else to_iso(time)
