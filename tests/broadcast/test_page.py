"""The page in a real browser: what plays, waits and was said, kept up to date without a reload."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from broadcast.running import Station, station
from guidance.browsing import TORN, chromium, listen_for_errors


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a headless browser; errors on its console fail the test."""
    with chromium() as browser:
        made = browser.new_page(viewport={"width": 1280, "height": 900})
        errors = listen_for_errors(made)
        yield made
    assert [error for error in errors if not any(word in error for word in TORN)] == []


def zone(page: Page, name: str) -> str:
    """What stands in a zone's card."""
    return page.locator(f'[data-zone="{name}"]').inner_text()


def test_the_page_follows_the_station(tmp_path: Path, page: Page) -> None:
    """Zones fill and empty, what was said is listed with a sound that can be heard, all without a reload.

    The page says when the hub is gone and when its own process is gone, and comes back by itself.
    """
    with station(tmp_path) as held:
        held.run_to(59)
        page.goto(held.base)
        expect(page.locator("#station")).to_have_text("试验 Trial")
        expect(page.locator("#state")).to_have_text("联机 online")
        expect(page.locator(".shadow-badge")).to_be_visible()
        assert [zone(page, name).split("\n")[0] for name in "abc"] == ["a区 Zone a", "b区 Zone b", "c区 Zone c"]
        assert "空闲" in zone(page, "a")
        page.evaluate("window.loaded_once = true")

        held.step(60)
        expect(page.locator('[data-zone="a"] .now')).to_contain_text("K1178 ▶ 09:01:00 → 09:01:1")
        assert "K1178次列车晚点约25分钟。" in zone(page, "a")
        assert "Train K1178 is 25 minutes late." in zone(page, "a")
        expect(page.locator('[data-zone="a"] ol li')).to_have_text("检票到发 Check-in and arrivalG1 09:01:00")
        _keep_picture(page)

        held.run_to(200)
        expect(page.locator("#played tr")).to_have_count(4)
        first = page.locator("#played tr").first
        expect(first).to_contain_text("c区 Zone c")
        expect(first.locator("td.done")).to_be_visible()
        link = first.locator("a").get_attribute("href")
        length = page.evaluate(
            """async (link) => {
              const audio = new Audio(link);
              await new Promise((done, failed) => {
                audio.onloadedmetadata = done;
                audio.onerror = () => failed(new Error("no sound"));
              });
              return audio.duration;
            }""",
            link,
        )
        assert length == pytest.approx(held.played()[-1]["seconds"], abs=0.01)

        held.end("hub")
        expect(page.locator("#state")).to_have_text("自治 autonomous")
        held.run_to(400, "alone")
        expect(page.locator("#played tr")).to_have_count(5)

        held.end("broadcast", signal.SIGKILL)
        expect(page.locator("#state")).to_have_text("无连接 no connection")
        held.start()
        expect(page.locator("#state")).not_to_have_text("无连接 no connection")
        expect(page.locator("#played tr")).to_have_count(5)
        assert page.evaluate("window.loaded_once")


def test_the_page_says_when_nothing_can_be_said(tmp_path: Path, page: Page) -> None:
    """An engine that does not start is a red line on the page, `degraded` in health, and failed announcements."""
    with station(tmp_path, engine="pyttsx3", more='[broadcast.speech]\nvoices = { zh = "sit/none" }') as held:
        held.wait(lambda: "no voice" in held.get("/healthz")["speech"], "it does not complain")
        page.goto(held.base)
        expect(page.locator("#problem")).to_have_text("不能播音 Cannot speak: the speech engine has no voice sit/none")
        held.run_to(61)
        expect(page.locator("#played td.failed")).to_have_count(3)
        health = held.get("/healthz")
        assert (health["status"], health["quiet"]) == ("degraded", True)
        assert {play["outcome"] for play in held.played()} == {"failed"}
        assert "no voice sit/none" in json.dumps(held.played())


def _keep_picture(page: Page) -> None:
    """For looking at: a screenshot where the environment asks for it."""
    folder = os.environ.get("STATIONMASTER_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / "broadcast.png"))


def test_texts_are_text(tmp_path: Path, page: Page) -> None:
    """Markup in a name or an announcement is shown and not obeyed."""
    with station(tmp_path) as held:
        _spoil(held)
        page.goto(held.base)
        expect(page.locator("#played tr")).to_have_count(1)
        expect(page.locator("#played")).to_contain_text("<img src=x onerror=alert(1)>")
        assert page.locator("#played img").count() == 0


def _spoil(held: Station) -> None:
    """Have a play in the log whose text is markup."""
    held.end("broadcast", signal.SIGTERM)
    body = {
        "n": 1,
        "task": "x",
        "call": "",
        "rule": "x",
        "occurrence": 1,
        "target": "<b>",
        "due": None,
        "begun": None,
        "ended": None,
        "texts": {"zh": "<img src=x onerror=alert(1)>"},
        "seconds": 1,
        "outcome": "done",
        "detail": '"><script>',
        "file": "",
        "sha256": "",
    }
    (held.sounds / "log.jsonl").write_text(json.dumps(body) + "\n", "utf-8")
    held.start()
