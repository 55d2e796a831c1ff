"""The sniffer: a line for each telegram, readable, and nothing that comes down a line does it any harm."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.cli.main import main
from stationmaster_dmis.sniff import Sniffer
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import encode
from stationmaster_telegram.keys import SigningKey
from stationmaster_telegram.records import (
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    Kind,
    Manifest,
    RunningState,
    Tombstone,
    Tombstones,
)
from support.dispatching import Dispatching, run
from support.gateway_process import GatewayProcess
from support.telegrams import HEADER, START, call, contents, frame

ZONE = ZoneInfo("Asia/Shanghai")
KEY = SigningKey(id=1, secret=bytes(range(32)))


def shown(*parts: bytes, station: str | None = None) -> list[str]:
    """What is printed for these bytes, the summary too."""
    sniffer = Sniffer(Decoder(station), ZONE)
    lines = [line for part in parts for line in sniffer.receive(part, 0.0)]
    return [*lines, *sniffer.end(0.0), *sniffer.summary()]


def test_every_kind_of_telegram_has_its_line() -> None:
    """Sender, epoch and sequence, then what it says, with times in the zone that was asked for."""
    late = replace(
        call(5, minute=0, numbers=("G5", "G8"), running=RunningState.DIVERTED, reason="大风"),
        expected_arrival=START + 600,
        actual_arrival=START + 660,
        departure_unknown=True,
    )
    origin = call(6, minute=60, kind=Kind.ORIGIN, planned_arrival=None, track="")
    calls = (late, origin)
    lines = shown(
        frame(Calls(records=calls), 1),
        frame(Tombstones(tombstones=(Tombstone(run=7, revision=2),)), 2),
        frame(
            GatewayState(
                database=DatabaseState.GONE, database_time=START, read_age=9, faulty=2, held=3, gateway_time=START + 1
            ),
            3,
        ),
        frame(
            Manifest(cycle=4, count=2, digest=whole_digest(manifest_hours(calls)), hours=manifest_hours(calls)[:1]), 4
        ),
    )
    assert lines == [
        "QHD/1 1:1      calls     2026-03-01 G5/G8 包头—北京 through arr 08:00 now 08:10 was 08:11 "
        "dep 08:05 now unknown track 3 diverted (大风) [run 5 rev 1]; G6 包头—北京 origin dep 09:05 [run 6 rev 1]",
        "QHD/1 1:2      gone      run 7 rev 2",
        "QHD/1 1:3      state     database gone, read 9 s ago, its time 2026-03-01 08:00:00, "
        "gateway's clock 2026-03-01 08:00:01, 2 rows faulty, 3 rows held",
        "QHD/1 1:4      manifest  pass 4, 2 calls (2026-03-01 hour 0: 1)",
        f"bytes {lines[4].split(',')[0].split()[1]}, frames 4",
        "QHD/1: epoch 1 (1 seen), calls 1, gone 1, manifest 1, state 1; 2 calls, proven complete",
    ]


def test_what_is_rejected_is_told_with_the_reason() -> None:
    """Noise, a broken telegram, another station's, a signed one without keys, one that is cut: each in its place."""
    good = frame(Calls(records=(call(1),)), 1)
    broken = bytearray(good)
    broken[20] ^= 1
    lines = shown(
        b"\0noise\0",
        bytes(broken),
        frame(GatewayState(database=DatabaseState.GOOD), 2, station="ZZZ"),
        frame(GatewayState(database=DatabaseState.GOOD), 3, key=KEY),
        good,
        good[:30],
        station="QHD",
    )
    words = [line.split(":")[0] for line in lines]
    assert words[:4] == [
        "rejected  framing errors",
        "rejected  crc errors",
        "rejected  unknown stations",
        "rejected  unknown keys",
    ]
    assert words[5] == "rejected  framing errors"
    assert "'ZZZ'" in lines[2]
    assert lines[6].endswith("frames 1, framing errors 2, crc errors 1, unknown stations 1, unknown keys 1")
    assert lines[7] == "QHD/1: epoch 1 (1 seen), calls 1; 1 calls, not complete, 0 missing at least"


def test_nothing_came() -> None:
    """A silent line is told as one."""
    assert shown() == ["nothing came"]


