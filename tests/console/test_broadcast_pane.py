"""Broadcast and boards in a browser, with a hub, loudspeakers and boards as real processes."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from guidance.browsing import TORN, chromium
from stationmaster_base.times import from_iso
from support.desk_station import EVIL, PASSWORD, DeskStation

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

START = from_iso("2026-03-01T00:30:00Z")
"""Half past eight at the station."""

BOARD = "hall-1"
AWAY = (*TORN, "404 (Not Found)", "504 (Gateway", "409 (Conflict)", "401 (Unauthorized)")
"""What a browser writes when it is told that something is not there now."""


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStation]:
    """The processes, with a supervisor who may log in."""
    made = DeskStation(tmp_path_factory.mktemp("station"), start=START)
    with (made.folder / "station" / "templates.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n["topic.evil"]\nzh = "{EVIL} {{{{ reason }}}}"\nen = "{EVIL}"\n')
    with made.config.open("a", encoding="utf-8") as file:
        file.write(f'[hub.console]\nbroadcast = "{made.base("broadcast")}"\nguidance = "{made.base("guidance")}"\n')
    try:
        made.start("hub", "guidance", "broadcast")
        made.account("susan", "Susan", "supervisor", "controller", "announcer")
        for name in ("guidance", "broadcast"):
            made.wait(lambda name=name: made.state(name) == "online", f"{name} is online")
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def console(browser: Browser, station: DeskStation) -> Iterator[Page]:
    """The supervisor's console; it is loaded once, and writes no error but what a process that is away explains."""
    page = browser.new_context(viewport=ViewportSize(width=1366, height=768), locale="en-GB").new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{station.base('hub')}/#broadcast")
    page.click("#login")
    page.fill("#sheet-login", "susan")
    page.fill("#sheet-password", PASSWORD)
    page.press("#sheet-password", "Enter")
    expect(page.locator("#person")).to_be_visible()
    yield page
    page.context.close()
    assert [error for error in errors if not any(known in error for known in AWAY)] == []


@pytest.fixture
def broadcast(console: Page) -> Page:
    """Its pane of broadcast."""
    console.click("[data-pane=broadcast]")
    expect(zone(console, "hall")).to_be_visible()
    zone(console, "hall").locator("td.name").click()
    return console


@pytest.fixture
def boards(console: Page) -> Page:
    """Its pane of boards, with a board chosen."""
    console.click("[data-pane=boards]")
    row = console.locator(f'tr[data-board="{BOARD}"]')
    expect(row).to_be_visible()
    row.locator("td").nth(1).click()
    return console


def zone(page: Page, name: str) -> Locator:
    return page.locator(f'#pane-broadcast tr[data-zone="{name}"]')


def playing(page: Page, name: str) -> Locator:
    return zone(page, name).locator(".playing")


def sounding(page: Page) -> Locator:
    return page.locator("#pane-broadcast [data-sounding]")


def write(page: Page, zh: str, en: str, *zones: str) -> None:
    """Write an announcement of one's own in a composer that opens."""
    page.keyboard.press("n")
    expect(page.locator("#announce-template")).to_be_visible()
    for name in zones:
        page.check(f'[data-zone-box="{name}"]')
    page.fill("#announce-zh", zh)
    page.fill("#announce-en", en)


def toast(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator(".toast").filter(has_text=words).last).to_be_visible()


