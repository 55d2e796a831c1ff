"""A board's real page as a PNG: Chromium paints it, and every file that it asks for is answered here.

No server is started and no network is used, so a preview can be made on any machine with a browser, of any station,
while the real one runs beside it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page, Route, sync_playwright

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, to_iso
from stationmaster_guidance.moment import BoardMoment
from stationmaster_guidance.wire import page_state

__all__ = ["ORIGIN", "answers", "turned_to", "write_png"]

ORIGIN = "http://board.invalid"
"""Nothing is ever looked up under this name: RFC 2606."""

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
PACKAGES = {"static": "stationmaster_service", "guidance": "stationmaster_guidance"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAINTED_MS = 10_000


def write_png(moment: BoardMoment, file: Path, *, language: int = 0, page: int = 1) -> None:
    """Paint the board as its page shows it.

    Args:
        moment: the board.
        file: where the picture goes; it is as large as the board.
        language: which language, counted from 0, where they alternate.
        page: which page, counted from 1.

    Raises:
        StationError: there is no browser, or it does not paint.

    """
    browser_file = os.environ.get("STATIONMASTER_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_file is None:
        raise StationError(
            "no-browser", "A PNG is painted by Chromium, which is not installed. Install it, or write an SVG instead."
        )
    board = moment.board
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox"])
            opened = browser.new_page(viewport={"width": board.width, "height": board.height})
            opened.clock.set_fixed_time(turned_to(moment, language, page))
            opened.route("**/*", answers(moment))
            opened.goto(f"{ORIGIN}/board/{board.id}")
            opened.wait_for_selector("#board .regions", timeout=PAINTED_MS)
            _settle(opened)
            opened.screenshot(path=str(file), animations="disabled")
            browser.close()
    except Error as error:
        raise StationError("not-painted", f"{file} was not painted: {error.message.splitlines()[0]}") from error


def _settle(page: Page) -> None:
    """Wait until fonts are there, the clock has been read, and what they moved has been measured again."""
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    if page.locator(".clock:not(.badge-only) time").count():
        page.wait_for_selector(".clock time[datetime]", state="attached", timeout=PAINTED_MS)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def turned_to(moment: BoardMoment, language: int, page: int) -> float:
    """A machine time at which this page is shown in this language; pages of all regions turn together."""
    layout = moment.layout
    turn = 1
    for region in moment.picture.regions:
        turn *= region.pages
    first = 1_700_000_000 // (layout.dwell_s * turn) * layout.dwell_s * turn
    return first + (page - 1) * layout.dwell_s + language * layout.language_s + 0.5


def answers(moment: BoardMoment) -> Callable[[Route], None]:
    """What answers every request of the board's page, as guidance would: for playwright's `route`."""
    state = page_state(
        moment.board, moment.layout, moment.station, moment.picture, places=moment.places, stale=False, alone=False
    )
    health = {"station_time": to_iso(Instant(int(moment.now))), "rate": 0, "shadow": False}

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path.strip("/")
        top, _, name = path.partition("/")
        if path == "healthz":
            route.fulfill(json=health, headers={"X-Station-Time": f"{moment.now:.3f}"})
        elif path.endswith("/head"):
            route.fulfill(json={"id": "preview.1", "version": "preview"})
        elif path.endswith("/events"):
            body = f"retry: 3600000\nid: preview.1\nevent: state\ndata: {state}\n\n"
            route.fulfill(body=body, content_type="text/event-stream")
        elif top == "board" and "/" not in name:
            page = _file("guidance", "board.html").decode().replace("{{version}}", "preview")
            route.fulfill(body=page, content_type="text/html; charset=utf-8")
        elif top in PACKAGES:
            kind = TYPES.get(Path(name).suffix, "application/octet-stream")
            route.fulfill(body=_file(top, name), content_type=f"{kind}; charset=utf-8")
        else:
            route.fulfill(status=200, body=json.dumps({}), content_type="application/json")

    return answer


def _file(top: str, name: str) -> bytes:
    return resources.files(PACKAGES[top]).joinpath("static", name).read_bytes()
