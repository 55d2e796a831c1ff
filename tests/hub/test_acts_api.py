"""How operators act over the web: who may, what is read, what is answered, and that a repeat is not done again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from hub.making import MadeHub, begin, made_hub, tick
from service.web import Browser
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.health import hub_health
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.settings import Operator
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.storage.store import Store, StoreDown
from stationmaster.hub.view import HubView
from stationmaster.hub.web.act_reading import read_act
from stationmaster.hub.web.acts_api import LARGEST_BODY, PATIENCE_S, ActsApi
from stationmaster.hub.web.bodies import as_json
from stationmaster.hub.web.plans_api import PlansApi
from stationmaster.hub.web.recent import Recent
from stationmaster_base.clock import MachineClock
from stationmaster_base.configuration import Faults
from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import CheckRows, Expect, SetTrack
from stationmaster_kernel.inputs import Act, Feed, Input, Plan
from stationmaster_kernel.state import State
from stationmaster_kernel.values import EventName
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.small_station import DAY, at, planned, record

CALL = "TST/2026-03-01/G1/1"
ROW = "2026-03-01/G1/1"
LI, WANG = Operator(name="desk-1", token="l-secret"), Operator(name="综控员", token="w-secret")
TRACK = {"do": "track", "call": CALL, "track": "2"}


class Fixture:
    """A hub on the small station at 07:00, with the pages for acts and plans."""

    def __init__(
        self, hub: MadeHub, operators: tuple[Operator, ...] = (LI, WANG), first: tuple[Input, ...] = begin()
    ) -> None:
        self.hub = hub
        self.time = float(at("07:00"))
        clock = MachineClock(lambda: self.time)
        timer = StationTimer(clock, hub.reactor)
        self.view = HubView(
            pipeline=hub.pipeline, feed=FeedIntake(hub.pipeline, clock, "boot"), subsystems=(), clock=clock
        )
        self.face = Face(health=lambda: hub_health(self.view, timer), clock=clock, timer=timer, registry=hub.registry)
        self.recent = Recent()
        hub.pipeline.on_commit(
            lambda committed: self.recent.add(hub.pipeline.position, [each.stored for each in committed])
        )
        ActsApi(
            view=self.view,
            pipeline=hub.pipeline,
            askers=Askers(operators),
            face=self.face,
            reactor=hub.reactor,
            recent=self.recent,
        )
        PlansApi(self.view, self.face)
        hub.open().put(*first, tick(60))

    @property
    def state(self) -> State:
        return self.hub.pipeline.state

    def send(self, body: bytes | dict[str, Any], token: str = LI.token) -> Browser:
        """Post an act; the answer may come later."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = f"Content-Length: {len(raw)}\r\n" + (f"Authorization: Bearer {token}\r\n" if token else "")
        browser = Browser(self.face.site())
        browser.send("POST", "/api/v1/acts", headers)
        browser.protocol.dataReceived(raw)
        return browser

    def post(self, body: bytes | dict[str, Any], code: int = 200, token: str = LI.token) -> Any:
        return taken(self.send(body, token), code)

    def act(self, name: str, *deeds: dict[str, Any], code: int = 200, token: str = LI.token, **more: Any) -> Any:
        return self.post({"id": name, "deeds": list(deeds), **more}, code, token)

    def get(self, path: str, code: int = 200) -> Any:
        answer = Browser(self.face.site()).ask("GET", path)
        assert answer[0] == code, answer
        return json.loads(answer[2])


def taken(browser: Browser, code: int = 200) -> Any:
    answer = browser.take()
    assert answer[0] == code, answer
    return json.loads(answer[2])


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[Fixture]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        yield Fixture(hub)


