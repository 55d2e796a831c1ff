"""What controllers do to trains in the table: by line, in the cell, from a sheet; to one or several; and back again.

Each test has trains of its own, mostly of other days, so that none depends on what another one did.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from console.conftest import HARMLESS, LoggedIn
from console.day_table import cell, has_class, ready, row, text
from console.fed_hub import PASSWORD, FedHub, at
from guidance.browsing import listen_for_errors

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

DAYS = tuple(f"2026-03-0{number}" for number in range(1, 5))
REFUSED = "409 (Conflict)"


def opened(console_browser: Browser, hub: FedHub, login: str) -> tuple[Page, list[str]]:
    """The console of somebody who is logged in, and the errors that its page writes."""
    context = console_browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    page = context.new_page()
    errors = listen_for_errors(page)
    page.goto(f"{hub.base}/#day")
    page.click("#login")
    page.fill("#sheet-login", login)
    page.fill("#sheet-password", PASSWORD)
    page.press("#sheet-password", "Enter")
    expect(page.locator("#who")).to_contain_text(login.capitalize())
    return ready(page), errors


@pytest.fixture(scope="module")
def controller(console_browser: Browser, console_hub: FedHub) -> Iterator[Page]:
    """The console of somebody who works the day and decides for others, for all tests here."""
    page, errors = opened(console_browser, console_hub, "susan")
    yield page
    page.context.close()
    assert [each for each in errors if REFUSED not in each and not any(word in each for word in HARMLESS)] == []


@pytest.fixture
def page(controller: Page) -> Page:
    """The table with nothing marked, nothing typed and no sheet open."""
    for _ in range(2):
        controller.keyboard.press("Escape")
    expect(controller.locator("#sheet")).to_be_hidden()
    return controller


def say(page: Page, number: str, column: str, day: str, words: str) -> None:
    """Put the focus on a cell, and type a line that begins with a key of the table."""
    cell(page, number, column, day).click()
    page.keyboard.press(words[0])
    page.keyboard.type(words[1:])


def of(hub: FedHub, number: str, day: str) -> Any:
    """A call as the hub has it."""
    return hub.get(f"/api/v1/calls/MZN/{day}/{number}/1")["call"]


def test_fifteen_minutes_late_take_five_keys(page: Page, console_hub: FedHub) -> None:
    """`+15 Enter` makes a train so late: what it would do is said first, then it is done, in the person's name."""
    day = DAYS[1]
    say(page, "G101", "depNow", day, "+15")
    expect(page.locator("#day-said")).to_contain_text("G101 dep. 10:05→10:20 (+15)")
    expect(page.locator("#day-said")).to_contain_text("check-in opens")
    page.keyboard.press("Enter")
    expect(cell(page, "G101", "depNow", day)).to_have_text("10:20")
    expect(cell(page, "G101", "depNow", day)).to_be_focused()
    assert [text(page, "G101", column, day) for column in ("depLate", "arrNow", "state")] == ["+15", "", "15 min late"]
    expect(page.locator("#day-info")).to_contain_text("Susan")
    held = {item["field"]: item for item in of(console_hub, "G101", day)["provenance"]}
    assert (held["departure.expected"]["by"], held["departure.expected"]["locked"]) == ("Susan", True)
    page.keyboard.press("-")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(cell(page, "G101", "depLate", day)).to_have_text("−2")


def test_what_was_done_is_taken_back_and_done_again(page: Page) -> None:
    """Ctrl+Z takes the last act back, as an act of its own; Ctrl+Y does it again; so does the toast's button."""
    day = DAYS[2]
    say(page, "G103", "track", day, "t12")
    page.keyboard.press("Enter")
    track = cell(page, "G103", "track", day)
    expect(track).to_have_text("8→12")
    page.keyboard.press("Control+z")
    expect(track).to_have_text("8")
    page.keyboard.press("Control+y")
    expect(track).to_have_text("8→12")
    page.locator(".toast button", has_text="Undo").last.click()
    expect(track).to_have_text("8")


