"""How a connection to a hub is begun: over TCP, and over TLS as soon as it leaves the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol

from stationmaster_agent.settings import HostPort
from stationmaster_protocol.tls import TlsTrust, client_endpoint

__all__ = ["Connect", "connector"]

Connect = Callable[[HostPort, Callable[[], Protocol]], "Deferred[object]"]
"""Begins a connection for the protocol that it makes; fails if there is none to be had. Cancelling gives it up."""

LONGEST_CONNECT_S = 10.0
"""Machine seconds; whoever connects gives up sooner."""


def connector(reactor: object, trust: Callable[[], TlsTrust | None]) -> Connect:
    """Connects by host name or address.

    Args:
        reactor: makes the connections.
        trust: how hubs are known at this moment; None: only hubs on this machine are connected to.

    """

    def connect(hub: HostPort, make: Callable[[], Protocol]) -> Deferred[object]:
        endpoint: Any = client_endpoint(reactor, hub, trust(), timeout_s=LONGEST_CONNECT_S)
        factory = Factory.forProtocol(make)
        factory.noisy = False
        connecting: Deferred[object] = endpoint.connect(factory)
        return connecting

    return connect
