"""The plan desk in a browser: a plan is ticked off and locked, a rule changed and put back, a timetable brought in."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route, expect

from console.conftest import LoggedIn
from console.fed_hub import FedHub

TOMORROW = "2026-03-02"
RULE, LATER = "offset = -30 }", "offset = -31 }"
NEW_TRAIN = "高速动车,through,G909,<b>甲</b>,=1+1,19:00,19:05,7\n"


def plans(page: Page, view: str) -> None:
    """Show one of the pane's views."""
    page.click(f'[data-view="{view}"]')


def apply(page: Page, why: str) -> None:
    """Apply what was checked."""
    page.click("#plans-apply")
    page.fill("#sheet-why", why)
    page.press("#sheet-why", "Enter")


def test_tomorrow_is_ticked_off_and_locked(logged_in: LoggedIn, console_hub: FedHub) -> None:
    """With the keyboard row by row by a controller, then all that is shown by a supervisor, who locks it; undone."""
    page = logged_in("conrad", "plans")
    card = page.locator(f'[data-day="{TOMORROW}"]')
    expect(card).to_have_attribute("aria-pressed", "true")
    rows = page.locator("tr[data-row]")
    expect(rows).to_have_count(6)
    expect(page.locator("#plans-tick")).to_be_visible()
    rows.first.focus()
    page.keyboard.press("Space")
    expect(rows.first.locator("input")).to_be_checked()
    expect(card).to_contain_text("checked 1/6")
    expect(page.locator("#plans-lock")).to_have_count(0)
    plans(page, "files")
    expect(page.locator("#plans-text")).not_to_have_js_property("value", "")
    expect(page.locator("#plans-text")).to_have_js_property("readOnly", True)
    expect(page.locator("#plans-save")).to_be_hidden()
    page = logged_in("susan", "plans")
    card, rows = page.locator(f'[data-day="{TOMORROW}"]'), page.locator("tr[data-row]")
    page.fill("#plans-search", "G1")
    expect(rows).to_have_count(3)
    page.click("#plans-tick")
    expect(page.locator("#plans-tick")).to_be_disabled()
    page.fill("#plans-search", "")
    page.select_option("#plans-filter", "open")
    expect(rows).to_have_count(3)
    page.click("#plans-tick")
    expect(card).to_contain_text("checked 6/6")
    page.click("#plans-lock")
    expect(card).to_contain_text("Susan")
    expect(page.locator("#plans-lock")).to_have_text("Unlock")
    page.keyboard.press("Control+z")
    expect(page.locator("#plans-lock")).to_have_text("Lock")


def test_who_was_faster_with_a_row_is_not_overruled(logged_in: LoggedIn, console_hub: FedHub) -> None:
    """A row that somebody else has just ticked off, or no longer, is not what was seen: it is said, and not done."""
    page = logged_in("susan", "plans")
    row = page.locator("tr[data-row]").last
    expect(page.locator("tr[data-row]")).to_have_count(6)
    name, checked = row.get_attribute("data-row"), row.locator("input").is_checked()

    def faster(route: Route) -> None:
        console_hub.act({"do": "check_rows", "day": TOMORROW, "rows": [name], "checked": not checked})
        route.continue_()

    page.route("**/api/v1/acts", faster, times=1)
    row.locator("input").click()
    expect(page.locator(".toast.error")).to_contain_text("has changed row")
    expect(row.locator("input")).to_be_checked(checked=not checked)
    row.locator("input").click()
    expect(row.locator("input")).to_be_checked(checked=checked)
    row.locator("input").click()
    expect(row.locator("input")).to_be_checked(checked=not checked)


def test_a_rule_is_changed_seen_wrong_mended_applied_and_put_back(logged_in: LoggedIn, console_hub: FedHub) -> None:
    """The fault leads to its line; the preview tells which tasks move; undo is in reach."""
    page = logged_in("susan", "plans")
    plans(page, "files")
    text = page.locator("#plans-text")
    expect(text).not_to_have_js_property("value", "")
    before = text.input_value()
    text.fill(before.replace(RULE, "offset = -3000 }", 1))
    page.keyboard.press("Control+Enter")
    fault = page.locator(".plans-faults tbody tr")
    expect(fault).to_have_count(1)
    expect(fault).to_contain_text("-3000 is not possible")
    expect(page.locator("#plans-apply")).to_have_count(0)
    fault.locator("button").click()
    expect(text).to_be_focused()
    marked = text.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    assert "-3000" in marked
    text.fill(before.replace(RULE, LATER, 1))
    page.keyboard.press("Control+Enter")
    preview = page.locator("#plans-preview")
    expect(preview).to_contain_text("check-in-origin-conventional")
    expect(preview).to_contain_text("No task would change")  # no train of this station is of these classes
    apply(page, "a later check-in")
    expect(page.locator("#plans-drafted")).to_have_text("Nothing is drafted: what is used is all there is")
    rules = console_hub.folder / "station" / "rules.toml"
    assert LATER in rules.read_text("utf-8")
    page.get_by_role("button", name="Put the version before back").click()
    expect(page.locator("#toasts")).to_contain_text("is used again")
    assert rules.read_text("utf-8") == before
    plans(page, "versions")
    lines = page.locator(".plans-versions tbody tr")
    expect(lines).to_have_count(3)
    expect(lines.nth(1)).to_contain_text("a later check-in")


