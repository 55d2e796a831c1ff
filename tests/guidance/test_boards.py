"""The boards follow the agent and the time, exactly and no more often than they must."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from guidance.fakes import LAYOUT, NOON, board, configuration, row_task, stage
from guidance.making import Guidance
from stationmaster_agent.machine import AgentState
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Layout
from stationmaster_kernel.values import FeedGrade, Status


@pytest.fixture
def guidance(tmp_path: Path) -> Guidance:
    """One board at noon."""
    return Guidance(tmp_path)


def state_of(guidance: Guidance, name: str = "hall-1") -> dict[str, object]:
    """What the pages of a board hold."""
    shown = guidance.boards.get(name)
    assert shown is not None
    result: dict[str, object] = json.loads(guidance.boards.state(shown)[1])
    return result


def test_news_changes_the_picture_at_once(guidance: Guidance) -> None:
    """A row is there as soon as its task is, and gone with it."""
    guidance.source.show(row_task("G1"), row_task("G2", 40))
    assert guidance.shown() == [("G1", "waiting"), ("G2", "waiting")]
    guidance.source.show(row_task("G2", 40))
    assert guidance.shown() == [("G2", "waiting")]


def test_time_alone_changes_the_picture_at_its_moment(guidance: Guidance) -> None:
    """Rows come, change and go at their second, without news."""
    stages = (stage(NOON, Status.WAITING), stage(NOON + 95, Status.CHECKING_IN))
    guidance.source.show(row_task("G1", 2, stages=stages), row_task("G2", 9, start=Instant(NOON + 61)))
    seen = []
    for second in (0, 60, 61, 94, 95, 119, 120):
        guidance.step(second)
        assert guidance.boards.quiet
        seen.append(guidance.shown())
    waiting, checking, other = ("G1", "waiting"), ("G1", "checking_in"), ("G2", "waiting")
    assert seen == [
        [waiting],
        [waiting],
        [waiting, other],
        [waiting, other],
        [checking, other],
        [checking, other],
        [other],
    ]
    assert guidance.boards.next_at == NOON + 9 * 60


def test_quiet_is_denied_while_a_picture_is_of_the_past(guidance: Guidance) -> None:
    """Between the step of the clock and the work that is due by it, the boards do not claim to be right."""
    guidance.source.show(row_task("G1", 2))
    guidance.stepped.set(NOON + 120)
    guidance.stepped.clock.reread()
    assert not guidance.boards.quiet
    guidance.timer.poke()
    assert guidance.boards.quiet
    assert guidance.shown() == []


def test_a_state_is_published_only_when_it_differs(guidance: Guidance) -> None:
    """Minutes that change nothing, and news of other boards, cost the pages nothing."""
    guidance.source.show(row_task("G1"))
    first = guidance.event_id()
    for minute in range(1, 5):
        guidance.step(minute * 60)
        guidance.source.changed()
    guidance.source.show(row_task("G1"), row_task("G2", boards=("other",)))
    assert guidance.event_id() == first == "boot.2"
    guidance.source.show(row_task("G1", revision=2))
    assert guidance.event_id() == "boot.3"
    assert guidance.metric("stationmaster_guidance_states_total") == 3


def test_open_pages_are_told(guidance: Guidance) -> None:
    """A page that is connected gets the whole state first, and every later one under its own id."""
    browser = guidance.browser()
    browser.send("GET", "/board/hall-1/events")
    guidance.source.show(row_task("G1"))
    _, headers, body = browser.take()
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    events = body.decode().strip().split("\n\n")
    assert [event.splitlines()[0] for event in events] == ["id: boot.1", "id: boot.2"]
    assert [event.splitlines()[1] for event in events] == ["event: state", "event: state"]
    assert '"call":"MZN/2026-03-01/G1/1"' in events[1]
    assert guidance.metric("stationmaster_guidance_pages") == 1


def test_rows_of_several_boards_are_kept_apart(tmp_path: Path) -> None:
    """A task is shown on each board that it targets, and moves when its targets do."""
    guidance = Guidance(tmp_path, configuration(board("a"), board("b")))
    guidance.source.show(row_task("G1", boards=("a",)), row_task("G2", 40, boards=("a", "b")))
    assert [number for number, _ in guidance.shown("a")] == ["G1", "G2"]
    assert [number for number, _ in guidance.shown("b")] == ["G2"]
    guidance.source.show(row_task("G1", boards=("b",)), row_task("G2", 40, boards=("a", "b")))
    assert [number for number, _ in guidance.shown("a")] == ["G2"]
    assert [number for number, _ in guidance.shown("b")] == ["G1", "G2"]


def test_losing_the_feed_makes_boards_stale_after_the_layouts_minutes(guidance: Guidance) -> None:
    """A board owns up to old data when the layout's time has passed since the feed was fresh, and not before."""
    guidance.source.show(row_task("G1", 200))
    guidance.view.grade = FeedGrade.LOST
    guidance.source.changed()
    assert state_of(guidance)["stale"] is False
    guidance.step(30 * 60 - 1)
    assert state_of(guidance)["stale"] is False
    guidance.step(30 * 60)
    assert state_of(guidance)["stale"] is True
    guidance.view.grade = FeedGrade.FRESH
    guidance.source.changed()
    assert state_of(guidance)["stale"] is False


