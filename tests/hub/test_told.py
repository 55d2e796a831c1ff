"""What passengers were told that is no longer so: which zones heard and boards showed it, and what puts it right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.engine import URL

from hub.making import HandThread, MadeHub, made_hub, tick
from hub.telling import CALL, TELLING, beginning, made
from hub.test_acts_api import TRACK, Fixture
from service.web import Browser
from stationmaster.hub.consequences import versions
from stationmaster.hub.consequences.told_api import ToldApi
from stationmaster.hub.consequences.versions import Proofs, row_versions
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster_kernel.inputs import Feed
from stationmaster_protocol.equipment import Evidence, Readback, ShownRow
from support.small_station import at, record

HALL = f"{CALL}/hall/1"


class Telling(Fixture):
    """A hub whose passengers are told things, and that says which of them are no longer so."""

    def __init__(self, hub: MadeHub, url: URL, **more: Any) -> None:
        super().__init__(hub, first=beginning(**more))
        self.proofs, self.url = Proofs(), url
        self.thread = HandThread()
        ToldApi(view=self.view, proofs=self.proofs, face=self.face, database=url, in_thread=self.thread)

    def until(self, clock: str) -> None:
        """Time passes, minute by minute."""
        ticked = self.state.facts.ticked
        assert ticked is not None
        self.hub.put(*(tick((moment - at("06:00")) // 60) for moment in range(ticked + 60, at(clock) + 1, 60)))
        self.time = float(at(clock))

    def told(self, query: str, code: int = 200) -> Any:
        return self.get(f"/api/v1/told?{query}", code)

    def shows(self, *boards: str, evidence: Evidence = Evidence.PAINTED) -> None:
        """Boards read back the row of the hall as it is now."""
        row = ShownRow(task=HALL, revision=self.state.tasks[HALL].revision)
        now = self.state.facts.now
        self.proofs.observed(Readback(target=board, at=now, evidence=evidence, rows=(row,)) for board in boards)


@pytest.fixture
def telling(sqlite_database: URL) -> Iterator[Telling]:
    with made_hub(sqlite_database) as hub:
        yield Telling(hub, sqlite_database)


def test_nothing_was_told_that_is_not_so(telling: Telling) -> None:
    """What was said and shown of a train that goes as it was said to go is not told."""
    telling.until("07:56")
    telling.hub.put(*made("say-check-in", "07:56", "waiting-A"))
    told = telling.told(f"call={CALL}")["told"]
    assert told == {"calls": [CALL], "heard": [], "shown": [], "corrections": []}


def test_a_track_that_was_changed_after_check_in_was_announced(telling: Telling) -> None:
    """The waiting room heard the old gate and the hall showed the old track: both are told, with the words for it."""
    telling.until("07:54")
    telling.shows("hall-1")
    telling.shows("gate-1A", evidence=Evidence.SENT)
    telling.until("07:56")
    telling.hub.put(*made("say-check-in", "07:56", "waiting-A"))
    telling.time = float(at("07:57"))
    telling.act("moved", TRACK, why="points failure")
    telling.until("07:58")
    body = telling.told("act=act/moved")
    assert (body["act"]["by"], body["act"]["why"]) == ("desk-1", "points failure")
    (heard,) = body["told"]["heard"]
    assert heard["texts"][0]["text"] == "check-in G1 at 1platform gates 1Agate"
    assert heard["now"][0]["text"] == "check-in G1 at 2platform gates 2Agate"
    assert heard["zones"] == [{"zone": "waiting-A", "state": "done", "at": at("07:56")}]
    assert ("track", "operator", "desk-1") in {(each["field"], each["source"], each["by"]) for each in heard["because"]}
    (shown,) = (each for each in body["told"]["shown"] if each["task"] == HALL)
    assert (shown["since"], shown["until"]) == (at("06:10"), at("07:57"))
    assert (sorted(shown["boards"]), shown["proved"]) == (["gate-1A", "hall-1"], ["hall-1"])
    for words, platform in ((shown["texts"], "1platform"), (shown["now"], "2platform")):
        assert {"name": "platform", "language": "zh", "text": platform} in words
    (correction,) = body["told"]["corrections"]
    assert correction["texts"][0]["text"] == "G1 moved to 2platform from 1platform"
    assert correction["deed"]["targets"][0] == "waiting-A"
    assert correction["task"] == f"{CALL}/moved/1"


def test_what_was_put_right_needs_no_more_words(telling: Telling) -> None:
    """When the change has been announced, what was heard before is still told, and nothing more is to be said."""
    telling.until("07:56")
    telling.hub.put(*made("say-check-in", "07:56", "waiting-A"))
    telling.act("moved", TRACK)
    telling.until("07:57")
    telling.hub.put(*made("moved", "07:57", "waiting-A", "platform-1"))
    told = telling.told(f"call={CALL}")["told"]
    assert [each["rule"] for each in told["heard"]] == ["say-check-in"]
    assert told["corrections"] == []


def test_what_a_correction_says_can_be_sent(telling: Telling) -> None:
    """The prepared deed goes into an act as it is, and then nothing more is to be said."""
    telling.until("07:40")
    telling.act("wrong", TRACK)
    telling.hub.put(*made("moved", "07:40", "waiting-A", "platform-2"))
    telling.act("back", {"do": "undo", "act": "act/wrong"})
    (correction,) = telling.told("act=act/wrong")["told"]["corrections"]
    assert correction["texts"][0]["text"] == "correction: G1 at 1platform"
    telling.act("said", correction["deed"])
    task = telling.state.tasks["act/said/1"]
    assert [text.text for text in task.texts] == [text["text"] for text in correction["texts"]]


def test_without_words_for_it_the_same_is_said_anew(sqlite_database: URL) -> None:
    """A station without a template for corrections has what was said said again, as it is now."""
    templates = tuple(each for each in TELLING.templates if each.id != "topic.correction")
    with made_hub(sqlite_database) as hub:
        telling = Telling(hub, sqlite_database, configuration=replace(TELLING, templates=templates))
        telling.until("07:56")
        telling.hub.put(*made("say-check-in", "07:56", "waiting-A"))
        telling.act("gates", {"do": "places", "call": CALL, "gates": ["2A"]})
        (correction,) = telling.told(f"call={CALL}")["told"]["corrections"]
        assert correction["deed"]["template"] == "check-in"
        assert correction["texts"][0]["text"] == "check-in G1 at 1platform gates 2Agate"


def test_a_feed_makes_things_wrong_too(telling: Telling) -> None:
    """What the dispatchers changed is told in the same way; the apology of the rules is what puts it right."""
    telling.until("07:50")
    telling.hub.put(Feed(id="f", at=at("07:50"), records=(record(expected_departure=at("08:40"), track="1"),)))
    telling.until("07:51")
    told = telling.told(f"call={CALL}")["told"]
    assert told["heard"] == []
    assert {each["rule"] for each in told["shown"]} == {"hall"}
    (correction,) = told["corrections"]
    assert (correction["texts"][0]["text"], correction["deed"]["template"]) == ("G1 is 30 minutes late", "apology")


def test_how_far_back_boards_are_looked_at(telling: Telling) -> None:
    """Only the minutes that are asked for are looked at, and only the trains that are asked for."""
    telling.until("07:30")
    telling.act("moved", TRACK)
    telling.until("07:50")
    assert telling.told(f"call={CALL}&minutes=60")["told"]["shown"] != []
    archive = DatabaseArchive(telling.url)
    try:
        assert row_versions(archive, ["TST/2026-03-01/G9/1"], at("06:00")) == []
        assert {each.id for each in row_versions(archive, [CALL], at("06:00"))} == {HALL, f"{CALL}/arrivals/1"}
    finally:
        archive.close()


def test_what_was_said_is_known_without_the_journal(telling: Telling) -> None:
    """With no minutes only announcements are told, at once."""
    telling.until("07:56")
    telling.hub.put(*made("say-check-in", "07:56", "waiting-A"))
    telling.act("moved", TRACK)
    telling.thread.at_once = False
    told = telling.told("act=act/moved&minutes=0")["told"]
    assert ([each["rule"] for each in told["heard"]], told["shown"]) == (["say-check-in"], [])
    assert [each["task"] for each in told["corrections"]] == [f"{CALL}/moved/1"]


def test_what_cannot_be_asked(telling: Telling) -> None:
    """A train or an act has to be named, one of them, and it has to be there."""
    for query in ("", f"call={CALL}&act=act/x", f"call={CALL}&minutes=x", f"call={CALL}&minutes=2000"):
        assert telling.told(query, 400)["error"] == "bad-argument"
    assert telling.told("call=none", 404)["error"] == "no-such-call"
    assert telling.told("act=act/none", 404)["error"] == "no-such-act"


def test_not_too_many_ask_at_once(telling: Telling) -> None:
    """While some wait for the journal, one more is told to come again."""
    telling.thread.at_once = False
    for _ in range(4):
        Browser(telling.face.site()).send("GET", f"/api/v1/told?call={CALL}")
    answer = Browser(telling.face.site()).ask("GET", f"/api/v1/told?call={CALL}")
    assert (answer[0], json.loads(answer[2])["error"]) == (503, "busy")
    telling.thread.run()
    telling.thread.at_once = True
    telling.told(f"call={CALL}")


def test_proofs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest rows that were read back are forgotten first."""
    monkeypatch.setattr(versions, "MOST_PROVED", 3)
    proofs = Proofs()
    rows = tuple(ShownRow(task=f"t{number}", revision=1) for number in range(5))
    proofs.observed([Readback(target="hall-1", at=at("07:00"), evidence=Evidence.PAINTED, rows=rows)])
    assert len(proofs) == 3
    assert [proofs.proved("hall-1", f"t{number}", 1) for number in range(5)] == [False, False, True, True, True]
