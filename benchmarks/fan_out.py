"""One update to 1,000 subscribers: from the hub's word to publish it until the last of them has the whole of it.

    python benchmarks/fan_out.py [SUBSCRIBERS]

The hub's side is the protocol's real server in a process of its own, with a hub in memory behind it. It is compared
with a bare Twisted write loop that sends the same bytes to as many connections. This program is the client of both:
it reads from all its sockets, and takes the time at which the last has the last byte. The rounds take turns, so both
see the same machine. Making the bytes of the update is part of the server's time, not of the loop's; and the
server's subscribers acknowledge at once, as real ones do, while the loop is measured with and without that.

Loopback only. Mosquitto as a further peer is not measured yet.
"""

from __future__ import annotations

import gc
import logging
import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from measured import against, hand_on, share, told

from stationmaster.station.load import load_station
from stationmaster.station.plans import plan_day
from stationmaster_base.logging import configure_logging
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import Configure, Feed, FeedRecord, GradeFeed, Plan
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB, FrameReader, decode, encode
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    ClientMessage,
    Hello,
    HubHeartbeat,
    Snapshot,
    Subscribe,
    Update,
    Welcome,
)

ROOT = Path(__file__).parent.parent
SUBSCRIBERS = 1000
WARM_UP, ROUNDS = 5, 40
PATIENCE_S = 30.0
BUDGET = 1.5
TOKEN = "a token for a benchmark"
READ = 1 << 16


# The update that is sent.


