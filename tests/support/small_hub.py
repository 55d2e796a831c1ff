"""What the command line meets in tests: a web server in place of the hub, and time that passes by waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer


class Time:
    """A clock that moves when somebody waits."""

    now = 0.0

    def seconds(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def serving(server: HTTPServer) -> Iterator[None]:
    """Let it answer, until the end."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
