"""What another site's page can do at the hub's console, in the browser that an operator uses: nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, expect

from console.conftest import LoggedIn
from console.fed_hub import PASSWORD, FedHub

ACT = '{"id":"evil","deeds":[{"do":"mode","scope":"station","manual":true}]}'
LOGIN = f'{{"login":"susan","password":"{PASSWORD}"}}'
TRY = """async ([hub, act, login]) => {
  const asked = [
    ["/api/v1/acts", { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body: act }],
    ["/api/v1/session", { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body: login }],
    ["/api/v1/session", { mode: "no-cors" }],
    ["/api/v1/session", {}],
    ["/api/v1/acts", { method: "POST", headers: { "Content-Type": "application/json" }, body: act }],
    ["/api/v1/session", { method: "DELETE" }],
    ["/api/v1/acts", { method: "POST", headers: { "X-Session-Proof": "x" }, body: act }],
  ];
  const said = [];
  for (const [path, how] of asked) {
    try {
      const answer = await fetch(hub + path, { credentials: "include", ...how });
      said.push(`${answer.type} ${await answer.text()}`);
    } catch {
      said.push("refused");
    }
  }
  return said;
}"""


class Evil(BaseHTTPRequestHandler):
    """A page of a site on the same machine, and so with the same cookies, at another port."""

    hub = ""

    def do_GET(self) -> None:
        form = ACT[:-1].replace('"', "&quot;") + ",&quot;why&quot;:&quot;"
        body = (
            f'<!doctype html><form method="post" enctype="text/plain" action="{self.hub}/api/v1/acts" target="sent">'
            f'<input name="{form}" value="&quot;}}"></form><iframe name="sent"></iframe>'
            f'<iframe name="shown" src="{self.hub}/"></iframe>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
        """Nothing."""


@pytest.fixture
def evil(console_hub: FedHub) -> Iterator[str]:
    """Where the other site is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("EvilHere", (Evil,), {"hub": console_hub.base}))
    running = threading.Thread(target=server.serve_forever, args=(0.05,))
    running.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    running.join()
    server.server_close()


def test_another_site_in_the_same_browser(logged_in: LoggedIn, evil: str) -> None:
    """It has nothing done by form or script, reads nothing, logs nobody in or out, and cannot show the console."""
    page = logged_in("susan")
    hub = page.evaluate("location.origin")
    mode = "async () => (await (await fetch('/api/v1/modes')).json()).modes.length"
    before = page.evaluate(mode)
    other = page.context.new_page()
    other.goto(evil)
    assert other.evaluate(TRY, [hub, ACT, LOGIN]) == ["refused"] * 7
    with other.expect_response(lambda response: response.url.endswith("/api/v1/acts")) as sent:
        other.evaluate("document.forms[0].submit()")
    assert sent.value.status in {401, 403}
    shown = other.frame("shown")
    assert shown is not None
    assert not shown.url.startswith(hub)
    assert page.evaluate(mode) == before
    session = page.evaluate("async () => await (await fetch('/api/v1/session')).json()")
    assert session["person"]["login"] == "susan"
    other.close()


def test_a_page_runs_no_script_that_was_written_into_it(console_browser: Browser, console_hub: FedHub) -> None:
    """Markup that found its way into the page would be seen, and would do nothing; nor has it a style of its own."""
    page = console_browser.new_page()
    page.goto(console_hub.base)
    with pytest.raises(Error, match="Content Security Policy"):
        page.add_script_tag(content="window.stolen = 1")
    page.evaluate(
        """() => {
          const bad = document.createElement("div");
          bad.id = "bad";
          bad.innerHTML = '<img src="/nothing.png" onerror="window.stolen = 2"><b style="color: red">x</b>';
          document.body.append(bad);
        }"""
    )
    expect(page.locator("#bad b")).not_to_have_css("color", "rgb(255, 0, 0)")
    assert page.evaluate("window.stolen === undefined")
    page.close()
