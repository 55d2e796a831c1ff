"""The two ends' sessions wired together: every message in every state, and what the table cannot say."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.configuration import Name
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.client_session import Applicable, ClientSession, Gap, Part, Repeated, Whole
from stationmaster_protocol.codec import encode
from stationmaster_protocol.commands import CommandState
from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    Bye,
    ByeReason,
    ClientHeartbeat,
    ClientMessage,
    Command,
    CommandResult,
    Enrol,
    Enrolled,
    EquipmentStatus,
    Error,
    Hello,
    HubHeartbeat,
    HubMessage,
    Message,
    Position,
    Received,
    Report,
    Snapshot,
    Subscribe,
    Subscribed,
    TimeAnswer,
    TimeRequest,
    Update,
    Welcome,
)
from stationmaster_protocol.server_session import ServerSession
from stationmaster_protocol.session import Breach, Session
from stationmaster_protocol.shapes import MESSAGES
from stationmaster_protocol.states import TRANSITIONS, Role, SessionState, next_state, senders
from support.effort import scaled
from support.protocol_values import messages

LARGEST = 1 << 22
ENOUGH = settings(max_examples=scaled(40), deadline=None, suppress_health_check=list(HealthCheck))
HELLO = Hello(identity="a", token="t")
WELCOME = Welcome(epoch="e", heartbeat=5000, largest=1000, station_time=1772348400000000)
DIGEST = "0" * 32
AT_2 = Position(epoch="e", sequence=2, hash="h2")


def raw(message: Message) -> bytes:
    return encode(message, largest=LARGEST)


def position(sequence: int) -> Position:
    return Position(epoch="e", sequence=sequence, hash=f"h{sequence}")


def part(number: int, *, last: bool = False, sequence: int = 2, names: str = "") -> Snapshot:
    resources = tuple(
        Resource(kind="name", id=name, revision=1, value=Name(id=name, revision=1, names=())) for name in names
    )
    return Snapshot(position=position(sequence), part=number, last=last, digest=DIGEST, resources=resources)


def update(since: int, to: int) -> Update:
    return Update(since=since, to=to, hash=f"h{to}")


def subscribed_client(held: Position | None = None, *, resumed: bool = False) -> ClientSession:
    """A client's session as far as the hub's `subscribed`."""
    session = ClientSession()
    session.send(HELLO)
    session.receive_data(raw(WELCOME))
    session.subscribe(Filter(), held)
    assert session.receive_data(raw(Subscribed(number=1, resumed=resumed))) == [Subscribed(number=1, resumed=resumed)]
    return session


def breach(events: list[object]) -> str:
    """The code of the breach that ends the events."""
    last = events[-1]
    assert isinstance(last, Breach)
    return last.error.code


def test_both_ends_walk_through_a_session() -> None:
    """What one end sends, the other hears, from hello to bye."""
    hub, client = ServerSession(), ClientSession()
    assert hub.receive_data(client.send(HELLO)) == [HELLO]
    assert client.receive_data(hub.send(WELCOME)) == [WELCOME]
    assert hub.receive_data(client.subscribe(Filter(), None)) == [Subscribe(number=1, filter=Filter())]
    assert client.receive_data(hub.send(Subscribed(number=1))) == [Subscribed(number=1)]
    assert client.receive_data(hub.send(part(1, names="ab"))) == [Part(number=1)]
    (whole,) = client.receive_data(hub.send(part(2, last=True, names="c")))
    assert isinstance(whole, Whole)
    assert (whole.position, [resource.id for resource in whole.resources]) == (AT_2, ["a", "b", "c"])
    assert hub.acked == -1
    hub.receive_data(client.send(Ack(epoch="e", sequence=2)))
    assert hub.acked == 2
    (applicable,) = client.receive_data(hub.send(update(1, 5)))
    assert applicable == Applicable(position=position(5), update=update(1, 5))
    assert client.held == position(5)
    bye = Bye(reason=ByeReason.LEAVING)
    assert hub.receive_data(client.send(bye)) == [bye]
    assert hub.closed
    assert client.closed


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_message_in_every_state_from_every_side(state: SessionState, role: Role, name: str) -> None:
    """What the table has is taken and leads where it says; everything else is a breach, or is not sent."""
    kind = MESSAGES[name]
    expected = TRANSITIONS[state].get(kind) if role in senders(kind) else None
    assert next_state(state, role, kind) == expected
    message = EXAMPLES[kind]
    here: Session[ClientMessage, HubMessage] = Session(role, largest_in=LARGEST, largest_out=LARGEST)
    there: Session[ClientMessage, HubMessage] = Session(
        Role.HUB if role is Role.CLIENT else Role.CLIENT, largest_in=LARGEST, largest_out=LARGEST
    )
    here.state = there.state = state
    if expected is None:
        with pytest.raises(LocalProtocolError) as caught:
            here.send(message)
        assert caught.value.code == "unexpected-message"
        assert here.state is state
        events = there.receive_data(raw(message))
        if state is SessionState.CLOSED:
            assert events == []
        else:
            assert breach(events) == "unexpected-message"
            assert there.closed
    else:
        assert there.receive_data(here.send(message)) == [message]
        assert here.state is there.state is expected


EXAMPLES: dict[type, Message] = {
    type(message): message
    for message in (
        Enrol(identity="a", code="c"),
        Enrolled(token="t"),
        HELLO,
        WELCOME,
        Subscribe(filter=Filter()),
        Subscribed(number=1),
        part(1),
        update(1, 2),
        Ack(epoch="e", sequence=1),
        HubHeartbeat(position=AT_2, last=1, digest=DIGEST, station_time=WELCOME.station_time, grade=FeedGrade.FRESH),
        Report(number=1),
        Received(number=1),
        ClientHeartbeat(),
        TimeRequest(sent=WELCOME.station_time),
        TimeAnswer(asked=WELCOME.station_time, received=WELCOME.station_time, sent=WELCOME.station_time),
        EquipmentStatus(),
        Command(id="c", action="test", by="", expires=WELCOME.station_time),
        CommandResult(id="c", state=CommandState.DONE, at=Instant(1772348400)),
        Error(code="internal"),
        Bye(reason=ByeReason.LEAVING),
    )
}


def test_updates_are_judged_by_what_is_held() -> None:
    """From the held sequence or before it: applied; to it or before it: repeated; from beyond it: a gap."""
    session = subscribed_client(position(10), resumed=True)
    assert isinstance(session.receive_data(raw(update(10, 11)))[0], Applicable)
    assert isinstance(session.receive_data(raw(update(7, 12)))[0], Applicable)
    assert session.receive_data(raw(update(10, 12))) == [Repeated(position=position(12))]
    assert session.receive_data(raw(update(13, 14))) == [Gap(held=position(12), update=update(13, 14))]
    assert session.held == position(12)


def test_a_gap_is_said_for_each_update_until_subscribed_anew() -> None:
    """After a gap nothing is applied until a snapshot has come."""
    session = subscribed_client(position(1), resumed=True)
    session.receive_data(raw(update(2, 3)))
    session.subscribe(Filter(), None)
    assert session.receive_data(raw(update(3, 4))) == []
    session.receive_data(raw(Subscribed(number=2)))
    assert isinstance(session.receive_data(raw(part(1, last=True, sequence=4)))[0], Whole)


def test_what_comes_for_an_earlier_subscription_is_let_pass() -> None:
    """Parts, updates and heartbeats of the former filter are not taken for the new one."""
    session = subscribed_client()
    session.receive_data(raw(part(1)))
    session.subscribe(Filter(kinds=("task",)), None)
    late = [part(2, last=True), update(2, 3), EXAMPLES[HubHeartbeat]]
    assert session.receive_data(b"".join(raw(message) for message in late)) == []
    assert not session.current
    assert session.receive_data(raw(Subscribed(number=2))) == [Subscribed(number=2)]
    assert session.current
    assert isinstance(session.receive_data(raw(part(1, last=True)))[0], Whole)


def test_a_snapshot_may_be_begun_anew() -> None:
    """A hub that gives a snapshot up begins another with part 1."""
    session = subscribed_client()
    session.receive_data(raw(part(1, names="a")))
    session.receive_data(raw(part(1, sequence=3, names="b")))
    (whole,) = session.receive_data(raw(part(2, last=True, sequence=3)))
    assert isinstance(whole, Whole)
    assert [resource.id for resource in whole.resources] == ["b"]


@pytest.mark.parametrize(
    ("come", "code"),
    [
        ([part(2)], "snapshot-order"),
        ([part(1), part(3)], "snapshot-order"),
        ([part(1), part(2, sequence=3)], "snapshot-order"),
        ([update(1, 2)], "unexpected-message"),
        ([part(1, last=True), update(3, 3)], "bad-value"),
        ([Subscribed(number=1)], "unknown-sequence"),
        ([Subscribed(number=2)], "unknown-sequence"),
        ([Received(number=1)], "unknown-sequence"),
    ],
)
def test_a_hub_that_contradicts_itself_breaks_the_protocol(come: list[Message], code: str) -> None:
    """Parts out of order, updates without a snapshot, answers to nothing: the client ends the session with a code."""
    session = subscribed_client()
    assert breach(session.receive_data(b"".join(raw(message) for message in come))) == code
    assert session.closed


def test_a_hub_cannot_resume_from_nothing() -> None:
    """`resumed` without a position that was given is a breach."""
    session = ClientSession()
    session.send(HELLO)
    session.receive_data(raw(WELCOME))
    session.subscribe(Filter(), None)
    assert breach(session.receive_data(raw(Subscribed(number=1, resumed=True)))) == "unknown-sequence"


def test_messages_before_a_breach_are_heard() -> None:
    """What came before the fault counts; what comes after it does not."""
    session = subscribed_client()
    data = raw(part(1, last=True)) + b"\x00\x00\x00\x03<a>" + raw(update(2, 3))
    events = session.receive_data(data)
    assert isinstance(events[0], Whole)
    assert breach(events) == "not-xml"
    assert len(events) == 2
    assert session.receive_data(raw(update(2, 3))) == []


def test_a_breach_has_its_farewell() -> None:
    """The bytes that go with a breach are an `error` message that the peer understands."""
    hub = ServerSession()
    (event,) = hub.receive_data(raw(Ack(epoch="e", sequence=1)))
    assert isinstance(event, Breach)
    (heard,) = ClientSession().receive_data(event.farewell)
    assert isinstance(heard, Error)
    assert heard.code == "unexpected-message"


def test_a_client_sends_no_more_than_the_hub_takes() -> None:
    """The limit in `welcome` holds for what the client sends."""
    session = subscribed_client()
    with pytest.raises(LocalProtocolError) as caught:
        session.send(Error(code="internal", text="x" * 1000))
    assert caught.value.code == "too-large"
    assert not session.closed


def test_a_subscription_number_counts_up() -> None:
    """A hub refuses a subscription that does not have a new number."""
    hub = ServerSession()
    hub.receive_data(raw(HELLO))
    hub.send(WELCOME)
    hub.receive_data(raw(Subscribe(filter=Filter())))
    assert breach(hub.receive_data(raw(Subscribe(filter=Filter())))) == "unknown-sequence"


def test_acknowledgements_of_a_former_epoch_are_left_out() -> None:
    """What was on its way when history began anew harms nobody, and acknowledges nothing."""
    hub = ServerSession()
    hub.receive_data(raw(HELLO))
    hub.send(WELCOME)
    hub.receive_data(raw(Subscribe(filter=Filter())))
    hub.send(Subscribed(number=1))
    hub.send(part(1, last=True, sequence=9))
    hub.send(Snapshot(position=Position(epoch="f", sequence=3, hash=""), part=1, last=True, digest=DIGEST))
    assert hub.receive_data(raw(Ack(epoch="e", sequence=9))) == []
    assert hub.acked == -1
    hub.receive_data(raw(Ack(epoch="f", sequence=3)))
    assert hub.acked == 3


@ENOUGH
@given(st.lists(messages(), max_size=6), st.sampled_from(["client", "hub"]), st.binary(max_size=20))
def test_no_message_in_any_order_ever_crashes_a_session(came: list[Message], end: str, tail: bytes) -> None:
    """Valid messages in any order and then noise give events, and at most one breach, at the end."""
    session = ServerSession() if end == "hub" else subscribed_client()
    events = [event for message in came for event in session.receive_data(raw(message))]
    events += session.receive_data(tail)
    assert all(not isinstance(event, Breach) for event in events[:-1])
    if events and isinstance(events[-1], Breach):
        assert session.closed
