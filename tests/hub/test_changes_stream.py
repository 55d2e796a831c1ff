"""The stream of changes: wherever a reader was cut off, he gets each change since once and in order, or asks anew."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from hub.making import HandThread, begin, made_hub, tick
from hub.test_process import START, World, ask, world
from service.web import Browser, unchunk
from stationmaster.hub.pipeline import Committed
from stationmaster.hub.storage.store import Stored
from stationmaster.hub.view import FeedView
from stationmaster.hub.web import recent
from stationmaster.hub.web.bodies import StateBody
from stationmaster.hub.web.changes_stream import ChangesStream, Missed, journal_reader
from stationmaster.hub.web.recent import TOLD_KINDS, changes_event
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Changes, KernelFacts, Note, Resource
from stationmaster_kernel.deeds import SetMode
from stationmaster_kernel.inputs import Act
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.messages import Position
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.small_station import at

__all__ = ["world"]

KEPT = 5
"""Commits in memory, in these tests."""

FEED = FeedView(grade=FeedGrade.FRESH, age_s=None, fresh_at=None, epoch=None, sequence=None, line=None, gateway=None)


def entry(sequence: int) -> Stored:
    """An entry that says its own sequence; it puts one thing that is told, and one that is not."""
    mode = Mode(id=f"call.{sequence}", revision=2 * sequence, since=Instant(0), by="desk")
    facts = KernelFacts(revision=2 * sequence + 1, now=Instant(sequence))
    puts = (
        Resource(kind="mode", id=mode.id, revision=mode.revision, value=mode),
        Resource(kind="kernel", id=facts.id, revision=facts.revision, value=facts),
    )
    changes = Changes(puts=puts, notes=(Note(code="said", subject=str(sequence)),))
    return Stored(sequence=sequence, hash=f"hash-{sequence}", at=Instant(sequence), changes=changes)


@dataclass
class Desk:
    """A hub with nothing but the stream: a journal, and one process after the other that serves it."""

    epoch: str = "one"
    journal: list[Stored] = field(default_factory=list)
    reading: list[tuple[int, Deferred[Missed | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reactor = Clock()
        self.start()

    @property
    def position(self) -> Position:
        return Position(epoch=self.epoch, sequence=len(self.journal), hash=f"hash-{len(self.journal)}")

    def begin_process(self) -> None:
        """A process that serves pages, and whose store is not read yet."""
        clock = MachineClock(self.reactor.seconds)
        self.face = Face(
            health=lambda: Health(process="test"),
            clock=clock,
            timer=StationTimer(clock, self.reactor),
            registry=CollectorRegistry(),
        )
        self.up = False
        self.stream = ChangesStream(
            glance=self.glance,
            position=lambda: self.position if self.up else Position(epoch="none", sequence=0, hash=""),
            face=self.face,
            reactor=self.reactor,
            read_back=self.read_back,
        )
        self.site = self.face.site()

    def load(self, tail: int) -> None:
        """The store has been read, with so many of the last entries."""
        self.up = True
        self.stream.loaded(self.position, self.journal[len(self.journal) - tail :])

    def start(self, tail: int = 0) -> None:
        """A process that is up."""
        self.begin_process()
        self.load(min(tail, len(self.journal)))
        self.stream.start()

    def glance(self) -> StateBody:
        return StateBody(
            position=self.position,
            now=Instant(0),
            station=None,
            feed=FEED,
            calls=0,
            tasks=0,
            connected=(),
            absent=(),
            executors=(),
            planned=(),
            waiting=0,
            trouble="",
            alarms=(),
            notes=(),
            confirmations=(),
        )

    def read_back(self, epoch: str, sequence: int) -> Deferred[Missed | None]:
        assert epoch == self.epoch
        done: Deferred[Missed | None] = Deferred()
        self.reading.append((sequence, done))
        return done

    def answer(self) -> None:
        """The journal has been read, up to where it goes now."""
        waiting, self.reading = self.reading, []
        for sequence, done in waiting:
            events = [changes_event(self.epoch, (each,)) for each in self.journal[sequence:]]
            done.callback(Missed(sequence=len(self.journal), events=tuple(e for e in events if e is not None)))

    def commit(self, entries: int) -> None:
        """So many entries are committed as one."""
        made = [entry(len(self.journal) + number) for number in range(1, entries + 1)]
        self.journal += made
        if self.up:
            self.stream.committed(
                [Committed(stored=each, input_id=each.hash, input_kind="tick", refused=False) for each in made]
            )


@dataclass
class Page:
    """A page that takes what comes, is cut off anywhere, and connects again as browsers do."""

    desk: Desk
    browser: Browser | None = None
    last: str = ""
    had: list[int] = field(default_factory=list)
    since: int | None = None
    """The sequence of the last `whole`; what was committed up to there it has asked for."""

    def connect(self, *, by_address: bool = False) -> None:
        self.browser = Browser(self.desk.site)
        path = f"/api/v1/events?after={self.last}" if by_address and self.last else "/api/v1/events"
        header = f"Last-Event-ID: {self.last}\r\n" if self.last and not by_address else ""
        self.browser.send("GET", path, header)

    def take(self, most: float = 1.0) -> None:
        """Take this part of what has been sent."""
        assert self.browser is not None
        raw = self.browser.transport.value().partition(b"\r\n\r\n")[2]
        text = unchunk(raw)
        whole = text[: int(len(text) * most)].rpartition(b"\n\n")[0].decode()
        for block in whole.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            if "event" in lines:
                self._take(lines["id"], lines["event"], json.loads(lines["data"]))

    def cut(self, most: float) -> None:
        """What comes last is lost with the connection."""
        self.take(most)
        assert self.browser is not None
        self.browser.protocol.connectionLost(Failure(ConnectionDone()))
        self.browser = None

    def _take(self, event_id: str, name: str, data: dict[str, Any]) -> None:
        self.last = event_id
        if name == "whole":
            self.since, self.had = data["position"]["sequence"], []
        elif name == "changes":
            self.had += [int(note["subject"]) for note in data["notes"]]
            assert [int(put["id"].removeprefix("call.")) for put in data["puts"]] == [
                int(note["subject"]) for note in data["notes"]
            ]


STEPS = st.one_of(
    st.tuples(st.just("commit"), st.integers(1, 4)),
    st.tuples(st.just("cut"), st.floats(0, 1)),
    st.tuples(st.just("connect"), st.booleans()),
    st.tuples(st.just("restart"), st.integers(0, 6)),
    st.tuples(st.just("read"), st.none()),
)


@given(st.lists(STEPS, max_size=25))
def test_each_change_comes_once_and_in_order(steps: list[tuple[str, Any]]) -> None:
    """Cut anywhere, over reconnects and restarts, with a slow journal: no change is missing, none comes twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent, "KEPT_COMMITS", KEPT)
        desk = Desk()
        page = Page(desk)
        page.connect()
        page.take()
        page.cut(1.0)
        assert page.since == 0
        for what, how in steps:
            act(desk, page, what, how)
        if page.browser is None:
            page.connect()
        desk.answer()
        page.take()
        assert page.since is not None
        assert page.had == list(range(page.since + 1, len(desk.journal) + 1))