def test_a_cell_is_typed_into(page: Page, console_hub: FedHub) -> None:
    """Times, minutes, track, gates and check-in are typed where they stand; Escape leaves everything as it was."""
    day = DAYS[3]
    for column, typed, shown in (
        ("arrNow", "10:12", "10:12"),
        ("depLate", "20", "+20"),
        ("track", "12", "7→12"),
        ("gates", "5A 5B", "5A 5B"),
        ("checkIn", "9:40-10:20", "09:40–10:20"),
    ):
        cell(page, "G101", column, day).click()
        page.keyboard.press("Enter")
        editor = page.locator(f'input[data-editor="{column}"]')
        expect(editor).to_be_focused()
        editor.fill(typed)
        page.keyboard.press("Enter")
        expect(cell(page, "G101", column, day)).to_have_text(shown)
    call = of(console_hub, "G101", day)
    assert (call["track"], call["platform"], call["gates"]) == ("12", "6", ["5A", "5B"])
    cell(page, "G101", "track", day).click()
    page.keyboard.press("3")  # a digit begins at once
    expect(page.locator('input[data-editor="track"]')).to_have_value("3")
    page.keyboard.press("Escape")
    expect(page.locator('input[data-editor="track"]')).to_have_count(0)
    assert text(page, "G101", "track", day) == "7→12"
    assert of(console_hub, "G101", day)["track"] == "12"


def test_what_makes_no_sense_stays_open_and_says_so(page: Page) -> None:
    """A time that is none is not sent: the editor stays with what was typed, and why is said."""
    day = DAYS[3]
    cell(page, "G107", "depNow", day).click()
    page.keyboard.press("Enter")
    editor = page.locator('input[data-editor="depNow"]')
    editor.fill("25:99")
    page.keyboard.press("Enter")
    expect(editor).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#day-said")).to_contain_text("no time")
    page.keyboard.press("Escape")
    expect(editor).to_have_count(0)


def test_several_trains_at_once(page: Page) -> None:
    """What is typed is done to all that are marked, in one act, and taken back in one."""
    day = DAYS[1]
    for number in ("G103", "D105", "G107"):
        row(page, number, day).locator("input[type=checkbox]").check()
    expect(page.locator("#day-who")).to_contain_text("G103 D105 G107 (3)")
    page.keyboard.press("u")
    expect(page.locator("#day-said")).to_contain_text("delay unknown")
    page.keyboard.press("Enter")
    for number, column in (("G103", "depNow"), ("D105", "arrNow"), ("G107", "depNow")):
        expect(cell(page, number, column, day)).to_have_text("unknown")
    assert row(page, "G103", day).locator("input[type=checkbox]").is_checked()
    page.keyboard.press("Control+z")
    for number, column in (("G103", "depNow"), ("D105", "arrNow"), ("G107", "depNow")):
        expect(cell(page, number, column, day)).to_have_text("")
    page.locator("#day-table .ag-header-cell input[type=checkbox]").uncheck()


def test_a_report_is_entered_and_taken_back(page: Page, console_hub: FedHub) -> None:
    """`=` and Enter: it happened now; `=-`: it did not."""
    day = DAYS[0]
    say(page, "K109", "arrNow", day, "=9:38")
    page.keyboard.press("Enter")
    expect(cell(page, "K109", "arrNow", day)).to_have_text("✓09:38")
    assert of(console_hub, "K109", day)["arrival"]["actual"] == at("09:38")
    say(page, "K109", "arrNow", day, "=-")
    page.keyboard.press("Enter")
    expect(cell(page, "K109", "arrNow", day)).to_have_text("")


def test_trains_are_suspended_locked_and_made_manual(page: Page, console_hub: FedHub) -> None:
    """Suspended with a reason and restored; a field locked and free again; manual and automatic."""
    day = DAYS[2]
    say(page, "G107", "state", day, "x因大风")
    page.keyboard.press("Enter")
    expect(cell(page, "G107", "state", day)).to_have_text("Suspended 因大风")
    say(page, "G107", "state", day, "r")
    page.keyboard.press("Enter")
    expect(cell(page, "G107", "state", day)).to_have_text("On time")
    say(page, "D105", "track", day, "ltrack")
    expect(page.locator("#day-line")).to_have_value("k track")
    page.keyboard.press("Enter")
    expect(cell(page, "D105", "track", day)).to_have_class(has_class("locked"))
    say(page, "D105", "track", day, "m")
    page.keyboard.press("Enter")
    expect(page.locator(".toast", has_text="D105 manual")).to_be_visible()
    assert [mode["id"] for mode in console_hub.get("/api/v1/modes")["modes"]] == [f"call.MZN/{day}/D105/1"]
    say(page, "D105", "track", day, "a")
    page.keyboard.press("Enter")
    expect(page.locator(".toast", has_text="D105 automatic")).to_be_visible()