def test_an_act_is_answered_when_it_is_committed(fixture: Fixture) -> None:
    """The answer has the act's place in the journal, who acted, and every resource that is another one now."""
    body = fixture.act("1", TRACK, why="works on track 1")
    call = fixture.state.calls[CALL]
    assert (call.track, call.platform) == ("2", "2")
    position = fixture.hub.pipeline.position
    assert body["position"] == {"epoch": position.epoch, "sequence": position.sequence, "hash": position.hash}
    assert (body["id"], body["by"], body["at"]) == ("act/1", "desk-1", at("07:00"))
    assert {"kind": "call", "id": CALL, "revision": call.revision} in body["puts"]
    assert not {"kernel", "feed"} & {put["kind"] for put in body["puts"]}
    origin = call.origin_of("track")
    assert origin is not None
    assert (origin.by, origin.locked) == ("desk-1", True)


def test_nothing_is_answered_before_it_is_committed(fixture: Fixture) -> None:
    """While the act is with the writer there is no answer, and the answer comes with the commit."""
    fixture.hub.thread.at_once = False
    browser = fixture.send({"id": "1", "deeds": [TRACK]})
    assert browser.transport.value() == b""
    fixture.hub.thread.run()
    assert taken(browser)["id"] == "act/1"
    assert PATIENCE_S not in {call.getTime() for call in fixture.hub.reactor.getDelayedCalls()}


def test_the_same_act_again_is_answered_as_the_first_time(fixture: Fixture) -> None:
    """A repeat by its id is not done again, whatever has happened since, and gets the first answer word for word."""
    first = fixture.act("1", TRACK)
    fixture.act("2", {"do": "track", "call": CALL, "track": "3"})
    head = fixture.hub.pipeline.position
    assert fixture.act("1", TRACK) == first
    assert fixture.hub.pipeline.position == head
    assert fixture.state.calls[CALL].track == "3"


def test_a_refused_act_is_refused_again_alike(fixture: Fixture) -> None:
    """What was refused stays refused under its id, although it would be possible by now."""
    accept = {"do": "decide_rows", "day": "2026-03-01", "rows": [ROW], "accept": True}
    first = fixture.act("1", accept, code=409)
    fixture.act("2", {"do": "check_rows", "day": "2026-03-01", "rows": [ROW]})
    newer = Plan(id="plan/2", at=at("07:00"), day=DAY, calls=(planned(track="2"),), digest="2")
    fixture.hub.put(newer)
    assert fixture.act("1", accept, code=409) == first
    assert fixture.state.calls[CALL].track == "1"
    fixture.act("3", accept)
    assert fixture.state.calls[CALL].track == "2"


def test_an_id_belongs_to_one_act(fixture: Fixture) -> None:
    """Another act, or another person's, with a used id is refused and done by nobody."""
    fixture.act("1", TRACK)
    other = {"do": "track", "call": CALL, "track": "3"}
    assert fixture.act("1", other, code=409)["error"] == "act-id-used"
    assert fixture.act("1", TRACK, code=409, token=WANG.token)["error"] == "act-id-used"
    assert fixture.state.calls[CALL].track == "2"


def test_two_requests_for_one_act_at_once(fixture: Fixture) -> None:
    """While an act is under way a repeat waits with it, and a different act with its id is refused at once."""
    fixture.hub.thread.at_once = False
    browsers = [fixture.send({"id": "1", "deeds": [TRACK]}) for _ in range(3)]
    other = fixture.send({"id": "1", "deeds": [{"do": "track", "call": CALL, "track": "3"}]})
    assert taken(other, 409)["error"] == "act-id-used"
    fixture.hub.thread.run()
    answers = [taken(browser) for browser in browsers]
    assert answers[0] == answers[1] == answers[2]
    assert [each.input_id for each in fixture.hub.published].count("act/1") == 1


def test_an_id_that_is_no_acts_is_refused(fixture: Fixture) -> None:
    """Ids of acts have a space of their own: an act called like another input is an act all the same."""
    assert fixture.act("plan", TRACK)["id"] == "act/plan"


