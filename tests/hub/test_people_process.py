"""A real hub process: its first start, and a person who stays logged in while it dies and comes back."""

from __future__ import annotations

import http.client
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.test_process import PATIENCE_S, World

NEW_PASSWORD = "river and 9 lanterns"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


class Page:
    """A page in a browser: its cookie and proof."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookie = self.proof = ""

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Cookie": self.cookie, "X-Session-Proof": self.proof, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        given = response.headers.get("Set-Cookie", "")
        told = json.loads(response.read())
        connection.close()
        self.cookie = given.split(";")[0] or self.cookie
        self.proof = told.get("proof") or self.proof
        return response.status, told


def test_the_first_start_lets_one_in_who_stays_in_when_the_hub_dies(world: World) -> None:
    """A one-time password stands in a file that nobody else may read, and in no log; it is good for choosing another,
    after which the file is gone. The session goes on after SIGKILL, with cookie and proof as they were.
    """
    config, port = world.configure()
    first = world.start(config)
    world.up(first, port)
    file = config.parent / "first-login.txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    login, _, password = file.read_text("utf-8").strip().partition(": ")
    assert login == "admin"
    page = Page(port)
    assert page.ask("POST", "/api/v1/session", {"login": login, "password": password})[1]["person"]["change_password"]
    assert page.ask("GET", "/api/v1/accounts")[1]["error"] == "password-to-change"
    change = {"old": password, "new": NEW_PASSWORD}
    assert page.ask("PUT", "/api/v1/session/password", change)[0] == 200
    assert not file.exists()
    first.kill()
    first.communicate()
    said = world.said(first)
    assert "first-login" in said
    assert password not in said

    second = world.start(config)
    world.up(second, port)
    assert page.ask("GET", "/api/v1/session")[1]["person"]["name"] == "Administrator"
    assert [each["mine"] for each in page.ask("GET", "/api/v1/sessions")[1]["sessions"]] == [True]
    made = page.ask("PUT", "/api/v1/accounts/li", {"name": "Li", "roles": ["controller"], "password": NEW_PASSWORD})
    assert made[0] == 201
    assert not file.exists()
    assert page.ask("DELETE", "/api/v1/session")[1]["person"] is None