def test_a_key_that_follows_at_once_means_the_train_that_was_pressed(page: Page) -> None:
    """However busy the machine: who presses a train and then a key means this train and not the one before it."""
    day = DAYS[3]
    cell(page, "K109", "track", day).click()
    expect(page.locator("#day-who")).to_have_text("K109")
    cell(page, "G101", "track", day).evaluate(
        """(cell) => {
          const press = { bubbles: true, cancelable: true, pointerType: "mouse" };
          cell.dispatchEvent(new PointerEvent("pointerdown", press));
          cell.dispatchEvent(new MouseEvent("mousedown", press));
          cell.focus();
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "x", code: "KeyX", bubbles: true }));
        }"""
    )
    expect(page.locator("#day-line")).to_have_value("x ")
    expect(page.locator("#day-who")).to_have_text("G101")


def test_a_sheet_shows_what_would_follow(page: Page) -> None:
    """Another track is chosen at the side: who is there, and what would follow, stand there before it is done."""
    day = DAYS[0]
    cell(page, "G103", "track", day).click()
    page.keyboard.press("k")
    choice = page.locator("#sheet-track")
    expect(choice).to_be_focused()
    expect(choice.locator("option[value='7']")).to_contain_text("G101")
    choice.select_option("7")
    expect(page.locator("#sheet")).to_contain_text("conflict track 7")
    choice.select_option("12")
    expect(page.locator("#sheet")).not_to_contain_text("conflict")
    expect(page.locator("#sheet")).to_contain_text("platform 4→6")
    page.fill("#sheet-why", "因施工")
    page.press("#sheet-why", "Enter")
    expect(cell(page, "G103", "track", day)).to_have_text("8→12")
    page.keyboard.press("Control+z")
    expect(cell(page, "G103", "track", day)).to_have_text("8")
    page.keyboard.press("k")
    expect(choice).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    expect(cell(page, "G103", "track", day)).to_be_focused()


def test_taken_back_before_it_is_answered(page: Page) -> None:
    """The table shows an act before its answer is here: the key that takes back means that act, and waits for it."""
    day = DAYS[3]
    held: list[tuple[Route, APIResponse]] = []
    say(page, "G103", "depNow", day, "+5")
    page.keyboard.press("Enter")
    expect(cell(page, "G103", "depNow", day)).to_have_text("10:25")
    page.route("**/api/v1/acts", lambda route: held.append((route, route.fetch())), times=1)
    say(page, "G103", "depNow", day, "+9")
    page.keyboard.press("Enter")
    expect(cell(page, "G103", "depNow", day)).to_have_text("10:29")
    page.keyboard.press("Control+z")
    for route, answer in held:
        route.fulfill(response=answer)
    expect(cell(page, "G103", "depNow", day)).to_have_text("10:25")
    assert len(held) == 1


def test_who_comes_next_takes_back_nothing_of_who_left(logged_in: LoggedIn) -> None:
    """The page of somebody who has logged out forgets what he did: the key is for one's own acts."""
    day = DAYS[3]
    page = ready(logged_in("conrad"))
    say(page, "D105", "arrNow", day, "+6")
    page.keyboard.press("Enter")
    expect(cell(page, "D105", "arrNow", day)).to_have_text("10:36")
    page.click("#person")
    page.click("#logout")
    page.click("#login")
    page.fill("#sheet-login", "clara")
    page.fill("#sheet-password", PASSWORD)
    page.press("#sheet-password", "Enter")
    expect(page.locator("#who")).to_contain_text("Clara")
    ready(page).locator("body").press("Control+z")
    expect(page.locator(".toast", has_text="Nothing to undo")).to_be_visible()
    expect(cell(page, "D105", "arrNow", day)).to_have_text("10:36")