def test_a_file_that_was_not_there_is_read_from_ones_own_machine(logged_in: LoggedIn, tmp_path: Path) -> None:
    """A drawing of one's own is chosen as a file, seen in the editor, and drafted when that is saved; or refused."""
    page = logged_in("susan", "plans")
    plans(page, "files")
    page.click("#plans-add")
    page.select_option("#sheet-what", "plan.svg")
    page.click('#sheet button[type="submit"]')
    text = page.locator("#plans-text")
    expect(text).to_have_attribute("aria-label", "plan.svg")
    binary = tmp_path / "plan.png"
    binary.write_bytes(b"\x89PNG\xff")
    page.set_input_files("#plans-source", binary)
    expect(page.locator("#toasts")).to_contain_text("plan.png is no text in UTF-8")
    expect(text).to_have_js_property("value", "")
    drawing = tmp_path / "my own.svg"
    drawing.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>\n', "utf-8")
    page.set_input_files("#plans-source", drawing)
    expect(text).to_have_js_property("value", drawing.read_text("utf-8"))
    expect(page.locator("#plans-drafted")).to_have_text("Nothing is drafted: what is used is all there is")
    page.keyboard.press("Control+s")
    expect(page.locator("#plans-drafted")).to_contain_text("plan.svg")
    page.click("#plans-add")
    expect(page.locator("#sheet-what option")).not_to_contain_text(["plan.svg"])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Drop this file's draft").click()
    expect(page.locator("#plans-drafted")).to_have_text("Nothing is drafted: what is used is all there is")


def test_two_who_edit_one_file(logged_in: LoggedIn, console_hub: FedHub) -> None:
    """The slower one is shown what the other has changed, keeps his own text, and decides."""
    one, other = logged_in("susan", "plans"), logged_in("susan", "plans")
    for page in (one, other):
        plans(page, "files")
        page.click('[data-file="zones.toml"]')
        expect(page.locator("#plans-text")).to_have_attribute("aria-label", "zones.toml")
    used = one.locator("#plans-text").input_value()
    one.locator("#plans-text").fill("# one\n" + used)
    one.keyboard.press("Control+s")
    expect(one.locator("#plans-drafted")).to_contain_text("zones.toml")
    other.locator("#plans-text").fill("# other\n" + used)
    for _ in range(2):  # the pane is drawn anew, and what was typed is still there
        other.click("#language")
        expect(other.locator("#plans-text")).to_have_js_property("value", "# other\n" + used)
    other.locator("#plans-text").focus()
    other.keyboard.press("Control+s")
    expect(other.locator("#sheet")).to_contain_text("changed by Susan")
    expect(other.locator("#sheet ins")).to_have_text("# one")
    other.click('#sheet button[type="submit"]')
    expect(other.locator("#toasts")).to_contain_text("still in the editor")
    assert other.locator("#plans-text").input_value() == "# other\n" + used
    other.locator("#plans-text").focus()
    other.keyboard.press("Control+s")
    expect(other.locator("#plans-save")).to_be_disabled()
    other.click("#plans-drop")
    other.locator("#sheet button.danger").click()
    expect(other.locator("#plans-drafted")).to_contain_text("Nothing is drafted")


def test_a_timetable_is_brought_in_and_edited_as_a_table(
    logged_in: LoggedIn, console_hub: FedHub, tmp_path: Path
) -> None:
    """Its faults are told with their lines; what it says is text, whatever it looks like; a cell is edited in place."""
    page = logged_in("susan", "plans")
    plans(page, "import")
    used = (console_hub.folder / "station" / "timetable.csv").read_text("utf-8")
    short = "".join(",".join(line.split(",")[:8]) + "\n" for line in used.splitlines())
    file = tmp_path / "day.csv"
    file.write_text(short + NEW_TRAIN.replace("19:05", "25:05"), "utf-8")
    page.set_input_files("#plans-file", str(file))
    expect(page.locator(".plans-report")).to_contain_text("line 8, dep: '25:05' is not a time")
    file.write_text(short + NEW_TRAIN, "utf-8")
    page.set_input_files("#plans-file", str(file))
    expect(page.locator(".plans-report")).to_contain_text("7 rows are in the draft")
    expect(page.locator("#plans-drafted")).to_contain_text("timetable.csv")
    plans(page, "timetable")
    row = page.locator('.plans-grid .ag-row:has-text("<b>甲</b>")').last
    expect(row).to_contain_text("=1+1")
    assert page.locator(".plans-grid .ag-row b").count() == 0
    departure = row.locator('[col-id="dep"]')
    departure.dblclick()
    departure.locator("input").fill("19:07")
    page.keyboard.press("Enter")
    page.click("#plans-save-timetable")
    expect(page.locator("#plans-save-timetable")).to_be_disabled()
    page.click("#plans-check")
    preview = page.locator("#plans-preview")
    expect(preview.locator("details").nth(0)).to_contain_text("Plan of 2026-03-0")
    expect(preview.locator("tr.plans-added").first).to_contain_text("G909")
    apply(page, "a new train")
    expect(page.locator("#toasts")).to_contain_text("is used now")
    plans(page, "days")
    expect(page.locator('tr[data-row*="G909"]')).to_contain_text("19:07")
    assert "19:07" in (console_hub.folder / "station" / "timetable.csv").read_text("utf-8")
