"""The web face that every process has."""

from __future__ import annotations

import json
from pathlib import Path

from klein import Klein
from prometheus_client import CollectorRegistry, Counter
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from service.web import Browser
from stationmaster_base.clock import Anchor, FileClock, MachineClock, StationClock, write_anchor
from stationmaster_base.health import Health
from stationmaster_base.times import Instant
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.timer import StationTimer


def make(
    clock: StationClock, health: Health | None = None, settle: Deferred[None] | None = None, *, strict: bool = False
) -> Face:
    """A face on a fake reactor."""
    answer = health or Health(process="test", next_at=Instant(1060), more={"polls": 3})
    registry = CollectorRegistry()
    Counter("stationmaster_things", "Things.", registry=registry).inc(7)
    return Face(
        health=lambda: answer,
        clock=clock,
        timer=StationTimer(clock, Clock()),
        registry=registry,
        settle=None if settle is None else lambda: settle,
        strict=strict,
    )


def machine() -> MachineClock:
    return MachineClock(lambda: 1000.5)


def test_healthz_says_what_the_process_says_of_itself() -> None:
    """The body is JSON with the common keys and the process's own; the exact station time is a header."""
    code, headers, body = Browser(make(machine()).site()).ask("GET", "/healthz")
    assert code == 200
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-station-time"] == "1000.500"
    assert json.loads(body) == {
        "process": "test",
        "status": "ok",
        "station_time": "1970-01-01T00:16:40Z",
        "shadow": False,
        "rate": 1.0,
        "quiet": True,
        "next_at": "1970-01-01T00:17:40Z",
        "polls": 3,
    }


def test_healthz_waits_for_quiet_but_not_for_ever() -> None:
    """`until=quiet` answers as soon as the process is quiet, and after ten seconds what it is then."""
    quiet = False
    reactor = Clock()
    clock = machine()
    face = Face(
        health=lambda: Health(process="test", quiet=quiet),
        clock=clock,
        timer=StationTimer(clock, reactor),
        registry=CollectorRegistry(),
    )
    browser = Browser(face.site())
    browser.send("GET", "/healthz?until=quiet")
    reactor.pump([0.01] * 10)
    assert browser.transport.value() == b""
    quiet = True
    reactor.pump([0.01])
    assert json.loads(browser.take()[2])["quiet"]
    quiet = False
    browser.send("GET", "/healthz?until=quiet")
    reactor.pump([0.01] * 990)
    assert browser.transport.value() == b""
    reactor.pump([0.01] * 20)
    assert not json.loads(browser.take()[2])["quiet"]


def test_a_process_that_is_down_answers_503() -> None:
    """A monitor that looks at the code alone sees a process that is down; one that is degraded still answers 200."""
    down = Browser(make(machine(), Health(process="test", status="down")).site()).ask("GET", "/healthz")
    degraded = Browser(make(machine(), Health(process="test", status="degraded")).site()).ask("GET", "/healthz")
    assert (down[0], degraded[0]) == (503, 200)


def test_metrics_are_the_registrys_and_whether_it_is_up() -> None:
    """Prometheus' text format, with `stationmaster_up`."""
    code, _, body = Browser(make(machine()).site()).ask("GET", "/metrics")
    assert code == 200
    assert b'stationmaster_up{process="test"} 1.0' in body
    assert b"stationmaster_things_total 7.0" in body


def test_every_answer_carries_the_guarding_headers() -> None:
    """Pages, files and errors alike forbid a browser to load from elsewhere."""
    browser = Browser(make(machine()).site())
    for path in ("/healthz", "/static/base.css", "/nothing"):
        _, headers, _ = browser.ask("GET", path)
        policy = headers["content-security-policy"].split("; ")
        assert policy[:2] == ["default-src 'self'", "style-src 'self' 'unsafe-inline'"], path
        assert {"object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'self'"} < set(policy)
        assert headers["x-content-type-options"] == "nosniff", path