def test_who_cannot_wait_is_told_that_it_will_be_done(fixture: Fixture) -> None:
    """After ten seconds the answer is 202 with the id; the act is done, and a repeat hears what came of it."""
    fixture.hub.thread.at_once = False
    browser = fixture.send({"id": "1", "deeds": [TRACK]})
    fixture.hub.reactor.advance(PATIENCE_S - 0.1)
    assert browser.transport.value() == b""
    fixture.hub.reactor.advance(0.2)
    body = taken(browser, 202)
    assert (body["id"], body["waits"]) == ("act/1", True)
    fixture.hub.thread.run()
    assert browser.transport.value() == b""
    fixture.hub.thread.at_once = True
    assert fixture.act("1", TRACK)["position"]["sequence"] == fixture.hub.pipeline.position.sequence


def test_while_the_store_is_down_nothing_is_taken(fixture: Fixture) -> None:
    """503 with the reason, and when to come back; the act is not put in."""
    fixture.hub.pipeline.trouble = "The disk is full."
    answer = fixture.send({"id": "1", "deeds": [TRACK]}).take()
    assert (answer[0], answer[1]["retry-after"]) == (503, "5")
    assert json.loads(answer[2])["message"] == "The disk is full."
    assert fixture.hub.pipeline.waiting == 0
    fixture.hub.pipeline.trouble = ""
    fixture.act("1", TRACK)


class Forgetful(Store):
    """A store that cannot be asked."""

    def recorded(self, input_id: str) -> Any:
        raise StoreDown(f"it is away, and {input_id} in it")


def test_a_repeat_while_the_store_is_down(tmp_path: Path) -> None:
    """What came of an act cannot be told while the database is away: 503, and to be asked again."""
    with made_hub(database_url("sqlite:///hub.db", tmp_path), store=Forgetful) as hub:
        fixture = Fixture(hub)
        fixture.act("1", TRACK)
        assert fixture.act("1", TRACK, code=503)["error"] == "store-down"


def test_an_answer_that_nobody_waits_for(fixture: Fixture) -> None:
    """Who hangs up before the answer has acted all the same."""
    fixture.hub.thread.at_once = False
    browser = fixture.send({"id": "1", "deeds": [TRACK]})
    browser.protocol.connectionLost(Failure(ConnectionLost()))
    fixture.hub.thread.run()
    assert fixture.state.calls[CALL].track == "2"


def test_who_has_no_token_may_not_act(fixture: Fixture) -> None:
    """Without a token, or with nobody's, 401 and the way to ask; nothing is read of the body."""
    for token in ("", "wrong", "l-secret2"):
        answer = fixture.send(b"nonsense", token).take()
        assert (answer[0], answer[1]["www-authenticate"]) == (401, 'Bearer realm="stationmaster"')
    assert fixture.act("1", TRACK, token=WANG.token)["by"] == "综控员"


def test_without_operators_nobody_acts(tmp_path: Path) -> None:
    """A hub whose settings name no operator takes no act by token, whatever token."""
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        fixture = Fixture(hub, operators=())
        assert fixture.act("1", TRACK, code=401)["error"] == "not-an-operator"
        assert fixture.act("1", TRACK, code=401, token="")["error"] == "not-logged-in"


def test_an_act_that_is_too_large(fixture: Fixture) -> None:
    """More than a megabyte is 413."""
    assert fixture.post(b" " * (LARGEST_BODY + 1), 413)["error"] == "act-too-large"
    assert fixture.post(b" " * LARGEST_BODY, 400)["error"] == "bad-act"


