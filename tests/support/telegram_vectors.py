"""The test vectors of telegram version 1: what the files in docs/telegram/vectors are made of.

`PYTHONPATH=tests python tests/support/telegram_vectors.py` writes them.
A vector that has once been published is never changed, only added to: others have built against it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgpack

from stationmaster_base.times import Instant
from stationmaster_telegram import cobs, words
from stationmaster_telegram.digest import whole_digest
from stationmaster_telegram.frame import Header
from stationmaster_telegram.keys import Algorithm, SigningKey
from stationmaster_telegram.payload import pack, type_of
from stationmaster_telegram.records import (
    Calls,
    Content,
    DatabaseState,
    Manifest,
    Tombstone,
    Tombstones,
)
from support.telegram_making import (
    CALL,
    GOOD,
    HAS_SM3,
    KEYS,
    LATE,
    MANIFEST,
    NIGHT,
    ORIGIN,
    PASSING,
    SM3_ID,
    SM3_SECRET,
    START,
    STONE,
    TERMINUS,
    frame,
    header,
    said,
    stored,
)
from support.telegram_refusals import refused, streams

FOLDER = Path(__file__).parents[2] / "docs" / "telegram" / "vectors"


def _accepted(
    name: str,
    why: str,
    where: Header,
    content: Content,
    *,
    payload: bytes | None = None,
    stream: bytes | None = None,
    key: SigningKey | None = None,
) -> dict[str, Any]:
    payload = pack(content) if payload is None else payload
    stream = stored(payload) if stream is None else stream
    whole = frame(where, type_of(content), stream, key)
    return {
        "name": name,
        "why": why,
        "frame": whole.hex(" "),
        "header": {
            "station": where.station,
            "gateway": where.gateway,
            "epoch": where.epoch,
            "sequence": where.sequence,
            "type": int(type_of(content)),
        },
        "key": None if key is None else key.id,
        "payload": payload.hex(" "),
        "says": said(content),
    }


def accepted() -> Iterator[dict[str, Any]]:
    """Telegrams that a receiver takes."""
    calls, late = Calls(records=(CALL,)), Calls(records=(LATE,))
    basic: tuple[tuple[str, str, int, Content], ...] = (
        ("calls", "a call of a through train", 42, calls),
        ("late", "it arrived 90 seconds late, on another track", 43, late),
        ("state", "the database is good, and the gateway's own clock is not set", 44, GOOD),
        ("manifest", "of that one call, in cycle 3", 45, MANIFEST),
        ("tombstone", "the call is no longer there", 46, STONE),
    )
    for name, why, sequence, content in basic:
        yield _accepted(f"{name}-stored", f"{why}; a stored block", header(sequence), content)
        yield _accepted(f"{name}-signed", f"{why}; signed with key 1", header(sequence), content, key=KEYS[0])
        deflated = words.deflate(pack(content))
        yield _accepted(f"{name}-deflated", f"{why}; with the dictionary", header(sequence), content, stream=deflated)
    yield _accepted(
        "signed-deflated",
        "deflated and signed with key 2",
        header(42),
        calls,
        stream=words.deflate(pack(calls)),
        key=KEYS[1],
    )
    yield _accepted(
        "origin", "a call that has no arrival, expected ten minutes late", header(1), Calls(records=(ORIGIN,))
    )
    yield _accepted(
        "terminus", "two numbers, no departure, delay of the arrival unknown", header(2), Calls(records=(TERMINUS,))
    )
    yield _accepted(
        "passing",
        "largest run and revision, text that is no word, a departure 61 seconds early",
        header(3),
        Calls(records=(PASSING,)),
    )
    yield _accepted("night", "base before midnight UTC, suspended, with a reason", header(4), Calls(records=(NIGHT,)))
    yield _accepted(
        "several",
        "three calls, the second with a smaller run than the first",
        header(5),
        Calls(records=(ORIGIN, TERMINUS, CALL)),
    )
    yield _accepted(
        "stones",
        "three tombstones",
        header(6),
        Tombstones(tombstones=tuple(Tombstone(run=run, revision=2) for run in (9, 3, 70_000))),
    )
    yield _accepted(
        "nothing", "a gateway that holds no call", header(7), Manifest(cycle=0, count=0, digest=whole_digest(()))
    )
    yield _accepted(
        "state-time",
        "the gateway's own clock is two seconds ahead of the database",
        header(8),
        replace(GOOD, gateway_time=Instant(START + 36_002)),
    )
    yield _accepted(
        "state-unfit",
        "tables or columns are not those that were expected",
        header(9),
        replace(GOOD, database=DatabaseState.UNFIT, database_time=None, read_age=40),
    )
    later = [1, START + 36_000, 0, 0, 0, None, "later", [7, b"\1"]]
    yield _accepted(
        "state-grown",
        "positions that a later sender has added are looked past",
        header(10),
        GOOD,
        payload=msgpack.packb(later),
    )
    yield _accepted(
        "state-unknown",
        "a state of the database that a later sender knows is not good",
        header(11),
        replace(GOOD, database=DatabaseState.OTHER),
        payload=msgpack.packb([77, START + 36_000, 0, 0, 0]),
    )
    wide = Header(station="A", gateway=255, epoch=2**32 - 1, sequence=2**32 - 1)
    yield _accepted("header-widest", "largest numbers and the shortest station", wide, GOOD)
    yield _accepted("header-zeros", "an epoch and a sequence with zeros in them", header(0x01000000, epoch=256), GOOD)
    long = (
        b"\xdc\x00\x05"
        + b"\xcc\x01"
        + b"\xce"
        + (START + 36_000).to_bytes(4, "big")
        + b"\xd3"
        + bytes(8)
        + b"\xcd\0\0"
        + b"\xd0\0"
    )
    yield _accepted("long-forms", "MessagePack in longer forms than need be", header(12), GOOD, payload=long)
    payload = pack(calls)
    half = len(payload) // 2
    blocks = b"\0" + stored(payload[:half])[1:] + stored(payload[half:])
    yield _accepted("two-blocks", "two stored blocks", header(13), calls, stream=blocks)
    for length, name in ((213, "longest"), (204, "longest-signed")):
        full = next(
            one
            for count in range(200)
            if len(pack(one := Calls(records=(replace(CALL, reason="x" * count),)))) == length
        )
        key = KEYS[0] if name.endswith("signed") else None
        yield _accepted(name, "a frame of 240 bytes", header(14), full, key=key)


def accepted_sm3() -> Iterator[dict[str, Any]]:
    """Telegrams signed with SM3."""
    key = SigningKey(id=SM3_ID, algorithm=Algorithm.SM3, secret=SM3_SECRET)
    yield _accepted("calls-sm3", "signed with key 3", header(42), Calls(records=(CALL,)), key=key)
    yield _accepted("state-sm3", "signed with key 3", header(44), GOOD, key=key)


def parts() -> dict[str, Any]:
    """The steps on the way to a frame, each for itself."""
    bodies = (b"\0", b"\0\0", b"\x11\0\x22", b"\x11\x22\x33", b"\x11\0\0\0", bytes(range(1, 234)))
    return {
        "cobs": [{"body": body.hex(" "), "stuffed": cobs.stuff(body).hex(" ")} for body in bodies],
        "crc-32": [{"bytes": body.hex(" "), "crc": f"{zlib.crc32(body):08x}"} for body in (b"123456789", b"", b"\0")],
        "stored": [{"bytes": body.hex(" "), "stream": stored(body).hex(" ")} for body in (b"", b"\xc0")],
        "tags": [
            {"key": key.id, "bytes": body.hex(" "), "tag": key.tag(body).hex(" ")}
            for key in KEYS
            for body in (b"", b"abc")
        ],
    }


def keys() -> list[dict[str, Any]]:
    """The keys of the vectors, which are known to everybody and so to be used nowhere."""
    return [
        *({"id": key.id, "algorithm": str(key.algorithm), "secret": key.secret.hex()} for key in KEYS),
        {"id": SM3_ID, "algorithm": "sm3", "secret": SM3_SECRET.hex()},
    ]


def files() -> dict[str, str]:
    """Every file by its name; that of SM3 only where this machine has SM3."""
    made: dict[str, Any] = {
        "accepted.json": list(accepted()),
        "refused.json": list(refused()),
        "streams.json": list(streams()),
        "parts.json": parts(),
        "keys.json": keys(),
    }
    if HAS_SM3:
        made["accepted-sm3.json"] = list(accepted_sm3())
    return {name: json.dumps(body, ensure_ascii=False, indent=1) + "\n" for name, body in made.items()}


if __name__ == "__main__":
    for file, text in files().items():
        (FOLDER / file).write_text(text, "utf-8")
    (FOLDER.parent / "words-1.txt").write_text("\n".join(words.WORDS) + "\n", "utf-8")
