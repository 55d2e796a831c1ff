"""Everything about who may connect, wired: the port, the door behind it, the identities, what operators do with them.

The hub makes one of these, gives its door to `ProtocolSide`, has it load the identities when the store is open, and
starts and stops it with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall

from stationmaster.hub.open_protocol.client_certificates import ClientCertificates
from stationmaster.hub.open_protocol.door import Door
from stationmaster.hub.open_protocol.enrolment import Enrolment
from stationmaster.hub.open_protocol.gate import Gate
from stationmaster.hub.open_protocol.identities_api import IdentitiesApi
from stationmaster.hub.open_protocol.identity_book import IdentityBook
from stationmaster.hub.open_protocol.refusals import Refusals
from stationmaster.hub.open_protocol.token_hashing import Cost, Hashing, RandomBytes
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.storage.store import Store
from stationmaster.hub.writer import InThread, WriterThread
from stationmaster_protocol.server import ProtocolServer
from stationmaster_service.face import Face
from stationmaster_service.listening import Listening
from stationmaster_service.process import Running

__all__ = ["Entrance"]

_LOOK_S = 2.0
"""Machine seconds between looks at the list of revoked certificates."""


class Entrance(Service):
    """Args:
    settings: the hub's.
    store: where identities are.
    in_writer: runs what waits for the database.
    running: the process.
    wall: seconds since 1970 by the machine's clock.
    random_bytes: makes secrets.
    known: told the names of all who may connect, whenever these are others.

    Raises:
        StationError: `pki-file` if a file of the authority cannot be used.

    """

    def __init__(
        self,
        *,
        settings: HubSettings,
        store: Store,
        in_writer: InThread,
        running: Running,
        wall: Callable[[], float],
        random_bytes: RandomBytes,
        known: Callable[[Sequence[str]], None],
    ) -> None:
        self._settings = settings
        self._reactor = running.reactor
        self._known = known
        self._server: ProtocolServer | None = None
        self._refusals = Refusals(running.reactor.seconds, running.registry)
        self._thread = WriterThread(running.reactor, "verifier")
        tls = settings.door.tls
        certificates = (
            None
            if tls is None or tls.client_authority is None
            else ClientCertificates(tls.client_authority, settings.door.revoked, settings.door.signing)
        )
        hashing = Hashing(Cost(), random_bytes)
        self._book = IdentityBook(store, in_writer)
        self.door = Door(
            configured=settings.subsystems,
            book=self._book,
            hashing=hashing,
            in_thread=self._thread,
            seconds=running.reactor.seconds,
            wall=wall,
            random_bytes=random_bytes,
            refusals=self._refusals,
            certificates=certificates,
        )
        self._enrolment = Enrolment(
            door=self.door,
            book=self._book,
            hashing=hashing,
            in_thread=self._thread,
            wall=wall,
            random_bytes=random_bytes,
            certificates=certificates,
            close=self._close,
        )
        self._book.on_change(self._tell_known)
        self._looking = cast("Any", LoopingCall(self._look))  # its clock is declared as a zope interface
        self._looking.clock = running.reactor

    def install(self, face: Face, askers: Askers) -> None:
        """Add the operator's pages."""
        IdentitiesApi(self._enrolment, askers, face)

    def port(self, server: ProtocolServer) -> Listening:
        """The port of the server whose door this is.

        Raises:
            StationError: `tls-files` if the hub's certificate or key cannot be used.

        """
        self._server = server
        gate = Gate(server, self._settings.door, self._refusals, self._reactor)
        return Listening(self._reactor, gate, self._settings.protocol_listen, self._settings.protocol_port)

    def load(self) -> Deferred[None]:
        """Read the identities; fires when they are there, and fails as the store does."""
        return self._book.load()

    def begun_anew(self) -> None:
        """The database was displaced."""
        self._book.begun_anew()

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        Service.startService(self)
        self._thread.startService()
        self._looking.start(_LOOK_S, now=False)

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        Service.stopService(self)
        if self._looking.running:
            self._looking.stop()
        self._thread.stopService()

    def _look(self) -> None:
        for identity in self.door.certificate_revoked():
            self._close(identity)

    def _close(self, identity: str) -> bool:
        return self._server is not None and self._server.revoke(identity)

    def _tell_known(self) -> None:
        enrolled = [each.name for each in self._book.all() if each.revoked is None]
        self._known(sorted({*self.door.configured, *enrolled}))