def test_an_announcement_is_seen_and_heard_before_it_is_said(broadcast: Page, station: DeskStation) -> None:
    """Its words stand there as they will be said, markup as text; it can be heard; then it plays, is listened to,
    stopped, and stands in the record with how it ended.
    """
    write(broadcast, f"请到问讯处{EVIL}", "Please come to the information desk. " * 6, "hall")
    preview = broadcast.locator(".preview")
    expect(preview).to_contain_text(f"zh 请到问讯处{EVIL}")
    assert preview.locator("img").count() == 0
    broadcast.click("#announce-hear")
    expect(sounding(broadcast)).to_have_attribute("data-sounding", "sound")
    assert station.json("hub", "/api/v1/acts")["acts"] == []
    broadcast.click("#announce-send")
    toast(broadcast, "Announced")
    expect(sounding(broadcast)).to_have_attribute("data-sounding", "")
    expect(playing(broadcast, "hall")).to_contain_text("By hand")
    broadcast.keyboard.press("l")
    expect(sounding(broadcast)).to_have_attribute("data-sounding", "live")
    broadcast.keyboard.press("l")
    expect(sounding(broadcast)).to_have_attribute("data-sounding", "")
    broadcast.keyboard.press("p")
    toast(broadcast, "Stopped: Ticket Hall")
    expect(playing(broadcast, "hall")).to_contain_text("Idle")
    said = broadcast.locator("tr[data-play]").first
    expect(said).to_contain_text("interrupted")
    expect(said).to_contain_text("Please come to the information desk.")
    said.get_by_role("button").click()
    expect(sounding(broadcast)).to_have_attribute("data-sounding", "sound")
    assert broadcast.locator("#pane-broadcast img").count() == 0


def test_templates_of_a_train_and_of_none(broadcast: Page, station: DeskStation) -> None:
    """A template says what it says of the train that is named, or of none; what cannot be is said at once."""
    write(broadcast, "", "", "hall")
    broadcast.select_option("#announce-template", "topic.no-smoking")
    preview = broadcast.locator(".preview")
    expect(preview.locator("p")).to_have_count(2)
    broadcast.select_option("#announce-template", "topic.evil")
    broadcast.fill("#announce-reason", EVIL)
    expect(preview).to_contain_text(f"zh {EVIL} {EVIL}")
    assert broadcast.locator(".composer img").count() == 0
    broadcast.fill("#announce-reason", "")
    call = next(call for call in station.json("hub", "/api/v1/calls")["calls"] if call["departure"])
    broadcast.select_option("#announce-template", "check-in-open")
    broadcast.fill("#announce-train", call["number"])
    expect(preview).to_contain_text(call["number"])
    broadcast.fill("#announce-train", "X0")
    expect(preview).to_contain_text("There is no train X0.")
    broadcast.keyboard.press("Escape")
    expect(broadcast.locator(".composer")).to_be_hidden()


def test_zones_are_held_skipped_and_made_softer(broadcast: Page, station: DeskStation) -> None:
    """In a held zone an announcement waits until the zone is released, or somebody skips it; volume is by zone."""
    broadcast.keyboard.press("h")
    toast(broadcast, "Held: Ticket Hall")
    expect(playing(broadcast, "hall")).to_contain_text("Held")
    for words in ("First. ", "Second. "):
        write(broadcast, "", words * 8, "hall")
        expect(broadcast.locator(".preview")).to_contain_text(words)
        broadcast.click("#announce-send")
        expect(broadcast.locator(".composer")).to_be_hidden()
    queue = broadcast.locator(".queue tr[data-task]")
    expect(queue).to_have_count(2)
    zone(broadcast, "hall").locator("td.name").click()
    broadcast.keyboard.press("k")
    toast(broadcast, "Skipped the next: Ticket Hall")
    expect(queue).to_have_count(1)
    expect(queue).to_contain_text("Second.")
    queue.get_by_role("button", name="Skip").click()
    toast(broadcast, "Skipped: By hand")
    expect(queue).to_have_count(0)
    zone(broadcast, "hall").locator("td.name").click()
    broadcast.keyboard.press("u")
    toast(broadcast, "Released: Ticket Hall")
    volume = zone(broadcast, "hall").get_by_role("slider")
    volume.fill("40")
    toast(broadcast, "Ticket Hall: volume 40%")
    expect(zone(broadcast, "hall")).to_contain_text("40%")
    zone(broadcast, "hall").get_by_role("button", name="Auto").click()
    toast(broadcast, "volume by the time of day")
    assert station.json("broadcast", "/api/v1/zones")["volumes"] == {}


