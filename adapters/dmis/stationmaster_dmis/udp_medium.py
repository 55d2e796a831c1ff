"""Telegrams in datagrams, as they come out of a data diode that carries UDP.

A datagram holds frames with their delimiters, best whole ones; a stream that was cut into datagrams anywhere works as
well, and then a lost datagram costs the frames at its two ends. Nothing is ever sent from the socket. What the kernel
holds for us is bounded by the socket's buffer; what did not fit is counted (SO_RXQ_OVFL, socket(7)).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_base.logging import get_logger
from stationmaster_dmis.medium import Receive, unheard
from stationmaster_dmis.settings import UdpPlace
from stationmaster_service.interfaces import DelayedCall
from stationmaster_service.serial_input import ReadingReactor

__all__ = ["UdpMedium"]

_LOG = get_logger("line")

_SO_RXQ_OVFL = 40
"""Have each datagram say how many were dropped (asm-generic/socket.h); the standard library does not name it."""
_DROPPED = struct.Struct("I")
_BUFFER = 1 << 20
_LONGEST = 8192
"""Bytes of a datagram that are looked at: 34 of the longest frames. A longer one is dropped."""
_AT_ONCE = 64
_RETRY_S = 2.0
_WRAP = 1 << 32


@implementer(IReadDescriptor)
class UdpMedium:
    """One address at which datagrams come.

    Args:
        settings: the address, and who may send.
        reactor: waits for them.

    """

    kind = "udp"

    def __init__(self, settings: UdpPlace, reactor: ReadingReactor) -> None:
        self.place = f"{settings.host}:{settings.port}"
        self.refused = 0
        """Datagrams from somebody who may not send, and too long ones."""
        self.overflowed = 0
        """Datagrams for which there was no room."""
        self._settings = settings
        self._reactor = reactor
        self._senders = frozenset(settings.senders)
        self._socket: socket.socket | None = None
        self._kernels_count = 0
        self._opening: DelayedCall | None = None
        self._complained = False
        self._receive: Receive = unheard
        self._running = False

    @property
    def is_open(self) -> bool:
        """Whether the address is this process's."""
        return self._socket is not None

    @property
    def dropped(self) -> int:
        """Datagrams that came and were not looked at."""
        return self.refused + self.overflowed

    def start(self, receive: Receive, interrupted: Callable[[], None]) -> None:
        """Bind the address and read."""
        del interrupted  # a lost datagram is like lost bytes
        self._receive = receive
        self._running = True
        self._try()

    def stop(self) -> None:
        """Let the address go."""
        self._running = False
        if self._opening is not None and self._opening.active():
            self._opening.cancel()
        self._opening = None
        self._close()

    def fileno(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    def doRead(self) -> None:  # noqa: N802 - Twisted's name
        """Take what is there, at most 64 datagrams, so that nothing else has to wait for long."""
        for _ in range(_AT_ONCE):
            if self._socket is None:
                return
            try:
                data, ancillary, flags, sender = self._socket.recvmsg(_LONGEST, socket.CMSG_SPACE(_DROPPED.size))
            except BlockingIOError:
                return
            except OSError as error:
                self._lost(str(error))
                return
            for level, kind, body in ancillary:
                if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL:
                    self._count_overflow(_DROPPED.unpack(body[: _DROPPED.size])[0])
            if flags & socket.MSG_TRUNC or (self._senders and sender[0] not in self._senders):
                self.refused += 1
            else:
                self._receive(data, 0.0)

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        self._lost(reason.getErrorMessage())

    def logPrefix(self) -> str:  # noqa: N802 - Twisted's name
        return "line"

    def _try(self) -> None:
        self._opening = None
        try:
            self._open()
        except OSError as error:
            if not self._complained:
                self._complained = True
                _LOG.warning(
                    "address-missing", address=self.place, problem=str(error), todo="see the machine's addresses"
                )
            self._opening = self._reactor.callLater(_RETRY_S, self._try)
            return
        self._complained = False
        _LOG.info("address-opened", address=self.place)

    def _open(self) -> None:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            made.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
            made.bind((self._settings.host, self._settings.port))
        except BaseException:
            made.close()
            raise
        self._socket, self._kernels_count = made, 0
        self._reactor.addReader(self)

    def _count_overflow(self, count: int) -> None:
        """The kernel counts since the socket was made, in 32 bits."""
        self.overflowed += (count - self._kernels_count) % _WRAP
        self._kernels_count = count

    def _lost(self, problem: str) -> None:
        if self._socket is None:
            return
        _LOG.warning("address-lost", address=self.place, problem=problem, todo="nothing; it is opened again")
        self._close()
        if self._running:
            self._opening = self._reactor.callLater(_RETRY_S, self._try)

    def _close(self) -> None:
        if self._socket is not None:
            self._reactor.removeReader(self)
            self._socket.close()
            self._socket = None
