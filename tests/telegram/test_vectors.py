"""The test vectors in docs/telegram: each is read and is what it says, and none was changed after it was published."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from stationmaster_telegram import cobs, words
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Rejected, Telegram, decode
from stationmaster_telegram.keys import Algorithm, Keyring, SigningKey
from stationmaster_telegram.payload import type_of, unpack
from stationmaster_telegram.replay import ReplayGuard, SeenFile, Sender
from support.telegram_making import HAS_SM3, SM3_ID, STATION, said
from support.telegram_vectors import FOLDER, files


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def names(vectors: list[dict[str, Any]]) -> list[str]:
    return [vector["name"] for vector in vectors]


ACCEPTED = read("accepted")
REFUSED = read("refused")
STREAMS = read("streams")


class Forgetful(SeenFile):
    """A receiver's memory that begins empty."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))

    def read(self) -> dict[Sender, tuple[int, int]]:
        return {}

    def write(self, seen: dict[Sender, tuple[int, int]]) -> None:
        """Nothing outlives a vector."""


def verifier() -> Verifier:
    """Has the keys of the vectors that this machine can compute."""
    keys = [
        SigningKey(id=key["id"], algorithm=Algorithm(key["algorithm"]), secret=bytes.fromhex(key["secret"]))
        for key in read("keys")
        if HAS_SM3 or key["id"] != SM3_ID
    ]
    return Verifier(Keyring(*keys), ReplayGuard(Forgetful(), lambda: 0.0))


def check_accepted(vector: dict[str, Any]) -> None:
    """The frame says what stands beside it."""
    whole, header = bytes.fromhex(vector["frame"]), vector["header"]
    assert whole[0] == whole[-1] == 0
    telegram = decode(whole[1:-1], header["station"], verifier() if vector["key"] else None)
    assert said(telegram.content) == vector["says"]
    assert type_of(telegram.content) == header["type"]
    assert {name: getattr(telegram.header, name) for name in ("station", "gateway", "epoch", "sequence")} == {
        name: header[name] for name in ("station", "gateway", "epoch", "sequence")
    }
    assert said(unpack(type_of(telegram.content), bytes.fromhex(vector["payload"]))) == vector["says"]


@pytest.mark.parametrize("vector", ACCEPTED, ids=names(ACCEPTED))
def test_a_telegram_is_taken_and_says_what_stands_beside_it(vector: dict[str, Any]) -> None:
    """Header, payload and meaning are those of the file."""
    check_accepted(vector)


def test_a_telegram_signed_with_sm3_is_taken_where_sm3_is() -> None:
    """Where OpenSSL has no SM3 its key cannot be had, so that the telegram is one of an unknown key."""
    for vector in read("accepted-sm3"):
        decoder = Decoder(STATION, verifier())
        decoder.receive_data(bytes.fromhex(vector["frame"]))
        assert (decoder.counters.frames, decoder.counters.unknown_keys) == ((1, 0) if HAS_SM3 else (0, 1))
        if HAS_SM3:
            check_accepted(vector)


@pytest.mark.parametrize("vector", REFUSED, ids=names(REFUSED))
def test_a_telegram_is_refused_for_the_reason_beside_it(vector: dict[str, Any]) -> None:
    """Nothing is taken from it, and its kind of fault counts."""
    decoder = Decoder(STATION, verifier() if vector["keys"] else None)
    decoder.receive_data(bytes.fromhex(vector["frame"]))
    events = [event.reason if isinstance(event, Rejected) else event for event in iter(decoder.next_event, None)]
    assert events == [vector["reason"]]
    assert getattr(decoder.counters, vector["reason"]) == 1


@pytest.mark.parametrize("vector", STREAMS, ids=names(STREAMS))
def test_a_receiver_finds_its_way_through_a_stream(vector: dict[str, Any]) -> None:
    """Sequences of what is taken and reasons of what is not, in order."""
    decoder = Decoder(STATION, verifier() if vector["keys"] else None)
    decoder.receive_data(bytes.fromhex(vector["bytes"]))
    events: list[int | str] = []
    while (event := decoder.next_event()) is not None:
        events.append(event.header.sequence if isinstance(event, Telegram) else event.reason)
    assert events == vector["events"]


def test_each_step_on_the_way_to_a_frame() -> None:
    """COBS, the check sum, stored blocks and tags, each for itself."""
    parts = read("parts")
    keys = verifier().keyring
    for step in parts["cobs"]:
        body, stuffed = bytes.fromhex(step["body"]), bytes.fromhex(step["stuffed"])
        assert (cobs.stuff(body), cobs.unstuff(stuffed)) == (stuffed, body)
    for step in parts["crc-32"]:
        assert f"{zlib.crc32(bytes.fromhex(step['bytes'])):08x}" == step["crc"]
    for step in parts["stored"]:
        assert words.inflate(bytes.fromhex(step["stream"])) == bytes.fromhex(step["bytes"])
    for step in parts["tags"]:
        assert keys.verify(step["key"], bytes.fromhex(step["bytes"]), bytes.fromhex(step["tag"]))


def test_every_reason_has_a_vector() -> None:
    """No kind of refusal is without an example; a full disk is none of the line's."""
    counted = {vector["reason"] for vector in REFUSED} | {
        event for stream in STREAMS for event in stream["events"] if isinstance(event, str)
    }
    assert counted == {
        "framing_errors",
        "crc_errors",
        "unknown_versions",
        "unknown_stations",
        "unauthenticated",
        "unknown_keys",
        "bad_tags",
        "replays",
        "unknown_types",
        "malformed",
    }


def test_names_are_unique() -> None:
    """A vector is spoken of by its name."""
    for vectors in (ACCEPTED, REFUSED, STREAMS):
        assert len(set(names(vectors))) == len(vectors)


def test_the_files_are_what_the_codec_makes() -> None:
    """Neither the files nor what they are made of has changed without the other."""
    for name, text in files().items():
        assert (FOLDER / name).read_text("utf-8") == text, name


def test_the_words_stand_in_a_file() -> None:
    """One a line, in the order of the dictionary: the place of a word counts from the last line."""
    lines = (FOLDER.parent / "words-1.txt").read_text("utf-8").splitlines()
    assert tuple(lines) == words.WORDS
    dictionary = b"".join(bytes((0xA0 + len(line.encode()),)) + line.encode() for line in lines)
    assert dictionary == words.DICTIONARY
