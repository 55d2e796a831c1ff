"""Ten thousand real connections at once: whoever is too many is told so, who says nothing is closed, one is served."""

from __future__ import annotations

import os
import resource
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from stationmaster_protocol.client_session import Applicable, ClientSession, Whole
from stationmaster_protocol.codec import FrameReader, decode
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Ack, Error, Hello, Welcome

CROWD = 10_000
ROOM = 2000
AT_THE_DOOR = 3000
"""So many wait to be let in at most: more than the system queues would try again after seconds, and then minutes."""

HANDSHAKE_S = 2.5
MEBIBYTE = 1 << 20
TESTS = Path(__file__).parents[1]


@pytest.fixture
def descriptors() -> Iterator[int]:
    """As many files as the system lets us have open, for as long as the test takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def hub_process() -> Iterator[tuple[int, psutil.Process]]:
    """A hub of its own; its port and its process."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(TESTS / "protocol" / "crowd_hub.py"), str(ROOM), str(HANDSHAKE_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), psutil.Process(process.pid)
        finally:
            process.terminate()


class Served:
    """The one client that behaves: `latest` is when it heard each piece of news, in machine time."""

    def __init__(self, port: int) -> None:
        self.session = ClientSession()
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(True)
        self.times: list[float] = []
        self.sequences: list[int] = []
        self.failed = ""
        self.socket.sendall(self.session.send(Hello(identity="client-0", token="token-0")))

    def read(self) -> None:
        for event in self.session.receive_data(self.socket.recv(1 << 16)):
            match event:
                case Welcome():
                    self.socket.sendall(self.session.subscribe(Filter(), None))
                case Whole() | Applicable():
                    self.times.append(time.monotonic())
                    self.sequences.append(event.position.sequence)
                    self.socket.sendall(
                        self.session.send(Ack(epoch=event.position.epoch, sequence=event.position.sequence))
                    )
                case Error():
                    self.failed = event.code


class Crowd:
    """Sockets that connect and say nothing; what each is told before it is closed."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self.port = port
        self.selector = selector
        self.opened: list[socket.socket] = []
        self.told: dict[str, int] = {}
        self.closed = 0
        self.reset = 0

    def grow(self) -> None:
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", self.port))
        self.opened.append(one)
        self.selector.register(one, selectors.EVENT_READ, FrameReader(8192))

    def leave(self) -> None:
        """Close whatever is still open."""
        for one in self.opened:
            if one.fileno() in self.selector.get_map():
                self.selector.unregister(one)
            one.close()

    def read(self, one: socket.socket, frames: FrameReader) -> None:
        try:
            data = one.recv(4096)
        except ConnectionResetError:  # we were too slow to hear the hub's last word before it let go
            self.reset += 1
            data = b""
        if not data:
            self.closed += 1
            self.selector.unregister(one)
        for document in frames.documents(data):
            message = decode(document)
            assert isinstance(message, Error)
            self.told[message.code] = self.told.get(message.code, 0) + 1


def test_ten_thousand_connections(descriptors: int) -> None:
    """All are answered, one by one, while the subscriber misses no news and hears each soon; memory stays bounded."""
    crowd_size = min(CROWD, descriptors - 500)
    with hub_process() as (port, process), selectors.DefaultSelector() as selector:
        served, crowd = Served(port), Crowd(port, selector)
        with closing(served.socket):
            selector.register(served.socket, selectors.EVENT_READ, None)

            def turn(timeout: float) -> None:
                for key, _ in selector.select(timeout):
                    if key.data is None:
                        served.read()
                    else:
                        assert isinstance(key.fileobj, socket.socket)
                        crowd.read(key.fileobj, key.data)

            start = time.monotonic()
            while len(served.times) < 5 and time.monotonic() < start + 20:
                turn(1)
            before = process.memory_info().rss
            most = before
            deadline = time.monotonic() + 120
            while crowd.closed < crowd_size and time.monotonic() < deadline:
                waiting = len(crowd.opened) - crowd.closed - ROOM
                for _ in range(min(100, crowd_size - len(crowd.opened), AT_THE_DOOR - waiting)):
                    crowd.grow()
                turn(0.05)
                if len(crowd.opened) % 1000 == 0:
                    most = max(most, process.memory_info().rss)
            crowd.leave()
            heard = len(served.times)
            while len(served.times) < heard + 5 and time.monotonic() < deadline + 10:
                turn(1)
    assert crowd.closed == crowd_size
    assert crowd.told.keys() == {"too-many", "too-slow"}
    assert sum(crowd.told.values()) + crowd.reset == crowd_size
    assert crowd.reset < crowd_size // 10
    assert ROOM - 1 - crowd.reset <= crowd.told["too-slow"] < crowd_size
    assert served.sequences == list(range(served.sequences[0], served.sequences[-1] + 1))
    assert not served.failed
    assert max(after - earlier for earlier, after in zip(served.times, served.times[1:], strict=False)) < 10
    assert most - before < 150 * MEBIBYTE


@pytest.mark.parametrize("size", [1 << 16, 1 << 22])
def test_last_words_arrive_however_much_lies_unread(size: int) -> None:
    """A peer that writes on without listening still finds, when it does, why it was refused: nothing was reset."""
    with hub_process() as (port, _), socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(10)
        one.sendall(struct.pack(">I", 5) + b"<no/>" + bytes(size))
        frames, documents = FrameReader(8192), []
        while data := one.recv(4096):
            documents.extend(frames.documents(data))
        (error,) = map(decode, documents)
        assert isinstance(error, Error)
        assert error.code == "invalid"
