"""Peers that are broken or mean harm: refused with a code or closed, and nobody else notices."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskState
from stationmaster_protocol.codec import FrameReader, decode, encode
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    NAMESPACE,
    Ack,
    AckOutcome,
    ClientHeartbeat,
    Error,
    Hello,
    Message,
    Position,
    Report,
    Subscribe,
    TimeRequest,
)
from stationmaster_protocol.scalars import stamp_of
from support.follower import Follower
from support.protocol_world import World
from support.wires import Wire

XMLNS = f'xmlns="{NAMESPACE}"'
STAMP = stamp_of(1772348400)
HELLO = Hello(identity="client-0", token="token-0")


class Mean(Protocol):
    """A client without any session: it says whatever it is told to, and only notes what it is told."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.heard_events: list[Message] = []
        self.ended = False
        self._frames = FrameReader(1 << 22)

    def connect(self) -> Mean:
        return self

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self.heard_events += [decode(document) for document in self._frames.documents(data)]

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802 - Twisted's name
        self.ended = True

    def say(self, *messages: Message | bytes | str) -> None:
        """Send messages, or documents of any kind, each in a frame."""
        for message in messages:
            if isinstance(message, bytes | str):
                document = message.encode() if isinstance(message, str) else message
                self.raw(len(document).to_bytes(4, "big") + document)
            else:
                self.raw(encode(message, largest=1 << 22))

    def subscribe(self, world: World, **more: Any) -> None:
        """Become a subscriber, as an ordinary client does."""
        self.say(Hello(identity=f"client-{self.number}", token=f"token-{self.number}"))
        world.run()
        self.say(Subscribe(number=1, **{"filter": Filter(), **more}))
        world.run()

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert isinstance(self.transport, Wire)
        self.transport.write(data)


def codes(follower: Mean | Follower) -> list[str]:
    return [event.code for event in follower.heard_events if isinstance(event, Error)]


def with_neighbour(**settings: Any) -> tuple[World, Mean, Follower]:
    """A world with a peer that means harm, and one that means none."""
    world = World(**settings)
    mean, good = Mean(), Follower(number=1)
    world.join(good)
    world.join(mean)
    return world, mean, good


def unharmed(world: World, good: Follower) -> None:
    """The neighbour is served, at once."""
    world.commit(world.name(f"news-{len(world.hub.entries)}"))
    world.run()
    assert good.replica == world.expected(good)
    assert not codes(good)


BOMB = (
    '<!DOCTYPE bye [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefgh", "bcdefghi", strict=True))
    + f']><bye {XMLNS} reason="leaving" text="&i;"/>'
)
OUTSIDE = f'<!DOCTYPE bye [<!ENTITY x SYSTEM "file:///etc/hostname">]><bye {XMLNS} reason="leaving" text="&x;"/>'
DEEP = f'<bye {XMLNS} reason="leaving"><extension>' + '<a xmlns="urn:u">' * 300 + "</a>" * 300 + "</extension></bye>"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (BOMB, "doctype"),
        (OUTSIDE, "doctype"),
        (DEEP, "not-xml"),
        ("<" * 2000, "not-xml"),
        (f"<bye {XMLNS} reason='leaving'/>\0", "not-xml"),
        (b"\xc3\x28", "not-utf8"),
        (b"\xed\xa0\x80", "not-utf8"),
        (f"<bye {XMLNS} reason='leaving' text='&boom;'/>", "not-xml"),
        (f"<hello {XMLNS} identity='a' version='1.0'>{'<executes>display</executes>' * 99}<no/></hello>", "invalid"),
        (f"<hub-heartbeat {XMLNS}/>", "invalid"),
        (f"<received {XMLNS} number='1'/>", "unexpected-message"),
        (f"<ack {XMLNS} epoch='e1' sequence='1'/>", "unexpected-message"),
        (f"<subscribe {XMLNS}><filter/></subscribe>", "unexpected-message"),
    ],
)
def test_a_document_that_is_none(document: str | bytes, code: str) -> None:
    """Before it has said who it is, and on everything that comes in; the connection ends and only that one."""
    world, mean, good = with_neighbour()
    mean.say(document)
    world.run()
    assert codes(mean) == [code]
    assert mean.ended
    unharmed(world, good)


@pytest.mark.parametrize(
    "message",
    [HELLO, ClientHeartbeat(), Subscribe(number=1, filter=Filter()), Ack(epoch="e1", sequence=99)],
    ids=lambda message: type(message).__name__,
)
def test_right_messages_at_the_wrong_time(message: Message) -> None:
    """After the welcome and a subscription the same words may be wrong."""
    world, mean, good = with_neighbour()
    mean.subscribe(world)
    mean.say(message)
    world.run()
    wrong = {Hello: ["unexpected-message"], Subscribe: ["unknown-sequence"], Ack: ["unknown-sequence"]}
    assert codes(mean) == wrong.get(type(message), [])
    unharmed(world, good)


def test_a_position_from_the_future_brings_a_snapshot() -> None:
    """A client that says that it holds more than there is gets what there is."""
    world, mean, good = with_neighbour()
    held = Position(epoch="e1", sequence=2**63 - 1, hash="a" * 128)
    mean.subscribe(world, held=held)
    assert codes(mean) == []
    (info,) = [each for each in world.server.subscribers if each.identity == "client-0"]
    assert info.snapshots == 1
    unharmed(world, good)


