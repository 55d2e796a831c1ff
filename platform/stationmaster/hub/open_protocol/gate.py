"""The open protocol's port: TLS before anything else is read, and no more connections a second than one host needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol

from stationmaster.hub.open_protocol.door_settings import DoorSettings
from stationmaster.hub.open_protocol.rate_limits import Rate, source_of
from stationmaster.hub.open_protocol.refusals import Refusals
from stationmaster_protocol.tls import TlsRefused, is_loopback, tls_factory

__all__ = ["BURST_S", "Gate"]

BURST_S = 4
"""Seconds' worth of connections that may come at once: every subsystem of one machine, after a break."""


class Gate(Factory[Any]):
    """What the port hands connections to.

    Args:
        factory: speaks the protocol.
        settings: TLS, and limits.
        refusals: is told who does not get through.
        reactor: machine time.

    Raises:
        StationError: `tls-files` if they cannot be used.

    """

    noisy = False

    def __init__(self, factory: Factory[Any], settings: DoorSettings, refusals: Refusals, reactor: Any) -> None:
        self._refusals = refusals
        seconds: Callable[[], float] = reactor.seconds
        self._factory = (
            factory if settings.tls is None else tls_factory(reactor, factory, settings.tls, self._tls_refused)
        )
        rate = settings.connections_s
        self._rate = Rate(seconds, rate=rate, burst=max(1, round(rate * BURST_S)))

    def doStart(self) -> None:  # noqa: N802 - Twisted's name
        """Listening begins."""
        self._factory.doStart()

    def doStop(self) -> None:  # noqa: N802 - Twisted's name
        """Listening ends."""
        self._factory.doStop()

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:  # noqa: N802 - Twisted's name
        """A new connection; None closes it at once. Processes on this machine could do worse, and are not counted."""
        host = str(getattr(addr, "host", ""))
        if not is_loopback(host) and not self._rate.take(source_of(host)):
            self._refusals.refused("too-many-connections", host, detail="connects too often")
            return None
        return self._factory.buildProtocol(addr)

    def _tls_refused(self, address: str, refused: TlsRefused) -> None:
        self._refusals.refused(refused.code, address, detail=refused.problem)