def test_every_fault_is_said_at_once(fixture: Fixture) -> None:
    """What is wrong, where, and what may stand there, for all of the act."""
    body = {
        "deeds": [
            {"do": "tracks", "call": CALL},
            {"call": CALL},
            {"do": "track", "track": 5, "gate": "x"},
            {"do": "unknown", "call": CALL, "event": "leaving"},
            {"do": "expect", "call": CALL, "event": "arrival", "at": "08:00"},
            "track",
        ],
        "lock": "yes",
        "lock_until": 1.5,
    }
    answer = fixture.post(body, 400)
    assert answer["error"] == "bad-act"
    faults = {fault["place"]: (fault["problem"], fault["allowed"]) for fault in answer["faults"]}
    assert faults.keys() == {
        "id",
        "deeds[0].do",
        "deeds[1].do",
        "deeds[2].call",
        "deeds[2].track",
        "deeds[2].gate",
        "deeds[3].event",
        "deeds[4].at",
        "deeds[5]",
        "lock",
        "lock_until",
    }
    assert faults["id"] == ("is missing", "")
    assert faults["deeds[0].do"][0] == "'tracks' is not known"
    assert "track, turnaround, undo, unknown" in faults["deeds[0].do"][1]
    assert faults["deeds[2].gate"] == ("is not a field of it", "call, do, track")
    assert faults["deeds[3].event"] == ("'leaving' is not possible", "arrival, departure")
    assert faults["lock"] == ("'yes' is not possible", "true, false")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"\xff", "body"),
        (b"[]", "body"),
        (b"[" * 100_000, "body"),
        (b'{"id": "1", "deeds": []}', "deeds"),
        (b'{"id": "a b", "deeds": [{"do": "undo", "act": "x"}]}', "id"),
        (b'{"id": "1", "deeds": [{"do": "undo", "act": "\\u0000"}]}', "deeds[0].act"),
        (b'{"id": "1", "deeds": [{"do": "undo", "act": "\\ud800"}]}', "deeds[0].act"),
        (
            b'{"id": "1", "deeds": [{"do": "delay", "call": "x", "event": "arrival", "minutes": 1.5}]}',
            "deeds[0].minutes",
        ),
        (b'{"id": "1", "deeds": [{"do": "check_rows", "day": "2026-02-30", "rows": []}]}', "deeds[0].day"),
    ],
)
def test_what_is_no_act_is_refused_with_its_place(fixture: Fixture, body: bytes, place: str) -> None:
    """Nothing that could not be stored, or that is no JSON, gets as far as the kernel."""
    head = fixture.hub.pipeline.position
    assert fixture.post(body, 400)["faults"][0]["place"] == place
    assert fixture.hub.pipeline.position == head


def test_what_the_kernel_refuses_has_code_and_hint(fixture: Fixture) -> None:
    """409 with what is wrong and what to do; 422 for what can never be; the refusal stands in the journal."""
    body = fixture.act("1", {"do": "lock_plan", "day": "2026-03-01"}, code=409)
    assert body == {
        "type": "urn:stationmaster:problem:plan-not-checked",
        "title": "Plan not checked",
        "status": 409,
        "error": "plan-not-checked",
        "message": f"The plan of 2026-03-01 has not been checked through; not ticked off: {ROW}.",
        "hint": "Decide on every difference and tick every row off, then lock it.",
    }
    assert fixture.hub.published[-1].refused
    body = fixture.act("2", TRACK | {"track": "77"}, code=422)
    assert (body["error"], "'77'" in body["message"], "1, 2, 3, 9" in body["hint"]) == ("deed-impossible", True, True)


def test_all_of_an_act_or_nothing(fixture: Fixture) -> None:
    """If one deed cannot be, none is done."""
    fixture.act("1", TRACK, TRACK | {"track": "77"}, code=422)
    assert fixture.state.calls[CALL].track == "1"


def test_times_are_read_as_seconds_and_as_text(fixture: Fixture) -> None:
    """An instant may be written either way; a lock may end."""
    arrival = {"do": "expect", "call": CALL, "event": "arrival", "at": "2026-03-01T00:05:00Z"}
    fixture.act("1", arrival, lock_until=at("09:00"))
    call = fixture.state.calls[CALL]
    origin = call.origin_of("arrival.expected")
    assert call.arrival is not None
    assert origin is not None
    assert (call.arrival.expected, origin.until) == (at("08:05"), at("09:00"))