def test_what_comes_next_is_done_now_or_not_at_all(broadcast: Page, station: DeskStation) -> None:
    """Of what the rules have planned one is said at once, one is held and let go again."""
    tasks = station.json("hub", "/api/v1/tasks?due_before=2026-03-01T03:00:00Z")["tasks"]
    planned = [task for task in tasks if task["kind"] == "announcement" and task["due"] > START + 600]
    where = planned[0]["targets"][0]
    zone(broadcast, where).locator("td.name").click()
    row = broadcast.locator(f'.queue tr[data-task="{planned[0]["id"]}"]')
    row.get_by_role("button", name="Hold").click()
    toast(broadcast, "Held:")
    expect(row).to_contain_text("held")
    row.get_by_role("button", name="Release").click()
    toast(broadcast, "Released:")
    row.get_by_role("button", name="Now").click()
    toast(broadcast, "Now:")
    expect(playing(broadcast, where)).not_to_contain_text("Idle")
    broadcast.keyboard.press("Control+z")


def test_a_board_as_it_is_beside_as_it_should_be(boards: Page, browser: Browser, station: DeskStation) -> None:
    """Without a page of the board nobody knows what it shows; with one its words and its picture are there, and a row
    that is gone from the page is marked; a text takes the board and is taken back; its light is switched.
    """
    expect(boards.locator(".board-view")).to_contain_text("nobody knows what it shows")
    should = boards.get_by_alt_text("What should be seen")
    expect(should).to_have_js_property("complete", True)
    screen = browser.new_page(viewport=ViewportSize(width=1920, height=1080))
    try:
        screen.goto(f"{station.base('guidance')}/board/{BOARD}")
        expect(screen.locator("#board .row").first).to_be_visible()
        expect(boards.locator(".board-view")).to_contain_text("painted")
        shown = boards.get_by_alt_text("What was read back")
        expect(shown).to_be_visible()
        boards.wait_for_function("image => image.complete && image.naturalWidth === 1920", arg=shown.element_handle())
        expect(boards.locator(".compared tr[data-task]").filter(has_text=EVIL).first).to_be_visible()
        assert boards.locator(".compared img").count() == 0
        expect(boards.locator(f'tr[data-board="{BOARD}"]')).to_contain_text("✓")
        screen.evaluate("document.querySelector('#board .row').remove()")
        expect(boards.locator(".compared tr.differs")).to_contain_text("missing")
        screen.reload()
        expect(boards.locator(".compared tr.differs")).to_have_count(0)
        _text_is_shown_and_taken_back(boards, screen)
        _light(boards, screen)
    finally:
        screen.close()


def _text_is_shown_and_taken_back(boards: Page, screen: Page) -> None:
    boards.locator(f'tr[data-board="{BOARD}"] td').nth(1).click()
    boards.keyboard.press("x")
    boards.fill("#sheet-text-zh", f"电梯检修{EVIL}")
    boards.check("#sheet-whole")
    boards.press("#sheet-minutes", "Enter")
    toast(boards, "Text shown: Ticket Hall 1")
    expect(screen.locator("#whole")).to_contain_text(f"电梯检修{EVIL}")
    text = boards.locator("tr[data-text]")
    expect(text).to_contain_text(f"电梯检修{EVIL}")
    expect(text).to_contain_text("Susan")
    text.get_by_role("button").click()
    expect(screen.locator("#whole")).to_be_hidden()
    expect(text).to_have_count(0)
    assert boards.locator("#pane-boards table img").count() == 0


def _light(boards: Page, screen: Page) -> None:
    boards.locator(f'tr[data-board="{BOARD}"] td').nth(1).click()
    boards.keyboard.press("f")
    toast(boards, re.compile("^.*Off.*Ticket Hall 1"))
    expect(screen.locator("#dark")).to_be_visible()
    boards.keyboard.press("o")
    toast(boards, re.compile("On.*Ticket Hall 1"))
    expect(screen.locator("#dark")).to_be_hidden()
    boards.keyboard.press("b")
    boards.fill("#sheet-percent", "40")
    boards.press("#sheet-percent", "Enter")
    toast(boards, re.compile("Brightness 40%.*Ticket Hall 1"))
    expect(boards.locator(".board-view")).to_contain_text("40%")


