"""Subscribers that all connect in the same moment, as after a cut, and how soon each of them is whole."""

from __future__ import annotations

import select
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crowd import PATIENCE_S, Server, Wire

from stationmaster_protocol.messages import Position

__all__ = ["storm"]


@contextmanager
def storm(server: Server, count: int) -> Iterator[Callable[[Position | None], tuple[list[float], int]]]:
    """Gives a function by which all of `count` subscribers connect at once, and which waits until they are whole.

    It gives back the milliseconds after which each was whole, and the bytes that one of them was sent.
    """
    wires: list[Wire] = []

    def connected(held: Position | None) -> tuple[list[float], int]:
        for wire in wires:
            wire.socket.close()
        poll, begun = select.epoll(), time.monotonic_ns()
        wires[:] = [Wire(server.port, server.context, waits=False) for _ in range(count)]
        by_number = {wire.socket.fileno(): (number, wire) for number, wire in enumerate(wires)}
        for wire in wires:
            poll.register(wire.socket, select.EPOLLOUT)
        taken: list[float] = []
        received, until = 0, time.monotonic() + PATIENCE_S
        server.joining.clear()
        while len(taken) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{count - len(taken)} subscribers are not whole after {PATIENCE_S:g} s.")
            for number, _ in poll.poll(1):
                who, wire = by_number[number]
                if wire not in server.joining:
                    wanted = _shaken(wire)
                    if wanted is None:
                        server.greet(wire, who)
                    poll.modify(number, wanted or select.EPOLLIN)
                    continue
                data = wire.hear()
                if data and not server.joining[wire].whole and server.take(wire, data, held):
                    taken.append((time.monotonic_ns() - begun) / 1e6)
                    received = server.joining[wire].received
        poll.close()
        return taken, received

    try:
        yield connected
    finally:
        for wire in wires:
            wire.socket.close()


def _shaken(wire: Wire) -> int | None:
    """Go on with the TLS handshake; what to wait for, or None once it is over."""
    if isinstance(wire.socket, ssl.SSLSocket):
        try:
            wire.socket.do_handshake()
        except ssl.SSLWantReadError:
            return select.EPOLLIN
        except ssl.SSLWantWriteError:
            return select.EPOLLOUT
    return None