def test_a_frame_that_drips() -> None:
    """A byte now and then is no sign of life: after three heartbeats, or the handshake's time, it is over."""
    world, mean, good = with_neighbour()
    dripping = Mean(number=2)
    world.join(dripping)
    mean.subscribe(world)
    for _ in range(4):
        mean.raw(b"\x00")
        dripping.raw(b"\x00")
        world.beat(good)
    assert codes(mean) == ["silent"]
    assert codes(dripping) == ["too-slow"]
    unharmed(world, good)


def test_what_is_kept_of_an_unfinished_message_is_bounded() -> None:
    """No more than one message of the longest kind, and of a stranger much less."""
    world, mean, good = with_neighbour()
    mean.raw((8193).to_bytes(4, "big"))
    world.run()
    assert codes(mean) == ["too-large"]
    known = Mean(number=2)
    world.join(known)
    known.subscribe(world)
    tracemalloc.start()
    known.raw((256 * 1024).to_bytes(4, "big") + b"<" * (256 * 1024 - 1))
    world.run()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1024 * 1024
    assert not codes(known)
    known.raw(b"<")
    world.run()
    assert codes(known) == ["not-xml"]
    unharmed(world, good)


def flood(make: Callable[[int], Message], times: int) -> bytes:
    return b"".join(encode(make(number), largest=1 << 22) for number in range(1, times + 1))


@pytest.mark.parametrize(
    "make",
    [
        lambda number: TimeRequest(sent=STAMP),
        lambda number: ClientHeartbeat(),
        lambda number: Report(number=number),
        lambda number: Subscribe(number=number + 1, filter=Filter(targets=(f"t{number}",))),
        lambda number: Ack(epoch="e1", sequence=1),
        lambda number: Ack(epoch="e1", sequence=1, outcome=AckOutcome.REJECTED, reason="no"),
    ],
    ids=["time-request", "client-heartbeat", "report", "subscribe", "ack", "rejection"],
)
def test_a_flood_is_refused(make: Callable[[int], Message]) -> None:
    """More than a client could ever have to say, and it is told so; a subscription counts for many."""
    world, mean, good = with_neighbour(messages_burst=300)
    world.commit(world.name("a"))
    mean.subscribe(world)
    mean.raw(flood(make, 500))
    world.run()
    assert codes(mean) == ["too-often"]
    assert mean.ended
    unharmed(world, good)


def test_acknowledging_all_that_comes_is_no_flood() -> None:
    """It is the hub that decides how much there is to acknowledge, and an ordinary client never meets the limit."""
    world = World(messages_burst=70)
    client = Follower()
    world.join(client)
    for number in range(100):
        world.commit(world.name(f"n{number}"))
        world.run()
    assert world.whole(client)
    for _ in range(100):
        world.beat(client)
    assert not codes(client)


def test_a_flood_of_reports_waits_at_its_own_door() -> None:
    """What the hub cannot commit yet is not read: it stays with who sends it, and costs the hub next to nothing."""
    world, mean, good = with_neighbour(pending_reports=4, messages_burst=100_000)
    mean.subscribe(world)
    result = Result(target="x" * 1000, state=TaskState.DONE, at=Instant(1772348400))
    world.hub.slow = True
    for number in range(1, 400):
        results = tuple(
            TaskResult(id=f"{number}-{each}", at=Instant(1772348400), task="t", result=result) for each in range(20)
        )
        mean.say(Report(number=number, results=results))
        world.run()
    assert len(world.hub.reported) == 4
    assert not world.wires[1][0].reading
    unharmed(world, good)


def test_a_filter_as_long_as_a_message_slows_nobody() -> None:
    """Ten thousand targets are looked up and not walked through."""
    world, mean, good = with_neighbour()
    targets = tuple(f"target-{number}" for number in range(7000))
    for number in range(500):
        world.commit(world.task(f"t{number}", f"target-{number}"), publish=False)
    world.server.publish(world.hub.entries)
    mean.subscribe(world, filter=Filter(kinds=("task",), targets=targets))
    assert codes(mean) == []
    sieve = Filter(targets=targets).sieve()
    assert all(sieve(resource) for resource in world.hub.world.values())
    assert not sieve(world.task("other", "elsewhere"))
    unharmed(world, good)


def test_many_strangers_who_say_nothing() -> None:
    """The room is limited, who came too late is told so, and who says nothing has to go: then there is room again."""
    world = World(connections=50)
    good = Follower()
    world.join(good)
    silent = [Mean(number=number) for number in range(1, 120)]
    for each in silent:
        world.join(each, run=False)
    world.run()
    assert sum(codes(each) == ["too-many"] for each in silent) == 119 - 49
    unharmed(world, good)
    world.beat(good)
    world.beat(good)
    assert sum(codes(each) == ["too-slow"] for each in silent) == 49
    late = Follower(number=1)
    world.join(late)
    unharmed(world, late)
    assert len(world.server.subscribers) == 2


def test_who_never_closes_is_closed() -> None:
    """A peer that is told goodbye and keeps its end open does not keep the hub's."""
    world, mean, good = with_neighbour()
    wire = world.wires[1][0]
    wire.blocked = True
    mean.say("<no/>")
    world.run()
    assert wire.connected
    world.clock.advance(world.settings.closing_s)
    assert not wire.connected
    unharmed(world, good)
