"""A subscriber on a real socket that takes nothing: the others have everything at once, and the hub stays small."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import from_iso
from stationmaster_protocol.client_session import Applicable, ClientSession, Whole
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Ack, ClientHeartbeat, Hello, Position, Welcome
from support.ports import free_ports

SAMPLE = Path(__file__).parents[2] / "stations" / "sample"
PATIENCE_S = 60.0
QUEUE = 1024 * 1024
"""Bytes that wait for one subscriber at most."""

PROGRAM = (
    "import sys; from pathlib import Path; from stationmaster.hub.main import main; sys.exit(main(Path(sys.argv[1])))"
)
CALLS = 60
"""Trains whose delay changes at once, as in the worst hour."""


class Subscriber:
    """A client on a socket; its kernel takes little on its behalf while it does not read."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.session = ClientSession()
        self.socket = socket.socket()
        if name == "slow":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        self.replica: dict[tuple[str, str], Any] = {}
        self.held: Position | None = None
        self.taken = 0
        self.wholes = 0
        self.socket.sendall(self.session.send(Hello(identity=name, token=f"{name}-secret")))
        while not any(isinstance(event, Welcome) for event in self._events()):
            pass
        self.socket.sendall(self.session.subscribe(Filter(), None))

    def read_until(self, sequence: int) -> None:
        """Take what comes until it holds this sequence."""
        until = time.monotonic() + PATIENCE_S
        while self.held is None or self.held.sequence < sequence:
            assert time.monotonic() < until, f"{self.name} holds {self.held} and not {sequence}"
            for event in self._events():
                if isinstance(event, Whole):
                    self.replica = {(each.kind, each.id): each for each in event.resources}
                    self.wholes += 1
                    self._hold(event.position)
                elif isinstance(event, Applicable):
                    for gone in event.update.deletes:
                        self.replica.pop((gone.kind, gone.id), None)
                    self.replica |= {(each.kind, each.id): each for each in event.update.puts}
                    self._hold(event.position)

    def beat(self) -> None:
        """Say that it lives, without reading anything."""
        self.socket.sendall(self.session.send(ClientHeartbeat()))

    def _hold(self, position: Position) -> None:
        self.held = position
        self.socket.sendall(self.session.send(Ack(epoch=position.epoch, sequence=position.sequence)))

    def _events(self) -> list[Any]:
        data = self.socket.recv(256 * 1024)
        assert data, f"{self.name} was cut off"
        self.taken += len(data)
        return list(self.session.receive_data(data))


class World:
    """A hub in a process of its own, on the whole sample station."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(SAMPLE, folder / "station")
        now = from_iso("2026-03-01T00:00:00Z")
        write_anchor(folder / "clock.json", Anchor(station=now, machine=0.0, rate=0.0))
        self.port, self.protocol = free_ports(2)
        config = folder / "station.toml"
        config.write_text(
            f'[clock]\nfile = "clock.json"\n[hub]\nstation = "station"\nport = {self.port}\nheartbeat_s = 20\n'
            f"protocol_port = {self.protocol}\nplan_days = 1\n[hub.watch]\nbehind_s = 1\n"
            '[hub.operators]\ndesk = "desk-secret"\n'
            '[hub.subsystems]\nquick = { token = "quick-secret", kind = "staff" }\n'
            'slow = { token = "slow-secret", kind = "staff" }\n',
            "utf-8",
        )
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(config)],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self.joined: list[Subscriber] = []
        self._pause = threading.Event()
        self.until(lambda: self.ask("/healthz").get("settled"))

    def join(self, name: str) -> Subscriber:
        made = Subscriber(name, self.protocol)
        self.joined.append(made)
        return made

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=PATIENCE_S)
        for each in self.joined:
            each.socket.close()

    def until(self, condition: Any) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            assert self.process.poll() is None, self._log.read_text("utf-8")
            try:
                if condition():
                    return
            except OSError:
                pass
            assert time.monotonic() < until, "the hub does not come to it"
            self._pause.wait(0.05)  # nothing depends on its length

    def ask(self, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            headers = {} if body is None else {"Authorization": "Bearer desk-secret"}
            method = "GET" if body is None else "POST"
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def behind(self) -> list[str]:
        """Who is told to be behind; on a busy machine anybody may be for a while."""
        alarms = [each["id"] for each in self.ask("/api/v1/alarms")["alarms"]]
        return [each.removeprefix("subsystem-behind/") for each in alarms if each.startswith("subsystem-behind/")]

    def subscriber(self, name: str) -> dict[str, Any]:
        table = self.ask("/api/v1/subscribers")["subscribers"]
        return dict(next(each for each in table if each["identity"] == name))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.end()


def test_a_reader_that_takes_nothing_delays_nobody_and_costs_little(world: World) -> None:
    """Everybody's delays change again and again: the quick one has each change, the slow one's queue is bounded.

    It is an alarm that it is behind, and of it alone. When it reads again a snapshot brings it to where the others
    are, and it has been sent two snapshots and hardly anything else.
    """
    calls = [call for call in world.ask("/api/v1/calls")["calls"] if call["departure"] is not None][:CALLS]
    slow, quick = world.join("slow"), world.join("quick")
    quick.read_until(1)
    begun, most, minutes = quick.taken, 0, 0
    while quick.taken < begun + 4 * QUEUE:
        minutes += 1
        deeds = [
            {"do": "delay", "call": call["id"], "event": "departure", "minutes": 20 + minutes % 9} for call in calls
        ]
        done = world.ask("/api/v1/acts", {"id": f"late-{minutes}", "deeds": deeds})
        quick.read_until(done["position"]["sequence"])
        row = world.subscriber("slow")
        most = max(most, row["queued"])
        assert world.subscriber("quick")["queued"] == 0
    assert QUEUE / 4 < most <= QUEUE
    slow.beat()
    world.until(lambda: world.behind() == ["slow"])
    row = world.subscriber("slow")
    assert (row["connected"], row["digest"], world.subscriber("quick")["behind"]) == (True, "unproved", 0)

    assert quick.held is not None
    slow.read_until(quick.held.sequence)
    assert slow.held is not None
    assert digest_of(slow.replica.values()) == digest_of(quick.replica.values())
    assert slow.wholes == 2
    assert slow.taken < 2 * begun + QUEUE
    world.until(lambda: world.subscriber("slow")["behind"] == 0 and world.ask("/healthz")["settled"])
