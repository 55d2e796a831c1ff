"""A wire between a hub and PostgreSQL that is cut at the worst moment: around a commit."""

from __future__ import annotations

import selectors
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

__all__ = ["Cutter", "cutter"]

_SOCKET = ".s.PGSQL.5432"
_QUESTION = b"COMMIT"


class Cutter:
    """Carries bytes between clients and a server, both on sockets of the file system; made by `cutter`."""

    def __init__(self, server: Path, folder: Path) -> None:
        self.before_commit = 0
        """How many of the next commits never reach the server."""
        self.after_commit = 0
        """How many of the next commits reach the server, and the answer is lost."""
        self.cuts = 0
        self._server = server
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / _SOCKET))
        self._door.listen()
        self._wake, self._woken = socket.socketpair()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._clients: set[socket.socket] = set()
        self._hanging: list[socket.socket] = []
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        for each in (self._door, self._woken):
            self._selector.register(each, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="cutter")
        self._thread.start()

    def leave_hanging(self) -> None:
        """Cut every client off, without the server hearing of it."""
        with self._lock:
            for client in list(self._clients):
                self._hanging.append(self._cut(client, server=False))

    def close(self) -> None:
        """Cut everything, for good."""
        self._wake.send(b".")
        self._thread.join()
        for client in list(self._clients):
            self._cut(client)
        for each in (self._door, self._wake, self._woken, *self._hanging):
            each.close()
        self._selector.close()

    def _run(self) -> None:
        while True:
            ready = self._selector.select()
            with self._lock:
                for key, _ in ready:
                    if key.fileobj is self._woken:
                        return
                    if key.fileobj is self._door:
                        self._accept()
                    elif key.fileobj in self._peers:
                        self._carry(key.fileobj)  # type: ignore[arg-type]  # what is registered are sockets

    def _accept(self) -> None:
        client, _ = self._door.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self._server / _SOCKET))
        except OSError:
            client.close()
            server.close()
            return
        self._clients.add(client)
        for one, other in ((client, server), (server, client)):
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _carry(self, source: socket.socket) -> None:
        peer = self._peers[source]
        try:
            data = source.recv(65536)
            commit = source in self._clients and _QUESTION in data
            if not data or (commit and self.before_commit):
                self.before_commit -= bool(data)
                self.cuts += bool(data)
                self._cut(source)
                return
            peer.sendall(data)
            if commit and self.after_commit:
                self.after_commit -= 1
                self.cuts += 1
                peer.recv(65536)  # so it is done
                self._cut(source)
        except OSError:
            self._cut(source)

    def _cut(self, either: socket.socket, *, server: bool = True) -> socket.socket:
        """Cut a client off and, if wanted, let the server know; the server's end."""
        other = self._peers[either]
        for end in (either, other):
            self._selector.unregister(end)
            del self._peers[end]
            if end in self._clients or server:
                end.close()
        self._clients.difference_update((either, other))
        return other


@contextmanager
def cutter(url: URL) -> Iterator[tuple[URL, Cutter]]:
    """The same database by way of a cutter."""
    folder = Path(tempfile.mkdtemp(prefix="cutter-", dir="/tmp"))
    made = Cutter(Path(str(url.query["host"])), folder)
    try:
        yield url.update_query_dict({"host": str(folder)}), made
    finally:
        made.close()
        shutil.rmtree(folder)
