"""The examples of docs/telegram.md are what they say, and the page is not behind the code."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from stationmaster_telegram import cobs, words
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.frame import payload_room

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = (DOCS / "telegram.md").read_text("utf-8")
VECTORS = {
    vector["name"]: vector for vector in json.loads((DOCS / "telegram/vectors/accepted.json").read_text("utf-8"))
}
EXAMPLES = [
    "calls-deflated",
    "calls-stored",
    "calls-signed",
    "late-deflated",
    "state-deflated",
    "state-time",
    "manifest-deflated",
    "tombstone-deflated",
]


def blocks() -> list[tuple[str, bytes]]:
    """Every example in the document: the name of its vector, and its bytes."""
    found = re.findall(r"```telegram ([\w-]+)\n(.*?)```", DOCUMENT, re.DOTALL)
    return [(name, bytes.fromhex(body.replace("\n", " "))) for name, body in found]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_is_a_vector(number: int) -> None:
    """Its bytes are those of the vector of its name, and its payload stands in the text."""
    name, whole = blocks()[number]
    assert name == EXAMPLES[number]
    assert whole == bytes.fromhex(VECTORS[name]["frame"])
    assert f"`{VECTORS[name]['payload']}`" in DOCUMENT


def test_all_examples_are_tested() -> None:
    """No example stands in the document untested."""
    assert [name for name, _ in blocks()] == EXAMPLES


def test_the_parts_of_examples_are_theirs() -> None:
    """What the tables beside two examples take apart is what these hold, COBS undone."""
    for name in ("calls-deflated", "calls-signed"):
        body = cobs.unstuff(bytes.fromhex(VECTORS[name]["frame"])[1:-1])
        table = DOCUMENT[DOCUMENT.index(f"```telegram {name}") :]
        rows = re.findall(r"^\| `([0-9a-f …]+)` \|", table[: table.index("\n\n", table.index("| --- |"))], re.MULTILINE)
        at = 0
        for row in rows:
            first, _, last = row.partition(" … ")
            assert body.startswith(bytes.fromhex(first), at), row
            end = at + len(bytes.fromhex(first))
            at = body.index(bytes.fromhex(last), end) + len(bytes.fromhex(last)) if last else end
        assert at == len(body)
    assert cobs.stuff(b"\x11\0\x22") == b"\2\x11\2\x22"
    assert cobs.stuff(b"\0") == b"\1\1"


def test_digests_of_the_manifest_stand_in_the_text() -> None:
    """Those of everything and of its one hour."""
    manifest = VECTORS["manifest-deflated"]["says"]["manifest"]
    assert f"digests `{manifest['digest']}` and, of hour 10, `{manifest['hours'][0]['digest']}`" in DOCUMENT


def test_rooms_are_those_of_the_document() -> None:
    """What a payload may have, deflated and in a stored block, without and with a tag."""
    assert f"the deflated payload has at most {payload_room()}, and with a tag at most {payload_room(True)}" in DOCUMENT
    assert (
        f"room for {payload_room() - 5} bytes of MessagePack, and with a tag for {payload_room(True) - 5}" in DOCUMENT
    )


def test_every_kind_of_failure_stands_in_the_document() -> None:
    """Each counter is there, but for those that count no telegrams refused for what they are."""
    named = set(re.findall(r"\| `([a-z_]+)` \|$", DOCUMENT, re.MULTILINE))
    others = {"bytes", "frames", "gaps", "duplicates", "not_kept"}
    assert named == {field.name for field in fields(Counters)} - others


def test_the_words_are_those_of_the_document() -> None:
    """Number of words, size of the dictionary and its digest are as printed."""
    assert f"it has {len(words.WORDS)} words" in DOCUMENT
    assert f"{len(words.DICTIONARY)} bytes, SHA-256" in DOCUMENT
    assert f"`{words.DICTIONARY_SHA256}`" in DOCUMENT
    assert " ".join(words.WORDS[-16:]) in DOCUMENT
    assert len(set(words.WORDS)) == len(words.WORDS)
