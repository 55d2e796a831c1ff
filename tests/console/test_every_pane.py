"""Every pane of the console, by day in English and by night in Chinese: for everybody to use, and as the guide says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from console.conftest import LoggedIn
from console.fed_hub import FedHub

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

GUIDE = Path(__file__).parents[2] / "docs" / "operator.md"
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


BY_NIGHT = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""What another theme can break; names and roles are the same."""


@pytest.mark.parametrize(("theme", "language", "rules"), [("day", "en", RULES), ("night", "zh", BY_NIGHT)])
def test_panes_can_be_used_by_everybody_and_as_the_guide_says(
    console_hub: FedHub, logged_in: LoggedIn, theme: str, language: str, rules: dict[str, Any]
) -> None:
    """No pane and no sheet breaks a rule of axe-core: contrast, names, roles, order of headings, and more; and the
    keys of each are those of the guide.
    """
    console_hub.step("09:42")  # there is a past to be shown
    page = logged_in("susan")
    if page.locator("html").get_attribute("data-theme") != theme:
        page.click("#theme")
    if language == "zh":
        page.click("#language")
    broken, keys = [], set()
    for tab in page.locator("#tabs .tab").all():
        tab.click()
        pane = page.locator(f"#pane-{tab.get_attribute('data-pane')}")
        expect(pane).to_be_visible()
        expect(pane).not_to_be_empty()
        broken += _broken(Axe().run(page, options=rules).response, tab.inner_text())
        keys |= _keys(page)
    page.click("#person")
    page.click("#password")
    expect(page.locator("#sheet form")).to_be_visible()
    broken += _broken(Axe().run(page, options=rules).response, "sheet")
    assert broken == []
    assert keys == _guide(language)


def _broken(response: dict[str, Any], where: str) -> list[str]:
    """What breaks a rule: where, which rule, which elements, and why."""
    return [
        f"{where}: {violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in response["violations"]
        for node in violation["nodes"][:3]
    ]


def _keys(page: Page) -> set[tuple[str, str]]:
    """The keys that hold in the pane that is open, and what they do."""
    page.click("#keys")
    rows = page.locator("#help tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    page.keyboard.press("Escape")
    return {(key, words) for key, words in rows}


def _guide(language: str) -> set[tuple[str, str]]:
    """The keys that the guide lists."""
    listed = GUIDE.read_text("utf-8").partition("## Keys")[2]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", listed, re.M)
    column = 1 if language == "en" else 2
    return {(row[0], row[column]) for row in rows if row[0] not in ("key", "---")}
