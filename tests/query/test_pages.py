"""What query serves."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from query.making import Query
from stationmaster_agent.machine import AgentState
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.values import FeedGrade


@pytest.fixture
def query(tmp_path: Path) -> Query:
    """A morning at the sample station."""
    return Query(tmp_path)


def search(query: Query, arguments: str = "") -> dict[str, object]:
    """The answer to a search."""
    code, headers, body = query.browser().ask("GET", f"/api/v1/search{arguments}")
    assert code == 200
    assert headers["content-type"].startswith("application/json")
    answer: dict[str, object] = json.loads(body)
    return answer


def test_search_tells_all_that_a_passenger_needs(query: Query) -> None:
    """A train's answer holds its status, times, platform, gates and area, in words of both languages."""
    planned = query.day.next_departure(30)
    (found,) = [call for call in search(query, f"?q={planned.number}")["calls"] if call["number"] == planned.number]  # type: ignore[attr-defined]
    call = next(call for call in query.day.state.calls.values() if call.number == planned.number)
    assert found["call"] == call.id
    assert found["revision"] == call.revision
    assert set(found["status_texts"]) == {"zh", "en"}
    assert found["platform"]["en"] == f"Platform {call.platform}"
    assert found["gates"]["zh"] == "、".join(call.gates)
    assert found["areas"]["en"].startswith("Waiting Area")
    assert found["departure"]["planned"].startswith("2026-03-02T")
    assert found["event"] == "departure"


def test_search_by_place_and_time(query: Query) -> None:
    """Chinese, pinyin and English lead to the same trains; a time moves the window."""
    found = [
        [call["call"] for call in search(query, f"?place={quote(typed)}")["calls"]]  # type: ignore[attr-defined]
        for typed in ("北京西", "bjx", "Beijing West")
    ]
    assert found[0] == found[1] == found[2] != []
    evening = search(query, "?from=18:00")
    assert evening["from"] == "2026-03-02T10:00:00Z"
    assert all(
        (call["departure"] or call["arrival"])["planned"] >= "2026-03-02T10:00:00Z" or call["departure"]["best"]
        for call in evening["calls"]  # type: ignore[attr-defined]
    )


def test_bad_question_is_answered_with_a_message(query: Query) -> None:
    """A kiosk's mistake is a 400 with a code, never a traceback."""
    for arguments in ("?from=26:00", "?q=%ff"):
        code, _, body = query.browser().ask("GET", f"/api/v1/search{arguments}")
        assert (code, json.loads(body)["error"]) == (400, "bad-question")


def test_before_the_station_is_known_the_answer_is_empty(tmp_path: Path) -> None:
    """A kiosk that starts before its hub waits, and is told so."""
    query = Query(tmp_path, known=False)
    query.view.state = AgentState.RESYNCING
    answer = search(query)
    assert (answer["station"], answer["calls"], answer["stale"]) == (None, [], True)


def test_old_data_is_called_old(query: Query) -> None:
    """Half an hour after the feed was last fresh, every answer says that it may be out of date."""
    query.view.grade, query.view.state = FeedGrade.LOST, AgentState.ALONE
    assert (search(query)["stale"], search(query)["state"]) == (False, "alone")
    query.view.fresh_at = Instant(query.day.now - 30 * MINUTE)
    assert search(query)["stale"] is True


def test_kiosks_hear_of_changes_once(query: Query) -> None:
    """News and new minutes are told to open kiosks; a listener's call without news is not."""
    browser = query.browser()
    browser.send("GET", "/events")
    query.source.changed()
    query.day.report(query.day.next_departure().number, reason="x")
    query.source.adopt(query.day)
    query.source.changed()
    query.stepped.set(query.day.now + 60)
    query.stepped.clock.reread()
    query.source.changed()
    query.source.changed()
    events = browser.take()[2].decode().strip().split("\n\n")
    assert [event.splitlines()[0] for event in events] == ["id: boot.1", "id: boot.2", "id: boot.3"]


@pytest.mark.parametrize("path", ["/", "/query/kiosk.js", "/query/kiosk.css", "/query/words.js", "/static/clock.js"])
def test_pages_and_files_are_served(query: Query, path: str) -> None:
    """The kiosk and everything that it loads come from this process."""
    assert query.browser().ask("GET", path)[0] == 200
