"""What is asked for twice with one key is done once, and is answered as the first time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.web.http_headers import Headers

from service.web import Browser
from stationmaster.hub.web import repeats
from stationmaster.hub.web.repeats import KEPT_S, KEY_PATTERN, MOST_KEPT, Repeats
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_service.answers import json_answer, problem_answer
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.timer import StationTimer
from support.described import DOCUMENT

PATH = "/api/v1/made-up"


class Desk:
    """A hub with one route that counts how often it was asked, and says what it is told to say."""

    def __init__(self) -> None:
        self.reactor = Clock()
        clock = MachineClock(self.reactor.seconds)
        self.face = Face(
            health=lambda: Health(process="test"),
            clock=clock,
            timer=StationTimer(clock, self.reactor),
            registry=CollectorRegistry(),
        )
        self.asked: list[bytes] = []
        self.code = 200
        self.later: Callable[[Any], Any] = lambda answer: answer
        self.repeats = Repeats(lambda request: request.getHeader("x-who"), self.reactor.seconds)
        self.face.around(self.repeats)
        for path in (f"{PATH}/<name>", "/api/v1/session-made-up"):
            self.face.app.route(path, methods=["GET", "PUT", "POST"], endpoint=path)(self._answer)

    def _answer(self, request: WebRequest, name: str = "") -> Any:
        self.asked.append(request.content.read())
        request.setHeader(b"X-Made", str(len(self.asked)).encode())
        if self.code >= 400:
            return self.later(problem_answer(request, self.code, "made-up", name))
        return self.later(json_answer(request, {"count": len(self.asked)}, self.code))

    def ask(self, key: str = "", body: bytes = b"{}", **more: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
        code, headers, answer = self.send(key, body, **more).take()
        return code, headers, json.loads(answer)

    def send(
        self, key: str = "", body: bytes = b"{}", *, who: str = "li", method: str = "PUT", path: str = f"{PATH}/x"
    ) -> Browser:
        browser = Browser(self.face.site())
        headers = f"Content-Length: {len(body)}\r\n"
        headers += f"Idempotency-Key: {key}\r\n" if key else ""
        headers += f"X-Who: {who}\r\n" if who else ""
        browser.send(method, path, headers)
        browser.protocol.dataReceived(body)
        return browser


def test_a_repeat_is_answered_as_the_first_time() -> None:
    """With the same key the route is not asked again; status, headers and body are those of the first time."""
    desk = Desk()
    desk.code = 201
    first = desk.ask("k-1")
    code, headers, body = desk.ask("k-1")
    assert (code, body, headers["x-made"]) == (201, first[2], "1")
    assert (headers["idempotency-replayed"], "idempotency-replayed" in first[1]) == ("true", False)
    assert desk.asked == [b"{}"]
    assert desk.ask('"k-1"')[2] == {"count": 1}
    assert desk.ask("k-2")[2] == {"count": 2}


def test_without_a_key_everything_is_done() -> None:
    """Who sends no key has it done each time; looking takes none."""
    desk = Desk()
    assert [desk.ask()[2]["count"] for _ in range(2)] == [1, 2]
    assert [desk.ask("k", method="GET")[2]["count"] for _ in range(2)] == [3, 4]


@pytest.mark.parametrize("other", [{"body": b"[]"}, {"path": f"{PATH}/y"}])
def test_the_same_key_for_something_else_is_refused(other: dict[str, Any]) -> None:
    """Another body or another thing under the same key is a mistake of who asks, and is not done."""
    desk = Desk()
    desk.ask("k")
    code, _, body = desk.ask("k", **other)
    assert (code, body["error"], len(desk.asked)) == (422, "key-used", 1)


def test_a_key_is_its_senders_own_and_of_one_operation() -> None:
    """Two people may think of the same word, and one person may use it for two operations."""
    desk = Desk()
    desk.ask("k")
    assert desk.ask("k", who="wang")[2] == {"count": 2}
    assert desk.ask("k", method="POST")[2] == {"count": 3}


def test_nothing_is_kept_for_who_is_nobody_nor_of_sessions() -> None:
    """Who has not shown who he is gets what the route says; and what logging in answers is kept nowhere."""
    desk = Desk()
    for who, path in (("", f"{PATH}/x"), ("li", "/api/v1/session-made-up")):
        assert desk.ask("k", who=who, path=path)[2] != desk.ask("k", who=who, path=path)[2]
    assert len(desk.repeats) == 0


def test_while_it_is_under_way_a_repeat_waits() -> None:
    """A repeat that comes before the first answer is told so, and is not done a second time."""
    desk = Desk()
    waiting: Deferred[Any] = Deferred()
    desk.later = lambda answer: waiting.addCallback(lambda _: answer)
    first = desk.send("k")
    code, headers, body = desk.ask("k")
    assert (code, body["error"], headers["retry-after"]) == (409, "key-under-way", "1")
    waiting.callback(None)
    assert json.loads(first.take()[2]) == {"count": 1}
    assert desk.ask("k")[2] == {"count": 1}


@pytest.mark.parametrize(("code", "kept"), [(404, 1), (409, 1), (422, 1), (202, 0), (401, 0), (429, 0), (503, 0)])
def test_only_what_stays_so_is_kept(code: int, kept: int) -> None:
    """A refusal is an answer too; but where the hub could not, or it is to be asked again, the next may be another."""
    desk = Desk()
    desk.code = code
    desk.ask("k")
    assert len(desk.repeats) == kept


def test_a_route_that_fails_may_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fault of the hub the same request with the same key is carried out."""
    desk = Desk()

    def fail(_: Any) -> Any:
        raise ValueError("made up")

    logged: list[str] = []
    monkeypatch.setattr(
        "stationmaster_service.answers._LOG", type("Log", (), {"error": lambda *a, **k: logged.append("")})
    )
    desk.later = fail
    assert desk.ask("k")[0] == 500
    desk.later = lambda answer: answer
    assert (desk.ask("k")[2], logged) == ({"count": 2}, [""])


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are forgotten after ten minutes, and the oldest when there are too many or they are too large."""
    desk = Desk()
    monkeypatch.setattr(repeats, "MOST_KEPT", 3)
    for number in range(5):
        desk.ask(f"k{number}")
    assert len(desk.repeats) == 3
    assert desk.ask("k4")[2] == {"count": 5}
    assert desk.ask("k0")[2] == {"count": 6}
    desk.reactor.advance(KEPT_S)
    assert desk.ask("k4")[2] == {"count": 7}
    assert len(desk.repeats) == 1
    monkeypatch.setattr(repeats, "LARGEST_KEPT", 20)
    for number in range(5):
        desk.ask(f"l{number}")
    assert len(desk.repeats) == 1
    assert MOST_KEPT == 1000


@given(st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=140))
def test_any_key_is_taken_or_refused(key: str) -> None:
    """Whatever stands in the header: it is done once, or refused as no key; nothing else comes of it."""
    done: list[str] = []
    request: Any = SimpleNamespace(method=b"PUT", uri=b"/x", code=200)
    request.content = BytesIO(b"{}")
    request.getHeader = {"idempotency-key": key}.get
    request.setHeader = request.setResponseCode = lambda *_: None
    request.responseHeaders = Headers()

    def do() -> bytes:
        done.append("")
        return b"done"

    asked = Repeats(lambda _: "li", lambda: 0.0)
    answers = [asked(request, PATH, do) for _ in range(2)]
    bare = key.strip()
    quoted = len(bare) > 1 and bare[0] == bare[-1] == '"'
    possible = re.match(KEY_PATTERN, bare[1:-1] if quoted else bare) is not None
    assert done == ([""] if possible else [])
    assert (answers == [b"done"] * 2) == possible


def test_every_operation_that_changes_something_is_described_with_it() -> None:
    """Each operation that is no look takes a key, but logging in and out, and what belongs to no account."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            named = {each["name"] for each in operation.get("parameters", [])}
            wanted = method != "get" and path.startswith("/api/v1/") and not path.startswith("/api/v1/session")
            wanted = wanted and not path.endswith("/preview")
            assert ("Idempotency-Key" in named) == wanted, (method, path)
            if wanted:
                text = json.dumps(operation["responses"])
                assert all(f'"{code}"' in text for code in ("key-impossible", "key-under-way", "key-used"))
