"""Every pane of the console, by day and by night, held against WCAG 2.2 AA as far as a machine can tell."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from console.conftest import LoggedIn

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # playwright's own pipes

RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


@pytest.mark.parametrize("theme", ["day", "night"])
def test_panes_can_be_read_and_used_by_everybody(logged_in: LoggedIn, theme: str) -> None:
    """No pane and no sheet breaks a rule of axe-core: contrast, names, roles, order of headings, and more."""
    page = logged_in("susan")
    if page.locator("html").get_attribute("data-theme") != theme:
        page.click("#theme")
    found = []
    for tab in page.locator("#tabs .tab").all():
        tab.click()
        pane = page.locator(f"#pane-{tab.get_attribute('data-pane')}")
        expect(pane).to_be_visible()
        expect(pane).not_to_be_empty()
        found += _broken(Axe().run(page, options=RULES).response, tab.inner_text())
    page.click("#person")
    page.click("#password")
    expect(page.locator("#sheet form")).to_be_visible()
    found += _broken(Axe().run(page, options=RULES).response, "sheet")
    assert found == []


def _broken(response: dict, where: str) -> list[str]:
    """What breaks a rule: where, which rule, which elements, and why."""
    return [
        f"{where}: {violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in response["violations"]
        for node in violation["nodes"][:3]
    ]
