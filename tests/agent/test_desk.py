"""The desk: what people see at a subsystem's page, what they do there, and what becomes of it, with a hub and alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.desk import CALL, EVIL, TASK, WANG, DeskWorld, Person, account, delay, hand
from agent.making import at
from service.web import Browser
from stationmaster_agent.wishes import wish_from
from stationmaster_base.configuration import Faults, Table
from stationmaster_kernel.account import Role
from stationmaster_kernel.deeds import Delay
from stationmaster_kernel.inputs import Act
from stationmaster_kernel.values import EventName, Hand, TaskState
from stationmaster_protocol.commands import ActRefusal


@pytest.fixture
def desk(tmp_path):
    made = DeskWorld(
        tmp_path,
        WANG,
        account("li", Role.ANNOUNCER),
        account("zhao", Role.VIEWER),
        account("qian", Role.ADMINISTRATOR),
        account("sun", Role.SUPERVISOR),
    )
    yield made
    made.world.stop()


def test_everybody_sees_how_it_stands(desk):
    """Without a login: state, since when, feed and its age, whose clock; and nobody's name."""
    desk.person().post("acts", delay())
    state = Person(desk).get("state").body
    assert (state["state"], state["kind"], state["zone"], state["known"]) == (
        "online",
        "broadcast",
        "Asia/Shanghai",
        True,
    )
    assert state["feed"] == {"grade": "fresh", "fresh_at": "2026-03-01T00:00:00Z"}
    assert "wang" not in json.dumps(state).lower()
    desk.alone()
    assert Person(desk).get("state").body["state"] == "alone"
    assert Person(desk).get("state").body["feed"]["grade"] == "lost"


@pytest.mark.parametrize("path", ["calls", "acts"])
def test_the_day_is_for_those_who_are_logged_in(desk, path):
    """Trains and acts name people, so they are shown to people who are known."""
    assert Person(desk).get(path).code == 401
    assert desk.person("zhao").get(path).code == 200


def test_the_next_trains_with_their_tasks(desk):
    """Each with its times, track, and what is to be said for it when."""
    outlook = desk.person("zhao").get(f"calls?call={CALL}").body
    first, second = outlook["calls"]
    assert (first["number"], first["track"], first["platform"], second["number"]) == ("G1", "1", "1", "G2")
    assert first["departure"]["planned"] == "2026-03-01T01:00:00Z"
    (task,) = outlook["tasks"]
    assert desk.person("zhao").get("calls").body["tasks"] == []
    assert (task["id"], task["kind"], task["due"], task["targets"]) == (
        TASK,
        "announcement",
        "2026-03-01T00:40:00Z",
        ["hall"],
    )
    assert {text["text"] for text in task["texts"]} == {"G1"}
    assert outlook["tracks"] == [{"id": "1", "platform": "1"}]
    assert [call["number"] for call in desk.person().get("calls?find=g2").body["calls"]] == ["G2"]
    assert desk.person().get("calls?find=%00%FF%3Cscript").body["calls"] == []


def test_trying_changes_nothing(desk):
    """The kernel's answer: the expected departure, and the announcement that moves with it."""
    person = desk.person()
    tried = person.post("try", delay()).body
    changes = {(each["kind"], each["field"]): (each["before"], each["after"]) for each in tried["changes"]}
    assert changes["call", "departure.expected"] == ("", "2026-03-01T01:25:00Z")
    assert changes["task", "due"] == ("2026-03-01T00:40:00Z", "2026-03-01T01:05:00Z")
    assert tried["undo"] is True
    assert desk.call.departure.expected is None
    assert person.get("acts").body["done"] == []


def test_online_an_act_goes_to_the_hub_and_comes_back(desk):
    """The hub has it with the person's name, and the page sees it as the hub's own."""
    done = desk.person().post("acts", {**delay(), "why": "snow"}).body
    desk.world.settle()
    (act,) = [act for _, acts in desk.hub.side.acted for act in acts]
    assert (act.id, act.by, act.why) == (done["id"], "Wang (wang)", "snow")
    assert desk.call.departure.best == at(85)
    assert desk.person().get("acts").body["done"][0]["by"] == "Wang"


def test_alone_an_act_counts_at_once_and_reaches_the_hub_once(desk):
    """A delay that is entered without a hub moves the announcement here; the hub hears of it when it is back, once."""
    desk.alone()
    person = desk.person()
    assert person.post("acts", delay()).code == 200
    assert (desk.call.departure.best, desk.task.due) == (at(85), at(65))
    assert person.get("state").body["acts_waiting"] == 1
    desk.back()
    assert desk.world.state == "online"
    assert len([act for _, acts in desk.hub.side.acted for act in acts]) == 1
    assert (desk.call.departure.best, desk.task.due) == (at(85), at(65))
    assert person.get("state").body["acts_waiting"] == 0


