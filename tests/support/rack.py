"""A subsystem with devices, in a thread of its own, on a real connection: it tells what a test has it tell."""

from __future__ import annotations

import queue
import selectors
import socket
import threading
from collections.abc import Callable

from stationmaster_base.times import Instant
from stationmaster_protocol.client_session import Applicable, ClientSession, Whole
from stationmaster_protocol.commands import Command, CommandResult, CommandState
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Ack, ClientHeartbeat, ClientMessage, Hello, Position, Report, Welcome

PATIENCE_S = 30.0
BEAT_S = 1.0

Answer = Callable[[Command], CommandResult]


def done(command: Command) -> CommandResult:
    """The devices have done it."""
    return CommandResult(id=command.id, state=CommandState.DONE, at=Instant(0))


class Rack:
    """The subsystem, from when it is welcome until it is unplugged; `commands` are those that it was given."""

    def __init__(self, port: int, identity: str, token: str, answer: Answer = done) -> None:
        self.commands: list[Command] = []
        self._answer = answer
        self._session = ClientSession()
        self._held: Position | None = None
        self._number = 0
        self._out: queue.SimpleQueue[ClientMessage] = queue.SimpleQueue()
        self._welcome = threading.Event()
        self._ended = threading.Event()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._waking, self._woken = socket.socketpair()
        self._socket.sendall(self._session.send(Hello(identity=identity, token=token)))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._welcome.wait(PATIENCE_S)

    def tell(self, **report: object) -> None:
        """Report something: what a `Report` has, such as `devices`, `alarms` and `whole`."""
        self._number += 1
        self._out.put(Report(number=self._number, **report))  # type: ignore[arg-type]
        self._waking.send(b"x")

    def unplug(self) -> None:
        """The cable is pulled."""
        self._ended.set()
        self._waking.send(b"x")
        self._thread.join(PATIENCE_S)
        for each in (self._socket, self._waking, self._woken):
            each.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._ended.is_set():
                ready = {key.fileobj for key, _ in selector.select(BEAT_S)}
                if self._woken in ready:
                    self._woken.recv(4096)
                if self._socket in ready and not self._read():
                    return
                while not self._out.empty():
                    self._send(self._out.get())
                if not ready and self._welcome.is_set():
                    self._send(ClientHeartbeat(position=self._held, digest=None))

    def _read(self) -> bool:
        data = self._socket.recv(1 << 16)
        for event in self._session.receive_data(data):
            match event:
                case Welcome():
                    self._socket.sendall(self._session.subscribe(Filter(kinds=("mode",)), None))
                    self._welcome.set()
                case Whole() | Applicable():
                    self._held = event.position
                    self._send(Ack(epoch=event.position.epoch, sequence=event.position.sequence))
                case Command():
                    self.commands.append(event)
                    self._send(self._answer(event))
        return bool(data)

    def _send(self, message: ClientMessage) -> None:
        self._socket.sendall(self._session.send(message))