def world() -> tuple[State, tuple[Resource, ...]]:
    """The sample station with a day's calls, and what changes when a train is expected ten minutes late."""
    station = load_station(ROOT / "stations" / "sample")
    day = date(2026, 3, 2)
    calls = plan_day(station, day)
    late = next(call for call in calls[len(calls) // 2 :] if call.arrival and call.departure)
    now = Instant((late.arrival or 0) - 60 * MINUTE)
    record = FeedRecord(
        day=day,
        numbers=late.numbers,
        train_class=late.train_class,
        kind=late.kind,
        origin=late.origin,
        destination=late.destination,
        planned_arrival=late.arrival,
        planned_departure=late.departure,
        track=late.track,
    )
    state = State.empty(now)
    for given in (
        Configure(id="1", at=now, configuration=station.configuration),
        GradeFeed(id="2", at=now, grade=FeedGrade.FRESH),
        Plan(id="3", at=now, day=day, calls=calls),
        Feed(id="4", at=now, records=(record,)),
    ):
        state, _ = step(state, given)
    expected = replace(
        record,
        expected_arrival=Instant((late.arrival or 0) + 10 * MINUTE),
        expected_departure=Instant((late.departure or 0) + 10 * MINUTE),
    )
    _, changes = step(state, Feed(id="5", at=now, records=(expected,)))
    return state, changes.puts


# The servers, each in a process of its own.


def serve(what: str) -> None:
    """Run a server: it prints its ports, and for each line on the second it sends one update and says when."""
    sys.path.insert(0, str(ROOT / "tests"))
    configure_logging("fan-out", level=logging.WARNING)
    from twisted.internet import reactor  # noqa: PLC0415 - a server's process alone has a reactor
    from twisted.internet.protocol import Factory, Protocol  # noqa: PLC0415 - as above

    from stationmaster_kernel.changes import PUBLIC_KINDS  # noqa: PLC0415 - as above
    from stationmaster_protocol.hub_side import ProtocolSettings  # noqa: PLC0415 - as above
    from stationmaster_protocol.server import ProtocolServer  # noqa: PLC0415 - as above
    from support.fake_hub import FakeHub  # noqa: PLC0415 - as above

    state, puts = world()
    puts = tuple(put for put in puts if put.kind in PUBLIC_KINDS)
    hub = FakeHub()
    hub.tokens = {f"subscriber-{number}": TOKEN for number in range(SUBSCRIBERS)}
    hub.commit([item for item in state.resources() if item.kind in PUBLIC_KINDS])
    bare: list[Protocol] = []

    class Bare(Protocol):
        def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
            self.transport.setTcpNoDelay(True)
            bare.append(self)

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

    controls: list[Protocol] = []

    def say(sent: int) -> None:
        controls[0].transport.write(b"%d\n" % sent)

    class Control(Protocol):
        def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
            controls.append(self)

        def dataReceived(self, data: bytes) -> None:  # noqa: N802, ARG002 - Twisted's name; whatever it says
            publish() if what == "server" else loop()

        def connectionLost(self, reason: object = None) -> None:  # noqa: N802, ARG002 - Twisted's name
            reactor.stop()

    update = Update(since=1, to=2, hash="0" * 64, puts=puts)
    frame = encode(update, largest=LARGEST_TO_CLIENT)
    server = ProtocolServer(hub=hub, settings=ProtocolSettings(heartbeat_s=600, handshake_s=60), reactor=reactor)
    factory = server if what == "server" else Factory.forProtocol(Bare)
    listening = reactor.listenTCP(0, factory, backlog=SUBSCRIBERS, interface="127.0.0.1")
    control = reactor.listenTCP(0, Factory.forProtocol(Control), interface="127.0.0.1")
    gc.collect()
    gc.freeze()
    sys.stdout.write(f"{listening.getHost().port} {control.getHost().port}\n")
    sys.stdout.flush()
    reactor.run()


# The client.


@dataclass(slots=True)
class Subscriber:
    """One socket, and what it waits for."""

    wire: socket.socket
    reader: FrameReader = field(default_factory=lambda: FrameReader(LARGEST_TO_CLIENT))

    def say(self, message: ClientMessage) -> None:
        """Send a message."""
        self.wire.sendall(encode(message, largest=LARGEST_TO_HUB))

    def hear(self) -> list[bytes]:
        """Documents that have come in."""
        data = self.wire.recv(READ)
        if not data:
            raise RuntimeError("A server has closed a connection.")
        return list(self.reader.documents(data))


class Crowd:
    """A server's process and all its subscribers.

    Args:
        what: `server` or `loop`.
        count: how many.
        acknowledges: whether they answer an update at once.

    """

    def __init__(self, what: str, count: int, *, acknowledges: bool) -> None:
        self._acknowledges = acknowledges
        self._acks: dict[bytes, bytes] = {}
        self._snapshot: dict[bytes, Snapshot] = {}
        self._process = subprocess.Popen([sys.executable, __file__, "--serve", what], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        port, control = (int(item) for item in self._process.stdout.readline().split())
        self._control = socket.create_connection(("127.0.0.1", control), timeout=PATIENCE_S)
        self._poll = select.epoll()
        self._subscribers: dict[int, Subscriber] = {}
        for number in range(count):
            subscriber = Subscriber(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))
            subscriber.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if what == "server":
                self._join(subscriber, number)
            subscriber.wire.setblocking(False)
            self._subscribers[subscriber.wire.fileno()] = subscriber
            self._poll.register(subscriber.wire, select.EPOLLIN)
        self.size = 0

    def _join(self, subscriber: Subscriber, number: int) -> None:
        """Become a subscriber that holds everything."""
        subscriber.say(Hello(identity=f"subscriber-{number}", token=TOKEN))
        while True:
            for document in subscriber.hear():
                # A snapshot is long and the same for all: one subscriber's is read, the others' last parts are known.
                message = self._snapshot.get(document) or decode(document)
                match message:
                    case Welcome():
                        subscriber.say(Subscribe(number=1, filter=Filter()))
                    case Snapshot():
                        self._snapshot[document] = message
                        if message.last:
                            subscriber.say(Ack(epoch=message.position.epoch, sequence=message.position.sequence))
                    case HubHeartbeat():
                        return

    def round(self) -> float:
        """One update to all; the milliseconds until the last had it."""
        waiting = set(self._subscribers)
        self._control.sendall(b"go\n")
        last = 0
        until = time.monotonic() + PATIENCE_S
        while waiting:
            if time.monotonic() > until:
                raise RuntimeError(f"{len(waiting)} subscribers have not had the update after {PATIENCE_S} s.")
            for number, _ in self._poll.poll(1):
                subscriber = self._subscribers[number]
                for document in subscriber.hear():
                    if b"<update" not in document[:200]:
                        continue
                    last = time.monotonic_ns()
                    waiting.discard(number)
                    self.size = len(document)
                    if self._acknowledges:
                        subscriber.wire.sendall(self._ack(document))
        sent = int(self._control.recv(64))
        return (last - sent) / 1e6

    def _ack(self, document: bytes) -> bytes:
        """What is answered to an update; worked out once for all, since all get the same."""
        if document not in self._acks:
            update = decode(document)
            assert isinstance(update, Update)
            self._acks = {document: encode(Ack(epoch="e1", sequence=update.to), largest=LARGEST_TO_HUB)}
        return self._acks[document]

    def end(self) -> None:
        """Close everything; the server ends when its control does."""
        self._control.close()
        self._process.wait(timeout=PATIENCE_S)
        for subscriber in self._subscribers.values():
            subscriber.wire.close()


def main(arguments: Sequence[str]) -> None:
    """Measure, print, hand on."""
    count = int(arguments[0]) if arguments else SUBSCRIBERS
    gc.disable()
    crowds = {
        "server": Crowd("server", count, acknowledges=True),
        "loop": Crowd("loop", count, acknowledges=False),
        "loop, acknowledged": Crowd("loop", count, acknowledges=True),
    }
    taken: dict[str, list[float]] = {name: [] for name in crowds}
    try:
        for number in range(WARM_UP + ROUNDS):
            for name, crowd in crowds.items():
                took = crowd.round()
                if number >= WARM_UP:
                    taken[name].append(took)
                select.select([], [], [], 0.05)  # the servers read the acknowledgements
    finally:
        for crowd in crowds.values():
            crowd.end()
    print(f"{count} subscribers, an update of {crowds['server'].size} bytes, {ROUNDS} rounds, taking turns")
    for name, values in taken.items():
        print(f"{name:20} median {share(values, 0.5):7.2f} ms   p95 {share(values, 0.95):7.2f} ms")
    results = [
        against(
            f"one update to {count:,} subscribers, median",
            share(taken["server"], 0.5),
            "ms",
            share(taken["loop"], 0.5),
            f"≤ {BUDGET}× a bare Twisted write loop",
            ratio=BUDGET,
        ),
        against(
            f"one update to {count:,} subscribers, p95",
            share(taken["server"], 0.95),
            "ms",
            share(taken["loop"], 0.95),
        ),
        against(
            f"one update to {count:,} subscribers, median, against a loop whose clients acknowledge too",
            share(taken["server"], 0.5),
            "ms",
            share(taken["loop, acknowledged"], 0.5),
        ),
    ]
    print(told(results))
    hand_on(results)


def more_files() -> None:
    """Let this process and its children have as many open files as the system allows them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    more_files()
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
    else:
        main(sys.argv[1:])
