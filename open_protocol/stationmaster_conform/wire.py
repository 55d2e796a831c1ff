"""One TCP connection of the kit, and the door at which a client knocks: plain sockets, `select`, one thread.

A scenario is a script that waits for one thing after another, so straight code that waits with a deadline is what
reads best. Plain sockets and `select.select` are also the one way of it that is the same on Windows, where there are
neither signal handlers in event loops nor anything but sockets to select. A wire never blocks in `write`: while
the peer takes nothing, what the peer says is read, so that two that both write do not wait for each other for ever.
"""

from __future__ import annotations

import select
import socket
import struct
from contextlib import suppress

from stationmaster_conform.machine import Machine
from stationmaster_conform.verdict import CannotRun

__all__ = ["Door", "Wire", "knock"]

CHUNK = 256 * 1024
WRITE_S = 10.0
"""Machine seconds for which a peer may take nothing before the wire is given up."""


class Wire:
    """Args:
    connection: a connected socket, which becomes the wire's own.
    machine: for deadlines.

    `open` is false as soon as either side has closed; what had come before can still be read.
    """

    def __init__(self, connection: socket.socket, machine: Machine) -> None:
        self._socket = connection
        self._machine = machine
        self._inbox = bytearray()
        self.open = True
        self.reading = True
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, until: float) -> bytes:
        """What has come, waiting for it until machine time `until`; empty: nothing did, or the wire is closed."""
        if not self._inbox and self.open and self.reading:
            self._wait(max(0.0, until - self._machine.monotonic()), writing=False)
        data = bytes(self._inbox)
        self._inbox.clear()
        return data

    def write(self, data: bytes) -> None:
        """Send everything, or find the wire closed; raises nothing."""
        rest = memoryview(data)
        given_up = self._machine.monotonic() + WRITE_S
        while rest and self.open:
            try:
                sent = self._socket.send(rest)
            except (BlockingIOError, InterruptedError):
                if self._machine.monotonic() >= given_up:
                    self.abort()
                    return
                self._wait(0.2, writing=True)
            except OSError:
                # The peer closed; what it said last may still be there to be read.
                self._drain()
                self.close()
            else:
                rest = rest[sent:]
                given_up = self._machine.monotonic() + WRITE_S

    def part(self, seconds: float = 1.0) -> None:
        """Close after the last words: wait for the peer to close, so long at most.

        Who closes while bytes of the peer's are unread sends a reset, and that takes his last words with it.
        """
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        until = self._machine.monotonic() + seconds
        self.reading = True
        while self.open and (left := until - self._machine.monotonic()) > 0:
            self._inbox.clear()
            self._wait(left, writing=False)
        self.close()

    def close(self) -> None:
        """Close in order."""
        self.open = False
        self._socket.close()

    def abort(self) -> None:
        """Break off, as a power cut does: the peer gets a reset and no last words."""
        with suppress(OSError):
            self._socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii" if _EXCLUSIVE is None else "hh", 1, 0)
            )
        self.close()

    def _wait(self, seconds: float, *, writing: bool) -> None:
        readable, _, _ = select.select([self._socket] if self.reading else [], [self._socket] * writing, [], seconds)
        if readable:
            self._drain()

    def _drain(self) -> None:
        try:
            data = self._socket.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._inbox += data
        else:
            self.close()


_EXCLUSIVE: int | None = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
"""The option that Windows alone has; its way of lingering has shorts where others have ints."""


class Door:
    """Where clients connect; it can be shut and opened again on the same port.

    Args:
        host: the address to listen at.
        port: the port; 0: any, which stays the same from then on.
        machine: for deadlines.

    Raises:
        CannotRun: the port cannot be had.

    """

    def __init__(self, host: str, port: int, machine: Machine) -> None:
        self.host = host
        self.port = port
        self._machine = machine
        self._listening: socket.socket | None = None
        self.open()

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def open(self) -> None:
        """Listen, unless it does already."""
        if self._listening is not None:
            return
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        # On Windows SO_REUSEADDR would let somebody else have the port too.
        option = socket.SO_REUSEADDR if _EXCLUSIVE is None else _EXCLUSIVE
        listening.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            listening.bind((self.host, self.port))
            listening.listen(16)
        except OSError as error:
            listening.close()
            raise CannotRun(
                f"{self.host}:{self.port} cannot be listened at: {error}.", "Give another --listen, or end who has it."
            ) from error
        listening.setblocking(False)
        self.port = listening.getsockname()[1]
        self._listening = listening

    @property
    def shut_now(self) -> bool:
        """Whether nobody can connect."""
        return self._listening is None

    def shut(self) -> None:
        """Listen no more: who knocks is refused."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def accept(self, until: float) -> Wire | None:
        """The next who knocks; None if nobody does until machine time `until`."""
        if self._listening is None:
            return None
        select.select([self._listening], [], [], max(0.0, until - self._machine.monotonic()))
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return None
        return Wire(connection, self._machine)


def knock(host: str, port: int, machine: Machine, seconds: float) -> Wire | None:
    """A connection to a hub; None if there is none within so many machine seconds."""
    try:
        return Wire(socket.create_connection((host, port), timeout=seconds), machine)
    except OSError:
        return None
