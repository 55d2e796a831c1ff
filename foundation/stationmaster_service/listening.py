"""A listening TCP port as a service, so that a port that is taken is a message and not a traceback."""

from __future__ import annotations

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory

from stationmaster_base.errors import StationError
from stationmaster_service.interfaces import ListeningPort, TCPReactor

__all__ = ["Listening"]


class Listening(Service):
    """Listens while it runs.

    Args:
        reactor: where it listens.
        factory: makes a protocol for each connection (a `Site` for pages).
        interface: the address, `127.0.0.1` unless the world is meant to come in.
        port: the port; 0 takes a free one, which `number` then tells.

    Raises:
        StationError: from `startService`, `port-taken` if it cannot listen there.

    """

    def __init__(self, reactor: TCPReactor, factory: Factory[Any], interface: str, port: int) -> None:
        self._reactor = reactor
        self._factory = factory
        self._interface = interface
        self._wanted = port
        self._port: ListeningPort | None = None

    @property
    def number(self) -> int:
        """The port that it listens on; the wanted one while it does not."""
        return self._wanted if self._port is None else int(self._port.getHost().port)

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        try:
            self._port = self._reactor.listenTCP(self._wanted, self._factory, interface=self._interface)
        except CannotListenError as error:
            raise StationError(
                "port-taken",
                f"Cannot listen on {self._interface}:{self._wanted}: {error.socketError}.",
                "End the process that has the port, or set another one in the configuration.",
            ) from error
        Service.startService(self)

    def stopService(self) -> Deferred[None] | None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        port, self._port = self._port, None
        return None if port is None else port.stopListening()
