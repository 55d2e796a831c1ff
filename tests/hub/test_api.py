"""What there is to see of the hub: its view, its web API, its stream of events, its health."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.engine import URL

from hub.lines import STATUS
from hub.making import EVERYTHING, MadeHub, begin, made_hub, tick
from service.web import Browser, unchunk
from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.alarms.record import key_of
from stationmaster.hub.alarms.sign import Severity, Sign
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.feeding.lines_api import LinesApi
from stationmaster.hub.health import hub_health
from stationmaster.hub.settings import Subsystem
from stationmaster.hub.view import MOST_NOTES, HubView
from stationmaster.hub.web.api import HubApi
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import health_body
from stationmaster_dmis.status import FeedStatus
from stationmaster_kernel.inputs import Feed, Plan
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.hub_side import SubscriberInfo
from stationmaster_protocol.messages import Level
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from stationmaster_telegram.records import CallRecord
from support.described import check_event
from support.small_station import DAY, at, planned, record
from support.telegrams import call

CALL = "TST/2026-03-01/G1/1"


class FakeServer:
    """The open protocol's server, as the view sees it."""

    def __init__(self) -> None:
        self.subscribers: list[SubscriberInfo] = []
        self.level = True

    def settled(self) -> bool:
        return self.level


class FakeLine:
    """The receiver of the line, as the view sees it."""

    position: tuple[int, int] | None = None
    age_s: float | None = None

    def status(self) -> FeedStatus:
        epoch, sequence = self.position or (0, 0)
        return replace(STATUS, age_s=self.age_s, epoch=epoch, sequence=sequence)

    def ages(self) -> list[tuple[CallRecord, float]]:
        return [(call(1), 1.5)]


def subscriber(identity: str) -> SubscriberInfo:
    return SubscriberInfo(
        identity=identity,
        address="127.0.0.1:1",
        level=Level.A,
        executes=(TaskKind.DISPLAY,),
        filter=Filter(kinds=("call",)),
        acked=3,
        last=3,
        queued=0,
        snapshots=1,
        whole=True,
        rejected="",
        heard_s=0.0,
    )


class Fixture:
    """A hub on the small station at 07:50, with its pages."""

    def __init__(self, hub: MadeHub) -> None:
        self.hub = hub
        self.time = float(at("07:50"))
        self.server = FakeServer()
        self.line = FakeLine()
        clock = MachineClock(lambda: self.time)
        self.clock = clock
        self.timer = StationTimer(clock, hub.reactor)
        subsystems = (Subsystem(identity="broadcast", token="b"), Subsystem(identity="guidance", token="g"))
        self.feed = FeedIntake(hub.pipeline, clock, "boot")
        self.alarms = AlarmBook(clock.now, hub.reactor.seconds)
        self.view = HubView(
            pipeline=hub.pipeline, feed=self.feed, subsystems=subsystems, clock=clock, alarms=self.alarms
        )
        hub.open().put(*begin(), tick(110))
        self.feed.loaded()
        self.view.loaded(hub.loaded[0].tail)
        self.face = Face(
            health=lambda: hub_health(self.view, self.timer), clock=clock, timer=self.timer, registry=hub.registry
        )
        self.api = HubApi(self.view, self.face, hub.reactor)
        LinesApi(self.view, self.face)
        hub.pipeline.on_commit(self.api.committed)
        self.api.start()

    def attach(self) -> Fixture:
        self.view.attach(self.server, self.line)
        return self

    def get(self, path: str, code: int = 200) -> Any:
        answer = Browser(self.face.site()).ask("GET", path)
        assert answer[0] == code, answer
        return json.loads(answer[2])

    def health(self) -> dict[str, Any]:
        return health_body(hub_health(self.view, self.timer), self.clock)


@pytest.fixture
def fixture(database: URL) -> Iterator[Fixture]:
    with made_hub(database) as hub:
        yield Fixture(hub)


