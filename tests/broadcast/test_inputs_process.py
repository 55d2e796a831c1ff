"""The real process with a contact box on the network: a fire alarm with and without a hub, a box that goes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from broadcast.running import Station, station
from support.ports import free_port

MORE = """
[[broadcast.contacts]]
id = "panel"
driver = "text-lines"
host = "127.0.0.1"
port = {port}
[[broadcast.input]]
id = "fire-hall"
contact = "panel"
line = "fire-1"
kind = "fire"
evacuate = ["b"]
yield = ["c"]
[[broadcast.input]]
id = "desk"
contact = "panel"
line = "key"
yield = ["a"]
"""


class Box:
    """The simulated box as a process."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "stationmaster_simulator.contact_box", str(port), "fire-1", "key"]
        environment = {"PYTHONPATH": ":".join(sys.path)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def set(self, line: str) -> None:
        """Close or open a contact: `fire-1=closed`."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode("ascii") + b"\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def box(port: int) -> Iterator[Box]:
    """A box, ended afterwards."""
    made = Box(port)
    try:
        yield made
    finally:
        made.end()


def playing(held: Station) -> set[str]:
    """The zones in which something plays."""
    return {zone["id"] for zone in held.get("/api/v1/queue")["zones"] if zone["playing"]}


def given(held: Station) -> list[str]:
    """The inputs that are given."""
    health = held.health()
    found: list[str] = health["inputs"] if health else []
    return found


def test_a_fire_alarm_is_heard_within_moments_without_a_hub(tmp_path: Path) -> None:
    """Contact to tone in less than a second and a half, alone as well; a microphone has its zone; a box that is
    killed is an alarm and no false one; what people are told names it.
    """
    port = free_port()
    with box(port) as panel, station(tmp_path, more=MORE.format(port=port)) as held:
        held.run_to(60)
        held.wait(lambda: playing(held) == {"a", "b"}, "the morning does not begin")
        panel.set("key=closed")
        held.wait(lambda: given(held) == ["desk"], "nobody hears the key")
        held.wait(lambda: playing(held) == {"b"}, "the microphone has not its zone")
        panel.set("key=open")
        held.wait(lambda: given(held) == [], "nobody hears that the key is let go")
        held.end("hub")
        held.wait(lambda: (held.health() or {}).get("state") == "alone", "not alone")
        closed = time.monotonic()
        panel.set("fire-1=closed")
        held.wait(lambda: given(held) == ["fire-hall"], "nobody hears the panel")
        held.wait(lambda: (held.health() or {}).get("emergencies") == 1, "no emergency")
        assert time.monotonic() - closed < 1.5
        assert "b" in playing(held)
        panel.end()
        held.wait(lambda: (held.health() or {}).get("alarms", 0) >= 3, "nobody is told that the box is gone")
        assert given(held) == ["fire-hall"]
        with urlopen(f"{held.base}/metrics") as answer:
            metrics = answer.read().decode()
        for name in ("emergencies", "inputs_given", "contacts_lost"):
            assert f"stationmaster_{name} 1.0" in metrics
        held.start_hub()
        told = held.wait(lambda: "contacts/panel" in held.alarms() and held.alarms(), "the hub is not told")
        assert told["fire/fire-hall"]["en"] == "Fire panel fire-hall gives an alarm"
        assert told["emergency"]["en"].startswith("Emergency announcement in b: evacuation (called by input fire-hall")
        assert held.command("emergency-end")["state"] == "done"
        assert (held.health() or {})["emergencies"] == 0
        assert held.end("broadcast", signal.SIGTERM) == 0
