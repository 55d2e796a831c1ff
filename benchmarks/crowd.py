"""A crowd of subscribers in one process: the same client program for every server that it is connected to.

It reads from all its sockets by epoll, plain or over TLS, and takes the machine time at which each has what it waits
for. What is read of a message is only what is needed to answer it, and that is worked out once for all, so that the
client costs every server the same.
"""

from __future__ import annotations

import select
import socket
import ssl
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil
from crowd_mqtt import PUBLISH, Packets, connect, publish, subscribe

from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB, FrameReader, decode, encode
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    ClientMessage,
    Hello,
    HubHeartbeat,
    Position,
    Snapshot,
    Subscribe,
    Update,
    Welcome,
)

__all__ = ["Broker", "Crowd", "Loop", "Server", "Tls", "Wire"]

HERE = Path(__file__).parent
PATIENCE_S = 120.0
TOKEN = "a token for a benchmark"
READ = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files in PEM: the servers' certificate and key, and the authority that the clients believe."""

    certificate: Path
    key: Path
    authority: Path

    def context(self) -> ssl.SSLContext:
        """For the clients."""
        return ssl.create_default_context(cafile=str(self.authority))


class Wire:
    """One connection."""

    def __init__(self, port: int, context: ssl.SSLContext | None, *, waits: bool = True) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE_S if waits else 0.0)
        if waits:
            self.socket.connect(("127.0.0.1", port))
        else:
            self.socket.connect_ex(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1", do_handshake_on_connect=waits)

    def hear(self) -> bytes:
        """What has come; empty if nothing has, after all.

        Raises:
            ConnectionError: the server has closed the connection.

        """
        heard = bytearray()
        try:
            while data := self.socket.recv(READ):
                heard += data
                if len(data) < READ and not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
                    return bytes(heard)
        except (BlockingIOError, ssl.SSLWantReadError):
            return bytes(heard)
        raise ConnectionError("A server has closed a connection.")

    def say(self, data: bytes) -> None:
        """Send; what is said here is short, so there is always room for it."""
        self.socket.sendall(data)


class Crowd(ABC):
    """A server's process, and subscribers to it.

    Args:
        name: for people.
        process: the server's.
        port: where it listens.
        tls: if it speaks TLS.

    """

    def __init__(self, name: str, process: subprocess.Popen[bytes], port: int, tls: Tls | None) -> None:
        self.name = name
        self.process = process
        self.port = port
        self.context = None if tls is None else tls.context()
        self.size = 0
        """Bytes of the last update's document."""
        self._wires: dict[int, Wire] = {}
        self._poll = select.epoll()
        self._busy = psutil.Process(process.pid)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for wire in self._wires.values():
            wire.socket.close()
        self._poll.close()
        self.close()
        self.process.wait(timeout=PATIENCE_S)

    @abstractmethod
    def close(self) -> None:
        """Tell the server to end."""

    def gather(self, count: int) -> None:
        """Connect so many subscribers, one after the other."""
        for number in range(count):
            wire = Wire(self.port, self.context)
            self.join(wire, number)
            wire.socket.setblocking(False)
            self._wires[wire.socket.fileno()] = wire
            self._poll.register(wire.socket, select.EPOLLIN)

    @abstractmethod
    def join(self, wire: Wire, number: int) -> None:
        """Become a subscriber that holds everything."""

    @abstractmethod
    def begin(self) -> None:
        """Have one update sent to all."""

    @abstractmethod
    def begun_ns(self) -> int:
        """The machine time at which the first byte of it was sent, or a little before."""

    @abstractmethod
    def has_it(self, wire: Wire, data: bytes) -> bool:
        """Whether this subscriber has the whole of the update, now that this has come."""

    def round(self) -> float:
        """One update to all; the milliseconds until the last had it."""
        waiting = set(self._wires)
        self.begin()
        last, until = 0, time.monotonic() + PATIENCE_S
        while waiting:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(waiting)} subscribers have not had the update after {PATIENCE_S:g} s.")
            for number, _ in self._poll.poll(1):
                wire = self._wires[number]
                data = wire.hear()
                if data and self.has_it(wire, data):
                    last = time.monotonic_ns()
                    waiting.discard(number)
        return (last - self.begun_ns()) / 1e6

    def processor_s(self) -> float:
        """Seconds of processor that the server has used."""
        times = self._busy.cpu_times()
        return float(times.user + times.system)

    def memory_mb(self) -> float:
        """The server's memory that is in RAM."""
        return float(self._busy.memory_info().rss) / 1e6


class _Ours(Crowd):
    """A server of `crowd_servers.py`."""

    def __init__(self, what: str, name: str, count: int, tls: Tls | None, calls: int = 0) -> None:
        arguments = [sys.executable, str(HERE / "crowd_servers.py"), what, str(count), str(calls)]
        if tls is not None:
            arguments += [str(tls.certificate), str(tls.key)]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        assert process.stdout is not None
        port, control = (int(item) for item in process.stdout.readline().split())
        super().__init__(name, process, port, tls)
        self._control = socket.create_connection(("127.0.0.1", control), timeout=PATIENCE_S)

    def close(self) -> None:
        self._control.close()

    def begin(self) -> None:
        self._control.sendall(b"g")

    def begun_ns(self) -> int:
        return int(self._control.recv(64))


