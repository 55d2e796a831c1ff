"""The real process in an emergency: what a listener on the network hears, with a dead engine and after a crash."""

from __future__ import annotations

import itertools
import os
import select
import signal
import socket
import struct
import time
from array import array
from dataclasses import dataclass
from pathlib import Path

import psutil

from broadcast.running import Station, station
from stationmaster_broadcast.emergencies.emergency_settings import STAND_IN_TEXTS
from support.ports import free_block

RATE = 22050

AUDIBLE = 600
"""-35 dB of full scale."""

MORE = """
[broadcast.emergency]
tone_s = 4
[broadcast.outputs.hall]
kind = "rtp"
address = "127.0.0.1"
port = {port}
format = "l16"
rate = 22050
zones = ["*"]
"""


@dataclass(frozen=True)
class Heard:
    """Sound that came at a moment of machine time: its peak."""

    at: float
    peak: int


class Listener:
    """A socket that takes RTP packets of L16 sound, as a loudspeaker does."""

    def __init__(self) -> None:
        self.port = free_block()  # sound goes to even ports
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", self.port))

    def close(self) -> None:
        self._socket.close()

    def forget(self) -> None:
        """What has come so far is not wanted."""
        while select.select([self._socket], [], [], 0)[0]:
            self._socket.recv(4096)

    def first(self, within_s: float) -> Heard:
        """The first audible sound."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            for heard in self._some(left):
                if heard.peak >= AUDIBLE:
                    return heard
        raise AssertionError(f"nothing was heard for {within_s} s")

    def listen(self, seconds: float) -> list[Heard]:
        """All that comes for so long."""
        deadline = time.monotonic() + seconds
        found: list[Heard] = []
        while (left := deadline - time.monotonic()) > 0:
            found += self._some(left)
        return found

    def _some(self, patience: float) -> list[Heard]:
        if not select.select([self._socket], [], [], patience)[0]:
            return []
        packet = self._socket.recv(4096)
        samples = array("h", packet[12:])
        samples.byteswap()
        assert struct.unpack("!B", packet[:1])[0] >> 6 == 2
        return [Heard(time.monotonic(), max(map(abs, samples), default=0))]


def silences(heard: list[Heard], longer_than: float) -> list[float]:
    """Stretches without an audible sound between two audible ones."""
    moments = [each.at for each in heard if each.peak >= AUDIBLE]
    return [round(after - before, 2) for before, after in itertools.pairwise(moments) if after - before > longer_than]


def hang_engine(held: Station) -> None:
    """Stop the process that speaks, so that it answers nothing any more."""
    children = psutil.Process(held.pid("broadcast")).children()
    assert children, "nothing speaks"
    for child in children:
        os.kill(child.pid, signal.SIGSTOP)


def test_from_the_command_to_the_first_sound_with_a_hung_engine_and_through_a_crash(tmp_path: Path) -> None:
    """The tone is heard well within three seconds, speech follows at once, a killed process goes on with it, and the
    end is silence; the hub hears of it while it lasts, and the record names every sound.
    """
    listener = Listener()
    try:
        with station(tmp_path, engine="pyttsx3", more=MORE.format(port=listener.port)) as held:
            held.wait(lambda: len(list((held.sounds / "emergency").glob("spoken-*.wav"))) == 2, "no message was made")
            held.set_clock(0, rate=1)
            held.get("/clock", "POST")
            hang_engine(held)
            listener.forget()
            given = time.monotonic()
            assert held.command("emergency")["state"] == "done"
            assert listener.first(3.0).at - given < 1.5
            assert "emergency" in held.wait(held.alarms, "the hub was not told")
            heard = listener.listen(4.6)
            assert silences(heard, 0.7) == []  # the tone's own pauses are shorter, and so is what is before speech
            assert max(each.peak for each in heard if each.at - given > 4.2) > AUDIBLE
            held.end("broadcast")
            listener.forget()
            held.start()
            listener.first(3.0)
            held.wait(lambda: (held.health() or {}).get("state") == "online", "it finds no hub")
            assert held.command("emergency-end")["state"] == "done"
            held.wait(lambda: "emergency" not in held.alarms(), "the alarm stays")
            listener.forget()
            assert listener.listen(0.2) == []
            plays = [play for play in held.played() if (play["rule"], play["target"]) == ("emergency", "b")]
            assert [(bool(play["texts"]), play["outcome"]) for play in plays] == [
                (False, "done"),
                (True, "interrupted"),
                (False, "interrupted"),
            ]
            assert plays[1]["detail"] == "the process stopped in the middle"
            assert '"event": "emergency"' in held.log()
    finally:
        listener.close()


def test_an_engine_that_never_speaks_has_the_shipped_recording_said(tmp_path: Path) -> None:
    """Nothing was ever made here but a hum, which is no message: ten seconds of tone at most, then words, in stepped
    time; people are told of it.
    """
    broken = (
        '[broadcast.speech]\nengines = ["pyttsx3", "silent"]\n[broadcast.speech.pyttsx3]\nvoices = { zh = "no/such" }\n'
    )
    with station(tmp_path, engine="chain", more=broken) as held:
        held.run_to(0)
        assert held.command("emergency", "b", text="站台有烟")["state"] == "done"
        held.run_to(11)
        health = held.health()
        assert health is not None
        assert (health["emergencies"], health["status"]) == (1, "degraded")
        held.run_to(29)
        plays = [play for play in held.played() if play["rule"] == "emergency"]
        assert [play["seconds"] for play in plays][:3] == [6.0, 2.0, 2.0]
        assert plays[3]["texts"] == dict(STAND_IN_TEXTS)
        assert plays[3]["outcome"] == "done"
        assert "the message cannot be spoken" in held.alarms()["emergency-problem"]["en"]
