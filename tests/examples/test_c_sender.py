"""The C sender of examples/c_sender: made from the document alone, without a heap, and understood by our receiver."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stationmaster_dmis.device import open_receiver
from stationmaster_dmis.ledger import Ledger
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Counters, Decoder
from stationmaster_telegram.frame import Telegram
from stationmaster_telegram.words import INDEX
from support.telegram_making import KEYS

ROOT = Path(__file__).parents[2]
SENDER = ROOT / "examples" / "c_sender"
VECTORS = ROOT / "docs" / "telegram" / "vectors"
STRICT = ("gcc", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-O2")
SIGNED = ("1", KEYS[0].secret.hex())
BUILTIN = {"memcpy", "memmove", "memset", "memcmp"}
"""What a compiler may ask of any machine, also of one without a library (C99 with -ffreestanding, GCC's manual)."""


def run(*command: str | Path) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sender and the exercise, compiled."""
    folder = tmp_path_factory.mktemp("c_sender")
    for name in ("telegram", "sha256"):
        run(*STRICT, "-ffreestanding", "-c", SENDER / f"{name}.c", "-o", folder / f"{name}.o")
    objects = [folder / "telegram.o", folder / "sha256.o"]
    run(*STRICT, SENDER / "main.c", *objects, "-o", folder / "c_sender")
    place = f"-DORIGIN_PLACE={INDEX['秦皇岛']}"
    run(*STRICT, place, f"-I{SENDER}", Path(__file__).parent / "exercise.c", *objects, "-o", folder / "exercise")
    return folder


def vectors() -> dict[str, bytes]:
    """The frame of each vector by its name."""
    found: list[dict[str, Any]] = json.loads((VECTORS / "accepted.json").read_text("utf-8"))
    return {vector["name"]: bytes.fromhex(vector["frame"]) for vector in found}


@pytest.mark.parametrize(("kind", "arguments"), [("stored", ()), ("signed", SIGNED)])
def test_it_sends_the_vectors_byte_for_byte(built: Path, kind: str, arguments: tuple[str, ...]) -> None:
    """A call, the call late, state, manifest and tombstone are those of the document, without and with a key."""
    known = vectors()
    names = ("calls", "late", "state", "manifest", "tombstone")
    assert run(built / "c_sender", *arguments) == b"".join(known[f"{name}-{kind}"] for name in names)


def test_it_can_say_everything(built: Path) -> None:
    """Every kind of call, of state and of header comes out as the vectors have it; what is too long does not."""
    lines = [line.partition(" ") for line in run(built / "exercise").decode().splitlines()]
    known = vectors()
    assert [name for name, _, frame in lines if not frame] == ["too-long", "too-long"]
    said = {name: bytes.fromhex(frame) for name, _, frame in lines if frame}
    assert said == {name: known[name] for name in said}
    assert len(said) == 13


def test_it_needs_no_heap_and_no_library(built: Path) -> None:
    """Of names that it does not define itself it uses none, but those that a compiler may ask of any machine."""
    defined: set[str] = set()
    wanted: set[str] = set()
    for name in ("telegram.o", "sha256.o"):
        for line in run("nm", built / name).decode().splitlines():
            kind, symbol = line.split()[-2:]
            (wanted if kind == "U" else defined).add(symbol)
            assert kind.lower() not in ("d", "b", "c"), f"{symbol} is data that would have to be set up"
    assert {"tg_frame", "sha256_hmac"} <= defined
    assert wanted - defined <= BUILTIN


def test_no_part_of_it_asks_for_memory(built: Path) -> None:
    """Nor does the program around it, in source or in what it calls."""
    words = re.compile(rb"\b(malloc|calloc|realloc|free|alloca|strdup)\b")
    called = {line.split()[-1].partition(b"@")[0] for line in run("nm", "-u", built / "c_sender").splitlines()}
    assert not [name for name in called if words.fullmatch(name)]
    for source in SENDER.glob("*.[ch]"):
        assert not words.search(source.read_bytes()), source


def test_its_own_makefile_builds_it(built: Path, tmp_path: Path) -> None:
    """`make` in a copy of the folder makes the same sender."""
    folder = tmp_path / "c_sender"
    shutil.copytree(SENDER, folder)
    run("make", "-s", "-C", folder)
    assert run(folder / "c_sender") == run(built / "c_sender")


@pytest.mark.parametrize("arguments", [("1",), ("1", "00"), ("1", "0g" * 32), ("1", "0" * 63), ("1", "00" * 65)])
def test_it_refuses_a_key_that_is_none(built: Path, arguments: tuple[str, ...]) -> None:
    """A secret that is too short, too long or not hexadecimal sends nothing."""
    done = subprocess.run([built / "c_sender", *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"usage" in done.stderr


@pytest.fixture
def line() -> Iterator[tuple[int, int]]:
    """A serial line: the sender's end, and ours as the adapter opens it."""
    far, near = pty.openpty()
    ours = open_receiver(Path(os.ttyname(near)), 115200)
    yield far, ours
    for end in (far, near, ours):
        os.close(end)


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_our_adapter_receives_it(built: Path, line: tuple[int, int], tmp_path: Path, signed: bool) -> None:
    """Down a pty into the station's receiver: the call, its delay, and the proof that this is everything."""
    keys = tmp_path / "line.keys"
    keys.write_text(f'[[key]]\nid = 1\nsecret = "{KEYS[0].secret.hex()}"\n', "utf-8")
    keys.chmod(0o600)
    decoder = Decoder("QHD", Verifier.open(keys, tmp_path / "seen.json", lambda: 0.0) if signed else None)
    far, ours = line
    subprocess.run([built / "c_sender", *(SIGNED if signed else ())], stdout=far, check=True)
    telegrams = list(received(ours, decoder))
    assert [telegram.header.sequence for telegram in telegrams] == [42, 43, 44, 45, 46]
    assert decoder.counters == Counters(bytes=decoder.counters.bytes, frames=5)
    ledger = Ledger()
    for telegram in telegrams[:4]:
        ledger.take(telegram, 0.0)
    assert (ledger.complete, ledger.calls, ledger.epoch) == (True, 1, 7)
    ledger.take(telegrams[4], 0.0)
    assert ledger.calls == 0


def received(device: int, decoder: Decoder) -> Iterator[Telegram]:
    """Five telegrams, as they come."""
    for _ in range(5):
        while (event := decoder.next_event()) is None:
            assert select.select([device], [], [], 10)[0]
            decoder.receive_data(os.read(device, 4096))
        assert isinstance(event, Telegram), event
        yield event
