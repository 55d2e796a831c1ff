"""Frames: what is sent comes back, and nothing else does."""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import replace

import msgpack
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from stationmaster_telegram import cobs, words
from stationmaster_telegram.frame import LONGEST_FRAME, Header, Rejection, Telegram, decode, encode, is_station
from stationmaster_telegram.payload import TelegramType, pack, type_of, unpack
from stationmaster_telegram.records import (
    CallRecord,
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    Kind,
    Manifest,
    Tombstones,
)
from support.telegrams import DAY, HEADER, START, call, calls, contents, frame, headers


def body_of(whole: bytes) -> bytes:
    """Header, payload and check sum of a frame."""
    return cobs.unstuff(whole[1:-1])


def framed(body: bytes) -> bytes:
    """What stands between the delimiters for a body with a right check sum."""
    return cobs.stuff(body + zlib.crc32(body).to_bytes(4, "big"))


@given(headers, contents)
def test_every_telegram_comes_back(header: Header, content: Content) -> None:
    """Whatever fits is at most 240 bytes, holds zeros only around it, and comes back equal."""
    whole = encode(header, content)
    assume(whole is not None)
    assert whole is not None
    assert len(whole) <= LONGEST_FRAME
    assert whole[0] == whole[-1] == 0
    assert 0 not in whole[1:-1]
    assert decode(whole[1:-1], header.station) == Telegram(header=header, content=content)


@given(calls(), st.lists(st.integers(0, 8 * 200), min_size=1, max_size=40, unique=True))
@example(Calls(records=(call(),)), [200])
def test_flipped_bits_never_make_another_telegram(content: Calls, flips: list[int]) -> None:
    """A frame with flipped bits is rejected: no wrong value is ever accepted."""
    whole = encode(HEADER, content)
    assume(whole is not None)
    assert whole is not None
    damaged = bytearray(whole[1:-1])
    for flip in flips:
        damaged[flip // 8 % len(damaged)] ^= 1 << (flip % 8)
    if bytes(damaged) != whole[1:-1]:
        with pytest.raises(Rejection):
            decode(bytes(damaged))


@given(st.binary(max_size=260))
def test_any_bytes_between_delimiters_are_decoded_or_rejected(data: bytes) -> None:
    """Nothing but a Rejection comes of noise."""
    with suppress(Rejection):
        decode(data)


@given(st.sampled_from(TelegramType), st.binary(max_size=200))
def test_any_payload_with_a_right_check_sum_is_decoded_or_rejected(kind: TelegramType, stream: bytes) -> None:
    """Even a sender that deflates nonsense and sums it rightly raises nothing but a Rejection."""
    head = body_of(frame(GatewayState(database=1)))[:15]  # type: ignore[arg-type]  # an IntEnum's number
    with suppress(Rejection):
        decode(framed(head[:1] + bytes((kind,)) + head[2:] + stream))


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=40,
)


@given(st.sampled_from(TelegramType), plain)
def test_any_messagepack_is_a_content_or_a_value_error(kind: TelegramType, value: object) -> None:
    """Whatever a payload holds, it is a content or a ValueError."""
    with suppress(ValueError):
        assert type_of(unpack(kind, msgpack.packb(value))) is kind


@given(st.sampled_from(TelegramType), st.binary(max_size=100))
def test_any_bytes_are_a_content_or_a_value_error(kind: TelegramType, payload: bytes) -> None:
    """A payload that is no MessagePack is a ValueError and nothing worse."""
    with suppress(ValueError):
        unpack(kind, payload)


@given(contents)
def test_a_payload_says_the_same_twice(content: Content) -> None:
    """Packing is deterministic, and unpacking is its inverse."""
    payload = pack(content)
    assert unpack(type_of(content), payload) == content
    assert pack(unpack(type_of(content), payload)) == payload


def test_the_dictionary_of_version_1_stays_as_it_is() -> None:
    """A changed dictionary would need a new version: receivers in the field would not understand it."""
    assert words.DICTIONARY_SHA256 == "58c962146d1b39e1026982c666226e07ce55c8c105e72d9521263752c5c59df5"


def test_the_documents_example_is_understood() -> None:
    """The worked example of docs/telegram.md, byte for byte."""
    example_frame = bytes.fromhex(
        "0006010151484402010101020701011d2a9b7c5635e42c53c42c46c645ee868c4c2a220cac0b8d01e3f2445300"
    )
    header = Header(station="QHD", gateway=1, epoch=7, sequence=42)
    assert decode(example_frame[1:-1]) == Telegram(header=header, content=Calls(records=(call(1, minute=600),)))


def test_a_frame_of_stored_blocks_is_understood() -> None:
    """A sender without a compressor sends its payload as one stored block."""
    payload = pack(Calls(records=(call(),)))
    stored = b"\x01" + len(payload).to_bytes(2, "little") + (len(payload) ^ 0xFFFF).to_bytes(2, "little") + payload
    head = body_of(frame(Calls(records=(call(),))))[:15]
    assert decode(framed(head + stored)).content == Calls(records=(call(),))


def test_what_does_not_fit_is_not_sent() -> None:
    """A content too long for one frame gives none, and is not cut."""
    assert encode(HEADER, Calls(records=(call(reason="".join(map(chr, range(0x4E00, 0x4E90)))),))) is None


def changed_head(at: int, value: int) -> bytes:
    body = bytearray(body_of(frame(Calls(records=(call(),))))[:-4])
    body[at] = value
    return framed(bytes(body))


