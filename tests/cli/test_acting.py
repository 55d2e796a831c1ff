"""`stationmaster act`: what it sends to a hub, and what it says of the answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from stationmaster.cli.main import main

TRACK = {"do": "track", "call": "TST/2026-03-01/G1/1", "track": "2"}
DONE = {
    "id": "act/1",
    "position": {"epoch": "e", "sequence": 7, "hash": "h"},
    "puts": [
        {"kind": "call", "id": "TST/2026-03-01/G1/1", "revision": 9},
        {"kind": "act", "id": "act/1", "revision": 8},
    ],
    "deletes": [["proposal", "x"]],
    "notes": [
        {"code": "lock-over", "subject": "y", "detail": [["fields", "track"]]},
        {"code": "z", "subject": "y", "detail": []},
    ],
}


@dataclass
class FakeHub:
    """Answers every request alike, and keeps what was sent."""

    config: Path
    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: DONE)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def operators(self, text: str) -> None:
        """Name operators in the configuration."""
        self.config.write_text(self.config.read_text("utf-8") + "[hub.operators]\n" + text, "utf-8")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    made = FakeHub(tmp_path / "hub.toml")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.sent.append((self.path, self.headers["Authorization"], body))
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(json.dumps(made.answer).encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    made.config.write_text(f"[hub]\nport = {server.server_port}\n", "utf-8")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_one_deed_of_the_only_operator(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """The only operator acts, with an id of its own each time, and every change is a line."""
    hub.operators('"controller 1" = "secret"\n')
    assert main(["act", str(hub.config), json.dumps(TRACK), "--why", "works"]) == 0
    assert main(["act", str(hub.config), json.dumps([TRACK]), "--no-lock", "--id", "again"]) == 0
    (path, token, first), (_, _, second) = hub.sent
    assert (path, token) == ("/api/v1/acts", "Bearer secret")
    assert (first["why"], first["deeds"], first["lock"]) == ("works", [TRACK], True)
    assert (second["id"], second["deeds"], second["lock"]) == ("again", [TRACK], False)
    assert first["id"] != "again"
    assert capsys.readouterr().out.splitlines()[:5] == [
        "act/1: done, entry 7 of the journal",
        "call TST/2026-03-01/G1/1: revision 9",
        "proposal x: gone",
        "note lock-over y: fields track",
        "note z y",
    ]


def test_one_of_several_operators(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """With several operators it has to be said who acts, and it has to be one of them."""
    hub.operators('desk-1 = "l"\n"综控员" = "w"\n')
    assert main(["act", str(hub.config), "--as", "综控员", json.dumps(TRACK)]) == 0
    assert hub.sent[0][1] == "Bearer w"
    assert main(["act", str(hub.config), json.dumps(TRACK)]) == 2
    assert main(["act", str(hub.config), "--as", "Zhao", json.dumps(TRACK)]) == 2
    assert capsys.readouterr().err.count("Operators are: desk-1, 综控员.") == 2


def test_what_a_person_did_wrong_is_said(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """No operator at all, deeds that are no JSON, and a hub that is not there are messages with exit code 2."""
    assert main(["act", str(hub.config), json.dumps(TRACK)]) == 2
    assert "name operators in [hub.operators]" in capsys.readouterr().err
    hub.operators('desk-1 = "l"\n')
    assert main(["act", str(hub.config), "track 5"]) == 2
    assert "The deeds are not JSON" in capsys.readouterr().err
    hub.config.write_text('[hub]\nport = 1\n[hub.operators]\ndesk-1 = "l"\n', "utf-8")
    assert main(["act", str(hub.config), json.dumps(TRACK)]) == 2
    assert "No hub answers at 127.0.0.1:1" in capsys.readouterr().err
    assert main(["act", str(hub.config.parent / "none.toml"), json.dumps(TRACK)]) == 2
    assert hub.sent == []


def test_what_the_hub_says_is_passed_on(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults are lines and exit code 1; a refusal is a message with its hint; an act that waits is no error."""
    hub.operators('desk-1 = "l"\n')
    hub.status = 400
    hub.answer = {"faults": [{"place": "deeds[0].do", "problem": "is missing", "allowed": "track, undo"}]}
    assert main(["act", str(hub.config), "{}"]) == 1
    assert capsys.readouterr().out == "deeds[0].do: is missing (allowed: track, undo)\n"
    hub.status, hub.answer = 409, {"error": "plan-locked", "message": "It is locked.", "hint": "Unlock it."}
    assert main(["act", str(hub.config), json.dumps(TRACK)]) == 2
    assert capsys.readouterr().err == "stationmaster act: It is locked. Unlock it.\n"
    hub.status, hub.answer = 202, {"id": "act/1", "message": "Later."}
    assert main(["act", str(hub.config), json.dumps(TRACK)]) == 0
    assert capsys.readouterr().out == "act/1 of desk-1 waits: Later.\n"
