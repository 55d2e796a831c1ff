"""The status page, over real loopback HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import CollectorRegistry

from stationmaster_base.clock import Anchor, FileClock, MachineClock, StationClock, write_anchor
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health, JsonValue
from stationmaster_gateway.page import page
from stationmaster_gateway.status import StatusServer


def serve(clock: StationClock) -> StatusServer:
    server = StatusServer(
        ("127.0.0.1", 0),
        health=lambda: Health(process="gateway", more={"polls": 7}),
        clock=clock,
        registry=CollectorRegistry(),
    )
    server.start()
    return server


@pytest.fixture
def server() -> Iterator[StatusServer]:
    server = serve(MachineClock(lambda: 1_772_323_200.0))
    yield server
    server.close()


def ask(server: StatusServer, method: str, path: str, body: bytes | None = None) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response, answer


def test_healthz_says_how_it_is(server: StatusServer) -> None:
    """It is the JSON object that every process answers."""
    response, answer = ask(server, "GET", "/healthz")
    assert (response.status, response.getheader("Content-Type")) == (200, "application/json")
    body = json.loads(answer)
    assert (body["process"], body["polls"], body["shadow"]) == ("gateway", 7, False)
    assert body["station_time"] == "2026-03-01T00:00:00Z"


def test_metrics_are_prometheus_text(server: StatusServer) -> None:
    """A scraper can read them."""
    response, answer = ask(server, "GET", "/metrics")
    assert response.status == 200
    assert b'stationmaster_up{process="gateway"} 1.0' in answer


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/etc", 404), ("POST", "/healthz", 404), ("PUT", "/clock", 501)]
)
def test_there_is_nothing_else(server: StatusServer, method: str, path: str, status: int) -> None:
    """Other paths and methods are refused, and nothing that is sent is read."""
    response, _ = ask(server, method, path, b"x" * 1000)
    assert response.status == status


def test_a_machines_clock_cannot_be_read_again(server: StatusServer) -> None:
    """Without a shadow clock there is nothing to read."""
    assert ask(server, "POST", "/clock")[0].status == 409


def test_a_shadow_clock_is_read_again(tmp_path: Path) -> None:
    """After the file was written, station time is the file's; a broken file is said and changes nothing."""
    file = tmp_path / "clock.json"
    write_anchor(file, Anchor(station=1_772_323_200.0, machine=0.0, rate=0.0))
    server = serve(FileClock(file, lambda: 5.0))
    try:
        write_anchor(file, Anchor(station=1_772_323_260.0, machine=0.0, rate=0.0))
        response, answer = ask(server, "POST", "/clock")
        assert response.status == 200
        assert json.loads(answer)["station_time"] == "2026-03-01T00:01:00Z"
        file.write_text("nonsense")
        response, answer = ask(server, "POST", "/clock")
        assert response.status == 500
        assert b"clock" in answer
        assert ask(server, "GET", "/healthz")[0].status == 200
    finally:
        server.close()


def test_a_taken_address_is_said(server: StatusServer) -> None:
    """Two processes on one port are a person's mistake, said as one."""
    with pytest.raises(StationError, match="status_port"):
        StatusServer(
            ("127.0.0.1", server.port),
            health=lambda: Health(process="gateway"),
            clock=MachineClock(lambda: 0.0),
            registry=CollectorRegistry(),
        )


def test_the_page_for_people_says_it_in_words() -> None:
    """It needs no script and nothing from elsewhere, and what the database says cannot become markup."""
    body: dict[str, JsonValue] = {
        "status": "degraded",
        "shadow": True,
        "calls": 135,
        "database": {"state": "gone", "age_s": 3.5},
        "faults": {"7": "<script>alert(1)</script>"},
        "strays": [],
        "exit_before": "2026-03-01T00:00:00Z: told, exit code 0",
    }
    text = page(body)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "src=" not in text
    for words in ("state: gone", "135", "DEMO TIME 演示时间", "told, exit code 0", 'class="degraded"'):
        assert words in text


def test_the_page_is_served_with_headers_that_allow_nothing(server: StatusServer) -> None:
    """No frame, no script, no form's target, no cache."""
    response, _ = ask(server, "GET", "/healthz")
    assert str(response.getheader("Content-Security-Policy")).startswith("default-src 'none'")
    assert response.getheader("X-Frame-Options") == "DENY"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8089", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8089", 200),
        ("127.1.2.3", 200),
        ("evil.example", 403),
        ("127.evil.example:8089", 403),
        ("10.0.0.1:8089", 403),
        ("", 403),
    ],
)
def test_a_question_by_another_name_is_turned_away(server: StatusServer, host: str, status: int) -> None:
    """A page from elsewhere, shown on this machine under a name that leads here, learns nothing and tells nothing."""
    for method in ("GET", "POST"):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request(method, "/metrics" if method == "GET" else "/clock", headers={"Host": host})
        assert connection.getresponse().status == (status if method == "GET" or status == 403 else 409)
        connection.close()


def test_it_tells_that_it_lives() -> None:
    """The server's loop gives a sign several times a second, so that a hung one is known."""
    beaten = Event()
    server = StatusServer(
        ("127.0.0.1", 0),
        health=lambda: Health(process="gateway"),
        clock=MachineClock(lambda: 0.0),
        registry=CollectorRegistry(),
        alive=beaten.set,
    )
    server.start()
    assert beaten.wait(10)
    server.close()