def test_an_unknown_delay_and_a_hold_and_a_skip(desk):
    """What may be said of a train and of its announcement, one after the other."""
    desk.alone()
    person = desk.person()
    unknown = {"unknown": {"call": CALL, "events": ["departure"]}}
    assert person.post("acts", unknown).code == 200
    assert desk.call.departure.unknown
    unknown["unknown"]["unknown"] = False
    assert person.post("acts", unknown).code == 200
    assert person.post("acts", hand("hold")).code == 200
    assert desk.task.hand is Hand.HELD
    assert person.post("acts", hand("release")).code == 200
    assert desk.task.hand is Hand.RELEASED
    assert person.post("acts", hand("skip")).code == 200
    assert desk.task.state is TaskState.SKIPPED


IMPOSSIBLE = (
    ({"track": {"call": CALL, "track": "77"}}, 409),
    ({"delay": {"call": "no/such/call/1", "events": ["departure"], "minutes": 5}}, 409),
    ({"delay": {"call": CALL, "events": ["arrival"], "minutes": 5}}, 409),
    (hand("hold", "no such task"), 409),
    (delay(5000), 400),
    (delay(minutes="5"), 400),
    ({"delay": {"call": CALL, "events": [], "minutes": 5}}, 400),
    ({"delay": {"call": CALL, "events": ["departure"]}}, 400),
    ({"delay": {"call": "x" * 400, "events": ["departure"], "minutes": 5}}, 400),
    ({"delay": 7}, 400),
    ({**delay(), "why": "x" * 300}, 400),
    ({**delay(), "show": {"targets": ["hall"]}}, 400),
    (hand("dance"), 400),
    ({"handle": {"tasks": [f"t{n}" for n in range(200)], "how": "hold"}}, 400),
    ({}, 400),
)


@pytest.mark.parametrize("alone", [False, True])
def test_what_cannot_be_is_refused_in_words(desk, alone):
    """Trying and doing say the same, in words, and nothing is changed or kept for the hub."""
    if alone:
        desk.alone()
    person = desk.person()
    for wish, code in IMPOSSIBLE:
        for path in ("try", "acts"):
            answer = person.post(path, wish)
            assert (answer.code, bool(answer.body["message"])) == (code, True)
    assert person.get("state").body["acts_waiting"] == 0
    assert person.get("acts").body["done"] == []


@pytest.mark.parametrize(
    ("login", "day", "tasks"),
    [("zhao", 403, 403), ("qian", 403, 403), ("li", 403, 200), ("wang", 200, 200), ("sun", 200, 200)],
)
def test_who_may_do_what(desk, login, day, tasks):
    """Viewers and administrators look on; announcers have the tasks; controllers and supervisors the day as well."""
    person = desk.person(login)
    for path in ("try", "acts"):
        assert person.post(path, delay()).code == day
        assert person.post(path, {"unknown": {"call": CALL, "events": ["departure"]}}).code == day
        assert person.post(path, {"track": {"call": CALL, "track": "1"}}).code == day
        assert person.post(path, hand("hold")).code == tasks
    who = person.get("who").body["person"]
    assert (who["may_work_the_day"], who["may_handle"]) == (day == 200, tasks == 200)


def test_a_delay_is_taken_back(desk):
    """The act's counterpart sets what was there before, and is an act like any other."""
    desk.alone()
    person = desk.person()
    act = person.post("acts", delay()).body["id"]
    second = person.post("acts", delay(40)).body["id"]
    assert person.post("undo", {"act": act}).body["error"] == "nothing-to-undo"
    assert person.post("undo", {"act": second}).code == 200
    assert desk.call.departure.best == at(85)
    assert person.post("undo", {"act": second}).code == 409
    assert person.post("undo", {"act": act}).code == 200
    assert desk.call.departure.best == at(60)
    desk.back()
    assert len([each for _, acts in desk.hub.side.acted for each in acts]) == 4
    assert desk.call.departure.best == at(60)


