"""Where things stand in the table of calls, for tests that read it as people do."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def row(page: Page, number: str, day: str = "2026-03-01") -> Locator:
    """The part of a train's row that scrolls sideways, or all of it: every element of the row."""
    return page.locator(f'#day-table .ag-row[row-id*="/{day}/{number}/"]')


def cell(page: Page, number: str, column: str, day: str = "2026-03-01") -> Locator:
    """One cell, by the column's id."""
    return row(page, number, day).locator(f'.ag-cell[col-id="{column}"]')


def text(page: Page, number: str, column: str, day: str = "2026-03-01") -> str:
    """What stands in a cell."""
    return cell(page, number, column, day).inner_text().strip()


def trains(page: Page) -> list[str]:
    """The numbers in the table, from top to bottom; headings of its parts stand in brackets."""
    found: list[str] = page.locator("#day-table").evaluate(
        """(table) => {
          const rows = [...table.querySelectorAll('.ag-row')].filter((row) => row.offsetHeight);
          const said = new Map();
          for (const row of rows) {
            const head = row.querySelector('.section b');
            const number = row.querySelector('[col-id="number"]');
            if (head) said.set(Number(row.getAttribute('row-index')), `[${head.textContent}]`);
            if (number) said.set(Number(row.getAttribute('row-index')), number.textContent.trim());
          }
          return [...said].sort(([one], [other]) => one - other).map(([, text]) => text);
        }"""
    )
    return found


def ready(page: Page) -> Page:
    """The page, once its trains are there."""
    expect(row(page, "G101").first).to_be_visible()
    return page


def colour(element: Locator) -> str:
    """The colour of a text."""
    found: str = element.evaluate("element => getComputedStyle(element).color")
    return found


def of_variable(page: Page, name: str) -> str:
    """The colour that a variable of the style sheet stands for."""
    found: str = page.evaluate(
        """(name) => {
          const made = document.body.appendChild(document.createElement('i'));
          made.style.color = `var(${name})`;
          const found = getComputedStyle(made).color;
          made.remove();
          return found;
        }""",
        name,
    )
    return found


def has_class(name: str) -> re.Pattern[str]:
    """A class among others."""
    return re.compile(rf"(^|\s){name}(\s|$)")
