"""Peers of different editions: the lower minor version is spoken, and what is new stands where the old looks past."""

from __future__ import annotations

import pytest

from stationmaster_kernel.changes import Resource
from stationmaster_protocol.client_session import Applicable, ClientSession, Whole
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, FrameReader, decode
from stationmaster_protocol.errors import LocalProtocolError, RemoteProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import NAMESPACE, Ack, Enrol, Hello, Position, Subscribe, Subscribed, Welcome
from stationmaster_protocol.server_session import ServerSession
from stationmaster_protocol.session import Breach
from stationmaster_protocol.versions import agreed, parsed

XMLNS = f'xmlns="{NAMESPACE}" xmlns:n="urn:stationmaster:open-protocol:next"'
WELCOME = (
    '<welcome {} version="{}" epoch="e" heartbeat="5000" largest="262144" station-time="2026-03-01T07:04:00.25Z" {}/>'
)
DIGEST = "0" * 32


def frame(document: str) -> bytes:
    octets = document.encode()
    return len(octets).to_bytes(4, "big") + octets


def breach(events: list[object]) -> str:
    (event,) = events
    assert isinstance(event, Breach)
    return event.error.code


@pytest.mark.parametrize(
    ("ours", "theirs", "spoken"),
    [
        ("1.0", "1.0", "1.0"),
        ("1.0", "1.1", "1.0"),
        ("1.1", "1.0", "1.0"),
        ("1.9", "1.10", "1.9"),
        ("1.10", "1.9", "1.9"),
        ("2.3", "2.4", "2.3"),
    ],
)
def test_the_lower_is_spoken(ours: str, theirs: str, spoken: str) -> None:
    """Numbers are compared, and not texts."""
    assert agreed(ours, theirs) == spoken
    assert parsed(spoken) <= min(parsed(ours), parsed(theirs))


@pytest.mark.parametrize("theirs", ["2.0", "10.0", "9999.9999"])
def test_another_major_version_is_another_protocol(theirs: str) -> None:
    """Nothing can be agreed on."""
    with pytest.raises(RemoteProtocolError) as caught:
        agreed("1.0", theirs)
    assert caught.value.code == "version"


def test_a_newer_client_at_this_hub() -> None:
    """What it says that is new stands in `extension` and in attributes of another namespace, and is looked past."""
    hub = ServerSession()
    enrol = f'<enrol {XMLNS} identity="a" code="c" n:proof="x"><extension><n:key/></extension></enrol>'
    assert hub.receive_data(frame(enrol)) == [Enrol(identity="a", code="c")]
    hello = ServerSession()
    new = f'<hello {XMLNS} identity="a" token="t" version="1.1"><extension n:a="1"><n:sleep s="9"/></extension></hello>'
    assert hello.receive_data(frame(new)) == [Hello(identity="a", token="t", version="1.1")]
    assert hello.version == "1.0"
    hello.send(Welcome(version=hello.version, epoch="e", heartbeat=1, largest=1000, station_time=WELCOME_STAMP))
    asks = f'<subscribe {XMLNS} n:quick="true"><filter><kind>weather</kind><kind>task</kind></filter></subscribe>'
    assert hello.receive_data(frame(asks)) == [Subscribe(filter=Filter(kinds=("weather", "task")))]
    assert breach(hello.receive_data(frame(f'<ack {XMLNS} epoch="e" sequence="1" speed="9"/>'))) == "invalid"


@pytest.mark.parametrize("document", [f"<weather {XMLNS}/>", f"<n:weather {XMLNS}/>", "<weather/>"])
def test_a_message_that_is_not_in_the_version_is_refused(document: str) -> None:
    """What was not agreed on may not be sent."""
    assert breach(ServerSession().receive_data(frame(document))) == "invalid"
    assert breach(ClientSession().receive_data(frame(document))) == "invalid"


def greeted(version: str = "1.0") -> ClientSession:
    """A client that has said what it speaks."""
    client = ClientSession()
    client.send(Hello(identity="a", token="t", version=version))
    return client


