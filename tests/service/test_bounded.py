"""Bodies of requests are bounded while they come."""

from __future__ import annotations

import json

import pytest
from prometheus_client import CollectorRegistry
from twisted.internet.task import Clock

from service.web import Browser
from stationmaster_base.clock import MachineClock
from stationmaster_base.health import Health
from stationmaster_service.bounded import LARGEST_BODY
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.timer import StationTimer


@pytest.fixture
def browser() -> Browser:
    clock = MachineClock(lambda: 0.0)
    face = Face(
        health=lambda: Health(process="test"),
        clock=clock,
        timer=StationTimer(clock, Clock()),
        registry=CollectorRegistry(),
    )

    def taken(request: WebRequest) -> bytes:
        return str(len(request.content.read())).encode()

    face.app.route("/api/small", methods=["POST"], endpoint="small")(taken)
    face.app.route("/api/usual", methods=["POST"], endpoint="usual")(taken)
    face.bound("/api/small", 10)
    return Browser(face.site())


def test_a_body_within_its_bounds_is_taken(browser: Browser) -> None:
    """Its path's own bound is in bytes, and what stands after `?` is not part of the path."""
    assert browser.ask("POST", "/api/small", body=b"x" * 10)[2] == b"10"
    assert browser.ask("POST", "/api/small?a=1", body=b"x" * 10)[2] == b"10"
    assert browser.ask("POST", "/api/usual", body=b"x" * 11)[2] == b"11"


@pytest.mark.parametrize(("path", "length"), [("/api/small", 11), ("/api/usual", LARGEST_BODY + 1), ("/no", 10**12)])
def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_comes(
    browser: Browser, path: str, length: int
) -> None:
    """The answer is a problem, and the connection ends before a byte of the body is there."""
    browser.send("POST", path, f"Content-Length: {length}\r\n")
    status, headers, body = browser.take()
    assert (status, headers["content-type"]) == (413, "application/problem+json")
    assert json.loads(body)["error"] == "body-too-large"
    assert browser.transport.disconnecting


def test_a_body_that_does_not_say_its_length_is_cut_off(browser: Browser) -> None:
    """Chunks are counted, and no route sees a body of which a part is missing."""
    browser.send("POST", "/api/small", "Transfer-Encoding: chunked\r\n")
    browser.protocol.dataReceived(b"6\r\nabcdef\r\n")
    assert browser.transport.value() == b""
    browser.protocol.dataReceived(b"6\r\nabcdef\r\n0\r\n\r\n")
    assert browser.take()[0] == 413
    assert browser.transport.disconnecting
