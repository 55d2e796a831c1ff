"""Test vectors of what a receiver refuses, and of streams in which it finds its way."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import msgpack

from stationmaster_telegram import cobs, words
from stationmaster_telegram.keys import SigningKey
from stationmaster_telegram.payload import TelegramType, pack
from stationmaster_telegram.records import (
    Calls,
)
from support.telegram_making import CALL, GOOD, KEYS, STONE, frame, framed, head, header, stored


def _refused(name: str, why: str, reason: str, whole: bytes, *, keys: bool = False) -> dict[str, Any]:
    return {"name": name, "why": why, "reason": reason, "keys": keys, "frame": whole.hex(" ")}


def refused() -> Iterator[dict[str, Any]]:
    """Frames that a receiver of station QHD takes nothing from; with `keys`, one that has the keys."""
    good = frame(header(42), 1, stored(pack(Calls(records=(CALL,)))))
    body = cobs.unstuff(good[1:-1])[:-4]
    yield _refused(
        "code-past-the-end", "the last code of COBS points past the end", "framing_errors", good[:-2] + b"\0"
    )
    yield _refused(
        "short",
        "18 bytes are shorter than header and check sum",
        "framing_errors",
        b"\0" + cobs.stuff(body[:14] + zlib.crc32(body[:14]).to_bytes(4, "big")) + b"\0",
    )
    yield _refused("long", "241 bytes", "framing_errors", frame(header(42), 1, stored(bytes(214))))
    flipped = bytearray(good)
    flipped[30] ^= 0x04
    yield _refused("flipped", "one bit is not as it was sent", "crc_errors", bytes(flipped))
    yield _refused(
        "crc-low-byte-first",
        "the check sum's bytes in the wrong order",
        "crc_errors",
        b"\0" + cobs.stuff(body + zlib.crc32(body).to_bytes(4, "little")) + b"\0",
    )
    yield _refused("version-2", "a version that is not known", "unknown_versions", framed(b"\2" + body[1:]))
    yield _refused(
        "version-first",
        "the version is looked at before the station",
        "unknown_versions",
        framed(b"\2\1XYZ" + body[5:]),
    )
    yield _refused("another-station", "a telegram for XYZ", "unknown_stations", framed(body[:2] + b"XYZ\0" + body[6:]))
    signed = frame(header(42), 1, stored(pack(Calls(records=(CALL,)))), KEYS[0])
    signed_body = cobs.unstuff(signed[1:-1])[:-4]
    yield _refused("signed-without-keys", "a tag, and the receiver has no keys", "unknown_keys", signed)
    yield _refused("unsigned-with-keys", "no tag, and the receiver has keys", "unauthenticated", good, keys=True)
    strange = SigningKey(id=9, secret=KEYS[0].secret)
    yield _refused(
        "key-9",
        "a key that the receiver has not",
        "unknown_keys",
        frame(header(42), 1, stored(pack(STONE)), strange),
        keys=True,
    )
    other = SigningKey(id=1, secret=KEYS[1].secret)
    yield _refused(
        "another-secret",
        "the tag of another secret",
        "bad_tags",
        frame(header(42), 2, stored(pack(STONE)), other),
        keys=True,
    )
    changed = bytearray(signed_body)
    changed[14] += 1
    yield _refused(
        "sequence-changed", "signed, and then given another sequence", "bad_tags", framed(bytes(changed)), keys=True
    )
    partly = KEYS[0].tag(signed_body[24:])
    yield _refused(
        "tag-over-payload",
        "the tag covers the payload alone",
        "bad_tags",
        framed(signed_body[:16] + partly + signed_body[24:]),
        keys=True,
    )
    yield _refused("tag-cut", "7 bytes after the key id", "bad_tags", framed(signed_body[:23]), keys=True)
    for kind in (0, 5, 15):
        yield _refused(
            f"type-{kind}", "a type that is not known", "unknown_types", framed(head(kind, 42) + stored(pack(GOOD)))
        )
    yield _refused("flag-40", "a flag that is not known", "unknown_types", framed(head(0x41, 42) + body[15:]))
    yield _refused(
        "gateway-0", "gateways are 1 and up", "malformed", framed(head(4, 42, gateway=0) + stored(pack(GOOD)))
    )
    yield _refused("epoch-0", "epochs are 1 and up", "malformed", framed(head(4, 42, epoch=0) + stored(pack(GOOD))))
    yield from _malformed_streams()
    yield from _malformed_payloads()


def _malformed_streams() -> Iterator[dict[str, Any]]:
    payload = pack(GOOD)
    streams = {
        "no-payload": (b"", "no deflate stream"),
        "no-last-block": (b"\0" + stored(payload)[1:], "a stored block that is not marked as the last, and no other"),
        "wrong-complement": (b"\1\1\0\1\0\xc0", "length and complement do not agree"),
        "zlib-header": (zlib.compress(payload), "with zlib's header and check sum"),
        "after-the-stream": (stored(payload) + b"\0", "a byte after the last block"),
        "bomb": (words.deflate(bytes(5000)), "more than 4096 bytes when inflated"),
    }
    for name, (stream, why) in streams.items():
        yield _refused(name, why, "malformed", framed(head(4, 42) + stream))


def _malformed_payloads() -> Iterator[dict[str, Any]]:
    def changed(at: int, value: object) -> list[object]:
        call = [1, 1, "G1", 1, 2, 36, 20, 0, 5, "3", None, None, None, None, 0, 0, ""]
        return [9556, 600, [*call[:at], value, *call[at + 1 :]]]

    digest = bytes(8)
    wrong: tuple[tuple[str, str, TelegramType, object], ...] = (
        ("no-array", "a payload that is no array", TelegramType.CALLS, 7),
        ("no-call", "a day and a base, and no call", TelegramType.CALLS, [9556, 600]),
        ("call-of-8", "a call of 8 positions", TelegramType.CALLS, [9556, 600, [1, 1, "G1", 1, 2, 36, 20, 0]]),
        ("call-of-18", "a call of 18 positions", TelegramType.CALLS, [9556, 600, [*changed(0, 1)[2], 0]]),  # type: ignore[misc]  # a list
        ("day-2200", "a service date after 2199", TelegramType.CALLS, [73_050, 600, *changed(0, 1)[2:]]),
        ("run-too-large", "runs are less than 2^53", TelegramType.CALLS, changed(0, 2**53)),
        ("run-negative", "a run of -1", TelegramType.CALLS, changed(0, -1)),
        ("run-true", "true is no number", TelegramType.CALLS, changed(0, True)),
        ("run-float", "1.0 is no whole number", TelegramType.CALLS, changed(0, 1.0)),
        ("revision-too-large", "a revision of 2^32", TelegramType.CALLS, changed(1, 2**32)),
        ("no-number", "a train without number", TelegramType.CALLS, changed(2, "")),
        ("empty-number", "one of two numbers is empty", TelegramType.CALLS, changed(2, "G1/")),
        ("number-binary", "binary where text belongs", TelegramType.CALLS, changed(2, b"G1")),
        ("number-control", "a control character", TelegramType.CALLS, changed(2, "G1\n")),
        ("word-296", "there is no such word", TelegramType.CALLS, changed(3, 296)),
        ("word-negative", "there is no such word", TelegramType.CALLS, changed(3, -1)),
        ("kind-4", "there is no such kind", TelegramType.CALLS, changed(4, 4)),
        ("origin-with-arrival", "an origin call has none", TelegramType.CALLS, changed(4, 0)),
        ("through-without-arrival", "a through call has one", TelegramType.CALLS, changed(7, None)),
        ("seconds-0", "whole minutes are no array", TelegramType.CALLS, changed(10, [1, 0])),
        ("seconds-60", "seconds are 1 to 59", TelegramType.CALLS, changed(10, [1, 60])),
        ("time-of-three", "a time is minutes, or minutes and seconds", TelegramType.CALLS, changed(10, [1, 2, 3])),
        ("time-text", "text is no time", TelegramType.CALLS, changed(10, "1")),
        ("far-away", "more than 60 days from the service date", TelegramType.CALLS, changed(13, 60 * 1440)),
        ("unknown-4", "flags are 0 to 3", TelegramType.CALLS, changed(14, 4)),
        ("running-4", "there is no such word", TelegramType.CALLS, changed(15, 4)),
        ("reason-nil", "no reason is an empty text", TelegramType.CALLS, changed(16, None)),
        ("stone-without-revision", "tombstones are pairs", TelegramType.TOMBSTONES, [1]),
        ("no-stone", "no tombstone at all", TelegramType.TOMBSTONES, []),
        ("digest-of-7", "a digest has 8 bytes", TelegramType.MANIFEST, [0, 0, bytes(7)]),
        ("digest-text", "text where binary belongs", TelegramType.MANIFEST, [0, 0, "12345678"]),
        ("hour-of-3", "an hour has 4 positions", TelegramType.MANIFEST, [0, 0, digest, 9556, 10, 1]),
        ("cycle-too-large", "a cycle of 2^32", TelegramType.MANIFEST, [2**32, 0, digest]),
        ("state-of-4", "a state has 5 positions or more", TelegramType.STATE, [1, None, 0, 0]),
        ("state-negative", "states are 0 and up", TelegramType.STATE, [-1, None, 0, 0, 0]),
        ("state-map", "a map", TelegramType.STATE, [1, None, {0: 0}, 0, 0]),
        ("age-negative", "a read in the future", TelegramType.STATE, [1, None, -1, 0, 0]),
        ("gateway-time-text", "text is no time", TelegramType.STATE, [1, None, 0, 0, 0, "noon"]),
    )
    for name, why, kind, body in wrong:
        yield _refused(name, why, "malformed", framed(head(kind, 42) + stored(msgpack.packb(body))))
    raw = {
        "messagepack-cut": (pack(GOOD)[:-1], "the last position is missing"),
        "messagepack-more": (pack(GOOD) + b"\xc0", "a value after the array"),
        "utf-8": (pack(Calls(records=(CALL,))).replace(b"G1", b"\xc3("), "text that is not UTF-8"),
    }
    for name, (payload, why) in raw.items():
        kind = TelegramType.CALLS if name == "utf-8" else TelegramType.STATE
        yield _refused(name, why, "malformed", framed(head(kind, 42) + stored(payload)))


def streams() -> Iterator[dict[str, Any]]:
    """Bytes as they come down a line, and what a receiver makes of them: a sequence, or why it is refused."""

    def state(sequence: int, key: SigningKey | None = None, epoch: int = 7) -> bytes:
        return frame(header(sequence, epoch=epoch), 4, stored(pack(GOOD)), key)

    one, two = KEYS
    cases: tuple[tuple[str, str, bool, bytes, list[int | str]], ...] = (
        ("middle", "a receiver that begins within a frame", False, state(1)[9:] + state(2), ["crc_errors", 2]),
        (
            "delimiters",
            "several delimiters in a row mean nothing",
            False,
            bytes(5) + state(1) + bytes(3) + state(2),
            [1, 2],
        ),
        ("one-delimiter", "two frames with one delimiter between", False, state(1) + state(2)[1:], [1, 2]),
        (
            "no-delimiter",
            "without any, two frames are one that is none",
            False,
            state(1)[:-1] + state(2)[1:],
            ["crc_errors"],
        ),
        ("endless", "300 bytes without a delimiter", False, b"\0" + b"\x01" * 300 + state(2), ["framing_errors", 2]),
        ("repeat", "without keys a repeat is taken, and changes nothing", False, state(1) + state(1), [1, 1]),
        ("replay", "with keys it is not", True, state(1, one) + state(1, one) + state(2, one), [1, "replays", 2]),
        (
            "overtaken",
            "one of the last 64 may come late, once",
            True,
            state(9, one) + state(8, one) + state(8, one),
            [9, 8, "replays"],
        ),
        ("too-late", "one before them may not", True, state(99, one) + state(35, one), [99, "replays"]),
        (
            "old-epoch",
            "an epoch that was left never comes back",
            True,
            state(5, one, 8) + state(6, one, 7),
            [5, "replays"],
        ),
        (
            "rotation",
            "the sender goes over to another key",
            True,
            state(1, one) + state(2, two) + state(2, one),
            [1, 2, "replays"],
        ),
        (
            "forged-first",
            "a wrong tag uses no number up",
            True,
            state(1, SigningKey(id=1, secret=bytes(32))) + state(1, one),
            ["bad_tags", 1],
        ),
    )
    for name, why, keys, data, events in cases:
        yield {"name": name, "why": why, "keys": keys, "bytes": data.hex(" "), "events": events}
