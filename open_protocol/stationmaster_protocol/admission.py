"""Who gets in: enrolment, authentication, one session for each identity, and what ends a session from the hub's side.

Whether a secret is right and what an identity may do the hub says, when it has found out; until then the client waits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from twisted.internet.defer import maybeDeferred
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_protocol.connection import HubConnection
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.hub_side import Grant, HubSide, ProtocolSettings
from stationmaster_protocol.messages import Bye, ByeReason, Enrol, Enrolled, Hello, HubAddress, Welcome
from stationmaster_protocol.scalars import milliseconds_of, stamp_of

__all__ = ["Admission"]

_LOG = get_logger("protocol")


class Admission:
    """The connections that have a right to be there.

    Args:
        hub: knows who may come in.
        settings: limits.

    """

    def __init__(self, hub: HubSide, settings: ProtocolSettings) -> None:
        self._hub = hub
        self._settings = settings
        self._welcomed: dict[str, HubConnection] = {}

    def enrol(self, connection: HubConnection, request: Enrol) -> None:
        """Give a client its secret, or refuse it."""
        asking = maybeDeferred(self._hub.enrol, request, connection.peer)
        asking.addCallback(lambda secret: self._enrolled(connection, secret))
        asking.addErrback(lambda failure: refuse_for(connection, failure, "This client could not be enrolled."))

    def greet(self, connection: HubConnection, hello: Hello) -> None:
        """Welcome a client, or refuse it."""
        asking = maybeDeferred(self._hub.authenticate, hello, connection.peer)
        asking.addCallback(lambda grant: self._welcome(connection, hello, grant))
        asking.addErrback(lambda failure: refuse_for(connection, failure, "This client could not be authenticated."))

    def find(self, identity: str) -> HubConnection | None:
        """The connection that has been welcomed under an identity."""
        return self._welcomed.get(identity)

    def ended(self, connection: HubConnection) -> None:
        """The connection is to be reckoned with no more."""
        if self._welcomed.get(connection.identity) is connection:
            del self._welcomed[connection.identity]
            self._hub.lost(connection.identity)

    def redirect(self, hubs: Sequence[HubAddress], text: str, identities: Collection[str] | None) -> int:
        """Send those who are welcome, or some of them, to other hubs; how many."""
        chosen = [each for identity, each in self._welcomed.items() if identities is None or identity in identities]
        for connection in chosen:
            connection.leave(Bye(reason=ByeReason.REDIRECTED, text=text, hubs=tuple(hubs)))
        return len(chosen)

    def _enrolled(self, connection: HubConnection, secret: Enrolled) -> None:
        if not connection.over:
            _LOG.info("enrolled", identity=connection.identity, address=connection.address)
            connection.answer(secret)

    def _welcome(self, connection: HubConnection, hello: Hello, grant: Grant) -> None:
        if connection.over:
            return
        before = self._welcomed.get(hello.identity)
        if before is not None:
            before.leave(Bye(reason=ByeReason.REPLACED, text="Another connection has this identity now."))
        self._welcomed[hello.identity] = connection
        if too_much := sorted(set(hello.executes) - grant.executes):
            _LOG.warning("executes_forbidden", identity=hello.identity, kinds=too_much, reason=f"kind {grant.kind}")
        connection.welcomed(grant)
        quality = self._hub.clock_quality()
        connection.answer(
            Welcome(
                version=connection.session.version,
                epoch=self._hub.position().epoch,
                heartbeat=max(1, round(self._settings.heartbeat_s * 1000)),
                largest=self._settings.largest_in,
                station_time=stamp_of(self._hub.station_time()),
                clock=None if quality is None else quality.state,
                clock_error=None if quality is None else milliseconds_of(quality.error_s),
            )
        )


def refuse_for(connection: HubConnection, failure: Failure, text: str) -> None:
    """End a session for what went wrong at the hub; what is not for the client to know is `internal`, with `text`."""
    error = failure.value
    if isinstance(error, RemoteProtocolError):
        connection.refuse(error.code, error.message, error.hint)
        return
    _LOG.error("hub_failed", identity=connection.identity, reason=str(error), kind=type(error).__name__)
    connection.refuse("internal", text)