def act(desk: Desk, page: Page, what: str, how: Any) -> None:
    """One step of the story."""
    if what == "commit":
        desk.commit(how)
    elif what == "cut" and page.browser is not None:
        page.cut(how)
    elif what == "connect" and page.browser is None:
        page.connect(by_address=how)
    elif what == "restart":
        if page.browser is not None:
            page.cut(0.5)
        for _, done in desk.reading:
            done.callback(None)
        desk.reading.clear()
        desk.begin_process()
        page.connect()
        desk.load(min(how, len(desk.journal)))
        desk.commit(2)
        desk.stream.start()
    elif what == "read":
        desk.answer()


def connected(desk: Desk, last: str, path: str = "/api/v1/events") -> Page:
    """A page that connects with what it had last."""
    page = Page(desk, last=last)
    page.connect(by_address="?" in path)
    page.take()
    return page


def test_what_cannot_be_known_is_whole() -> None:
    """Another epoch, a sequence that is still to come, or an id that is none: the page asks for everything anew."""
    desk = Desk()
    desk.commit(3)
    for last in ("two:1", "one:4", "nonsense", "one:-1"):
        assert connected(desk, last).since == 3
    goes_on = connected(desk, "one:2")
    assert (goes_on.since, goes_on.had) == (None, [3])


def test_who_stops_in_the_middle_of_a_commit_gets_the_rest_of_it() -> None:
    """Entries that were committed as one are one event; a position between them is one all the same."""
    desk = Desk()
    desk.commit(4)
    assert connected(desk, "one:2").had == [3, 4]
    desk.commit(2)
    assert connected(desk, "one:0").had == [1, 2, 3, 4, 5, 6]


def test_an_id_that_makes_no_sense_is_refused_in_the_address_alone() -> None:
    """A program that asks wrongly is told; a browser, which says what it once was told, is served."""
    desk = Desk()
    status, _, body = Browser(desk.site).ask("GET", "/api/v1/events?after=12")
    assert (status, json.loads(body)["error"]) == (400, "bad-argument")


def test_the_header_counts_for_more_than_the_address() -> None:
    """A browser connects again to the address that the page once made; what it had last stands in the header."""
    desk = Desk()
    desk.commit(1)
    desk.commit(1)
    browser = Browser(desk.site)
    browser.send("GET", "/api/v1/events?after=one:0", "Last-Event-ID: one:1\r\n")
    page = Page(desk, browser=browser)
    page.take()
    assert page.had == [2]


