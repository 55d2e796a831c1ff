"""A board's page over a long time: part of a busy day, or with more effort whole days, and its memory stays flat."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import CDPSession

from guidance.browsing import ServedBoards, chromium, listen_for_errors
from support.effort import EFFORT

SERVE = Path(__file__).with_name("serve.py")
MINUTES = 40 if EFFORT == 1 else max(1440, 144 * EFFORT)
WARM = 20 if EFFORT == 1 else 60
"""Minutes after which everything that a page ever makes has been made."""

FAKE_STREAM = """
window.EventSource = class {
  constructor() { this.readyState = 1; window.stream = this; }
  addEventListener(name, handler) { this.handler = handler; }
  close() {}
};
"""
"""A stream whose states come from the test; everything else in the page is as it is."""

FIRST = """
new Promise((got) => {
  const source = new EventSource(`${location.pathname}/events`);
  source.addEventListener("state", (event) => {
    source.close();
    got(JSON.parse(event.data));
  });
})
"""

DAY = """
async ([first, from, to]) => {
  window.moment ??= 1772337600000;
  Date.now = () => window.moment;
  for (let minute = from; minute < to; minute += 1) {
    window.moment += 60000;
    const rows = first.rows.map((row, place) => ({
      ...row,
      task: `task-${minute + place}`,
      revision: minute * 100 + place,
      status: ["waiting", "late", "checking_in", "suspended"][(minute + place) % 4],
      status_texts: { zh: `晚点约${minute}分`, en: `About ${minute} min late` },
    }));
    const written = [{ task: `text-${minute}`, revision: minute, emergency: minute % 2 === 0,
                       texts: { zh: `请注意 ${minute}`, en: `Attention ${minute}` } }];
    const state = {
      ...first,
      rows: minute % 17 === 7 ? [] : rows,
      stale: minute % 15 === 9,
      alone: minute % 20 === 5,
      messages: { whole: minute % 10 === 3 ? written : [], lines: minute % 10 > 5 ? written : [] },
      light: { on: minute % 19 !== 11, percent: 100 - (minute % 3) * 20, test: "" },
      look: minute % 20 === 11 ? { ...first.look, dwell_s: 15 } : first.look,
    };
    window.stream.handler({ data: JSON.stringify(state), lastEventId: `test.${minute}` });
    await new Promise((painted) => requestAnimationFrame(painted));
  }
}
"""
"""Minutes of a busy day: every row is another one each minute, texts come and go, at times the frame changes."""


def weighed(session: CDPSession) -> dict[str, float]:
    """What the page holds once what it does not need is collected."""
    session.send("HeapProfiler.collectGarbage")
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def test_memory_of_a_page_stays_flat(tmp_path: Path) -> None:
    """After a while a page holds no more elements, listeners or bytes, however long it goes on."""
    served = ServedBoards(SERVE, str(tmp_path / "clock.json"), "08:07")
    served.start()
    try:
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            errors = listen_for_errors(page)
            page.goto(f"{served.base}/board/hall-1?look")
            page.wait_for_selector("#board .row:not([hidden])")
            first = page.evaluate(FIRST)
            page.add_init_script(FAKE_STREAM)
            page.goto(f"{served.base}/board/hall-1")
            # A function, not an expression: the page's policy forbids evaluating a text again at each look.
            page.wait_for_function("() => window.stream?.handler !== undefined")
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            page.evaluate(DAY, [first, 0, WARM])
            before = weighed(session)
            page.evaluate(DAY, [first, WARM, WARM + MINUTES])
            after = weighed(session)
            assert errors == []
    finally:
        served.stop()
    assert after["Nodes"] <= before["Nodes"] * 1.1 + 50
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 2
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] + 1_000_000
