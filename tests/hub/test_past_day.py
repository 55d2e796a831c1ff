"""The day as it was at any minute: the same whether one jumps there or plays the day up to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from hub.making import HandThread, MadeHub, made_hub
from hub.telling import CALL, made
from hub.test_acts_api import TRACK
from hub.test_told import Telling
from service.web import Browser
from stationmaster.hub.consequences.past_api import PastApi
from stationmaster.hub.consequences.past_day import Cursor
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.web.bodies import as_json
from stationmaster_base.times import MINUTE, Instant, to_iso
from support.small_station import ZONE, at

FIRST, LAST = at("07:05"), at("08:20")


class Played(Telling):
    """A hub that has been through an hour, and what its trains were at the end of each minute."""

    def __init__(self, hub: MadeHub, url: URL) -> None:
        super().__init__(hub, url)
        PastApi(
            now=lambda: self.time,
            face=self.face,
            database=url,
            zone=ZONE,
            in_thread=HandThread(),
            reactor=hub.reactor,
        )
        self.calls: dict[int, Any] = {}
        for moment in range(FIRST, LAST + 1, MINUTE):
            self.until_moment(moment)
            if moment == at("07:30"):
                self.act("track", TRACK)
            if moment == at("07:56"):
                self.hub.put(*made("say-check-in", "07:56", "waiting-B"))
            if moment == at("08:02"):
                self.act("there", {"do": "actual", "call": CALL, "event": "arrival", "at": at("08:01")})
            self.calls[moment] = as_json(tuple(self.state.calls.values()))

    def until_moment(self, moment: int) -> None:
        clock = f"{(moment - at('00:00')) // 3600:02}:{(moment - at('00:00')) // 60 % 60:02}"
        self.until(clock)

    def then(self, moment: int, code: int = 200) -> Any:
        return self.get(f"/api/v1/past?at={to_iso(Instant(moment))}", code)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """One day for all: looking back changes nothing."""
    url = database_url("sqlite:///hub.db", tmp_path_factory.mktemp("past"))
    with made_hub(url) as hub:
        yield Played(hub, url)


def test_each_minute_is_as_it_was(played: Played) -> None:
    """Forwards minute by minute, back, and in leaps: the trains are those of that minute."""
    moments = [*range(FIRST, LAST + 1, 5 * MINUTE), at("07:29"), at("07:30"), LAST, FIRST, at("08:02")]
    for moment in moments:
        then = played.then(moment)
        assert then["calls"] == played.calls[moment], to_iso(Instant(moment))
        assert then["at"] == moment


@settings(max_examples=15)
@given(moments=st.lists(st.integers(FIRST, LAST), min_size=1, max_size=6).map(sorted))
def test_playing_and_jumping_agree(played: Played, moments: list[int]) -> None:
    """A cursor that went through the minutes before gives what one gives that begins there, for any seconds."""
    archive = DatabaseArchive(played.url)
    try:
        cursor = Cursor(archive, Instant(moments[0]))
        days = [cursor.day(Instant(moment), ZoneInfo("Asia/Shanghai")) for moment in moments]
        assert days == [Cursor(archive, Instant(moment)).day(Instant(moment), ZONE) for moment in moments]
    finally:
        archive.close()


def test_boards_words_and_what_waited(played: Played) -> None:
    """What boards showed, what was said in the hour before, and which conflicts and modes there were."""
    played.act("manual", {"do": "mode", "scope": "station", "manual": True})
    before, after = played.then(at("07:29")), played.then(at("07:31"))
    shown = {each["board"]: each["rows"] for each in before["boards"]}
    assert shown.keys() == {"hall-1", "gate-1A"}
    assert {each["board"] for each in after["boards"]} == {"hall-1", "gate-2A", "arr-1"}
    assert {"name": "track", "language": "", "text": "1"} in shown["hall-1"][0]["texts"]
    then = played.then(at("08:00"))
    said = {
        (zone["zone"], each["rule"]): (each["state"], each["ended"]) for zone in then["zones"] for each in zone["said"]
    }
    assert said["waiting-B", "say-check-in"] == ("done", at("07:56"))
    assert all(state in ("unconfirmed", "expired") for (_, rule), (state, _) in said.items() if rule != "say-check-in")
    assert (then["modes"], then["grade"]) == ([], "fresh")
    assert [mode["id"] for mode in played.then(LAST)["modes"]] == ["station"]


def test_what_cannot_be_asked(played: Played) -> None:
    """No time, a time to come and a time before there was anything are refused with their reason."""
    assert played.get("/api/v1/past?at=soon", 400)["error"] == "bad-argument"
    assert played.get("/api/v1/past", 400)["error"] == "bad-argument"
    assert played.then(LAST + 3600, 404)["error"] == "not-yet"
    assert played.then(at("05:00"), 404)["error"] == "before-journal"
    assert played.then(FIRST)["at"] == FIRST


def test_the_place_is_kept_only_for_a_while(played: Played) -> None:
    """What the last minute was read with is let go of when nobody asks any more; asking goes on all the same."""
    played.then(FIRST)
    played.hub.reactor.advance(120.0)
    assert played.then(FIRST + MINUTE)["calls"] == played.calls[FIRST + MINUTE]


def test_not_too_many_ask_at_once(sqlite_database: URL) -> None:
    """While some wait for the journal, one more is told to come again."""
    with made_hub(sqlite_database) as hub:
        played = Played.__new__(Played)
        Telling.__init__(played, hub, sqlite_database)
        thread = HandThread(at_once=False)
        PastApi(
            now=lambda: played.time,
            face=played.face,
            database=sqlite_database,
            zone=ZONE,
            in_thread=thread,
            reactor=hub.reactor,
        )
        for _ in range(4):
            Browser(played.face.site()).send("GET", "/api/v1/past?at=2026-03-01T07:00")
        answer = Browser(played.face.site()).ask("GET", "/api/v1/past?at=2026-03-01T07:00")
        assert (answer[0], json.loads(answer[2])["error"]) == (503, "busy")