def test_what_somebody_changed_since_is_not_taken_back(desk):
    """The hub has set another delay meanwhile: there is no button, and no way round it."""
    person = desk.person()
    act = person.post("acts", delay()).body["id"]
    desk.world.settle()
    assert person.get("acts").body["done"][0]["can_undo"] is True
    deed = Delay(call=CALL, event=EventName.DEPARTURE, minutes=7)
    desk.hub.do(Act(id="act/other", at=desk.hub.side.state.facts.now, by="other", deeds=(deed,)))
    desk.world.settle()
    assert person.get("acts").body["done"][0]["can_undo"] is False
    assert person.post("undo", {"act": act}).body["error"] == "nothing-to-undo"


def test_a_hold_a_skip_and_an_unknown_delay_are_taken_back(desk):
    """Each gives back what was there before."""
    desk.alone()
    person = desk.person()
    for wish in (hand("hold"), hand("skip"), hand("release")):
        act = person.post("acts", wish).body["id"]
        assert person.post("undo", {"act": act}).code == 200
        assert (desk.task.hand, desk.task.state) == (Hand.AUTOMATIC, TaskState.PLANNED)
    act = person.post("acts", {"unknown": {"call": CALL, "events": ["departure"]}}).body["id"]
    assert person.post("undo", {"act": act}).code == 200
    assert desk.call.departure.unknown is False


def test_what_is_done_now_is_not_taken_back(desk):
    """An announcement that was sent off is out."""
    done = desk.person().post("acts", hand("now")).body
    assert done["can_undo"] is False


def test_undo_needs_the_right_to_what_it_does(desk):
    """An announcer does not take back a controller's delay."""
    act = desk.person().post("acts", delay()).body["id"]
    desk.world.settle()
    assert desk.person("li").post("undo", {"act": act}).code == 403
    assert desk.person("sun").post("undo", {"act": act}).code == 200


def test_refused_by_the_hub_is_shown(desk):
    """Who looks at the acts sees which one the hub did not make its own, whose it was, and why."""
    desk.alone()
    person = desk.person()
    act = person.post("acts", {**delay(), "why": EVIL}).body["id"]
    desk.hub.side.refusals[act] = ActRefusal(id=act, code="task-gone", why="It left an hour ago.")
    desk.back()
    (told,) = person.get("acts").body["refused"]
    assert (told["id"], told["by"], told["problem"]) == (act, "Wang (wang)", "It left an hour ago.")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([CALL, TASK, "hold"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["call", "events", "how"]), inner),
    max_leaves=6,
)
WORDS = st.sampled_from(["call", "events", "minutes", "tasks", "how", "track", "unknown", "cumulative", "x"])


@given(
    body=st.dictionaries(
        st.sampled_from(["why", "delay", "unknown", "track", "handle", "x"]),
        JSON | st.dictionaries(WORDS, JSON | st.just(["departure"]) | st.just([TASK])),
    )
)
def test_whatever_a_page_sends_is_a_wish_or_has_faults(body):
    """Nothing that is JSON makes the reading of it fail."""
    words = Table(body, "request", Faults())
    wish = wish_from(words)
    assert wish.empty <= bool(words.faults)


@pytest.mark.parametrize("why", ["\\ud800", "\\u0000", "\\u0007", "\\ufffe"])
def test_characters_that_no_document_can_hold(desk, why):
    """They are refused in words or left out; nothing fails, and nothing is kept for the hub that cannot be sent."""
    person = desk.person()
    body = json.dumps(delay())[:-1] + f', "why": "a{why}"}}'
    assert person.post("acts", body.encode()).code in (200, 400, 409)
    login = f'{{"login": "wang{why}", "password": "x{why}"}}'
    assert Person(desk).post("login", login.encode()).code in (400, 401)
    assert person.post("acts", delay(30)).code == 200
    desk.world.settle()
    assert desk.call.departure.best == at(90)


def test_what_people_write_comes_back_as_data(desk):
    """Markup in a reason or a train's name is JSON text, of a type that no browser takes for a page."""
    person = desk.person()
    answer = person.post("acts", {**delay(), "why": EVIL})
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "script" not in answer.headers["content-security-policy"]
    assert person.get("acts").body["done"][0]["why"] == EVIL


def test_pages_hear_of_every_change(desk):
    """The stream gives the state at once, and again soon after something was done; never more often than its pace."""
    browser = Browser(desk.face.site())
    browser.send("GET", "/api/v1/local/events")
    person = desk.person()
    person.post("acts", delay())
    person.post("acts", delay(30))
    desk.world.machine(1)
    code, headers, body = browser.take()
    assert (code, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    states = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]
    assert [state["change"] for state in states] == sorted({state["change"] for state in states})
    assert 2 <= len(states) <= 4
    assert "Wang" not in body.decode()
    desk.desk.stop()