class Loop(_Ours):
    """The bare Twisted write loop; nothing is answered."""

    def __init__(self, count: int, tls: Tls | None) -> None:
        super().__init__("loop", "a bare Twisted write loop", count, tls)
        self._held: dict[Wire, FrameReader] = {}

    def join(self, wire: Wire, number: int) -> None:
        del number
        self._held[wire] = FrameReader(LARGEST_TO_CLIENT)

    def has_it(self, wire: Wire, data: bytes) -> bool:
        for document in self._held[wire].documents(data):
            self.size = len(document)
            return True
        return False


@dataclass(slots=True)
class Joining:
    """How far a subscriber of the open protocol has come."""

    number: int
    reader: FrameReader = field(default_factory=lambda: FrameReader(LARGEST_TO_CLIENT))
    whole: bool = False
    position: Position | None = None
    received: int = 0


class Server(_Ours):
    """The open protocol's server, whose subscribers answer each update at once.

    `filters` are what they ask for, in turn.
    """

    def __init__(self, count: int, tls: Tls | None, calls: int = 0, filters: Sequence[Filter] = (Filter(),)) -> None:
        super().__init__("server", "the open protocol", count, tls, calls)
        self._filters = filters
        self.joining: dict[Wire, Joining] = {}
        self._snapshots: dict[bytes, Snapshot] = {}
        self._acks: dict[bytes, bytes] = {}

    def join(self, wire: Wire, number: int) -> None:
        self.greet(wire, number)
        while not self.joining[wire].whole:
            self.take(wire, wire.socket.recv(READ), None)

    def greet(self, wire: Wire, number: int) -> None:
        """Say hello."""
        self.joining[wire] = Joining(number)
        self._say(wire, Hello(identity=f"subscriber-{number}", token=TOKEN))

    def take(self, wire: Wire, data: bytes, held: Position | None) -> bool:
        """What came while it joins; whether it is whole now."""
        state = self.joining[wire]
        state.received += len(data)
        for document in state.reader.documents(data):
            # A snapshot is long and the same for all: one subscriber's is read, the others' parts are known.
            message = self._snapshots.get(document) or decode(document)
            match message:
                case Welcome():
                    wanted = self._filters[state.number % len(self._filters)]
                    self._say(wire, Subscribe(number=1, filter=wanted, held=held))
                case Snapshot():
                    self._snapshots[document] = message
                    if message.last:
                        self._say(wire, Ack(epoch=message.position.epoch, sequence=message.position.sequence))
                case HubHeartbeat():
                    state.whole, state.position = True, message.position
        return state.whole

    def has_it(self, wire: Wire, data: bytes) -> bool:
        for document in self.joining[wire].reader.documents(data):
            if b"<update" not in document[:200]:
                continue
            self.size = len(document)
            if document not in self._acks:
                update = decode(document)
                assert isinstance(update, Update)
                self._acks = {document: encode(Ack(epoch="e1", sequence=update.to), largest=LARGEST_TO_HUB)}
            wire.say(self._acks[document])
            return True
        return False

    def _say(self, wire: Wire, message: ClientMessage) -> None:
        wire.say(encode(message, largest=LARGEST_TO_HUB))


class Broker(Crowd):
    """Mosquitto, with a publisher that sends as many bytes as our update has.

    Args:
        program: the broker's.
        folder: for its configuration.
        size: bytes of a payload.
        tls: if it is to speak TLS.

    """

    def __init__(self, program: str, folder: Path, size: int, tls: Tls | None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "set_tcp_nodelay true", "user root"]
        if tls is not None:
            lines += [f"certfile {tls.certificate}", f"keyfile {tls.key}"]
        file = folder / f"mosquitto-{port}.conf"
        file.write_text("\n".join([*lines, "log_type error", ""]), "utf-8")
        process = subprocess.Popen([program, "-c", str(file)], stderr=subprocess.DEVNULL)
        self._wait_for(port, process)
        super().__init__("Mosquitto", process, port, tls)
        self.size = size
        self._packets: dict[Wire, Packets] = {}
        self._message = publish(b"x" * size)
        self._publisher = Wire(port, self.context)
        self._expect(self._publisher, connect("publisher"), 1)
        self._begun = 0

    def close(self) -> None:
        self.process.terminate()
        self._publisher.socket.close()

    def join(self, wire: Wire, number: int) -> None:
        self._expect(wire, connect(f"subscriber-{number}"), 1)
        self._expect(wire, subscribe(), 1)
        self._packets[wire] = Packets()

    def begin(self) -> None:
        self._begun = time.monotonic_ns()
        self._publisher.say(self._message)

    def begun_ns(self) -> int:
        return self._begun

    def has_it(self, wire: Wire, data: bytes) -> bool:
        return any(kind == PUBLISH for kind, _ in self._packets[wire].take(data))

    def _expect(self, wire: Wire, said: bytes, answers: int) -> None:
        packets = Packets()
        wire.say(said)
        while answers:
            answers -= sum(1 for _ in packets.take(wire.socket.recv(READ)))

    def _wait_for(self, port: int, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("The broker does not start.")