def framed(content: Content) -> bytes:
    """The frame of anything that may be said; nothing if it is too long for one."""
    return encode(HEADER, content) or b""


@given(st.lists(st.binary(max_size=300) | contents.map(framed), max_size=6))
def test_it_never_fails_and_never_drives_the_terminal(parts: list[bytes]) -> None:
    """Whatever comes: each line is one line, and printable."""
    assert all(line.isprintable() for line in shown(*parts))


def test_the_command_reads_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Telegrams of a file are printed; exit code 1 says that nothing was understood."""
    file = tmp_path / "line.bin"
    file.write_bytes(frame(Calls(records=(call(1),)), 1) + b"\0rubbish\0")
    assert main(["line-sniff", str(file)]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert "G1 包头—北京" in first
    assert second.startswith("rejected  framing errors")
    assert main(["line-sniff", str(file), "--station", "ZZZ"]) == 1


def test_the_command_knows_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Signed telegrams are shown with the keys' file, a repeated and an unsigned one is told."""
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[[key]]\nid = 1\nsecret = "{KEY.secret.hex()}"\n', "utf-8")
    keys.chmod(0o600)
    file = tmp_path / "line.bin"
    signed = frame(Calls(records=(call(1),)), 1, key=KEY)
    file.write_bytes(signed + signed + frame(Calls(records=(call(1),)), 2))
    assert main(["line-sniff", str(file), "--keys", str(keys)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[1:3]] == ["rejected  replays", "rejected  unauthenticated"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name either a file, or a port"),
        (["a", "--port", "b"], "name either a file, or a port"),
        (["/no/such/file"], "cannot be read"),
        (["--port", "/no/such/port"], "cannot be read at 115200 baud"),
        (["--port", "/no/such/port", "--baud", "7"], "cannot be read at 7 baud"),
        (["/dev/null", "--zone", "Nowhere/At-all"], "is no time zone"),
        (["/dev/null", "--station", "too long"], "is no station"),
    ],
)
def test_mistakes_are_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a person got wrong is one message and exit code 2."""
    assert main(["line-sniff", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    """What a real gateway process sent down its line, from somewhere in the middle on, until all had come twice."""
    written = Dispatching(tmp_path / "d.db")
    written.commit(*(run(number, number % 24) for number in range(1, 21)))
    written.close()
    master, slave = pty.openpty()
    gateway = GatewayProcess(tmp_path, os.ttyname(slave), baud=115200)
    gateway.start()
    data = bytearray()
    try:
        end = time.monotonic() + 30
        while len(data) < 16000:
            assert time.monotonic() < end
            if select.select([master], [], [], 1)[0]:
                data += os.read(master, 65536)
    finally:
        gateway.stop()
        os.close(master)
        os.close(slave)
    return bytes(data[1000:])


def test_a_gateways_line_on_a_port(recording: bytes, tmp_path: Path) -> None:
    """The command as a process on a terminal that carries a gateway's own bytes: it follows, and says all is there."""
    master, slave = pty.openpty()
    path = ":".join(entry for entry in sys.path if entry)
    sniffing = subprocess.Popen(
        [sys.executable, "-m", "stationmaster.cli", "line-sniff", "--port", os.ttyname(slave), "--seconds", "60"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
    )
    assert sniffing.stdout is not None
    lines: list[str] = []
    try:
        position = 0
        os.set_blocking(master, False)
        while not any("manifest" in line and "20 calls" in line for line in lines):
            if select.select([], [master], [], 0.05)[1]:  # round and round: what came before it listened is lost
                position = (position + os.write(master, recording[position : position + 1000])) % len(recording)
            while select.select([sniffing.stdout], [], [], 0.05)[0]:
                lines.append(sniffing.stdout.readline())
                assert lines[-1], "it ended"
        os.close(slave)
        os.close(master)
        rest, _ = sniffing.communicate(timeout=30)
    finally:
        if sniffing.poll() is None:
            sniffing.kill()
            sniffing.wait()
    assert sniffing.returncode == 0
    last = rest.splitlines()[-1]
    assert last.startswith("-- QHD/1: epoch 1 (1 seen)"), rest
    assert any(f" G{number} " in line for line in [*lines, *rest.splitlines()] for number in (7,))
