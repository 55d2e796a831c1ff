"""The ways to a rack: they open again by themselves, and say why there is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import error
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from stationmaster_broadcast.loudspeakers.amplifier_line import LineAmplifier
from stationmaster_broadcast.loudspeakers.amplifier_link import AmplifierLink
from stationmaster_broadcast.loudspeakers.amplifier_port import SerialPort, TcpPort
from stationmaster_broadcast.loudspeakers.amplifiers import Connection
from stationmaster_simulator.amplifier_rack import AmplifierRack, RackOnPty


class Wire(StringTransport):
    """A transport that takes the wish to be kept alive."""

    def setTcpKeepAlive(self, on: bool) -> None:  # noqa: N802 - Twisted's name
        assert on

    disconnected = False

    def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.disconnected = True


def test_a_rack_that_is_not_there_is_tried_again_more_and_more_rarely() -> None:
    """Half a second, one, two, four, and five at most; with why."""
    reactor: Any = MemoryReactorClock()
    port = TcpPort("10.0.0.9", 7900, reactor)
    port.start(lambda _: None, lambda: None)
    waits = []
    for _ in range(6):
        _, _, factory, _, _ = reactor.tcpClients[-1]
        factory.clientConnectionFailed(None, Failure(error.ConnectionRefusedError("refused")))
        waits.append(reactor.getDelayedCalls()[0].getTime() - reactor.seconds())
        reactor.advance(waits[-1])
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert port.problem.startswith("10.0.0.9:7900: Connection was refused")
    port.write(b"lost")


def test_a_connection_carries_bytes_both_ways_and_is_made_again() -> None:
    """Each time it is there that is said; what was stopped is not made again."""
    reactor: Any = MemoryReactorClock()
    port = TcpPort("10.0.0.9", 7900, reactor)
    heard: list[bytes] = []
    ups: list[str] = []
    port.start(heard.append, lambda: ups.append(port.problem))

    def connect() -> tuple[Any, Wire]:
        wire = reactor.tcpClients[-1][2].buildProtocol(None)
        transport = Wire()
        wire.makeConnection(transport)
        return wire, transport

    wire, transport = connect()
    port.write(b"STATE\r\n")
    wire.dataReceived(b"END\r\n")
    wire.connectionLost(Failure(error.ConnectionDone()))
    assert (transport.value(), heard, ups) == (b"STATE\r\n", [b"END\r\n"], [""])
    assert "closed cleanly" in port.problem
    reactor.advance(0.5)
    wire, transport = connect()
    assert ups == ["", ""]
    port.again()
    assert transport.disconnected
    port.stop()
    wire.connectionLost(Failure(error.ConnectionDone()))
    assert not reactor.getDelayedCalls()


def run(scenario: Callable[[Any, Callable[[], None]], None]) -> None:
    """A reactor of its own, until the scenario calls its end."""
    reactor: Any = SelectReactor()
    late: list[str] = []

    def give_up() -> None:
        late.append("late")
        reactor.stop()

    limit = reactor.callLater(10, give_up)
    reactor.callWhenRunning(scenario, reactor, reactor.stop)
    reactor.run()
    assert not late
    limit.cancel()
    for selectable in reactor.removeAll():
        selectable.connectionLost(None)


def test_a_rack_on_a_serial_line_is_connected_and_missed(tmp_path: Path) -> None:
    """Over a real terminal; when it is unplugged, that is the link's problem with its next question."""
    rack = AmplifierRack()
    wanted = frozenset({Connection(line=2, channel=3, input=1)})

    def scenario(reactor: Any, end: Callable[[], None]) -> None:
        pty = RackOnPty(rack, reactor)
        port = SerialPort(pty.path, 9600, reactor)
        link = AmplifierLink("rack", LineAmplifier(), port, reactor)
        link.want(wanted, frozenset({2}))

        def changed() -> None:
            if link.problem.endswith("is gone") or link.problem.startswith("/dev/pts"):  # at first it may only be mute
                link.stop()
                end()
            elif link.state is not None and link.state.connections == wanted:
                pty.close()

        link.start(changed)

    run(scenario)
    assert rack.connected == {2: (3, 1)}


def test_what_is_no_serial_line_is_said(tmp_path: Path) -> None:
    """A file, or nothing."""
    (tmp_path / "file").touch()
    for name, why in (("file", "is not a serial port"), ("none", "is not there")):
        reactor: Any = MemoryReactorClock()
        port = SerialPort(tmp_path / name, 9600, reactor)
        port.start(lambda _: None, lambda: None)
        port.write(b"lost")
        assert why in port.problem
        port.stop()
        assert not reactor.getDelayedCalls()
