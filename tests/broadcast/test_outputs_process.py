"""The real process with outputs of every kind that needs no card, and equipment that fails while it runs."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from broadcast.running import PATIENCE, Station
from stationmaster_base.configuration import Faults, read_toml
from stationmaster_base.errors import ConfigurationError
from stationmaster_broadcast.settings import BroadcastSettings
from stationmaster_broadcast.speech.joining import resample
from stationmaster_broadcast.speech.sound import read_wave
from support.stream_listener import PORT, StreamListener, group, somebody_listens

GROUP = group(41)

OUTPUTS = """
[broadcast.outputs.net]
kind = "rtp"
zones = ["a"]
address = "{group}"
port = {port}
interface = "127.0.0.1"
hops = 0
format = "l16"
rate = 8000
[broadcast.outputs.shelf]
kind = "file"
zones = ["b"]
folder = "taken"
[broadcast.outputs.chip]
kind = "chip"
zones = ["c"]
spare = ["b"]
chip = "xfs5152ce"
device = "{chip}"
[broadcast.amplifiers.upstairs]
address = "127.0.0.1:{rack}"
[broadcast.amplifiers.downstairs]
device = "{line}"
[[broadcast.routes]]
zone = "a"
amplifier = "upstairs"
input = 1
channel = 1
[[broadcast.routes]]
zone = "a"
amplifier = "upstairs"
input = 1
channel = 4
line = 1
[[broadcast.routes]]
zone = "a"
amplifier = "downstairs"
input = 1
channel = 1
"""


class Equipment:
    """The process with racks and chip."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("equipment.py")
        environment = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"}
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self.places = self._read()

    def tell(self, line: str) -> dict[str, Any]:
        """Have it do something; how everything is then."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        return self._read()

    def end(self) -> None:
        """Switch everything off."""
        self._process.kill()
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def hall(folder: Path) -> Iterator[tuple[Station, Equipment]]:
    """A station with its equipment."""
    equipment = Equipment()
    held = Station(folder, more=OUTPUTS.format(group=GROUP, port=PORT, **equipment.places))
    try:
        held.start_hub()
        held.start()
        yield held, equipment
    finally:
        held.end_all()
        equipment.end()


def alarms(held: Station) -> set[str]:
    """The alarms that the hub was told of and that stand."""
    path = held.folder / "alarms.jsonl"
    standing: dict[str, None] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        told = json.loads(line)
        if "alarm" in told:
            standing[told["alarm"]] = None
        else:
            standing.pop(told["gone"], None)
    return set(standing)


def test_a_station_is_heard_and_goes_on_being_heard(tmp_path: Path) -> None:
    """A stream, a folder and a chip say what they are given, over amplifiers that fail; all trouble reaches the hub.

    What another program decodes of the stream is, sample for sample, a sound of the record at the stream's rate.
    """
    with hall(tmp_path) as (held, equipment):

        def outputs(condition: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
            def look() -> dict[str, Any] | None:
                found: dict[str, Any] = held.get("/api/v1/outputs")
                return found if condition(found) else None

            answer: dict[str, Any] = held.wait(look, what)
            return answer

        def well(found: dict[str, Any]) -> bool:
            racks = set(found["amplifiers"].values()) == {"ok"}
            return racks and not any(each["problem"] for each in found["outputs"].values())

        outputs(well, "not all is well")
        held.wait(lambda: equipment.tell("ask")["heard"] == [[1, None], [None, None]], "line 1 is not connected")
        description = tmp_path / "net.sdp"
        with urlopen(f"{held.base}/api/v1/outputs/net.sdp") as answer:
            assert answer.headers["Content-Type"] == "application/sdp"
            description.write_bytes(answer.read())
        for none in ("shelf", "none"):
            with pytest.raises(HTTPError, match="404"):
                held.get(f"/api/v1/outputs/{none}.sdp")
        listener = StreamListener(description)
        listener.start()
        held.wait(lambda: somebody_listens(GROUP), "nobody listens")
        held.run_to(130)
        held.wait(lambda: len(listener.samples) > 4000, "nothing is heard")
        held.wait(lambda: equipment.tell("ask")["said"], "the chip has said nothing")

        equipment.tell("fault 1")
        outputs(lambda found: found["zones"]["a"]["channel"] == 4, "no spare amplifier")
        held.wait(lambda: alarms(held) == {"amplifier/upstairs"}, "the hub does not know of the amplifier")
        assert equipment.tell("ask")["heard"] == [[1, None], [None, None]]

        said = equipment.tell("ask")["said"]
        equipment.end()
        expected = {"amplifier/upstairs", "amplifier/downstairs", "output/chip", "zone/a", "zone/c"}
        held.wait(lambda: alarms(held) == expected, f"the hub knows of {alarms(held)}")
        health = held.health()
        assert health is not None
        assert health["status"] == "degraded"
        assert "Zone c: nothing is heard there" in health["outputs"]

        heard = {(each["output"], each["zone"], each["what"]) for each in held.get("/api/v1/outputs/heard")}
        assert {("net", "a", "began"), ("shelf", "b", "began"), ("chip", "c", "began")} <= heard
        with urlopen(f"{held.base}/metrics") as answer:
            figures = answer.read().decode()
        assert 'stationmaster_output_trouble{output="chip"} 1.0' in figures
        assert 'stationmaster_rtp_packets_total{outcome="lost",output="net"} 0.0' in figures
        assert 'stationmaster_output_sounds_total{outcome="left-out",output="net"}' in figures

        plays = held.played()
        assert held.end("broadcast", signal.SIGTERM) == 0
        listener.join(PATIENCE)
        assert listener.problem is None
        # Half a second of it, from where the listener came in: a busy machine may have let it in late.
        part = listener.samples[:4000].tobytes()
        sounds = [
            resample(read_wave(held.sounds / play["file"]), 8000).samples.tobytes()
            for play in plays
            if play["target"] == "a"
        ]
        assert any(sound.find(part) >= 0 for sound in sounds)
        taken = list((tmp_path / "taken").iterdir())
        spoken = [play for play in plays if play["target"] == "b"]
        assert sorted(read_wave(path).samples.tobytes() for path in taken) == sorted(
            read_wave(held.sounds / play["file"]).samples.tobytes() for play in spoken
        )
        assert "动五次列车" in "".join(said)


def test_wrong_outputs_are_said_all_at_once(tmp_path: Path) -> None:
    """In one message, with the file's name and each place."""
    config = tmp_path / "station.toml"
    config.write_text(
        '[broadcast]\nidentity = "b"\ntoken = "t"\nstate = "b.db"\nsounds = "sounds"\n'
        '[broadcast.outputs.net]\nkind = "rtp"\nport = 5\n'
        '[broadcast.amplifiers.rack]\ndriver = "parrot"\n[[broadcast.routes]]\nzone = "a"\n'
    )
    faults = Faults()
    BroadcastSettings.from_table(read_toml(config, faults, "station.toml").table("broadcast"), tmp_path)
    with pytest.raises(ConfigurationError) as raised:
        faults.raise_if_any()
    for place in (
        "outputs.net.zones",
        "outputs.net.address",
        "outputs.net.port",
        "amplifiers.rack",
        "routes[1].channel",
    ):
        assert f"broadcast.{place}" in str(raised.value)
