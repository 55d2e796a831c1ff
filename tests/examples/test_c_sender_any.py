"""Whatever can be said, the C sender says in the same bytes as ours: two implementations of one document."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import Instant
from stationmaster_telegram.digest import hour_digest, whole_digest
from stationmaster_telegram.frame import Header
from stationmaster_telegram.keys import SigningKey
from stationmaster_telegram.payload import pack, type_of
from stationmaster_telegram.records import (
    DAY_ZERO,
    CallRecord,
    Calls,
    Content,
    GatewayState,
    HourManifest,
    Manifest,
    Tombstones,
)
from stationmaster_telegram.words import INDEX
from support.telegram_making import frame, stored
from support.telegrams import contents, days, headers, records

SENDER = Path(__file__).parents[2] / "examples" / "c_sender"
NO_TIME = -(2**63)
SIGNED_MOST, MOST = 204, 213
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
counts = st.integers(0, 2**32 - 1)
digests = st.binary(min_size=8, max_size=8)


class Key(ctypes.Structure):
    _fields_ = (("id", ctypes.c_uint8), ("secret", ctypes.c_char_p), ("length", ctypes.c_size_t))


class Head(ctypes.Structure):
    _fields_ = (
        ("station", ctypes.c_char * 4),
        ("gateway", ctypes.c_uint8),
        ("epoch", ctypes.c_uint32),
        ("sequence", ctypes.c_uint32),
    )


class Word(ctypes.Structure):
    _fields_ = (("text", ctypes.c_char_p), ("place", ctypes.c_uint16))


class Call(ctypes.Structure):
    _fields_ = (
        ("run", ctypes.c_uint64),
        ("revision", ctypes.c_uint32),
        ("day", ctypes.c_uint32),
        ("numbers", ctypes.c_char_p),
        ("train_class", Word),
        ("kind", ctypes.c_int),
        ("origin", Word),
        ("destination", Word),
        ("planned_arrival", ctypes.c_int64),
        ("planned_departure", ctypes.c_int64),
        ("track", ctypes.c_char_p),
        ("actual_arrival", ctypes.c_int64),
        ("actual_departure", ctypes.c_int64),
        ("expected_arrival", ctypes.c_int64),
        ("expected_departure", ctypes.c_int64),
        ("unknown", ctypes.c_uint),
        ("running", ctypes.c_int),
        ("reason", ctypes.c_char_p),
    )


class Stone(ctypes.Structure):
    _fields_ = (("run", ctypes.c_uint64), ("revision", ctypes.c_uint32))


class Hour(ctypes.Structure):
    _fields_ = (
        ("day", ctypes.c_uint32),
        ("hour", ctypes.c_int16),
        ("count", ctypes.c_uint32),
        ("digest", ctypes.c_uint8 * 8),
    )


class State(ctypes.Structure):
    _fields_ = (
        ("database", ctypes.c_int),
        ("database_time", ctypes.c_int64),
        ("read_age", ctypes.c_uint32),
        ("faulty", ctypes.c_uint32),
        ("held", ctypes.c_uint32),
        ("gateway_time", ctypes.c_int64),
    )


class Payload(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int), ("bytes", ctypes.c_uint8 * MOST), ("length", ctypes.c_size_t))


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The sender as a library."""
    library = tmp_path_factory.mktemp("c_sender") / "telegram.so"
    sources = (SENDER / "telegram.c", SENDER / "sha256.c")
    checked = ("-fsanitize=undefined", "-fno-sanitize-recover=all", "-static-libubsan")
    subprocess.run(["gcc", "-std=c99", "-O1", "-shared", "-fPIC", *checked, *sources, "-o", library], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.tg_frame.restype = ctypes.c_size_t
    loaded.tg_hour_of.restype = ctypes.c_int16
    return loaded


def word(text: str) -> Word:
    return Word(None, INDEX[text]) if text in INDEX else Word(text.encode(), 0)


def time(instant: Instant | None) -> int:
    return NO_TIME if instant is None else instant


def call(record: CallRecord) -> Call:
    return Call(
        run=record.run,
        revision=record.revision,
        day=(record.day - DAY_ZERO).days,
        numbers="/".join(record.numbers).encode(),
        train_class=word(record.train_class),
        kind=record.kind,
        origin=word(record.origin),
        destination=word(record.destination),
        track=record.track.encode(),
        unknown=record.arrival_unknown + 2 * record.departure_unknown,
        running=record.running,
        reason=record.reason.encode(),
        **{name.replace(" ", "_"): time(instant) for name, instant in record.times()},
    )


def hours(them: Sequence[HourManifest]) -> Any:
    return (Hour * max(1, len(them)))(
        *(Hour((hour.day - DAY_ZERO).days, hour.hour, hour.count, (ctypes.c_uint8 * 8)(*hour.digest)) for hour in them)
    )


def said_in_c(sender: ctypes.CDLL, content: Content) -> Payload:
    """The payload as the C sender makes it."""
    payload = Payload()
    to = ctypes.byref(payload)
    match content:
        case Calls(records=them):
            sender.tg_calls(to, (Call * len(them))(*map(call, them)), ctypes.c_size_t(len(them)))
        case Tombstones(tombstones=them):
            stones = (Stone * len(them))(*(Stone(stone.run, stone.revision) for stone in them))
            sender.tg_tombstones(to, stones, ctypes.c_size_t(len(them)))
        case Manifest():
            cycle, count = ctypes.c_uint32(content.cycle), ctypes.c_uint32(content.count)
            size = ctypes.c_size_t(len(content.hours))
            sender.tg_manifest(to, cycle, count, content.digest, hours(content.hours), size)
        case GatewayState():
            state = State(
                content.database,
                time(content.database_time),
                content.read_age,
                content.faulty,
                content.held,
                time(content.gateway_time),
            )
            sender.tg_state(to, ctypes.byref(state))
    return payload


@UNHURRIED
@given(header=headers, content=contents, secret=st.none() | st.binary(min_size=16, max_size=64))
def test_both_say_the_same(sender: ctypes.CDLL, header: Header, content: Content, secret: bytes | None) -> None:
    """Byte for byte, with any header, content and key; and what is too long for one is too long for the other."""
    key = None if secret is None else SigningKey(id=200, secret=secret)
    kept = ctypes.create_string_buffer(secret or b"", 64)  # as long as C may look at it
    held = Key(200, ctypes.cast(kept, ctypes.c_char_p), len(secret or b""))
    head = Head(header.station.encode(), header.gateway, header.epoch, header.sequence)
    payload = said_in_c(sender, content)
    ours = pack(content)
    buffer = (ctypes.c_uint8 * 240)()
    length = sender.tg_frame(
        buffer, ctypes.byref(head), ctypes.byref(payload), None if key is None else ctypes.byref(held)
    )
    if len(ours) > (MOST if key is None else SIGNED_MOST):
        assert length == 0
    else:
        assert bytes(buffer[:length]) == frame(header, type_of(content), stored(ours), key)


@UNHURRIED
@given(them=st.lists(records(), min_size=1, max_size=5, unique_by=lambda record: record.run))
def test_both_digest_the_same(sender: ctypes.CDLL, them: list[CallRecord]) -> None:
    """The hour of a call, and the digest of the calls of an hour."""
    them.sort(key=lambda record: record.run)
    calls = (Call * len(them))(*map(call, them))
    assert [sender.tg_hour_of(ctypes.byref(one)) for one in calls] == [record.hour for record in them]
    digest = (ctypes.c_uint8 * 8)()
    sender.tg_hour_digest(calls, ctypes.c_size_t(len(them)), digest)
    assert bytes(digest) == hour_digest((record.run, record.revision) for record in them)


@UNHURRIED
@given(them=st.lists(st.builds(HourManifest, day=days, hour=st.integers(-1440, 1440), count=counts, digest=digests)))
def test_both_digest_all_the_same(sender: ctypes.CDLL, them: list[HourManifest]) -> None:
    """The digest of everything, over hours in order."""
    them.sort(key=lambda hour: (hour.day, hour.hour))
    digest = (ctypes.c_uint8 * 8)()
    sender.tg_whole_digest(hours(them), ctypes.c_size_t(len(them)), digest)
    assert bytes(digest) == whole_digest(them)
