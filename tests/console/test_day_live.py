"""The table of calls while ten trains a second change: no update is lost, and whoever works in it is not disturbed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from console.busy_day import TRAINS, BusyHub, Changes, number_of
from console.day_table import cell, row
from console.fed_hub import PASSWORD
from guidance.browsing import SOON_MS, listen_for_errors
from support.effort import EFFORT

pytestmark = [
    pytest.mark.filterwarnings("default::ResourceWarning"),  # playwright's own pipes
    pytest.mark.timeout(3600),
]

FEW = 80
"""Trains in the usual run; with more effort there are all nine hundred."""

SECONDS = 1.5 if EFFORT == 1 else 600.0
A_SECOND = 10
FRAME_MS = 50
"""What a frame may take, of 95 in a hundred; asked with more effort only, when the machine has nothing else to do."""

METER = """
() => {
  window.frames = [];
  let last = performance.now();
  const frame = () => {
    const now = performance.now();
    window.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
"""

COMPARE = """
async () => {
  const { cellsOf, COLUMNS } = await import("/console/panes/day_columns.js");
  const elsewhere = new Set(["next", "proposals", "conflicts", "manual"]); // these speak of more than the call
  const [{ calls, now }, { names }] = await Promise.all(
    ["/api/v1/calls", "/console/names.json"].map(async (path) => (await fetch(path, { cache: "no-store" })).json()),
  );
  const about = { now, zone: "Asia/Shanghai", t: ({ en }) => en, language: "en", names,
                  proposals: [], conflicts: [], next: null, manual: false };
  const shown = new Map();
  const port = document.querySelector("#day-table .ag-grid-viewport");
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  do {
    port.scrollTop = 0; // the grid may still be bringing the focus into sight
    await painted();
  } while (port.scrollTop !== 0);
  for (;; port.scrollTop += port.clientHeight - 100) {
    await painted();
    for (const found of port.querySelectorAll(".ag-row .ag-cell[col-id]")) {
      const id = found.closest(".ag-row").getAttribute("row-id");
      const cells = shown.get(id) ?? new Map();
      shown.set(id, cells.set(found.getAttribute("col-id"), found.textContent.trim()));
    }
    if (port.scrollTop + port.clientHeight >= port.scrollHeight - 2) {
      break;
    }
  }
  const wrong = [];
  for (const call of calls) {
    const wanted = cellsOf(call, about);
    for (const { id } of COLUMNS.filter((column) => !elsewhere.has(column.id))) {
      const text = shown.get(call.id)?.get(id);
      if (text !== wanted[id].text.trim()) {
        wrong.push(`${call.number} ${id}: ${text} and not ${wanted[id].text}`);
      }
    }
  }
  const columns = shown.get(calls[0].id)?.size ?? 0;
  return { wrong: wrong.slice(0, 20), calls: calls.length, columns, rows: shown.size };
}
"""
"""Read every cell of every row as it stands in the page, and hold it against what the hub says."""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[BusyHub]:
    hub = BusyHub(tmp_path, FEW if EFFORT == 1 else TRAINS)
    try:
        hub.start()
        hub.let_in("conrad", "controller")
        yield hub
    finally:
        hub.close()


def weighed(session: CDPSession) -> dict[str, float]:
    """What the page holds once what it does not need is collected."""
    session.send("HeapProfiler.collectGarbage")
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def edited(page: Page) -> dict[str, Any]:
    """Where somebody is with his work: what he has typed, what he has marked, where the row stands on his screen."""
    found: dict[str, Any] = page.evaluate(
        """() => {
          const input = document.querySelector('input[data-editor]');
          return {
            typed: input?.value,
            focused: document.activeElement === input,
            top: Math.round(input?.closest('.ag-row').getBoundingClientRect().top ?? -1),
            of: input?.closest('.ag-row').getAttribute('row-id').split('/')[2],
            marked: document.querySelectorAll('#day-table .ag-cell .ag-checked').length,
          };
        }"""
    )
    return found


def test_nothing_is_lost_and_nobody_is_disturbed(console_browser: Browser, busy: BusyHub) -> None:
    """While trains change ten times a second, an edit under way, marks, focus and the place on the screen stay; at the
    end every cell of every row says what the hub says. Over ten minutes frames stay short, and memory flat.
    """
    count = FEW if EFFORT == 1 else TRAINS
    context = console_browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-GB")
    page = context.new_page()
    errors = listen_for_errors(page)
    page.goto(f"{busy.base}/#day")
    page.click("#login")
    page.fill("#sheet-login", "conrad")
    page.fill("#sheet-password", PASSWORD)
    page.press("#sheet-password", "Enter")
    expect(page.locator("#who")).to_contain_text("Conrad")
    page.locator("#day-table .section.past button").click()
    expect(row(page, number_of(0)).first).to_be_visible()
    place = count // 2
    page.fill("#find", number_of(place))
    mine = row(page, number_of(place))
    expect(mine.first).to_be_visible()
    mine.locator("input[type=checkbox]").check()
    cell(page, number_of(place), "depNow").click()
    page.fill("#find", "")
    page.keyboard.press("Tab")
    page.locator("#find").press("ArrowDown")  # back into the table, to the train that had the focus
    expect(cell(page, number_of(place), "depNow")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("input[data-editor]").fill("23:11")
    before = edited(page)
    assert (before["typed"], before["focused"], before["of"], before["marked"]) == ("23:11", True, number_of(place), 1)

    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    others = tuple(other for other in range(count) if other != place)
    with Changes(busy, a_second=A_SECOND, places=others) as changes:
        _let_it_run(page, min(SECONDS, 60.0) / 2)
        weight = weighed(session)
        page.evaluate(METER)
        _let_it_run(page, SECONDS - min(SECONDS, 60.0) / 2)
    frames = sorted(page.evaluate("window.frames"))
    assert len(changes.done) >= SECONDS * A_SECOND * 0.5
    assert changes.refused == []
    assert edited(page) == before
    page.keyboard.press("Escape")
    expect(cell(page, number_of(place), "depNow")).to_be_focused()

    if EFFORT > 1:
        after = weighed(session)
        assert frames[int(len(frames) * 0.95)] < FRAME_MS
        assert after["Nodes"] <= weight["Nodes"] * 1.2 + 500
        assert after["JSHeapUsedSize"] <= weight["JSHeapUsedSize"] * 1.2 + 4_000_000

    page.keyboard.press("Alt+r")
    page.set_viewport_size({"width": 2500, "height": 1200})
    expect(page.locator("#rail")).to_be_hidden()
    held: dict[str, Any] = {}
    until = time.monotonic() + SOON_MS / 1000
    while held.get("wrong") != [] and time.monotonic() < until:
        held = page.evaluate(COMPARE)
    assert held["wrong"] == [], held
    assert (held["calls"], held["columns"] >= 20) == (count, True)
    assert [error for error in errors if "401" not in error] == []
    context.close()


def _let_it_run(page: Page, seconds: float) -> None:
    """Let the page live for so long."""
    until = page.evaluate("performance.now()") + seconds * 1000
    page.evaluate(
        """(until) => new Promise((done) => {
          const frame = () => (performance.now() >= until ? done() : requestAnimationFrame(frame));
          frame();
        })""",
        until,
    )
