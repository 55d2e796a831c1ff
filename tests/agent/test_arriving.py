"""Whether what a subsystem sends arrives, as its own machine knows it."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

from stationmaster_agent.arriving import Arriving, Progress, tcp_progress


def stuck_after(*beats: Progress | None) -> list[bool]:
    """What is said at each heartbeat."""
    coming = iter(beats)
    arriving = Arriving(lambda: next(coming))
    return [arriving.stuck() for _ in beats]


def waits(arrived: int) -> Progress:
    return Progress(arrived=arrived, waiting=True)


def test_two_heartbeats_without_anything_arriving():
    """At the first heartbeat there is nothing to compare with; at the third nothing has arrived for two."""
    assert stuck_after(waits(10), waits(10), waits(10)) == [False, False, True]


def test_whatever_arrives_is_progress():
    """A slow way is no cut one: what matters is that anything arrives, not that everything has."""
    assert stuck_after(*(waits(10 * number) for number in range(6))) == [False] * 6
    assert stuck_after(waits(10), waits(10), waits(11), waits(11), waits(11)) == [False, False, False, False, True]


def test_nothing_on_its_way_is_nothing_missing():
    """Who has sent nothing that has not arrived is not cut off."""
    assert stuck_after(*[Progress(arrived=10, waiting=False)] * 5) == [False] * 5


def test_where_nothing_is_known_nothing_is_concluded():
    """Other systems do not say what arrives."""
    assert stuck_after(None, None, None, None) == [False] * 4
    assert tcp_progress(object()) is None


class Carrying:
    """A transport of Twisted's, as far as it is looked at."""

    def __init__(self, handle: socket.socket) -> None:
        self.socket = handle


class Over:
    """TLS over such a transport."""

    def __init__(self, transport: Carrying) -> None:
        self.transport = transport


def until(true: Callable[[], bool], handle: socket.socket) -> bool:
    """Wait, a moment at a time, for the kernel."""
    for _ in range(500):
        if true():
            return True
        select.select([handle], [], [], 0.01)
    return False


def test_the_kernel_knows_what_has_arrived():
    """Bytes that the other machine's TCP has taken have arrived, whether or not anybody there has read them."""
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as client:
        near, _ = door.accept()
        with near:
            for transport in (Carrying(client), Over(Carrying(client))):
                before = tcp_progress(transport)
                assert before is not None
                client.sendall(b"x" * 1000)

                def arrived(transport: object = transport, bytes_before: int = before.arrived) -> bool:
                    now = tcp_progress(transport)
                    return now is not None and not now.waiting and now.arrived == bytes_before + 1000

                assert until(arrived, client)
    assert tcp_progress(Carrying(client)) is None