def test_what_was_done_is_listed(fixture: Fixture) -> None:
    """`GET /api/v1/acts` has acts, newest first, of all or of one call, with who, why and each deed by its name."""
    fixture.act("1", TRACK, why="works")
    fixture.act("2", {"do": "check_rows", "day": "2026-03-01", "rows": [ROW]}, token=WANG.token)
    acts = fixture.get("/api/v1/acts")["acts"]
    assert [(act["id"], act["by"], act["why"]) for act in acts] == [
        ("act/2", "综控员", ""),
        ("act/1", "desk-1", "works"),
    ]
    assert acts[1]["deeds"] == [TRACK]
    assert [act["id"] for act in fixture.get(f"/api/v1/acts?call={CALL}")["acts"]] == ["act/1"]
    assert [act["id"] for act in fixture.get("/api/v1/acts?limit=1")["acts"]] == ["act/2"]
    for limit in ("0", "", "ten"):
        assert fixture.get(f"/api/v1/acts?limit={limit}", 400)["error"] == "bad-argument"


def test_an_act_can_be_taken_back(fixture: Fixture) -> None:
    """`undo` names an act by the id of its answer."""
    done = fixture.act("1", TRACK)
    fixture.act("2", {"do": "undo", "act": done["id"]})
    assert fixture.state.calls[CALL].track == "1"


def test_a_plan_is_checked_over_the_web(fixture: Fixture) -> None:
    """Plans with how far they are checked; a plan with its rows, what waits, and what differs; then the decision."""
    (glance,) = fixture.get("/api/v1/plans")["plans"]
    assert (glance["plan"]["day"], glance["rows"], glance["checked"], glance["waiting"]) == ("2026-03-01", 1, 0, 0)
    fixture.act("1", {"do": "check_rows", "day": "2026-03-01", "rows": [ROW]}, {"do": "lock_plan", "day": "2026-03-01"})
    newer = (planned(departure="08:20"), planned("G2", departure="09:00"))
    fixture.hub.put(Plan(id="plan/2", at=at("07:00"), day=DAY, calls=newer, digest="2"))
    body = fixture.get("/api/v1/plans/2026-03-01")
    assert (body["plan"]["rows"], body["plan"]["checked"], body["plan"]["waiting"]) == (1, 1, 2)
    assert (body["plan"]["plan"]["version"], body["plan"]["plan"]["locked_by"]) == (2, "desk-1")
    first, second = body["rows"]
    assert (first["row"]["id"], first["row"]["change"], first["waits"]) == (ROW, "changed", True)
    assert first["fields"] == [{"field": "departure", "before": "08:10", "after": "08:20"}]
    assert (second["row"]["change"], second["row"]["planned"]) == ("added", None)
    assert (body["since_version"], body["since_previous_day"]) == ([], None)
    fixture.act("2", {"do": "decide_rows", "day": "2026-03-01", "rows": [ROW, "2026-03-01/G2/1"], "accept": True})
    body = fixture.get("/api/v1/plans/2026-03-01")
    assert [(item["change"], item["number"]) for item in body["since_version"]] == [("added", "G2"), ("changed", "G1")]
    tomorrow = replace(planned(track="2"), arrival=at("08:00", days=1), departure=at("08:20", days=1))
    fixture.hub.put(Plan(id="p", at=at("07:00"), day=DAY.replace(day=2), calls=(tomorrow,), digest="3"))
    body = fixture.get("/api/v1/plans/2026-03-02")
    assert [(item["change"], item["number"]) for item in body["since_previous_day"]] == [
        ("gone", "G2"),
        ("changed", "G1"),
    ]
    assert body["since_previous_day"][1]["fields"][0] == {"field": "track", "before": "1", "after": "2"}