@pytest.mark.parametrize(
    ("stuffed", "reason"),
    [
        (b"\x09abc", "framing_errors"),
        (cobs.stuff(bytes(12)), "framing_errors"),
        (cobs.stuff(bytes(18)) + b"\x01", "crc_errors"),
        (changed_head(0, 2), "unknown_versions"),
        (changed_head(2, ord("X")), "unknown_stations"),
        (changed_head(1, 0x81), "unknown_keys"),
        (changed_head(1, 0x09), "unknown_types"),
        (changed_head(1, 0x41), "unknown_types"),
        (changed_head(1, TelegramType.STATE), "malformed"),
        (changed_head(6, 0), "malformed"),
    ],
)
def test_each_kind_of_rejection_has_its_word(stuffed: bytes, reason: str) -> None:
    """Why a frame was rejected is told apart, in the order in which it is checked."""
    with pytest.raises(Rejection) as caught:
        decode(stuffed, "QHD")
    assert caught.value.reason == reason
    assert str(caught.value)


def test_a_bomb_is_rejected() -> None:
    """A stream that inflates to more than 4096 bytes is rejected before it takes memory."""
    head = body_of(frame(GatewayState(database=1)))[:15]  # type: ignore[arg-type]  # an IntEnum's number
    with pytest.raises(Rejection, match="4096"):
        decode(framed(head + words.deflate(bytes(50_000))))


def test_what_follows_the_stream_is_rejected() -> None:
    """Bytes after the deflate stream are a fault, not something to overlook."""
    body = body_of(frame(Calls(records=(call(),))))[:-4]
    with pytest.raises(Rejection, match="whole deflate stream"):
        decode(framed(body + b"\x01"))


@pytest.mark.parametrize(
    ("text", "good"),
    [("QHD", True), ("A", True), ("ABCD", True), ("ABCDE", False), ("", False), ("电", False), ("A B", False)],
)
def test_a_stations_id_is_one_to_four_ascii_letters_and_digits(text: str, good: bool) -> None:
    """What can stand in a header is known beforehand."""
    assert is_station(text) is good


@pytest.mark.parametrize(
    "change",
    [
        {"run": -1},
        {"revision": 2**32},
        {"numbers": ()},
        {"numbers": ("G1/G2",)},
        {"kind": Kind.ORIGIN},
        {"kind": Kind.TERMINUS},
        {"planned_arrival": None},
        {"actual_departure": START + 61 * 86400},
        {"day": DAY.replace(year=1999)},
        {"origin": "a\nb"},
        {"reason": "\ud800"},
    ],
)
def test_a_call_that_makes_no_sense_cannot_be_made(change: dict[str, object]) -> None:
    """Neither end can hold a call that contradicts itself or cannot be sent."""
    with pytest.raises(ValueError, match=r"."):
        replace(call(), **change)  # type: ignore[arg-type]  # a test's shorthand


def test_times_of_events_that_a_call_has_not_are_refused() -> None:
    """An origin call has no arrival, not even an expected one, and a terminus call no departure."""
    origin = {"kind": Kind.ORIGIN, "planned_arrival": None}
    with pytest.raises(ValueError, match="arrival"):
        replace(call(), **origin, expected_arrival=START)  # type: ignore[arg-type]  # a test's shorthand
    with pytest.raises(ValueError, match="departure"):
        replace(call(), kind=Kind.TERMINUS, planned_departure=None, actual_departure=START)


@pytest.mark.parametrize("further", [[], [None], [7], [7, "later", [1, 2]]])
def test_a_state_may_have_further_positions(further: list[object]) -> None:
    """Position 5 is the gateway's time; what a later sender adds behind it is looked past."""
    content = unpack(TelegramType.STATE, msgpack.packb([1, None, 2, 0, 0, *further]))
    time = next(iter(further), None)
    assert content == GatewayState(database=DatabaseState.GOOD, read_age=2, gateway_time=time)  # type: ignore[arg-type]


@pytest.mark.parametrize(("number", "state"), [(4, DatabaseState.UNFIT), (5, DatabaseState.OTHER), (2**40, 255)])
def test_a_state_of_the_database_that_nobody_knows_is_not_good(number: int, state: int) -> None:
    """A number to which a later sender has given a meaning is a database that is not good."""
    assert unpack(TelegramType.STATE, msgpack.packb([number, None, 0, 0, 0])) == GatewayState(
        database=DatabaseState(state)
    )


@pytest.mark.parametrize(
    "body", [[1, None, 0, 0], [-1, None, 0, 0, 0], [1, None, 0, 0, 0, "noon"], [True, None, 0, 0, 0]]
)
def test_a_state_that_makes_no_sense_is_refused(body: list[object]) -> None:
    """Too few positions, a negative state, and a time that is no number."""
    with pytest.raises(ValueError, match=r"."):
        unpack(TelegramType.STATE, msgpack.packb(body))


def test_contents_that_say_nothing_are_refused() -> None:
    """No calls, calls of two days, no tombstones, and a digest of another length are not sent."""
    for make in (
        lambda: Calls(records=()),
        lambda: Calls(records=(call(1), call(2, days=1))),
        lambda: Tombstones(tombstones=()),
        lambda: Manifest(cycle=0, count=0, digest=b""),
    ):
        with pytest.raises(ValueError, match=r"telegram|digest"):
            make()


def test_the_planned_hour_of_a_call_sorts_it() -> None:
    """The hour counts from 00:00 UTC of the service date, by the planned departure or a terminus call's arrival."""
    early: CallRecord = call(minute=-30)
    assert early.hour == -1
    assert replace(early, kind=Kind.TERMINUS, planned_departure=None).hour == -1
    assert call(minute=58).hour == 1
