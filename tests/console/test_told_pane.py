"""What passengers were told that is no longer so, and the past, as people see them in the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from console.conftest import PEOPLE, LoggedIn
from console.fed_hub import G101, G103, FedHub, at
from console.speaking import Speaker, let_speak

TRAIN = "MZN/2026-03-01/G101/1"
CHECK_IN = f"{TRAIN}/check-in-open/1"
MOVED = f"{TRAIN}/platform-change/1"


@pytest.fixture(scope="module")
def console_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedHub]:
    """A hub at eight minutes to ten; check-in of the ten o'clock train has been announced."""
    hub = FedHub(tmp_path_factory.mktemp("hub"))
    let_speak(hub)
    speaker = None
    try:
        hub.start()
        hub.let_in("susan", *PEOPLE["susan"])
        hub.report(G101, G103)
        hub.step("09:49")
        hub.step("09:52")
        speaker = Speaker(hub)
        speaker.made(CHECK_IN, at("09:51"), "waiting-b")
        hub.act({"do": "track", "call": TRAIN, "track": "5"})
        hub.speaker = speaker  # type: ignore[attr-defined]
        yield hub
    finally:
        if speaker is not None:
            speaker.close()
        hub.close()


@pytest.fixture
def page(logged_in: LoggedIn) -> Page:
    return logged_in("susan", "told")


def look(page: Page, train: str = "g101") -> None:
    """Ask what was told of a train."""
    page.fill("#told-train", train)
    page.press("#told-train", "Enter")


def test_what_was_heard_and_shown(page: Page) -> None:
    """Zone and minute, the words that were said and those that would be; boards that showed the same stand together."""
    look(page)
    told = page.locator(".told")
    expect(told.locator("h2")).to_have_text("G101")
    heard = told.locator("table").filter(has=page.locator("caption", has_text="Heard"))
    expect(heard.locator("tbody tr")).to_have_count(1)
    row = heard.locator("tbody tr")
    for words in ("09:51", "Waiting Area B", "now open at gates 3A, 3B", "now open at gates 2A, 2B, 2C", "09:52"):
        expect(row).to_contain_text(words)
    shown = told.locator("table").filter(has=page.locator("caption", has_text="Shown"))
    first = shown.locator("tbody tr").first
    for words in ("G101", "Ticket Hall 1", "Gates 3A, 3B", "Platform 3", "Platform 2"):
        expect(first).to_contain_text(words)
    expect(told.locator("article")).to_contain_text("will leave from Platform 2, not from Platform 3")
    expect(told.locator("article button")).to_have_text("Say it now")


def test_undoing_what_was_announced_offers_to_put_it_right(page: Page, console_hub: FedHub) -> None:
    """The change of platform is said, then taken back: the words for that go with the undo, as one act."""
    speaker: Speaker = console_hub.speaker  # type: ignore[attr-defined]
    speaker.made(MOVED, at("09:52"), "waiting-b", "platform-3")
    expect(page.locator("#told-act option")).to_have_count(2)
    page.select_option("#told-act", index=1)
    expect(page.locator(".told h2")).to_contain_text("tester · track · G101")
    page.get_by_role("button", name="Undo this act").click()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("correction: train G101 to Wuhan is now at Platform 3")
    sheet.get_by_role("button", name="Undo and announce").click()
    expect(page.locator(".toast.ok")).to_be_visible()
    call = console_hub.get(f"/api/v1/calls/{TRAIN}")["call"]
    assert call["track"] == "7"
    (act, *_) = console_hub.get("/api/v1/acts?limit=1")["acts"]
    assert [deed["do"] for deed in act["deeds"]] == ["undo", "announce"]
    (task,) = [each for each in console_hub.get("/api/v1/tasks")["tasks"] if each["id"].startswith(act["id"])]
    assert "Platform 3" in next(text["text"] for text in task["texts"] if text["language"] == "en")


def test_the_past_is_marked_and_moves_minute_by_minute(page: Page) -> None:
    """The pane says on its head that this has been, and shows trains, a board and the words of the minute chosen."""
    page.get_by_role("link", name="Replay").click()
    replay = page.locator(".replay")
    expect(replay.locator(".mark")).to_contain_text("REPLAY: this is the past · 2026-03-01 09:51")
    train = replay.locator("tbody tr").filter(has_text="G101").first
    expect(train).to_contain_text("7")
    said = replay.locator(".said li").filter(has_text="done")
    expect(said).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(replay.locator(".mark")).to_contain_text("09:52")
    expect(said.filter(has_text="Check-in for train G101")).to_contain_text("Waiting Area B")
    page.fill("#replay-time", "0945")
    page.press("#replay-time", "Enter")
    expect(replay.locator(".mark")).to_contain_text("09:45")
    expect(said).to_have_count(0)
    page.fill("#replay-time", "0952")
    page.press("#replay-time", "Enter")
    expect(replay.locator(".mark")).to_contain_text("09:52")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".toast").filter(has_text="That is now")).to_be_visible()
    page.fill("#replay-find", "1111")
    expect(replay.locator(".halves > .scroll tbody tr")).to_have_count(1)
