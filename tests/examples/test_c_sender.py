"""The C sender of examples/c_sender: made from the document alone, without a heap, and understood by our receiver."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from stationmaster_dmis.decoders import open_line
from stationmaster_dmis.receiver import LineReceiver
from stationmaster_dmis.settings import LineSettings, SerialPlace
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.words import INDEX
from support.telegram_making import KEYS, LATE

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


class Station(Clock):
    """The hub's side of a serial line: a reactor that a test turns, and what the receiver told the kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[Any] = []
        self.records: list[FeedRecord] = []
        self.grades: list[FeedGrade] = []
        self.far, self.near = pty.openpty()

    def addReader(self, reader: Any) -> None:  # noqa: N802
        self.readers.append(reader)

    def removeReader(self, reader: Any) -> None:  # noqa: N802
        self.readers.remove(reader)

    def news(self, records: Sequence[FeedRecord]) -> None:
        self.records.extend(records)

    def graded(self, grade: FeedGrade) -> None:
        self.grades.append(grade)

    def receiver(self, keys: Path | None, seen: Path) -> LineReceiver:
        """A receiver as the hub makes it of its settings."""
        place = SerialPlace(device=Path(os.ttyname(self.near)))
        line = open_line(LineSettings(name="line", place=place, keys=keys, seen=seen), "QHD", self.seconds)
        return LineReceiver([(line, place)], sink=self, reactor=self, station_time=self.seconds, wall=self.seconds)


@pytest.fixture
def station() -> Iterator[Station]:
    station = Station()
    yield station
    os.close(station.far)
    os.close(station.near)


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_our_adapter_receives_it(built: Path, station: Station, tmp_path: Path, signed: bool) -> None:
    """Down a pty into the receiver: the call with its delay reaches the kernel, all is proven, silence is late."""
    keys = tmp_path / "line.keys"
    keys.write_text(f'[[key]]\nid = 1\nsecret = "{KEYS[0].secret.hex()}"\n', "utf-8")
    keys.chmod(0o600)
    receiver = station.receiver(keys if signed else None, tmp_path / "seen.json")
    receiver.startService()
    subprocess.run([built / "c_sender", *(SIGNED if signed else ())], stdout=station.far, check=True)
    counters = receiver.status().lines[0].counters
    while counters.frames < 5:
        assert select.select(station.readers, [], [], 10)[0], counters
        station.readers[0].doRead()
        counters = receiver.status().lines[0].counters
    assert counters == Counters(bytes=counters.bytes, frames=5)
    assert (receiver.position, receiver.complete) == ((7, 46), True)
    (record,) = {record.numbers: record for record in station.records}.values()
    assert (record.numbers, record.origin, record.track) == (("G1",), "包头", "4")
    assert record.actual_arrival == LATE.actual_arrival
    station.advance(10)
    receiver.stopService()
    assert station.grades == [FeedGrade.FRESH, FeedGrade.LATE]
