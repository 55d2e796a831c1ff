"""A hub's real process with people who may log in, and a browser that shows its console to one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from console.fed_hub import G101, G103, PASSWORD, FedHub
from guidance.browsing import TORN, chromium, listen_for_errors

PEOPLE = {
    "vera": ("viewer",),
    "anna": ("announcer",),
    "conrad": ("controller",),
    "clara": ("controller",),
    "susan": ("supervisor", "controller", "announcer"),
}
"""Who may log in, by role; everyone has the same password."""

HARMLESS = (*TORN, "401 (Unauthorized)", "409 (Conflict)", "412 (Precondition Failed)")
"""What a browser writes of its own accord: a process has ended, nobody has logged in yet, another one was faster."""

LoggedIn = Callable[..., Page]


def let_in(context: BrowserContext, hub: FedHub, login: str) -> None:
    """Log somebody in for all pages of a context, as the page does it; with them the cookie is kept."""
    given = {"login": login, "password": PASSWORD}
    answer = context.request.post(f"{hub.base}/api/v1/session", data=given, headers={"Origin": hub.base})
    assert answer.ok, answer.text()


@pytest.fixture(scope="module")
def console_browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def console_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedHub]:
    """The hub of a module's tests, at twenty to ten, with two trains that the feed knows."""
    hub = FedHub(tmp_path_factory.mktemp("hub"))
    try:
        hub.start()
        for login, roles in PEOPLE.items():
            hub.let_in(login, *roles)
        hub.report(G101, G103)
        yield hub
    finally:
        hub.close()


@pytest.fixture
def logged_in(console_browser: Browser, console_hub: FedHub) -> Iterator[LoggedIn]:
    """Opens the console, each time in a browser of its own, for `login`, on `pane`; no page may write an error.

    Whoever is named has logged in before the page is opened, as when he had it open yesterday; that is also much less
    work than to draw the page twice. With `login` empty nobody has.
    """
    opened: list[tuple[Page, list[str]]] = []

    def open_page(login: str = "conrad", pane: str = "day", width: int = 1366, height: int = 768) -> Page:
        context = console_browser.new_context(viewport=ViewportSize(width=width, height=height), locale="en-GB")
        page = context.new_page()
        opened.append((page, listen_for_errors(page)))
        if login:
            let_in(context, console_hub, login)
        page.goto(f"{console_hub.base}/#{pane}")
        if login:
            expect(page.locator("#person")).to_be_visible()
        return page

    yield open_page
    errors = [error for _, said in opened for error in said if not any(harmless in error for harmless in HARMLESS)]
    for page, _ in opened:
        page.context.close()
    assert errors == []


@pytest.fixture
def desk_page(logged_in: LoggedIn) -> Page:
    """The console of a controller."""
    return logged_in()
