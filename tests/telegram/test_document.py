"""The examples of docs/telegram.md are what they say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from stationmaster_base.times import Instant
from stationmaster_telegram import words
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import Header, Telegram, decode
from stationmaster_telegram.records import (
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    Manifest,
    Tombstone,
    Tombstones,
)
from support.telegrams import START, call

DOCUMENT = (Path(__file__).parents[2] / "docs" / "telegram.md").read_text("utf-8")
CALL = call(1, minute=600)
LATE = replace(CALL, actual_arrival=Instant(START + 600 * 60 + 90), track="4")
HOURS = manifest_hours([CALL])

EXAMPLES: list[tuple[str, int, Content]] = [
    ("calls", 42, Calls(records=(CALL,))),
    ("calls", 42, Calls(records=(CALL,))),
    ("late", 43, Calls(records=(LATE,))),
    ("state", 44, GatewayState(database=DatabaseState.GOOD, database_time=Instant(START + 36_000))),
    ("manifest", 45, Manifest(cycle=3, count=1, digest=whole_digest(HOURS), hours=HOURS)),
    ("tombstone", 46, Tombstones(tombstones=(Tombstone(run=1, revision=2),))),
]


def blocks() -> list[tuple[str, bytes]]:
    """Every example in the document: its name and its bytes."""
    found = re.findall(r"```telegram (\w+)\n(.*?)```", DOCUMENT, re.DOTALL)
    return [(name, bytes.fromhex(body.replace("\n", " "))) for name, body in found]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_is_what_it_says(number: int) -> None:
    """The bytes in the document decode to what the text beside them says."""
    name, sequence, content = EXAMPLES[number]
    found, whole = blocks()[number]
    assert found == name
    assert whole[0] == whole[-1] == 0
    header = Header(station="QHD", gateway=1, epoch=7, sequence=sequence)
    assert decode(whole[1:-1], "QHD") == Telegram(header=header, content=content)


def test_all_examples_are_tested() -> None:
    """No example stands in the document untested."""
    assert [name for name, _ in blocks()] == [name for name, _, _ in EXAMPLES]


def test_the_words_are_those_of_the_document() -> None:
    """Number of words, size of the dictionary and its digest are as printed."""
    assert f"it has {len(words.WORDS)} words" in DOCUMENT
    assert f"{len(words.DICTIONARY)} bytes, SHA-256" in DOCUMENT
    assert f"`{words.DICTIONARY_SHA256}`" in DOCUMENT
    assert " ".join(words.WORDS[-16:]) in DOCUMENT
    assert len(set(words.WORDS)) == len(words.WORDS)