def test_calls_are_listed_whole_and_in_order(fixture: Fixture) -> None:
    """`/api/v1/calls` has each call with every field, of one day or of all, and the position that it is of."""
    body = fixture.get("/api/v1/calls")
    (call,) = body["calls"]
    assert call["id"] == CALL
    assert call["arrival"]["planned"] == at("08:00")
    assert call["running"] == "scheduled"
    assert call["service_date"] == "2026-03-01"
    assert call["reason"] == ""
    position = fixture.hub.pipeline.position
    assert body["position"] == {"epoch": position.epoch, "sequence": position.sequence, "hash": position.hash}
    assert body["now"] == at("07:50")
    assert len(fixture.get("/api/v1/calls?day=2026-03-01")["calls"]) == 1
    assert fixture.get("/api/v1/calls?day=2026-03-02")["calls"] == []


def test_one_call_comes_with_its_tasks(fixture: Fixture) -> None:
    """`/api/v1/calls/<id>` has the call and all of its tasks, in their order; a call that is not there is 404."""
    body = fixture.get(f"/api/v1/calls/{CALL}")
    assert body["call"]["number"] == "G1"
    assert [task["rule"] for task in body["tasks"]] == ["arrivals", "check-in", "hall", "say-arrived", "say-check-in"]
    assert fixture.get("/api/v1/calls/none", 404)["error"] == "no-such-call"


def test_tasks_that_are_due_soon(fixture: Fixture) -> None:
    """`/api/v1/tasks` has what begins or ends before a moment, in order of that moment; an hour from now by default."""
    rules = [task["rule"] for task in fixture.get("/api/v1/tasks")["tasks"]]
    assert rules == ["check-in", "say-check-in", "say-arrived", "arrivals", "hall"]
    soon = fixture.get("/api/v1/tasks?due_before=2026-02-28T23:56:00Z")["tasks"]
    assert [task["rule"] for task in soon] == ["check-in", "say-check-in"]
    assert fixture.get(f"/api/v1/tasks?due_before={at('07:55')}")["tasks"] == []


def test_bad_arguments_are_said(fixture: Fixture) -> None:
    """An argument that makes no sense is 400 with what may stand there."""
    for path in (
        "/api/v1/calls?day=today",
        "/api/v1/tasks?due_before=soon",
        "/api/v1/tasks?due_before=%ff",
        "/api/v1/calls?day=",
        "/api/v1/tasks?due_before=",
    ):
        assert fixture.get(path, 400)["error"] == "bad-argument"


def test_subsystems_that_are_there_and_that_are_not(fixture: Fixture) -> None:
    """Everyone who may connect is listed, absent ones too, with his sessions."""
    fixture.attach().server.subscribers = [subscriber("guidance")]
    broadcast, guidance = fixture.get("/api/v1/subsystems")["subsystems"]
    assert (broadcast["identity"], broadcast["connected"], broadcast["sessions"]) == ("broadcast", False, [])
    assert guidance["connected"]
    assert guidance["sessions"][0]["filter"] == {"kinds": ["call"], "task_kinds": [], "targets": []}


def test_the_state_at_a_glance(fixture: Fixture) -> None:
    """`/api/v1/state` has the position, the feed, the sizes, who is there, and the last notes."""
    fixture.attach().server.subscribers = [subscriber("guidance")]
    fixture.line.position = (7, 1234)
    fixture.line.age_s = 0.5
    fixture.hub.put(Feed(id="feed/1", at=at("07:50"), records=(record(track="99"),)))
    body = fixture.get("/api/v1/state")
    assert (body["calls"], body["tasks"], body["waiting"], body["trouble"]) == (1, 5, 0, "")
    assert body["feed"] == {
        "grade": "fresh",
        "age_s": 0.5,
        "fresh_at": at("07:50"),
        "epoch": 7,
        "sequence": 1234,
        "line": "A",
        "gateway": 1,
    }
    assert (body["connected"], body["absent"]) == (["guidance"], ["broadcast"])
    assert body["station"]["telecode"] == "TST"
    note = body["notes"][-1]
    assert (note["sequence"], note["note"]["code"], note["note"]["subject"]) == (5, "quarantined", "G1")


