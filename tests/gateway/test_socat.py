"""The gateway on a serial line that another program makes: socat, as one uses it to look at a line by hand."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationmaster_dmis.ledger import Ledger
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Telegram
from support.dispatching import Dispatching, run
from support.gateway_process import GatewayProcess


@pytest.fixture
def line(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two devices that socat joins, both ways: the gateway's and the hub's."""
    near, far = tmp_path / "near", tmp_path / "far"
    program = shutil.which("socat")
    assert program, "socat is needed: tools/setup test installs it"
    raw = "pty,rawer,link={}"
    with subprocess.Popen([program, raw.format(near), raw.format(far)]) as socat:
        for _ in range(2000):
            if near.exists() and far.exists():
                break
            select.select([], [], [], 0.01)
        yield near, far
        socat.terminate()


def test_a_day_arrives_through_socat_whatever_the_far_side_says(line: tuple[Path, Path], tmp_path: Path) -> None:
    """The gateway takes such a device as it takes any, and what the far side writes into it has no effect."""
    near, far = line
    written = Dispatching(tmp_path / "d.db")
    written.commit(*(run(number, number % 24) for number in range(1, 21)))
    hub = os.open(far, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    gateway = GatewayProcess(tmp_path, str(near), baud=115200)
    gateway.start()
    try:
        decoder, ledger = Decoder("QHD"), Ledger()
        for _ in range(2000):
            if select.select([hub], [], [], 0.01)[0]:
                decoder.receive_data(os.read(hub, 65536))
                os.write(hub, b"\x13\x03\x1a\x00\xff")
            while (event := decoder.next_event()) is not None:
                assert isinstance(event, Telegram)
                ledger.take(event, 0.0)
            if ledger.complete and decoder.counters.frames > 100:
                break
        assert (ledger.complete, ledger.calls, decoder.counters.gaps) == (True, 20, 0)
        assert gateway.stop()[0] == 0
    finally:
        gateway.close()
        written.close()
        os.close(hub)
