"""The servers that a crowd of subscribers is connected to, each a process of its own.

    python benchmarks/crowd_servers.py server|loop SUBSCRIBERS CALLS [CERTIFICATE KEY]

`server` is the open protocol's own server, with a hub in memory behind it; `loop` is the bare Twisted write loop that
sends the same bytes. Each prints its port and that of its control: for each byte on the control it sends one update,
and says the machine time at which it began. It ends when the control is closed.
"""

from __future__ import annotations

import gc
import logging
import resource
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from stationmaster.station.load import load_station  # noqa: E402 - the tests' support comes first on the path
from stationmaster.station.plans import plan_day  # noqa: E402 - as above
from stationmaster_base.logging import configure_logging  # noqa: E402 - as above
from stationmaster_base.times import MINUTE, Instant  # noqa: E402 - as above
from stationmaster_kernel.changes import PUBLIC_KINDS, Resource  # noqa: E402 - as above
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, GradeFeed, Plan  # noqa: E402 - as above
from stationmaster_kernel.planned_call import PlannedCall  # noqa: E402 - as above
from stationmaster_kernel.state import State  # noqa: E402 - as above
from stationmaster_kernel.step import step  # noqa: E402 - as above
from stationmaster_kernel.values import FeedGrade  # noqa: E402 - as above
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, encode  # noqa: E402 - as above
from stationmaster_protocol.hub_side import ProtocolSettings  # noqa: E402 - as above
from stationmaster_protocol.messages import Update  # noqa: E402 - as above
from stationmaster_protocol.server import ProtocolServer  # noqa: E402 - as above
from stationmaster_protocol.tls import TlsFiles, tls_factory  # noqa: E402 - as above
from support.fake_hub import FakeHub  # noqa: E402 - the tests' own hub in memory, which is not installed

DAY = date(2026, 3, 2)
TOKEN = "a token for a benchmark"


def world(calls: int) -> tuple[State, tuple[Resource, ...]]:
    """The sample station with a day of so many calls, and what changes when a train is expected ten minutes late.

    The sample's own calls are repeated under other numbers until there are enough; 0 leaves them as they are.
    """
    station = load_station(ROOT / "stations" / "sample")
    planned = plan_day(station, DAY)
    late = next(call for call in planned[len(planned) // 2 :] if call.arrival and call.departure)
    now = Instant((late.arrival or 0) - 60 * MINUTE)
    state = State.empty(now)
    record = _record(late)
    for given in (
        Configure(id="1", at=now, configuration=station.configuration),
        GradeFeed(id="2", at=now, grade=FeedGrade.FRESH),
        Plan(id="3", at=now, day=DAY, calls=_enough(planned, calls)),
        Feed(id="4", at=now, records=(record,)),
    ):
        state, _ = step(state, given)
    expected = replace(
        record,
        expected_arrival=Instant((late.arrival or 0) + 10 * MINUTE),
        expected_departure=Instant((late.departure or 0) + 10 * MINUTE),
    )
    _, changes = step(state, Feed(id="5", at=now, records=(expected,)))
    return state, tuple(put for put in changes.puts if put.kind in PUBLIC_KINDS)


def _record(call: PlannedCall) -> FeedRecord:
    return FeedRecord(
        day=DAY,
        numbers=call.numbers,
        train_class=call.train_class,
        kind=call.kind,
        origin=call.origin,
        destination=call.destination,
        planned_arrival=call.arrival,
        planned_departure=call.departure,
        track=call.track,
    )


def _enough(planned: tuple[PlannedCall, ...], calls: int) -> tuple[PlannedCall, ...]:
    if not calls:
        return planned
    turns = -(-calls // len(planned))
    several = (
        replace(call, numbers=tuple(f"{number}{'ABCDEFGHIJ'[turn]}" if turn else number for number in call.numbers))
        for turn in range(turns)
        for call in planned
    )
    return tuple(call for call, _ in zip(several, range(calls), strict=False))


def main(what: str, subscribers: int, calls: int, tls: TlsFiles | None) -> None:
    """Serve until the control is closed."""
    configure_logging("crowd", level=logging.WARNING)
    state, puts = world(calls)
    hub = FakeHub()
    hub.tokens = {f"subscriber-{number}": TOKEN for number in range(subscribers)}
    hub.commit([item for item in state.resources() if item.kind in PUBLIC_KINDS])
    frame = encode(Update(since=1, to=2, hash="0" * 64, puts=puts), largest=LARGEST_TO_CLIENT)
    bare: list[Protocol] = []
    controls: list[Protocol] = []

    class Bare(Protocol):
        def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
            self.transport.setTcpNoDelay(True)
            bare.append(self)

        def connectionLost(self, reason: object = None) -> None:  # noqa: N802, ARG002 - Twisted's name
            bare.remove(self)

    def loop() -> None:
        sent = time.monotonic_ns()
        for each in bare:
            each.transport.write(frame)
        say(sent)

    def publish() -> None:
        fresh = [replace(put, revision=put.revision + len(hub.entries)) for put in puts]
        fresh = [replace(put, value=replace(put.value, revision=put.revision)) for put in fresh]
        entry = hub.commit(fresh)
        sent = time.monotonic_ns()
        server.publish([entry])
        say(sent)

    def say(sent: int) -> None:
        controls[0].transport.write(b"%d\n" % sent)

    class Control(Protocol):
        def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
            controls.append(self)

        def dataReceived(self, data: bytes) -> None:  # noqa: N802, ARG002 - Twisted's name; whatever it says
            publish() if what == "server" else loop()

        def connectionLost(self, reason: object = None) -> None:  # noqa: N802, ARG002 - Twisted's name
            if reactor.running:
                reactor.stop()

    settings = ProtocolSettings(heartbeat_s=600, handshake_s=120, connections=subscribers + 100)
    server = ProtocolServer(hub=hub, settings=settings, reactor=reactor)
    inner = server if what == "server" else Factory.forProtocol(Bare)
    factory = inner if tls is None else tls_factory(reactor, inner, tls)
    listening = reactor.listenTCP(0, factory, backlog=subscribers, interface="127.0.0.1")
    control = reactor.listenTCP(0, Factory.forProtocol(Control), interface="127.0.0.1")
    gc.collect()
    gc.freeze()
    sys.stdout.write(f"{listening.getHost().port} {control.getHost().port}\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = TlsFiles(certificate=Path(sys.argv[4]), key=Path(sys.argv[5])) if len(sys.argv) > 4 else None
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), files)
