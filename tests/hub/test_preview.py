"""What an act would do is told before it is done, and asking does nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import URL

from hub.making import HandThread, MadeHub, contents, made_hub, tick
from hub.telling import CALL, beginning, made
from hub.test_acts_api import LI, TRACK, Fixture
from service.web import Browser
from stationmaster.hub.consequences.preview_api import FEW_DEEDS, MOST_WAITING, PreviewApi
from stationmaster.hub.people.askers import Askers
from stationmaster_kernel.inputs import Plan
from support.small_station import DAY, at, planned

DELAY = {"do": "delay", "call": CALL, "event": "departure", "minutes": 20}


class Looking(Fixture):
    """A hub with the pages for acts, and for what they would do."""

    def __init__(self, hub: MadeHub) -> None:
        super().__init__(hub, first=beginning())
        self.thread = HandThread()
        PreviewApi(view=self.view, recent=self.recent, askers=Askers((LI,)), face=self.face, in_thread=self.thread)

    def ask(self, *deeds: dict[str, Any], token: str = LI.token, **more: Any) -> tuple[int, Any]:
        status, _, body = self.asked(*deeds, token=token, **more).take()
        return status, json.loads(body)

    def asked(self, *deeds: dict[str, Any], token: str = LI.token, **more: Any) -> Browser:
        raw = json.dumps({"id": "p", "deeds": list(deeds), **more}).encode()
        browser = Browser(self.face.site())
        headers = f"Authorization: Bearer {token}\r\n" if token else ""
        browser.send("POST", "/api/v1/acts/preview", f"{headers}Content-Length: {len(raw)}\r\n")
        browser.protocol.dataReceived(raw)
        return browser

    def look(self, *deeds: dict[str, Any], **more: Any) -> Any:
        status, body = self.ask(*deeds, **more)
        assert (status, body["refused"]) == (200, None), body
        return body["preview"]


@pytest.fixture
def looking(sqlite_database: URL) -> Iterator[Looking]:
    with made_hub(sqlite_database) as hub:
        yield Looking(hub)


def test_nothing_is_done(looking: Looking) -> None:
    """After a preview state and journal are what they were, and the id is still free."""
    before, position = contents(looking.state), looking.hub.pipeline.position
    looking.look(TRACK)
    assert (contents(looking.state), looking.hub.pipeline.position) == (before, position)
    looking.act("p", TRACK)


def test_a_track_with_its_consequences(looking: Looking) -> None:
    """The call's fields from what to what, the rows that change, the announcement that would be made."""
    found = looking.look(TRACK)
    (call,) = found["calls"]
    fields = {each["field"]: (each["before"], each["after"]) for each in call["fields"]}
    assert (call["id"], call["change"], fields["track"], fields["platform"]) == (
        CALL,
        "changed",
        ("1", "2"),
        ("1", "2"),
    )
    assert fields["gates"] == (["1A"], ["2A"])
    assert call["call"]["track"] == "2"
    tasks = {each["id"].rpartition("/")[0].rpartition("/")[2]: each for each in found["tasks"]}
    assert tasks["moved"]["change"] == "made"
    assert tasks["moved"]["after"]["texts"][0]["text"].startswith("G1 moved to")
    assert tasks["hall"]["change"] == "changed"
    assert {"targets", "texts"} <= set(tasks["hall"]["fields"])
    assert tasks["hall"]["before"]["targets"] != tasks["hall"]["after"]["targets"]


def test_it_tells_what_the_act_then_does(looking: Looking) -> None:
    """What was foretold is what comes, resource by resource."""
    found = looking.look(TRACK, DELAY)
    looking.act("done", TRACK, DELAY)
    assert found["calls"][0]["call"]["departure"]["expected"] == looking.state.calls[CALL].departure.expected  # type: ignore[union-attr]
    for each in found["tasks"]:
        task = looking.state.tasks[each["id"]]
        assert [text["text"] for text in each["after"]["texts"]] == [text.text for text in task.texts]


def test_an_occupied_track_is_seen_before_it_is_taken(looking: Looking) -> None:
    """Two trains on one track: the conflict is in the preview; and gone again where an act would end it."""
    looking.hub.put(Plan(id="plan/2", at=at("07:00"), day=DAY, calls=(planned(), planned("G3", track="2"))))
    (made_conflict,) = looking.look(TRACK)["conflicts_made"]
    assert (made_conflict["kind"], made_conflict["grave"], made_conflict["place"]) == ("track", True, "2")
    looking.act("there", TRACK)
    back = looking.look({**TRACK, "track": "1"})
    assert [each["id"] for each in back["conflicts_ended"]] == [made_conflict["id"]]
    assert back["conflicts_made"] == []


