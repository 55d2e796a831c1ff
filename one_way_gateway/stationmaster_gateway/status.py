"""The status page, `/healthz`, `/metrics` and `/clock`, on loopback, in a thread of their own.

A question must name this machine itself (its `Host`), so that no page from elsewhere that a browser on this machine
shows can ask in its place. `POST /clock` is the one thing that can be told, and only a shadow clock can be told it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from threading import Thread
from typing import Any

from prometheus_client import CollectorRegistry

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health, health_body, metrics_text
from stationmaster_base.logging import get_logger
from stationmaster_gateway.page import page

__all__ = ["StatusServer"]

_LOG = get_logger("status")

_TEXT = "text/plain; charset=utf-8"
_OURS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LOOPBACK = "127."


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        health: Callable[[], Health],
        clock: StationClock,
        registry: CollectorRegistry,
        alive: Callable[[], None],
    ) -> None:
        if ":" in address[0]:
            self.address_family = AF_INET6
        super().__init__(address, _Handler)
        self.alive = alive
        self.health = health
        self.clock = clock
        self.registry = registry

    def service_actions(self) -> None:
        """The server's loop goes round, several times a second."""
        self.alive()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """One request went wrong, most often because the peer has gone; the next is served."""
        _LOG.warning(
            "request_failed",
            peer=str(client_address),
            connection=str(request),
            exc_info=True,
            do="nothing, if it stays at that",
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        if not self._ours():
            return
        if self.path == "/":
            body = page(health_body(self.server.health(), self.server.clock))
            self._answer(200, body.encode(), "text/html; charset=utf-8")
        elif self.path == "/healthz":
            self._health()
        elif self.path == "/metrics":
            text = metrics_text(self.server.health(), self.server.registry)
            self._answer(200, text, "text/plain; version=0.0.4; charset=utf-8")
        else:
            self._answer(404, b"There is /, /healthz, /metrics and POST /clock.\n", _TEXT)

    def do_POST(self) -> None:
        if not self._ours():
            return
        if self.path != "/clock":
            self._answer(404, b"There is POST /clock.\n", _TEXT)
        elif not self.server.clock.shadow:
            self._answer(409, b"This is no shadow clock.\n", _TEXT)
        else:
            try:
                self.server.clock.reread()
            except StationError as error:
                self._answer(500, f"{error}\n".encode(), _TEXT)
                return
            self._health()

    def _ours(self) -> bool:
        """Whether the question names this machine; a page from elsewhere, by another name for it, is turned away."""
        name = self.headers.get("Host", "").lower()
        host = name if name.endswith("]") else name.rpartition(":")[0] or name
        if host in _OURS or (host.startswith(_LOOPBACK) and host.replace(".", "").isdigit()):
            return True
        self._answer(403, b"This page is for this machine alone; ask for 127.0.0.1.\n", _TEXT)
        return False

    def _health(self) -> None:
        body = json.dumps(health_body(self.server.health(), self.server.clock), ensure_ascii=False)
        self._answer(200, body.encode(), "application/json")

    def _answer(self, code: int, body: bytes, kind: str) -> None:
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # nobody here reads what they sent
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "stationmaster"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        """Requests are not logged: the page is polled."""


class StatusServer:
    """Serves until it is closed.

    Args:
        address: host and port; port 0 takes a free one.
        health: what to answer.
        clock: station time.
        registry: the metrics.
        alive: hears several times a second that the server still serves.

    Raises:
        StationError: `address-in-use`: the address cannot be had.

    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        health: Callable[[], Health],
        clock: StationClock,
        registry: CollectorRegistry,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        try:
            self._server = _Server(address, health, clock, registry, alive)
        except OSError as error:
            raise StationError(
                "address-in-use", f"Cannot listen on {address[0]}:{address[1]}: {error}.", "Change listen, status_port."
            ) from error
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="status", daemon=True)

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self._server.server_address[1])

    @property
    def alive(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
