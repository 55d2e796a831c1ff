"""Frames: one telegram, decodable alone, as it stands on the line.

    00 | COBS( header 15 | [key id 1, tag 8] | deflated payload | CRC-32 4 ) | 00

Header, big-endian: version 1 · type and flags 1 · station 4 (ASCII, padded with zeros) · gateway 1 · epoch 4 ·
sequence 4.
A frame has at most 240 bytes with its two delimiters, so that noise costs little and a short buffer holds it.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

from stationmaster_telegram import cobs
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.keys import TAG_LENGTH, SigningKey
from stationmaster_telegram.payload import TelegramType, pack, type_of, unpack
from stationmaster_telegram.records import LARGEST_COUNTER, Content
from stationmaster_telegram.replay import Sender
from stationmaster_telegram.words import deflate, inflate

__all__ = [
    "LONGEST_FRAME",
    "VERSION",
    "Header",
    "Rejected",
    "Rejection",
    "Telegram",
    "compress",
    "decode",
    "encode",
    "is_station",
    "payload_room",
]

VERSION = 1
LONGEST_FRAME = 240
"""Bytes on the line, both delimiters included."""

AUTHENTICATED = 0x80
"""Flag in the type byte: a key id and a truncated HMAC stand between header and payload."""
_TYPES = frozenset(TelegramType)
_HEADER = struct.Struct(">BB4sBII")
_CRC = struct.Struct(">I")
_STATION = re.compile(r"[A-Za-z0-9]{1,4}\Z")
_KEY_ID = 1
_AROUND = 3
"""Two delimiters and the byte that stuffing costs."""


class Rejection(ValueError):
    """Why a frame is no telegram for us.

    `reason` is one of the words that `Counters` has a field for.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where a telegram comes from, and its place in the stream.

    `station` is 1 to 4 ASCII letters and digits, `gateway` 1…255; `epoch` (1…2^32 − 1) grows by one each time that the
    gateway starts, `sequence` (0…2^32 − 1) by one with each telegram of the epoch.
    """

    station: str
    gateway: int
    epoch: int
    sequence: int

    def __post_init__(self) -> None:
        if not is_station(self.station):
            raise ValueError(f"station {self.station!r} is not 1 to 4 ASCII letters and digits")
        if not 1 <= self.gateway <= 255:
            raise ValueError(f"gateway {self.gateway} is outside 1…255")
        if not 1 <= self.epoch <= LARGEST_COUNTER:
            raise ValueError(f"epoch {self.epoch} is outside 1…2^32 − 1")
        if not 0 <= self.sequence <= LARGEST_COUNTER:
            raise ValueError(f"sequence {self.sequence} is outside 0…2^32 − 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """One telegram that came whole."""

    header: Header
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Something between two delimiters that is no telegram for us, and why."""

    reason: str
    detail: str


def is_station(text: str) -> bool:
    """Whether `text` can stand in a header as the station's id."""
    return bool(_STATION.match(text))


def payload_room(authenticated: bool = False) -> int:
    """Bytes that the deflated payload of one frame may have."""
    room = LONGEST_FRAME - _AROUND - _HEADER.size - _CRC.size
    return room - _KEY_ID - TAG_LENGTH if authenticated else room


def compress(content: Content, room: int) -> bytes | None:
    """The payload of the content, deflated; None if it is longer than `room` bytes (`payload_room`)."""
    stream = deflate(pack(content))
    return stream if len(stream) <= room else None


def encode(
    header: Header, content: Content, stream: bytes | None = None, key: SigningKey | None = None
) -> bytes | None:
    """The frame for the line; None if the content is too much for one frame.

    Args:
        header: where it comes from.
        content: what it says.
        stream: what `compress` made of the content, where the sender has kept it.
        key: what it is signed with; None: not at all.

    """
    room = payload_room(key is not None)
    stream = stream or compress(content, room)
    if stream is None or len(stream) > room:
        return None
    fixed = _HEADER.pack(
        VERSION,
        type_of(content) | (0 if key is None else AUTHENTICATED),
        header.station.encode("ascii"),
        header.gateway,
        header.epoch,
        header.sequence,
    )
    if key is None:
        body = fixed + stream
    else:
        fixed += bytes((key.id,))
        body = fixed + key.tag(fixed + stream) + stream
    return b"\0" + cobs.stuff(body + _CRC.pack(zlib.crc32(body))) + b"\0"


def decode(stuffed: bytes, station: str | None = None, verifier: Verifier | None = None) -> Telegram:
    """The telegram between two delimiters.

    Args:
        stuffed: what stood between them, not empty.
        station: whose telegrams are wanted; None: everybody's.
        verifier: judges tags, and that nothing is taken twice; None: telegrams come without tags.

    Raises:
        Rejection: it is none; `reason` is `framing_errors`, `crc_errors`, `unknown_versions`, `unknown_stations`,
            `unauthenticated`, `unknown_keys`, `bad_tags`, `not_kept`, `replays`, `unknown_types` or `malformed`,
            checked in this order.

    """
    try:
        whole = cobs.unstuff(stuffed)
    except ValueError as error:
        raise Rejection("framing_errors", str(error)) from error
    if len(whole) < _HEADER.size + _CRC.size or len(stuffed) + 2 > LONGEST_FRAME:
        raise Rejection("framing_errors", f"{len(whole)} bytes are no telegram")
    body, (crc,) = whole[: -_CRC.size], _CRC.unpack(whole[-_CRC.size :])
    if zlib.crc32(body) != crc:
        raise Rejection("crc_errors", "the check sum does not match")
    version, kind, place, gateway, epoch, sequence = _HEADER.unpack_from(body)
    if version != VERSION:
        raise Rejection("unknown_versions", f"version {version}; known is {VERSION}")
    sender = place.rstrip(b"\0").decode("latin-1")
    if station is not None and sender != station:
        raise Rejection("unknown_stations", f"station {sender!r}; expected is {station!r}")
    stream = body[_HEADER.size :]
    if kind & AUTHENTICATED:
        stream = _authentic(body, (sender, gateway), epoch, sequence, verifier)
    elif verifier is not None:
        raise Rejection("unauthenticated", "a telegram without a tag, and keys are set")
    kind &= ~AUTHENTICATED
    if kind not in _TYPES:
        raise Rejection("unknown_types", f"type {kind:#04x}")
    try:
        header = Header(station=sender, gateway=gateway, epoch=epoch, sequence=sequence)
        return Telegram(header=header, content=unpack(TelegramType(kind), inflate(stream)))
    except ValueError as error:
        raise Rejection("malformed", str(error)) from error


def _authentic(body: bytes, sender: Sender, epoch: int, sequence: int, verifier: Verifier | None) -> bytes:
    """The deflated payload of a body with a tag, once that is known to be genuine and new."""
    if verifier is None:
        raise Rejection("unknown_keys", "an authenticated telegram, and no key is known")
    signed, rest = body[: _HEADER.size + _KEY_ID], body[_HEADER.size + _KEY_ID :]
    if len(rest) < TAG_LENGTH:
        raise Rejection("bad_tags", "no room for a tag")
    tag, stream = rest[:TAG_LENGTH], rest[TAG_LENGTH:]
    refusal = verifier.refusal(sender, epoch, sequence, key_id=signed[-1], signed=signed + stream, tag=tag)
    if refusal is not None:
        raise Rejection(refusal.reason, refusal.detail)
    return stream