def test_what_would_be_refused_is_told(looking: Looking) -> None:
    """A refusal of the kernel is an answer: code, words, what to do; and what has changed meanwhile."""
    status, body = looking.ask({**TRACK, "track": "77"})
    assert (status, body["preview"], body["told"]) == (200, None, None)
    assert (body["refused"]["code"], "'77'" in body["refused"]["message"]) == ("deed-impossible", True)
    known = [{"kind": "call", "id": CALL, "revision": looking.state.calls[CALL].revision}]
    looking.act("meanwhile", DELAY)
    _, body = looking.ask(TRACK, known=known)
    assert body["refused"]["code"] == "changed-meanwhile"
    assert "departure.expected" in {each["field"] for each in body["refused"]["changed"][0]["fields"]}


def test_withdrawn_made_and_other_things(looking: Looking) -> None:
    """Suspending takes announcements back; a mode is told as what it is; an extra train as a call that is made."""
    found = looking.look({"do": "running", "call": CALL, "running": "suspended", "reason": "flood"})
    changes = {each["change"] for each in found["tasks"]}
    assert {"withdrawn", "made"} <= changes
    found = looking.look({"do": "mode", "scope": "station", "manual": True})
    (mode,) = found["others"]
    assert (mode["kind"], mode["id"], mode["change"], mode["before"]) == ("mode", "station", "made", None)
    extra = {
        "number": "D9",
        "numbers": ["D9"],
        "train_class": "",
        "kind": "origin",
        "origin": "x",
        "destination": "包头",
    }
    extra |= {"departure": at("09:00"), "track": "3"}
    found = looking.look({"do": "add", "day": "2026-03-01", "planned": extra})
    (call,) = found["calls"]
    assert (call["change"], call["fields"], call["call"]["number"]) == ("made", [], "D9")


def test_who_may_not_act_may_not_look(looking: Looking) -> None:
    """The refusals of acts come before the kernel is asked: no token, no sense, too much."""
    assert looking.ask(TRACK, token="")[0] == 401
    assert looking.ask({"do": "track", "call": CALL})[1]["error"] == "bad-act"


def test_many_deeds_are_looked_at_in_a_thread(looking: Looking) -> None:
    """A large act does not hold the hub up, and not many of them wait at once."""
    looking.thread.at_once = False
    many = [DELAY] * (FEW_DEEDS + 1)
    waiting = [looking.asked(*many) for _ in range(MOST_WAITING)]
    assert looking.ask(*many)[1]["error"] == "busy"
    assert looking.ask(TRACK)[0] == 200
    looking.thread.run()
    assert {browser.take()[0] for browser in waiting} == {200}
    looking.thread.at_once = True
    assert looking.ask(*many)[0] == 200


def test_undoing_what_was_said_offers_to_put_it_right(looking: Looking) -> None:
    """The platform change was announced and is taken back: who heard it, what it is now, and the words for that."""
    looking.hub.put(*(tick(number) for number in range(61, 100)))
    looking.time = float(at("07:39"))
    looking.act("wrong", TRACK)
    looking.hub.put(*made("moved", "07:40", "waiting-A", "platform-1", "platform-2"))
    status, body = looking.ask({"do": "undo", "act": "act/wrong"})
    told = body["told"]
    assert (status, told["calls"]) == (200, [CALL])
    (heard,) = told["heard"]
    assert [each["zone"] for each in heard["zones"]] == ["platform-1", "platform-2", "waiting-A"]
    assert heard["texts"][0]["text"] == "G1 moved to 2platform from 1platform"
    assert heard["now"][0]["text"] == "G1 moved to 1platform from 1platform"
    (shown,) = (each for each in told["shown"] if each["rule"] == "hall")
    assert (shown["until"], {text["text"] for text in shown["texts"]} >= {"2"}) == (None, True)
    (correction,) = told["corrections"]
    assert correction["texts"][0]["text"] == "correction: G1 at 1platform"
    assert correction["deed"]["template"] == "topic.correction"
    looking.act("right", {"do": "undo", "act": "act/wrong"}, correction["deed"])
    announcement = looking.state.tasks["act/right/2"]
    assert announcement.texts[0].text == "correction: G1 at 1platform"
