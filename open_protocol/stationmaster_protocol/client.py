"""One client's connection to a hub: bytes from the transport to the session, events from the session to a listener.

It decides nothing: whom to connect to, when to try again and what to say is the listener's affair.
"""

from __future__ import annotations

from typing import Protocol as Interface
from typing import cast

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from stationmaster_protocol.client_session import ClientEvent, ClientSession
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Bye, ClientMessage, Error, Position
from stationmaster_protocol.session import Breach
from stationmaster_protocol.transport import StreamTransport

__all__ = ["ClientConnection", "ClientListener"]


class ClientListener(Interface):
    """Who uses a connection."""

    def made(self, connection: ClientConnection) -> None:
        """The connection is there; `hello` is due."""

    def heard(self, connection: ClientConnection, event: ClientEvent) -> None:
        """The hub said something. After `Error`, `Bye` or `Breach` the connection closes by itself."""

    def gone(self, connection: ClientConnection, reason: str) -> None:
        """The connection has ended."""


class ClientConnection(Protocol):
    """A Twisted protocol for any stream transport, TLS or not.

    Args:
        listener: is told of everything.

    """

    def __init__(self, listener: ClientListener) -> None:
        self._listener = listener
        self.session = ClientSession()

    def send(self, message: ClientMessage) -> None:
        """Send a message other than `subscribe`; nothing happens once the session is over.

        Raises:
            LocalProtocolError: it may not be sent now, or cannot be sent at all.

        """
        if not self.session.closed:
            self._wire.write(self.session.send(message))

    def subscribe(self, wanted: Filter, held: Position | None = None) -> None:
        """Subscribe, or replace the subscription; nothing happens once the session is over.

        Raises:
            LocalProtocolError: the session is not welcome yet.

        """
        if not self.session.closed:
            self._wire.write(self.session.subscribe(wanted, held))

    def close(self) -> None:
        """Close once everything is sent; an orderly client has said `bye` before."""
        self._wire.loseConnection()

    def abort(self) -> None:
        """Close at once."""
        self._wire.abortConnection()

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        """Tell the listener."""
        self._wire.setTcpNoDelay(True)
        self._listener.made(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Tell the listener what the hub said."""
        for event in self.session.receive_data(data):
            if isinstance(event, Breach):
                self._wire.write(event.farewell)
            self._listener.heard(self, event)
            if isinstance(event, Breach | Error | Bye):
                self.close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        """Tell the listener."""
        self._listener.gone(self, reason.getErrorMessage())

    @property
    def _wire(self) -> StreamTransport:
        return cast("StreamTransport", self.transport)