def test_a_strict_face_has_no_style_in_its_pages_and_is_in_no_frame() -> None:
    """Nothing in a page is script or style of its own, no other site shows it, and no other site's page reaches it."""
    browser = Browser(make(machine(), strict=True).site())
    for path in ("/healthz", "/static/base.css", "/nothing"):
        _, headers, _ = browser.ask("GET", path)
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy, path
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} < set(
            policy.split("; ")
        )
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_clock_is_refused_where_time_is_real() -> None:
    """`POST /clock` is 409 on the machine's own clock."""
    code, _, body = Browser(make(machine()).site()).ask("POST", "/clock")
    assert code == 409
    assert json.loads(body)["error"] == "clock-not-shadow"


def test_clock_does_what_is_due_and_waits_until_it_is_settled(tmp_path: Path) -> None:
    """The answer to `POST /clock` comes after the timer's work and after `settle`, and shows the new time."""
    file = tmp_path / "clock.json"
    write_anchor(file, Anchor(station=1000.0, machine=0.0, rate=0.0))
    clock = FileClock(file, lambda: 0.0)
    settled: Deferred[None] = Deferred()
    timer = StationTimer(clock, Clock())
    done: list[str] = []
    timer.call_at(1060.0, lambda: done.append("due"))
    face = Face(
        health=lambda: Health(process="test"),
        clock=clock,
        timer=timer,
        registry=CollectorRegistry(),
        settle=lambda: settled,
    )
    browser = Browser(face.site())
    write_anchor(file, Anchor(station=1060.0, machine=0.0, rate=0.0))
    browser.send("POST", "/clock", "Content-Length: 0\r\n")
    assert done == ["due"]
    assert browser.transport.value() == b""
    settled.callback(None)
    code, _, body = browser.take()
    assert code == 200
    assert json.loads(body)["station_time"] == "1970-01-01T00:17:40Z"


def test_a_clock_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """`POST /clock` answers 503 with the reason when the clock file is broken."""
    file = tmp_path / "clock.json"
    write_anchor(file, Anchor(station=1000.0, machine=0.0, rate=0.0))
    clock = FileClock(file, lambda: 0.0)
    file.write_text("nonsense")
    code, _, body = Browser(make(clock).site()).ask("POST", "/clock", "Content-Length: 0\r\n")
    assert code == 503
    assert json.loads(body)["error"] == "clock-file"


def test_static_files_have_their_types_and_are_asked_for_again() -> None:
    """The foundation's files are under /static with type, `no-cache` and a tag that answers 304 if nothing changed."""
    browser = Browser(make(machine()).site())
    code, headers, body = browser.ask("GET", "/static/clock.js")
    assert (code, headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert headers["cache-control"] == "no-cache"
    assert b"export function showClock" in body
    code, _, body = browser.ask("GET", "/static/clock.js", f"If-None-Match: {headers['etag']}\r\n")
    assert (code, body) == (304, b"")
    assert browser.ask("GET", "/static/base.css")[1]["content-type"] == "text/css; charset=utf-8"


def test_static_serves_nothing_else() -> None:
    """No name leads out of the folder, to source, or to a folder's list."""
    face = make(machine())
    face.static("/source", "stationmaster_service", "")
    for path in (
        "/static/../face.py",
        "/static/%2e%2e/face.py",
        "/static/%2Fetc/passwd",
        "/static//etc/hostname.txt",
        "/source/face.py",
        "/source/",
        "/static/none.css",
    ):
        code, _, body = Browser(face.site()).ask("GET", path)
        assert code in (301, 308, 404), path
        assert b"import" not in body, path


def test_two_packages_share_a_prefix() -> None:
    """A component's own files stand beside the foundation's under one prefix."""
    face = make(machine())
    face.static("/static", "stationmaster_service", "static")
    assert Browser(face.site()).ask("GET", "/static/base.css")[0] == 200


def test_a_component_adds_its_own_routes() -> None:
    """`app` is Klein's, and `json_answer` makes an answer with its code and headers."""
    face = make(machine())
    assert isinstance(face.app, Klein)

    def hello(request: WebRequest) -> bytes:
        return json_answer(request, {"hello": "开检"}, 202)

    face.app.route("/hello")(hello)
    code, headers, body = Browser(face.site()).ask("GET", "/hello")
    assert (code, json.loads(body)) == (202, {"hello": "开检"})
    assert headers["cache-control"] == "no-store"