def test_events_begin_whole_and_go_on_with_changes(fixture: Fixture) -> None:
    """The stream's first event is the whole state; then each commit is one event with the journal's id."""
    fixture.attach()
    browser = Browser(fixture.face.site())
    browser.send("GET", "/api/v1/events")
    (first,) = events(browser)
    position = fixture.hub.pipeline.position
    assert first[:2] == (f"{position.epoch}:{position.sequence}", "whole")
    fixture.hub.put(Feed(id="feed/1", at=at("07:50"), records=(record(expected_departure=at("08:30")),)))
    ((event_id, name, data),) = events(browser)
    assert (event_id, name) == (f"{position.epoch}:{position.sequence + 1}", "changes")
    assert ("call", CALL) in {(put["kind"], put["id"]) for put in data["puts"]}
    assert {put["kind"] for put in data["puts"]} == {"call", "task"}
    assert next(put for put in data["puts"] if put["kind"] == "call")["value"]["departure"]["expected"] == at("08:30")


def test_a_large_commit_is_told_as_a_whole(fixture: Fixture) -> None:
    """A commit of very many changes makes readers ask anew, instead of holding the hub up."""
    fixture.attach()
    browser = Browser(fixture.face.site())
    browser.send("GET", "/api/v1/events")
    events(browser)
    many = tuple(replace(planned(f"D{number}"), departure=at("09:00")) for number in range(200))
    fixture.hub.put(Plan(id="plan/2", at=at("07:50"), day=DAY, calls=many))
    ((event_id, name, data),) = events(browser)
    assert (name, data["calls"]) == ("whole", 200)
    assert event_id.endswith(f":{fixture.hub.pipeline.position.sequence}")


def test_events_tell_what_changes_without_a_commit(fixture: Fixture) -> None:
    """Who comes and goes is told within a second, and nothing is told while nothing is different."""
    fixture.attach()
    browser = Browser(fixture.face.site())
    browser.send("GET", "/api/v1/events")
    fixture.hub.reactor.pump([1.0] * 3)
    events(browser)
    fixture.time += 60
    fixture.hub.reactor.pump([1.0] * 3)
    assert events(browser) == []
    fixture.server.subscribers = [subscriber("broadcast")]
    fixture.hub.reactor.pump([1.0] * 3)
    ((_, name, data),) = events(browser)
    assert (name, data["connected"]) == ("state", ["broadcast"])
    fixture.api.stop()
    assert browser.transport.value().endswith(b"0\r\n\r\n")


def events(browser: Browser) -> list[tuple[str, str, Any]]:
    """The events that came since the last look: id, name, data."""
    raw = browser.transport.value()
    browser.transport.clear()
    if raw.startswith(b"HTTP/"):
        raw = raw.partition(b"\r\n\r\n")[2]
    found = []
    for block in unchunk(raw).decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "event" in fields and fields["event"] != "alive":
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
            check_event(*found[-1][1:])
    return found


def test_health_before_the_hub_is_up(fixture: Fixture) -> None:
    """A hub that serves no subsystems yet is degraded and not settled."""
    health = fixture.health()
    assert (health["status"], health["settled"], health["quiet"]) == ("degraded", False, False)
    assert (health["line"], health["subscribers"]) == ({"epoch": None, "sequence": None, "complete": False}, 0)


def test_health_of_a_hub_that_is_up(fixture: Fixture) -> None:
    """Position, feed, sizes, line, settled and quiet, as the operation guide names them."""
    fixture.attach().server.subscribers = [subscriber("guidance")]
    fixture.line.position, fixture.line.age_s = (7, 1234), 0.25
    fixture.timer.call_at(at("07:51"), lambda: None)
    health = fixture.health()
    assert health["process"] == "hub"
    assert (health["status"], health["trouble"]) == ("ok", "")
    assert (health["epoch"], health["head"]) == ("epoch-1", 4)
    assert health["feed"] == {"state": "fresh", "age_s": 0.25}
    assert (health["calls"], health["subscribers"]) == (1, 1)
    assert health["line"] == {"epoch": 7, "sequence": 1234, "complete": True}
    assert (health["settled"], health["quiet"]) == (True, True)
    assert health["next_at"] == "2026-02-28T23:51:00Z"


