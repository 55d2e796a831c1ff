"""`stationmaster command`: what it sends to a hub, how long it waits, and what it says of the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from stationmaster.cli.commanding import CommandOptions, do_command
from stationmaster.cli.main import main
from support.small_hub import Time, serving


def command(**states: tuple[str, str, str] | None) -> dict[str, Any]:
    """A hub's answer: for each subsystem state, code and detail; None: it has not answered."""
    results = {
        name: None if said is None else {"state": said[0], "code": said[1] or None, "detail": said[2], "at": 1}
        for name, said in states.items()
    }
    parts = [{"identity": name, "result": result} for name, result in results.items()]
    return {"now": 1, "command": {"id": "c1", "parts": parts}}


@dataclass
class FakeHub:
    """Gives one answer after the other, the last again and again, and keeps what was sent."""

    config: Path
    status: int = 200
    answers: list[dict[str, Any]] = field(default_factory=lambda: [command(guidance=("done", "", ""))])
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self) -> bytes:
        return json.dumps(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]).encode()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    made = FakeHub(tmp_path / "hub.toml")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.sent.append((self.path, self.headers["Authorization"], body))
            self._answer()

        def do_GET(self) -> None:
            made.sent.append((self.path, "", None))
            self._answer()

        def _answer(self) -> None:
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(made.answer())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    made.config.write_text(f'[hub]\nport = {server.server_port}\n[hub.operators]\ndesk = "secret"\n', "utf-8")
    with serving(server):
        yield made


def give(hub: FakeHub, **options: Any) -> int:
    time = Time()
    return do_command(hub.config, CommandOptions(action="test", **options), seconds=time.seconds, pause=time.pause)


def test_everything_that_is_asked_for_is_sent(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """With the only operator's token and an id of its own; who did it is a line."""
    words = ["--to", "guidance", "--device", "led-1", "--device", "led-2", "--set", "percent=40", "--expires", "60"]
    assert main(["command", str(hub.config), "brightness", *words]) == 0
    ((path, token, body),) = hub.sent
    assert (path, token) == ("/api/v1/commands", "Bearer secret")
    assert len(body.pop("id")) == 32
    assert body == {
        "identity": "guidance",
        "action": "brightness",
        "devices": ["led-1", "led-2"],
        "targets": [],
        "parameters": {"percent": "40"},
        "expires_s": 60,
    }
    assert capsys.readouterr().out == "guidance: done\n"


def test_it_waits_until_everybody_has_answered(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """It asks again for the same command; what was not done is told with its reason, and is exit code 1."""
    hub.answers = [
        command(guidance=None, broadcast=None),
        command(guidance=("accepted", "", ""), broadcast=("refused", "not-connected", "")),
        command(guidance=("failed", "no-lamp", "lamp 3 is dark"), broadcast=("refused", "not-connected", "")),
    ]
    assert give(hub, targets=("hall-1",), command="c1") == 1
    assert [path for path, _, _ in hub.sent] == ["/api/v1/commands", "/api/v1/commands/c1", "/api/v1/commands/c1"]
    assert "identity" not in hub.sent[0][2]
    assert capsys.readouterr().out == ("guidance: failed, no-lamp: lamp 3 is dark\nbroadcast: refused, not-connected\n")


def test_it_does_not_wait_for_ever(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """After its time it says how to ask again; what is under way is well."""
    hub.answers = [command(guidance=None)]
    assert give(hub, identity="guidance", wait_s=2.0) == 1
    assert len(hub.sent) == 9
    assert capsys.readouterr().out == "guidance: no answer yet; ask again with --id c1\n"
    hub.answers = [command(guidance=("accepted", "", "begun"))]
    assert give(hub, identity="guidance", wait_s=0.0) == 0
    assert capsys.readouterr().out == "guidance: accepted, begun\n"


def test_faults_and_refusals_are_told(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is a line for each fault; what the hub does not take, and a bad detail, is one message."""
    hub.status = 400
    hub.answers = [{"faults": [{"place": "expires_s", "problem": "0 is not possible", "allowed": "1 to 86400"}]}]
    assert main(["command", str(hub.config), "test", "--to", "x", "--expires", "0"]) == 1
    assert capsys.readouterr().out == "expires_s: 0 is not possible (allowed: 1 to 86400)\n"
    hub.status, hub.answers = 404, [{"error": "nobody-serves", "message": "No subsystem serves y.", "hint": "Name it."}]
    assert main(["command", str(hub.config), "test", "--target", "y"]) == 2
    assert "No subsystem serves y." in capsys.readouterr().err
    assert main(["command", str(hub.config), "test", "--to", "x", "--set", "loud"]) == 2
    assert "brightness=40" in capsys.readouterr().err
    assert main(["command", str(hub.config), "test", "--to", "x", "--as", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
