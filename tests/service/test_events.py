"""Server-sent events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from klein import Klein
from prometheus_client import CollectorRegistry
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from service.web import Browser, unchunk
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_service import events
from stationmaster_service.events import EventStream, event_bytes
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.timer import StationTimer


class Fixture:
    """A site with one stream at /events whose whole state is `state`."""

    def __init__(self, pulse_s: float | None = None) -> None:
        self.reactor = Clock()
        self.state = "one"
        self.stream = EventStream(
            whole=lambda: (f"boot.{self.state}", self.state), reactor=self.reactor, pulse_s=pulse_s
        )
        clock = MachineClock(self.reactor.seconds)
        face = Face(
            health=lambda: Health(process="test"),
            clock=clock,
            timer=StationTimer(clock, self.reactor),
            registry=CollectorRegistry(),
        )
        self.add(face.app)
        self.site = face.site()

    def add(self, app: Klein) -> None:
        def stream(request: WebRequest) -> Deferred[None] | bytes:
            return self.stream.subscribe(request)

        app.route("/events")(stream)

    def reader(self) -> Browser:
        browser = Browser(self.site)
        browser.send("GET", "/events")
        return browser


def news(browser: Browser) -> bytes:
    """What came since the last look, headers left out."""
    raw = browser.transport.value()
    browser.transport.clear()
    if raw.startswith(b"HTTP/"):
        raw = raw.partition(b"\r\n\r\n")[2]
    return unchunk(raw)


def test_a_reader_gets_the_whole_state_first_and_then_each_event() -> None:
    """The first event is the last whole state; events follow as they are published, each with its id."""
    fixture = Fixture()
    browser = fixture.reader()
    assert b"Content-Type: text/event-stream; charset=utf-8" in browser.transport.value()
    assert news(browser) == b"id: boot.one\nevent: state\ndata: one\n\n"
    fixture.stream.publish("boot.2", "state", "two")
    assert news(browser) == b"id: boot.2\nevent: state\ndata: two\n\n"
    assert fixture.stream.readers == 1


def test_data_of_several_lines_stays_one_event() -> None:
    """Each line of the data gets its own `data:`, as the standard asks."""
    assert event_bytes("1", "x", "a\nb") == b"id: 1\nevent: x\ndata: a\ndata: b\n\n"


@given(st.text(alphabet=st.characters(exclude_characters="\r", codec="utf-8")))
def test_any_data_comes_back(data: str) -> None:
    """What a browser puts together from the `data:` lines is what was published."""
    lines = event_bytes("1", "x", data).decode().removesuffix("\n\n").split("\n")[2:]
    assert "\n".join(line.removeprefix("data: ") for line in lines) == data


def test_comments_keep_a_silent_stream_alive() -> None:
    """Every 15 seconds of machine time a comment goes to each reader, and nothing runs when nobody reads."""
    fixture = Fixture()
    browser = fixture.reader()
    news(browser)
    fixture.reactor.advance(15.0)
    assert news(browser) == b":\n\n"
    browser.protocol.connectionLost(Failure(ConnectionDone()))
    assert fixture.stream.readers == 0
    assert not [call for call in fixture.reactor.getDelayedCalls() if "LoopingCall" in repr(call)]


def test_a_pulse_can_be_heard_by_a_page() -> None:
    """Where it is asked for, an event without an id tells each reader every so often that he still hears."""
    fixture = Fixture(pulse_s=2.0)
    browser = fixture.reader()
    news(browser)
    fixture.reactor.advance(2.0)
    assert news(browser) == b"event: alive\ndata: {}\n\n"


def test_a_slow_reader_is_bounded_and_gets_the_latest_state() -> None:
    """While its connection is full a reader gets nothing; when there is room it gets the latest whole state, once."""
    fixture = Fixture()
    slow, quick = fixture.reader(), fixture.reader()
    news(slow)
    news(quick)
    assert slow.transport.producer is not None
    slow.transport.producer.pauseProducing()
    for state in ("two", "three"):
        fixture.state = state
        fixture.stream.publish(f"boot.{state}", "state", state)
    assert news(slow) == b""
    assert news(quick).count(b"event: state") == 2
    slow.transport.producer.resumeProducing()
    assert news(slow) == b"id: boot.three\nevent: state\ndata: three\n\n"
    slow.transport.producer.pauseProducing()
    slow.transport.producer.resumeProducing()
    assert news(slow) == b""


def test_too_many_readers_are_turned_away(monkeypatch: object) -> None:
    """Beyond the limit the answer is a problem with 503; who leaves makes room."""
    fixture = Fixture()
    readers = [fixture.reader() for _ in range(events.MOST_READERS)]
    code, _, body = Browser(fixture.site).ask("GET", "/events")
    assert code == 503
    assert b'"error":"too-many-readers"' in body
    readers[0].protocol.connectionLost(Failure(ConnectionDone()))
    assert b"200 OK" in fixture.reader().transport.value()


def test_closing_ends_every_connection() -> None:
    """`close` finishes each answer, so a process that ends leaves no reader hanging."""
    fixture = Fixture()
    browser = fixture.reader()
    fixture.stream.close()
    assert fixture.stream.readers == 0
    assert browser.transport.value().endswith(b"0\r\n\r\n")