def test_an_extra_train_is_added(page: Page) -> None:
    """A train that is in no plan stands in the table once it has been added, and is gone when that is taken back."""
    page.keyboard.press("n")
    for field, value in (("number", "g999"), ("origin", "太原"), ("destination", "武汉"), ("arrival", "1055")):
        page.fill(f"#sheet-{field}", value)
    page.press("#sheet-arrival", "Enter")
    expect(page.locator("#sheet .fault")).to_have_text("Departure: type the time")
    page.fill("#sheet-departure", "11:00")
    page.press("#sheet-departure", "Enter")
    expect(cell(page, "G999", "state")).to_contain_text("Extra")
    assert [text(page, "G999", column) for column in ("arrPlan", "depPlan")] == ["10:55", "11:00"]
    page.keyboard.press("Control+z")
    expect(row(page, "G999")).to_have_count(0)


def test_announcements_and_tasks_of_a_train(page: Page, console_hub: FedHub) -> None:
    """An announcement is made for a train; in its details tasks are held and let go, and stand as they are then."""
    day = DAYS[0]
    cell(page, "G107", "state", day).click()
    page.keyboard.press("b")
    page.fill("#sheet-zh", "请注意")
    page.locator("#sheet button[type=submit]").click()
    expect(page.locator(".toast", has_text="Announcement G107")).to_be_visible()
    said = [
        task for task in console_hub.get("/api/v1/tasks?due_before=2026-03-02T00:00:00Z")["tasks"] if not task["call"]
    ]
    assert [each["texts"][0]["text"] for each in said] == ["请注意"]
    cell(page, "G107", "state", day).click()
    page.keyboard.press("i")
    task = page.locator(".details tr", has_text="check-in-open")
    task.get_by_role("button", name="Hold").click()
    expect(task).to_contain_text("planned · Hold")
    task.get_by_role("button", name="Release").click()
    expect(task).not_to_contain_text("· Hold")
    page.locator(".details tr", has_text="formation").get_by_role("button", name="Lock").click()
    expect(page.locator(".details tr", has_text="formation")).to_contain_text("locked")
    page.locator("#sheet button[type=submit]").click()


def test_a_stale_edit_is_refused_and_shows_what_changed(page: Page, console_hub: FedHub) -> None:
    """Who edits what somebody else has changed meanwhile is shown that, and may do it all the same."""
    day = DAYS[1]
    cell(page, "1111", "track", day).click()
    page.keyboard.press("Enter")
    page.locator('input[data-editor="track"]').fill("11")
    console_hub.act({"do": "track", "call": f"MZN/{day}/1111/1", "track": "9"})
    expect(cell(page, "1111", "platform", day)).to_have_text("5→4")
    expect(page.locator('input[data-editor="track"]')).to_have_value("11")  # what others do leaves the edit alone
    page.keyboard.press("Enter")
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("Somebody has changed it: nothing was done")
    expect(sheet.locator("tr", has_text="track").first).to_contain_text("10 → 9")
    expect(sheet).to_contain_text("tester")
    assert of(console_hub, "1111", day)["track"] == "9"
    sheet.get_by_role("button", name="Do it all the same").click()
    expect(cell(page, "1111", "track", day)).to_have_text("10→11")


def test_two_controllers_see_each_other(page: Page, console_browser: Browser, console_hub: FedHub) -> None:
    """What one does stands before the other at once, with his name."""
    day = DAYS[3]
    other, _ = opened(console_browser, console_hub, "conrad")
    say(other, "D105", "track", day, "t4")
    other.keyboard.press("Enter")
    expect(cell(page, "D105", "track", day)).to_have_text("5→4")
    cell(page, "D105", "track", day).click()
    expect(page.locator("#day-info")).to_contain_text("Conrad")
    other.context.close()


def test_a_view_of_ones_own_is_kept(page: Page) -> None:
    """What is looked for, sorted and chosen can be kept under a name, and is there after the page is loaded anew."""
    page.locator('[data-view="departures"]').click()
    page.fill("#find", "武汉")
    page.click("#keep-view")
    page.fill("#sheet-name", "To Wuhan")
    page.press("#sheet-name", "Enter")
    mine = page.locator('[data-view="own:To Wuhan"]')
    expect(mine).to_have_attribute("aria-pressed", "true")
    page.locator('[data-view="all"]').click()
    expect(page.locator("#find")).to_have_value("")
    page.reload()
    ready(page)
    mine.click()
    expect(page.locator("#find")).to_have_value("武汉")
    expect(page.locator("#count")).to_have_text("4 / 24")
    page.locator(".views .forget").click()
    expect(mine).to_have_count(0)
    expect(page.locator("#count")).to_have_text("24 / 24")
