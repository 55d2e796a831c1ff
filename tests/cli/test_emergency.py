"""`stationmaster emergency`: who is commanded what, how long it waits, and what it says of who has it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from stationmaster.cli.emergency import WAIT_S, EmergencyOptions, do_emergency
from stationmaster.cli.main import main
from support.small_hub import Time, serving

DONE = {"state": "done", "code": None, "detail": ""}


def subscriber(identity: str, kind: str, *, connected: bool = True) -> dict[str, Any]:
    """One of the hub's subscribers."""
    return {"identity": identity, "kind": kind, "connected": connected}


@dataclass
class FakeHub:
    """Gives each subsystem's results one after the other, the last again and again, and keeps what it was given."""

    config: Path
    subscribers: list[dict[str, Any]] = field(
        default_factory=lambda: [
            subscriber("guidance", "guidance"),
            subscriber("kiosk", "query"),
            subscriber("speech-2", "broadcast"),
        ]
    )
    results: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)
    refusals: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    given: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    looked: tuple[int, dict[str, Any]] | None = None
    hangs: threading.Event | None = None

    def post(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.given.append(body)
        return self.refusals.get(body["identity"]) or self.get(body["id"])

    def get(self, order: str) -> tuple[int, dict[str, Any]]:
        identity = next(body["identity"] for body in self.given if body["id"] == order)
        results = self.results.get(identity, [DONE])
        result = results.pop(0) if len(results) > 1 else results[0]
        return 200, {"command": {"id": order, "parts": [{"identity": identity, "result": result}]}}

    def commanded(self) -> dict[str, dict[str, Any]]:
        """What each was given, without what is the same for all."""
        bodies = {}
        for body in self.given:
            bodies[body["identity"]] = {name: body[name] for name in ("action", "targets", "parameters")}
        return bodies


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    made = FakeHub(tmp_path / "hub.toml")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = made.post(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if made.hangs is not None and len(made.given) == 1:
                made.hangs.wait()
            else:
                self._answer(*answer)

        def do_GET(self) -> None:
            if self.path == "/api/v1/subscribers":
                self._answer(*(made.looked or (200, {"subscribers": made.subscribers})))
            else:
                self._answer(*made.get(self.path.rpartition("/")[2]))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            made.tokens.add(self.headers["Authorization"])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.config.write_text(f'[hub]\nport = {server.server_port}\n[hub.operators]\ndesk = "secret"\n', "utf-8")
    with serving(server):
        yield made


def test_everybody_has_it(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """Loudspeakers and boards are commanded in their own words, loudspeakers first, and nobody else is."""
    words = ["请离开", "--en", "Leave", "--also", "ja=退出", "--zones", "hall,gate", "--boards", "type:gate"]
    assert main(["emergency", str(hub.config), *words]) == 0
    texts = {"text": "请离开", "text.en": "Leave", "text.ja": "退出"}
    assert list(hub.commanded().items()) == [
        ("speech-2", {"action": "emergency", "targets": ["hall", "gate"], "parameters": texts}),
        ("guidance", {"action": "emergency", "targets": ["type:gate"], "parameters": texts | {"minutes": "120"}}),
    ]
    assert len({body["id"] for body in hub.given}) == 2
    assert hub.tokens == {"Bearer secret"}
    assert capsys.readouterr().out == "loudspeakers, speech-2: has it\nboards, guidance: has it\n"


def test_a_message_goes_to_loudspeakers_by_name_and_to_boards_in_words(hub: FakeHub) -> None:
    """Boards do not know its words."""
    assert main(["emergency", str(hub.config), "请离开", "--message", "evacuation", "--minutes", "5"]) == 0
    assert [each["parameters"] for each in hub.commanded().values()] == [
        {"message": "evacuation"},
        {"text": "请离开", "minutes": "5"},
    ]


def test_it_is_ended_by_the_same_command(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """Everywhere, and it is said where nothing was under way."""
    hub.results["speech-2"] = [DONE | {"detail": "b.1"}]
    assert main(["emergency", str(hub.config), "--end"]) == 0
    assert list(hub.commanded().values()) == [{"action": "emergency-end", "targets": [], "parameters": {}}] * 2
    assert capsys.readouterr().out == (
        "loudspeakers, speech-2: has ended it (b.1)\nboards, guidance: has ended it (nothing was under way)\n"
    )


def test_who_has_it_not_is_said(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is away is not commanded; who fails or is refused does not keep the others from it. Exit code 1."""
    hub.subscribers += [
        subscriber("guidance-2", "", connected=False),
        subscriber("guidance-3", "guidance"),
        subscriber("broadcast", "broadcast"),
    ]
    hub.results["speech-2"] = [{"state": "failed", "code": "no-such-zone", "detail": "There is no zone hal."}]
    hub.refusals["broadcast"] = (429, {"error": "too-many", "message": "Too many commands are under way."})
    hub.refusals["guidance-3"] = (400, {"faults": [{"place": "parameters", "problem": "is no text that can be sent"}]})
    assert main(["emergency", str(hub.config), "请离开"]) == 1
    assert [body["identity"] for body in hub.given] == ["broadcast", "speech-2", "guidance", "guidance-3"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [
        "loudspeakers, broadcast: DOES NOT HAVE IT (Too many commands are under way.)",
        "loudspeakers, speech-2: DOES NOT HAVE IT (no-such-zone: There is no zone hal.)",
        "boards, guidance: has it",
        "boards, guidance-2: DOES NOT HAVE IT (not connected)",
        "boards, guidance-3: DOES NOT HAVE IT (parameters is no text that can be sent)",
    ]
    assert "/local" in lines[-1]


def test_a_hub_without_boards_is_no_success(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody takes silence for an answer."""
    hub.subscribers = [subscriber("broadcast", "broadcast")]
    assert main(["emergency", str(hub.config), "请离开"]) == 1
    assert capsys.readouterr().out == "loudspeakers, broadcast: has it\nboards: NOBODY, the hub knows no guidance\n"


def test_it_waits_three_seconds_and_no_longer(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """Who answers meanwhile has it; begun is not done; who says nothing has it not."""
    hub.results["speech-2"] = [None, {"state": "accepted", "code": None, "detail": ""}, DONE]
    hub.results["guidance"] = [None]
    time = Time()
    options = EmergencyOptions(text="请离开")
    assert do_emergency(hub.config, options, seconds=time.seconds, pause=time.pause) == 1
    assert WAIT_S <= time.now < WAIT_S + 0.1
    assert capsys.readouterr().out.splitlines()[:2] == [
        "loudspeakers, speech-2: has it",
        "boards, guidance: DOES NOT HAVE IT (no answer for 3 s)",
    ]


def test_a_hub_that_hangs_keeps_nobody_else_from_it(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """It has what is left of three seconds, the next is commanded, and then it is asked whether it took the first."""
    hub.hangs = threading.Event()
    moments = iter([0.0])
    time = Time()
    time.now = WAIT_S - 0.1
    options = EmergencyOptions(text="请离开")
    try:
        code = do_emergency(hub.config, options, seconds=lambda: next(moments, time.now), pause=time.pause)
    finally:
        hub.hangs.set()
    assert (code, len(hub.given)) == (0, 2)
    assert "loudspeakers, speech-2: has it" in capsys.readouterr().out


def test_long_answers_are_cut(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two hundred boards nobody reads the names now; of what is wrong every word."""
    hub.results["speech-2"] = [DONE | {"detail": "b" * 500}]
    hub.results["guidance"] = [{"state": "failed", "code": None, "detail": "w" * 500}]
    assert main(["emergency", str(hub.config), "请离开"]) == 1
    first, second, _ = capsys.readouterr().out.splitlines()
    assert len(first) < 200 < 500 < len(second)


def test_a_hub_that_is_not_there_or_refuses(hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says where to go instead; exit code 2."""
    hub.looked = (503, {"error": "not-up", "message": "The hub is not up yet."})
    assert main(["emergency", str(hub.config), "请离开"]) == 2
    assert "The hub is not up yet. Call it at the pages" in capsys.readouterr().err
    config = tmp_path / "other.toml"
    config.write_text('[hub]\nport = 1\n[hub.operators]\ndesk = "secret"\n', "utf-8")
    assert main(["emergency", str(config), "请离开"]) == 2
    assert "/local" in capsys.readouterr().err
    assert main(["emergency", str(config), "请离开", "--as", "nobody"]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [" "],
        ["请离开", "--end"],
        ["请离开", "--minutes", "0"],
        ["请离开", "--minutes", "1441"],
        ["请离开", "--also", "Leave"],
        ["请离开", "--zones", ","],
    ],
)
def test_what_is_no_order(hub: FakeHub, wrong: list[str]) -> None:
    """It is refused before anybody is commanded."""
    with pytest.raises(SystemExit) as raised:
        main(["emergency", str(hub.config), *wrong])
    assert raised.value.code == 2
    assert hub.given == []