def test_settled_is_exact(fixture: Fixture) -> None:
    """Not settled while an input waits or a subscriber is behind; not quiet while something is due."""
    fixture.attach()
    assert fixture.health()["settled"]
    fixture.hub.thread.at_once = False
    fixture.hub.put(tick(111))
    assert not fixture.health()["settled"]
    fixture.hub.thread.run()
    assert fixture.health()["settled"]
    fixture.server.level = False
    assert not fixture.health()["settled"]
    fixture.server.level = True
    fixture.timer.call_at(fixture.time, lambda: None)
    assert (fixture.health()["settled"], fixture.health()["quiet"]) == (True, False)


def test_trouble_is_said(fixture: Fixture) -> None:
    """A clock behind the kernel's, or a database that is away, makes the hub degraded, with the reason."""
    fixture.attach().time = at("07:48")
    fixture.clock._latest = 0.0  # as after a restart
    assert fixture.health()["status"] == "degraded"
    assert "Set the clock right" in fixture.health()["trouble"]
    fixture.time = at("07:50")
    fixture.hub.pipeline.trouble = "The database cannot be used."
    assert (fixture.health()["status"], fixture.health()["trouble"]) == ("degraded", "The database cannot be used.")


def test_notes_are_bounded_and_survive_a_restart(fixture: Fixture, database: URL) -> None:
    """The last notes are kept, oldest first, no more than the limit, and are read back from the journal."""
    for number in range(MOST_NOTES + 5):
        fixture.hub.put(Feed(id=f"feed/{number}", at=at("07:50"), records=(record(track=f"x{number}"),)))
    notes = fixture.view.notes()
    assert len(notes) == MOST_NOTES
    assert [note.sequence for note in notes] == sorted(note.sequence for note in notes)
    assert dict(notes[-1].note.detail)["reason"].startswith(f"track 'x{MOST_NOTES + 4}'")
    fixture.hub.store.close()
    with made_hub(database, epochs=()) as again:
        view = HubView(pipeline=again.pipeline, feed=fixture.feed, subsystems=(), clock=fixture.clock)
        loaded = again.store.open(EVERYTHING, EVERYTHING)
        view.loaded(loaded.tail)
        assert view.notes() == notes


def test_commits_are_told_to_who_looks(fixture: Fixture) -> None:
    """A listener of the view is called after each commit and sees the new state."""
    seen: list[int] = []
    fixture.view.on_commit(lambda: seen.append(fixture.view.position().sequence))
    fixture.hub.put(tick(111))
    assert seen == [5]


def test_the_lines_and_the_age_of_each_call(fixture: Fixture) -> None:
    """Every line with its gateways and counts, states as words; before the hub is up there is none."""
    assert fixture.get("/api/v1/lines") == {"now": at("07:50"), "feed": None}
    assert fixture.get("/api/v1/lines/calls")["calls"] == []
    fixture.attach()
    feed = fixture.get("/api/v1/lines")["feed"]
    assert (feed["line"], feed["gateway"], feed["grade"]) == ("A", 1, "fresh")
    (line,) = feed["lines"]
    assert (line["medium"], line["place"], line["counters"]["frames"]) == ("serial", "/dev/ttyS0", 9)
    (gateway,) = line["gateways"]
    assert (gateway["database"], gateway["clock_difference_s"], gateway["chosen"]) == ("good", -0.7, True)
    assert fixture.get("/api/v1/lines/calls")["calls"] == [
        {"day": "2026-03-01", "numbers": ["G1"], "run": 1, "age_s": 1.5}
    ]


def test_alarms_stand_in_the_state_and_the_health(fixture: Fixture) -> None:
    """What is wrong is looked at each second, and told wherever a person or a program looks."""
    fixture.attach()
    sign = Sign(id="bad", severity=Severity.ALARM, zh="坏", en="Bad")
    fixture.alarms.watch(lambda: [sign])
    for _ in range(4):
        fixture.hub.reactor.advance(1.0)
        fixture.alarms.look()
    expected = [{"id": "bad", "since": at("07:50"), "severity": "alarm", "zh": "坏", "en": "Bad"}]
    expected[0] |= {"identity": "", "cause": "", "key": key_of("", "bad"), "code": "bad"}
    expected[0] |= {"state": "unacknowledged", "parts": 0}
    assert fixture.get("/api/v1/state")["alarms"] == expected
    assert fixture.health()["alarms"] == ["bad"]
