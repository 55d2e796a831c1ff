"""A gateway process that signs: keys are changed while it runs on, and a recording of its line is worth nothing."""

from __future__ import annotations

import os
import pty
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Decoder
from support.dispatching import Dispatching, run
from support.gateway_process import GatewayProcess

TELEGRAMS = 5


class Station:
    """A gateway with keys, its line, and a receiver with the same keys, both of which can be started anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        written = Dispatching(folder / "d.db")
        written.commit(run(1))
        written.close()
        self.have_keys(1)
        self.ends = pty.openpty()
        self.gateway = GatewayProcess(
            folder,
            os.ttyname(self.ends[1]),
            baud=115200,
            tables='[gateway.key]\nfile = "line.keys"\nsend = 1\n',
        )
        self.begin()

    def have_keys(self, *ids: int) -> None:
        """Write the file of keys that both ends read at their start."""
        keys = self.folder / "line.keys"
        keys.write_text("".join(f'[[key]]\nid = {number}\nsecret = "{number:064x}"\n' for number in ids), "utf-8")
        keys.chmod(0o600)

    def send_with(self, key: int) -> None:
        """Have the gateway sign with another key from its next start on."""
        text = self.gateway.config.read_text("utf-8")
        self.gateway.config.write_text(text.replace("send = 1", f"send = {key}"), "utf-8")

    def begin(self) -> None:
        """A receiver that has just been started, perhaps after it was killed."""
        self.verifier = Verifier.open(self.folder / "line.keys", self.folder / "seen.json", lambda: 0.0)
        self.decoder = Decoder("QHD", self.verifier)

    def receive(self) -> bytes:
        """Take a few telegrams from the running gateway; all that came."""
        taken = b""
        goal = self.decoder.counters.frames + TELEGRAMS
        while self.decoder.counters.frames < goal:
            assert select.select([self.ends[0]], [], [], 20)[0], self.decoder.counters
            piece = os.read(self.ends[0], 4096)
            self.decoder.receive_data(piece)
            taken += piece
        return taken

    def drain(self) -> None:
        """Throw away what stands in the line."""
        while select.select([self.ends[0]], [], [], 0)[0]:
            os.read(self.ends[0], 4096)

    def close(self) -> None:
        self.gateway.close()
        for end in self.ends:
            os.close(end)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(tmp_path)
    yield station
    station.close()


def test_keys_are_changed_and_a_recording_counts_for_nothing(station: Station) -> None:
    """The receiver gets the new key, the gateway sends with it, the old one goes; all the while a recording is none."""
    station.gateway.start()
    recording = station.receive()
    assert station.verifier.latest_key == 1

    station.have_keys(1, 2)
    station.begin()
    station.decoder.receive_data(recording)
    assert station.decoder.counters.frames == 0
    assert station.decoder.counters.replays >= TELEGRAMS
    station.receive()

    station.send_with(2)
    assert station.gateway.stop()[0] == 0
    station.drain()
    station.gateway.start()
    station.receive()
    assert (station.verifier.latest_key, station.gateway.health()["key"]) == (2, 2)
    assert station.decoder.counters.bad_tags == 0

    station.have_keys(2)
    station.begin()
    station.decoder.receive_data(recording)
    assert station.decoder.counters.frames == 0
    assert station.decoder.counters.unknown_keys >= TELEGRAMS
    station.receive()


def test_a_gateway_without_its_key_sends_nothing(station: Station) -> None:
    """It ends with the exit code that calls for a person, says why without the secret, and nothing went out."""
    station.send_with(7)
    station.gateway.start()
    code, said = station.gateway.ended()
    assert (code, "no key 7" in said) == (2, True)
    (station.folder / "line.keys").chmod(0o644)
    station.gateway.start()
    code, said = station.gateway.ended()
    assert (code, "others may read" in said) == (2, True)
    assert f"{1:064x}" not in said
    assert not select.select([station.ends[0]], [], [], 0)[0]