def test_a_feed_that_was_never_fresh_is_stale_at_once(guidance: Guidance) -> None:
    """Nothing is shown as fresh that never was."""
    guidance.view.grade, guidance.view.fresh_at = FeedGrade.LOST, None
    guidance.source.changed()
    assert state_of(guidance)["stale"] is True


@pytest.mark.parametrize(
    ("state", "alone"),
    [
        (AgentState.ONLINE, False),
        (AgentState.SUSPECT, False),
        (AgentState.ALONE, True),
        (AgentState.RESYNCING, True),
    ],
)
def test_pages_know_whether_guidance_is_alone(guidance: Guidance, state: AgentState, alone: bool) -> None:
    """Rows stay when the hub goes, and the page is told that guidance is on its own."""
    guidance.source.show(row_task("G1"))
    guidance.view.state = state
    guidance.source.changed()
    assert state_of(guidance)["alone"] is alone
    assert guidance.shown() == [("G1", "waiting")]


def test_a_broken_layout_is_said_and_its_boards_go_on_plainly(tmp_path: Path) -> None:
    """One bad layout neither stops the others nor blanks its own boards."""
    station = configuration(board("a"), board("b", layout="bad"), board("c", layout="none"))
    station = replace(station, layouts=(*station.layouts, Layout(id="bad", body="rows = ")))
    with capture_logs() as logs:
        guidance = Guidance(tmp_path, station)
    assert guidance.boards.broken == ("bad", "none")
    assert [log["event"] for log in logs] == ["layout-broken", "layout-missing"]
    guidance.source.show(row_task("G1", boards=("a", "b", "c")))
    assert [guidance.shown(name) for name in "abc"] == [[("G1", "waiting")]] * 3


def test_a_new_configuration_redraws_and_removes(tmp_path: Path) -> None:
    """A changed layout reaches the page; a board that is no more loses its page; rows survive."""
    guidance = Guidance(tmp_path, configuration(board("a"), board("b")))
    guidance.source.show(row_task("G1", boards=("a", "b", "c")))
    browser = guidance.browser()
    browser.send("GET", "/board/b/events")
    before = guidance.event_id("a")
    guidance.view.configuration = configuration(board("a"), board("c"), body=LAYOUT.replace("rows = 3", "rows = 5"))
    guidance.source.changed()
    assert guidance.event_id("a") != before
    assert guidance.boards.get("b") is None
    assert browser.transport.value().endswith(b"0\r\n\r\n")
    assert guidance.shown("c") == [("G1", "waiting")]


def test_boards_wait_for_the_station(tmp_path: Path) -> None:
    """Before the hub was ever heard there is nothing to show, and nothing fails; then everything is there."""
    guidance = Guidance(tmp_path, known=False)
    assert not guidance.boards.ready
    guidance.source.show(row_task("G1"))
    guidance.view.configuration = configuration()
    guidance.source.changed()
    assert guidance.boards.ready
    assert guidance.shown() == [("G1", "waiting")]


def test_a_title_can_name_what_the_board_serves(tmp_path: Path) -> None:
    """The page gets the names of the places that the board is for, and its own where it is for all."""
    guidance = Guidance(tmp_path, configuration(board("a"), board("b", gates=("1A", "1B"), platforms=("1",))))
    places = {name: state_of(guidance, name)["board"]["places"] for name in "ab"}  # type: ignore[index]
    assert places == {
        "a": {"zh": "售票厅屏", "en": "Ticket Hall"},
        "b": {"zh": "1A、1B", "en": "1A, 1B"},
    }