def test_texts_on_a_type_and_on_all(boards: Page, station: DeskStation) -> None:
    """A text goes to all boards of a type by one act, which Ctrl+Z takes back."""
    boards.keyboard.press("x")
    boards.fill("#sheet-text-en", "Mind the gap")
    boards.select_option("#sheet-where", "type:gate")
    boards.click("#sheet form button.chief")
    toast(boards, "Text shown: Type: Gate")
    gates = {board["id"] for board in station.json("hub", "/api/v1/station")["boards"] if board["type"] == "gate"}
    (task,) = _texts(station)
    assert set(task["targets"]) == gates
    boards.locator("#pane-boards").click(position={"x": 600, "y": 5})
    boards.keyboard.press("Control+z")
    station.wait(lambda: _texts(station) == [], "the text is taken back")


def _texts(station: DeskStation) -> list[dict[str, list[str]]]:
    tasks = station.json("hub", "/api/v1/tasks?due_before=2026-03-01T12:00:00Z")["tasks"]
    return [task for task in tasks if task["kind"] == "message"]


def test_automatic_and_manual(boards: Page, station: DeskStation) -> None:
    """A kind of task is made manual and automatic again, with what fell due meanwhile to choose from; so is a train."""
    boards.click(".modes summary")
    boards.get_by_role("button", name="Make manual Announcements").click()
    toast(boards, "Manual: Announcements (broadcast)")
    expect(boards.locator(".modes summary")).to_contain_text("1 manual")
    boards.get_by_role("button", name="Back to automatic… Announcements").click()
    expect(boards.locator("#sheet")).to_contain_text("fell due meanwhile")
    boards.click("#sheet form button.chief")
    toast(boards, "Automatic: Announcements (broadcast)")
    call = next(call for call in station.json("hub", "/api/v1/calls")["calls"] if call["departure"])
    boards.click("#mode-other")
    boards.fill("#sheet-train", call["number"])
    boards.press("#sheet-train", "Enter")
    toast(boards, f"Manual: Train {call['number']}")
    boards.get_by_role("button", name=f"Back to automatic… Train {call['number']}").click()
    boards.click("#sheet form button.chief")
    expect(boards.locator(".modes summary")).to_contain_text("all automatic")
    assert station.json("hub", "/api/v1/modes")["modes"] == []


def test_an_emergency_is_called_and_ended(broadcast: Page, station: DeskStation) -> None:
    """It is called in the marked zones with words of one's own, cannot be overlooked, and is ended by hand alone."""
    zone(broadcast, "platform-1").get_by_role("checkbox").check()
    broadcast.click("#emergency")
    broadcast.select_option("#sheet-message", "")
    broadcast.fill("#sheet-text-zh", f"请立即离开{EVIL}")
    broadcast.click("#sheet button.danger")
    under_way = broadcast.locator("[data-emergency]")
    expect(under_way).to_contain_text(f"请立即离开{EVIL} → platform-1")
    expect(playing(broadcast, "platform-1")).to_contain_text("EMERGENCY")
    assert under_way.locator("img").count() == 0
    under_way.get_by_role("button").click()
    broadcast.click("#sheet button.danger")
    expect(under_way).to_have_count(0)
    assert station.json("broadcast", "/api/v1/zones")["emergencies"] == []
    zone(broadcast, "platform-1").get_by_role("checkbox").uncheck()


def test_broadcast_that_does_not_answer_is_said_so(broadcast: Page, station: DeskStation) -> None:
    """While its process hangs the pane says so, and follows it again when it goes on."""
    station.send_signal("broadcast", signal.SIGSTOP)
    away = broadcast.locator("#pane-broadcast .away")
    try:
        expect(away).to_contain_text("broadcast takes too long")
    finally:
        station.send_signal("broadcast", signal.SIGCONT)
    expect(away).to_be_hidden()
