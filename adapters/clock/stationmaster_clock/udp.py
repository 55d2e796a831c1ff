"""The datagrams of time: a client of one server, and the station's own answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.protocol import DatagramProtocol
from twisted.python.failure import Failure

from stationmaster_base.logging import get_logger
from stationmaster_clock.ntp_master import NtpMaster
from stationmaster_clock.sntp_server import SntpServer
from stationmaster_service.interfaces import ListeningPort, MachineTime

__all__ = ["NtpClient", "SntpPort", "UdpReactor"]

_LOG = get_logger("clock")


class UdpReactor(MachineTime, Protocol):
    """A reactor that has datagrams and finds hosts (`IReactorUDP`, `IReactorCore`)."""

    def listenUDP(  # noqa: N802 - Twisted's name
        self,
        port: int,
        protocol: Any,
        interface: str = "",
    ) -> ListeningPort: ...
    def resolve(self, name: str, timeout: Any = ...) -> Deferred[str]: ...


class NtpClient:
    """Asks one server. A port of our own, new for every request, makes a forged answer harder still.

    Args:
        master: what is asked and made of the answers.
        reactor: datagrams and host names.
        monotonic: machine time.

    """

    def __init__(self, master: NtpMaster, *, reactor: UdpReactor, monotonic: Callable[[], float]) -> None:
        self.master = master
        self._reactor = reactor
        self._monotonic = monotonic
        self._port: ListeningPort | None = None
        self._resolving = False
        self._trouble = ""
        self._running = True

    def poll(self) -> None:
        """Ask if it is time to; called every second or so."""
        if not self._resolving and self.master.due(self._monotonic()):
            host = self.master.settings.host
            if isIPAddress(host) or isIPv6Address(host):
                self._ask(host)
                return
            self._resolving = True
            self._reactor.resolve(host, (1, 3)).addCallbacks(self._ask, self._unknown)

    def stop(self) -> None:
        """Ask no more."""
        self._running = False
        self._close()

    def _ask(self, address: str) -> None:
        self._resolving = False
        if not self._running:
            return
        self._close()
        try:
            self._port = self._reactor.listenUDP(0, _Asking(self, address), interface="::" if ":" in address else "")
        except OSError as error:
            self.master.request(self._monotonic())  # counts as asked, so that it is not tried without pause
            self._complain(str(error))

    def _unknown(self, failure: Failure) -> None:
        self._resolving = False
        self.master.request(self._monotonic())  # likewise
        self._complain(failure.getErrorMessage())

    def _complain(self, problem: str) -> None:
        if problem != self._trouble:
            self._trouble = problem
            _LOG.warning(
                "time-server-unreachable",
                source=self.master.name,
                host=self.master.settings.host,
                problem=problem,
                todo="look at its name and at the network; it is asked on",
            )

    def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.stopListening()

    # What the port says.

    def opened(self, send: Callable[[bytes], object]) -> None:
        """The port is open."""
        try:
            send(self.master.request(self._monotonic()))
        except OSError as error:
            self._complain(str(error))

    def received(self, data: bytes) -> None:
        """An answer has come from the server's address."""
        self.master.receive_data(data, self._monotonic())
        self._trouble = ""

    def refused(self) -> None:
        """Nobody listens there."""
        self._complain("nobody listens there")


class _Asking(DatagramProtocol):
    """One request's port. It is connected, so the system lets nothing in but what comes from the server."""

    noisy = False

    def __init__(self, client: NtpClient, address: str) -> None:
        self._client = client
        self._address = address

    def startProtocol(self) -> None:  # noqa: N802 - Twisted's name
        transport: Any = self.transport
        transport.connect(self._address, self._client.master.settings.port)
        self._client.opened(transport.write)

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:  # noqa: ARG002, N802 - Twisted's name
        self._client.received(datagram)

    def connectionRefused(self) -> None:  # noqa: N802 - Twisted's name
        self._client.refused()


class SntpPort(DatagramProtocol):
    """The station's answer on a port."""

    noisy = False

    def __init__(self, server: SntpServer) -> None:
        self._server = server

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:  # noqa: N802 - Twisted's name
        answer = self._server.answer(datagram)
        if answer is not None:
            transport: Any = self.transport
            try:
                transport.write(answer, addr)
            except OSError as error:
                _LOG.warning("time-not-answered", device=str(addr), problem=str(error), todo="look at the network")