def test_a_commit_that_is_too_large_is_whole_for_those_who_come_later_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever missed a commit of very many changes asks for everything anew; who came after it does not."""
    monkeypatch.setattr(recent, "MOST_PUTS", 2)
    desk = Desk()
    desk.commit(3)
    desk.commit(1)
    assert connected(desk, "one:0").since == 4
    assert connected(desk, "one:3").had == [4]


def test_a_slow_page_gets_the_whole_state() -> None:
    """While a connection is full nothing is kept for it; when it has room again, it is told to ask anew."""
    desk = Desk()
    page = connected(desk, "one:0")
    assert page.browser is not None
    transport: Any = page.browser.transport
    transport.producer.pauseProducing()
    transport.clear()
    desk.commit(1)
    desk.commit(1)
    assert transport.value() == b""
    transport.producer.resumeProducing()
    assert b"event: whole" in transport.value()


def test_the_journal_is_read_for_who_was_away_for_long(sqlite_database: URL) -> None:
    """Entries that are not in memory come from the database, word for word as they were published."""
    with made_hub(sqlite_database) as hub:
        hub.open().put(*begin(), *(tick(number) for number in range(1, 5)))
        mode = Act(id="act/1", at=at("06:05"), by="desk", deeds=(SetMode(scope="station", manual=True),))
        hub.put(mode)
        epoch = hub.pipeline.position.epoch
        found: list[Missed | None] = []
        read = journal_reader(sqlite_database, HandThread())
        for sequence in (3, 0, 7, 8, 99):
            read(epoch, sequence).addCallback(found.append)
        read("another", 3).addCallback(found.append)
        expected = [changes_event(epoch, (each.stored,)) for each in hub.published]
        assert [None if each is None else list(each.events) for each in found] == [
            expected[3:],
            expected,
            expected[7:],
            None,
            None,
            None,
        ]
        told = json.loads(expected[-1].decode().rpartition("data: ")[2])
        assert {put["kind"] for put in told["puts"]} == {"mode", "act"}


def test_a_journal_that_cannot_be_read_is_no_error(sqlite_database: URL) -> None:
    """Without a database there is nothing to go on from, and the page asks anew."""
    found: list[Missed | None] = []
    journal_reader(sqlite_database, HandThread())("one", 1).addCallback(found.append)
    assert found == [None]


def test_secrets_and_the_kernels_own_are_not_told() -> None:
    """Accounts, the kernel's facts and what it remembers of the feed are in no event; what the console shows is."""
    assert not TOLD_KINDS & {"account", "feed", "kernel"}
    assert {"call", "task", "proposal", "acceptance", "mode", "conflict", "act", "plan", "row"} <= TOLD_KINDS


class Listening:
    """A connection to a real hub's stream."""

    def __init__(self, port: int, last: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.request("GET", "/api/v1/events", headers={"Last-Event-ID": last} if last else {})
        self.answer = self.connection.getresponse()
        self.last = last

    def until(self, wanted: Callable[[str, dict[str, Any]], bool]) -> list[tuple[str, dict[str, Any]]]:
        """The events up to the one that is wanted."""
        found: list[tuple[str, dict[str, Any]]] = []
        lines: dict[str, str] = {}
        while not (found and wanted(*found[-1])):
            line = self.answer.readline().decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                lines[name] = value
            elif "event" in lines:
                self.last = lines["id"]
                found.append((lines["event"], json.loads(lines["data"])))
                lines = {}
        return found


def test_a_page_goes_on_over_a_kill_of_the_hub(world: World) -> None:
    """A real hub is killed and started again: who says what he had gets what came meanwhile, and nothing anew."""
    config, port = world.configure()
    first = world.start(config)
    head = world.up(first, port)["head"]
    page = Listening(port)
    assert [name for name, _ in page.until(lambda name, _: name == "whole")] == ["whole"]
    world.set_clock(START + 60)
    ask(port, "POST", "/clock")
    page.until(lambda name, data: name == "changes" and data["position"]["sequence"] == head + 1)
    page.connection.close()
    world.set_clock(START + 120)
    ask(port, "POST", "/clock")
    first.kill()
    first.communicate()
    second = world.start(config)
    world.set_clock(START + 180)
    world.up(second, port)
    ask(port, "POST", "/clock")
    again = Listening(port, page.last)
    events = again.until(lambda name, _: name == "state")
    assert [name for name, _ in events] == ["changes", "changes", "state"]
    assert [data["position"]["sequence"] for _, data in events] == [head + 2, head + 3, head + 3]
    again.connection.close()


def test_what_became_of_accounts_is_told_to_nobody() -> None:
    """Notes on accounts stand in the journal and in the log; the stream, which anybody may read, leaves them out."""
    notes = (Note(code="account-made", subject="li"), Note(code="call-overdue", subject="a"))
    event = changes_event("epoch", [replace(entry(1), changes=Changes(notes=notes))])
    assert event is not None
    assert b"account-made" not in event
    assert b"call-overdue" in event