def test_plans_that_are_not_there(fixture: Fixture) -> None:
    """No plan of a date is 404; no date is 400."""
    assert fixture.get("/api/v1/plans/2026-04-01", 404)["error"] == "no-such-plan"
    assert fixture.get("/api/v1/plans/tomorrow", 400)["error"] == "bad-argument"


def test_what_waits_and_what_is_manual(fixture: Fixture) -> None:
    """Proposals with the deed that accepting would do; acceptances; conflicts; modes."""
    fixture.act(
        "1",
        {"do": "acceptance", "source": "stage_plan", "field": "track", "automatic": False},
        {"do": "mode", "scope": "kind.announcement", "manual": True},
    )
    fixture.hub.put(Feed(id="feed/1", at=at("07:00"), records=(record(track="2"),)))
    body = fixture.get("/api/v1/proposals")
    (proposal,) = body["proposals"]
    assert (proposal["call"], proposal["field"], proposal["deed"]) == (CALL, "track", TRACK)
    assert [(item["source"], item["field"]) for item in body["acceptances"]] == [("stage_plan", "track")]
    (mode,) = fixture.get("/api/v1/modes")["modes"]
    assert (mode["id"], mode["by"]) == ("kind.announcement", "desk-1")
    assert fixture.get("/api/v1/conflicts")["conflicts"] == []


def test_what_the_journal_has_of_an_input(database: URL) -> None:
    """An input is found with what came of it, done or refused, in any database; one that never came is not."""
    with made_hub(database) as hub:
        hub.open().put(*begin())
        done = Act(id="act/1", at=at("07:00"), by="desk-1", deeds=(SetTrack(call=CALL, track="2"),))
        wrong = Act(id="act/2", at=at("07:00"), by="desk-1", deeds=(CheckRows(day=DAY, rows=("x",)),))
        entries: list[Any] = []
        for act in (done, wrong, done):
            hub.pipeline.put(act).addCallback(entries.append)
        assert (entries[0].refused, entries[1].refused, entries[2]) == (False, True, None)
        found: list[Any] = []
        for item in ("act/1", "act/2", "act/3"):
            recorded: Deferred[Any] = hub.pipeline.recorded(item)
            recorded.addCallback(found.append)
        assert [None if each is None else (each.entry.sequence, each.refused) for each in found] == [
            (entries[0].stored.sequence, False),
            (entries[1].stored.sequence, True),
            None,
        ]
        assert found[0].entry.changes == entries[0].stored.changes
        assert found[0].epoch == hub.pipeline.position.epoch


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    """No bytes make the reader fail."""
    faults = Faults()
    request = read_act(body, faults)
    assert (request is None) == bool(len(faults))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "deeds", "do", "call", "track", "day", "planned"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.fixed_dictionaries({"id": st.just("1") | JSON, "deeds": st.lists(JSON, max_size=3) | JSON}))
def test_whatever_json_comes_is_read_or_refused(body: dict[str, Any]) -> None:
    """No JSON makes the reader fail, and what it reads can be written as UTF-8."""
    faults = Faults()
    request = read_act(json.dumps(body).encode(), faults)
    assert (request is None) == bool(len(faults))
    assert all(str(fault).encode() for fault in faults)


@given(st.sampled_from([SetTrack(call=CALL, track="2"), CheckRows(day=DAY, rows=(ROW,), checked=False)]))
def test_what_is_shown_of_a_deed_can_be_sent(deed: SetTrack | CheckRows) -> None:
    """A deed's JSON is the same in both directions."""
    faults = Faults()
    request = read_act(json.dumps({"id": "1", "deeds": [as_json(deed)]}).encode(), faults)
    assert request is not None
    assert request.deeds == (deed,)
    expect = Expect(call=CALL, event=EventName.ARRIVAL, at=Instant(5))
    assert as_json(expect) == {"do": "expect", "call": CALL, "event": "arrival", "at": 5, "check_in": True}
