"""What guidance serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guidance.fakes import NOON, row_task, stage
from guidance.making import Guidance
from stationmaster_kernel.values import Status


@pytest.fixture
def guidance(tmp_path: Path) -> Guidance:
    """One board at noon with two trains."""
    made = Guidance(tmp_path)
    made.source.show(row_task("G1"), row_task("G2", 40, stages=(stage(NOON, Status.LATE),)))
    return made


def test_api_tells_every_row_of_every_board(guidance: Guidance) -> None:
    """One answer holds all that all boards show at the present station time."""
    code, headers, body = guidance.browser().ask("GET", "/api/v1/boards")
    assert code == 200
    assert headers["content-type"].startswith("application/json")
    answer = json.loads(body)
    assert answer["station_time"] == "2026-03-01T04:00:00Z"
    assert answer["as_of"] == "2026-03-01T04:00:00Z"
    assert answer["state"] == "online"
    assert list(answer["boards"]) == ["hall-1"]
    assert answer["boards"]["hall-1"]["stale"] is False
    first, second = answer["boards"]["hall-1"]["rows"]
    assert first == {
        "call": "MZN/2026-03-01/G1/1",
        "task": "MZN/2026-03-01/G1/1/row-hall/1",
        "revision": 1,
        "number": "G1",
        "status": "waiting",
        "fields": {
            "number": {"": "G1"},
            "planned": {"": "12:30"},
            "expected": {"": ""},
            "destination": {"zh": "北京北", "en": "Beijing North"},
            "platform": {"zh": "1站台", "en": "Platform 1"},
        },
        "status_texts": {"zh": "候车", "en": "Waiting"},
        "region": 0,
        "page": 1,
    }
    assert (second["number"], second["status"]) == ("G2", "late")


def test_api_tells_rows_without_room_too(guidance: Guidance) -> None:
    """A row for which the board has no page is on by the data: it is told, with page 0."""
    guidance.source.show(*(row_task(f"G{n}", n) for n in range(10, 20)))
    answer = json.loads(guidance.browser().ask("GET", "/api/v1/boards")[2])
    assert [row["page"] for row in answer["boards"]["hall-1"]["rows"]] == [1, 1, 1, 2, 2, 2, 0, 0, 0, 0]
    assert guidance.metric("stationmaster_guidance_rows_without_room") == 4


def test_api_is_of_the_present_time_even_before_the_timer_ran(guidance: Guidance) -> None:
    """Who asks after a step gets the new minute's rows, never the old ones under the new time."""
    guidance.stepped.set(NOON + 35 * 60)
    guidance.stepped.clock.reread()
    answer = json.loads(guidance.browser().ask("GET", "/api/v1/boards")[2])
    assert answer["station_time"] == "2026-03-01T04:35:00Z"
    assert [row["number"] for row in answer["boards"]["hall-1"]["rows"]] == ["G2"]


def test_board_page_and_head(guidance: Guidance) -> None:
    """A board has a page, and the page can ask which state it ought to show."""
    code, headers, page = guidance.browser().ask("GET", "/board/hall-1")
    assert (code, headers["content-type"]) == (200, "text/html; charset=utf-8")
    head = json.loads(guidance.browser().ask("GET", "/board/hall-1/head")[2])
    assert head["id"] == guidance.event_id()
    assert f'content="{head["version"]}"'.encode() in page


@pytest.mark.parametrize("file", ["board.js", "draw.js", "feed.js", "fit.js", "board.css", "boards.js", "icon.svg"])
def test_files_of_the_page_are_served(guidance: Guidance, file: str) -> None:
    """Everything that a page loads comes from the same process."""
    assert guidance.browser().ask("GET", f"/guidance/{file}")[0] == 200


def test_unknown_board_is_said(guidance: Guidance) -> None:
    """A board that the station does not have is answered with those that it has."""
    code, _, body = guidance.browser().ask("GET", "/board/nowhere/head")
    answer = json.loads(body)
    assert (code, answer["error"], answer["boards"]) == (404, "no-such-board", ["hall-1"])
    assert guidance.browser().ask("GET", "/board/nowhere/events")[0] == 404
    assert guidance.browser().ask("GET", "/board/nowhere")[0] == 200


def test_before_the_station_is_known_pages_wait(tmp_path: Path) -> None:
    """A page that is opened too early gets an answer that it can wait with; it is no error of the page."""
    guidance = Guidance(tmp_path, known=False)
    code, _, body = guidance.browser().ask("GET", "/board/hall-1/head")
    assert (code, json.loads(body)["error"]) == (200, "waiting")
    assert guidance.browser().ask("GET", "/board/hall-1/events")[0] == 503
    assert json.loads(guidance.browser().ask("GET", "/api/v1/boards")[2])["boards"] == {}
    assert "尚未收到" in guidance.browser().ask("GET", "/")[2].decode()


def test_list_of_boards(guidance: Guidance) -> None:
    """The front page links to every board."""
    code, _, body = guidance.browser().ask("GET", "/")
    assert code == 200
    assert '<a href="/board/hall-1?look">售票厅屏 · Ticket Hall</a>' in body.decode()