def test_this_client_at_a_newer_hub() -> None:
    """The hub says 1.0, and what else it says is looked past; with a resource its extension is kept."""
    client = greeted()
    (welcome,) = client.receive_data(frame(WELCOME.format(XMLNS, "1.0", 'n:highest="1.1"')))
    assert isinstance(welcome, Welcome)
    assert (welcome.version, client.version) == ("1.0", "1.0")
    client.subscribe(Filter(), None)
    assert client.receive_data(frame(f'<subscribed {XMLNS} number="1" n:parts="1"/>')) == [Subscribed(number=1)]
    text = '<extension><n:photo href="a"/></extension>'
    name = '<name id="a" revision="{}" n:since="1.1">{}</name>'
    head = '<position epoch="e" sequence="1" hash="h"/>'
    snapshot = (
        f'<snapshot {XMLNS} part="1" last="true" digest="{DIGEST}">{head}{name.format(1, text)}'
        "<extension><n:made ms='3'/></extension></snapshot>"
    )
    (whole,) = client.receive_data(frame(snapshot))
    assert isinstance(whole, Whole)
    (resource,) = whole.resources
    photo = '<n:photo xmlns:n="urn:stationmaster:open-protocol:next" href="a"></n:photo>'
    assert resource.extension == f'<extension xmlns="{NAMESPACE}">{photo}</extension>'
    client.send(Ack(epoch="e", sequence=1))
    (applicable,) = client.receive_data(
        frame(f'<update {XMLNS} since="1" to="2" hash="i">{name.format(2, "")}</update>')
    )
    assert isinstance(applicable, Applicable)
    assert applicable.update.puts == (
        Resource(kind="name", id="a", revision=2, value=applicable.update.puts[0].value, extension=""),
    )


@pytest.mark.parametrize(("offered", "answered"), [("1.0", "1.1"), ("1.0", "2.0"), ("1.3", "1.4"), ("1.1", "2.1")])
def test_a_welcome_that_says_more_than_was_offered_is_refused(offered: str, answered: str) -> None:
    """A hub may not answer with a version that the client has not said it speaks."""
    client = greeted(offered)
    assert breach(client.receive_data(frame(WELCOME.format(XMLNS, answered, "")))) == "version"
    assert client.closed


def test_a_newer_hub_speaks_down_to_this_client() -> None:
    """A hub that speaks 1.1 agrees on 1.0 with a client of 1.0, and on 1.1 with one of 1.1 or later."""
    for offered, spoken in (("1.0", "1.0"), ("1.1", "1.1"), ("1.2", "1.1")):
        hub = ServerSession(version="1.1")
        client = greeted(offered)
        hello = frame(f'<hello {XMLNS} identity="a" token="t" version="{offered}"/>')
        hub.receive_data(hello)
        assert hub.version == spoken
        said = Welcome(version=hub.version, epoch="e", heartbeat=1, largest=1000, station_time=WELCOME_STAMP)
        (heard,) = client.receive_data(hub.send(said))
        assert heard == said
        assert client.version == spoken


def test_a_resource_is_handed_on_with_its_extension() -> None:
    """What one session took in another gives out, word for word."""
    document = (
        f'<update {XMLNS} since="1" to="2" hash=""><board id="b" revision="7" type="hall" layout="l">'
        '<extension n:a="1"><n:b/></extension></board></update>'
    )
    update = decode(document.encode())
    hub = ServerSession()
    hub.receive_data(frame(f'<hello {XMLNS} identity="a" token="t" version="1.0"/>'))
    hub.send(Welcome(epoch="e", heartbeat=1, largest=1000, station_time=WELCOME_STAMP))
    hub.receive_data(frame(f"<subscribe {XMLNS}><filter/></subscribe>"))
    (again,) = FrameReader(LARGEST_TO_CLIENT).documents(hub.send(update))  # type: ignore[arg-type]  # an update
    assert decode(again) == update
    with pytest.raises(LocalProtocolError):
        hub.send(Position(epoch="e", sequence=1, hash=""))  # type: ignore[arg-type]  # no message at all


WELCOME_STAMP = decode(WELCOME.format(XMLNS, "1.0", "").encode()).station_time  # type: ignore[union-attr]  # a welcome
