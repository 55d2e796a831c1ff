"""What routes of a web API answer with when something is wrong."""

from __future__ import annotations

import json

import pytest
from klein import Klein
from twisted.internet.defer import Deferred, fail
from twisted.web.server import Site

from service.web import Browser
from stationmaster_service.answers import answer_problems, problem_answer
from stationmaster_service.interfaces import WebRequest


@pytest.fixture
def site() -> Site:
    """Routes that refuse and that fail, for programs."""
    app = Klein()
    answer_problems(app)

    def refuse(request: WebRequest) -> bytes:
        faults = ({"place": "track", "problem": "is missing", "allowed": ""},)
        return problem_answer(request, 422, "no-track", "There is no track 9.", "Tracks are 1 to 5.", faults=faults)

    def break_down(_request: WebRequest) -> bytes:
        raise ZeroDivisionError("the secret is 42")

    def break_later(_request: WebRequest) -> Deferred[bytes]:
        return fail(KeyError("the secret is 42"))

    for path, route in (("refuse", refuse), ("break", break_down), ("later", break_later)):
        app.route(f"/api/v1/{path}", methods=["GET"], endpoint=path)(route)
    return Site(app.resource())


def test_a_refusal_is_a_problem_detail(site: Site) -> None:
    """It has what RFC 9457 names, and our code, message, hint and faults; nobody keeps it."""
    code, headers, body = Browser(site).ask("GET", "/api/v1/refuse")
    assert code == 422
    assert (headers["content-type"], headers["cache-control"]) == ("application/problem+json", "no-store")
    assert json.loads(body) == {
        "type": "urn:stationmaster:problem:no-track",
        "title": "No track",
        "status": 422,
        "error": "no-track",
        "message": "There is no track 9.",
        "hint": "Tracks are 1 to 5.",
        "faults": [{"place": "track", "problem": "is missing", "allowed": ""}],
    }


@pytest.mark.parametrize("path", ["break", "later"])
def test_a_route_that_fails_tells_the_log_and_not_the_asker(
    site: Site, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 as a problem, without a word of what it was; the log has all of it."""
    code, headers, body = Browser(site).ask("GET", f"/api/v1/{path}")
    assert (code, headers["content-type"]) == (500, "application/problem+json")
    assert json.loads(body)["error"] == "internal"
    assert b"42" not in body
    said = capsys.readouterr()
    assert "request-failed" in said.out + said.err
    assert "the secret is 42" in said.out + said.err


def test_what_no_route_takes(site: Site) -> None:
    """For programs an unknown path or method is a problem, for people a page; other slashes lead to the right path."""
    code, _, body = Browser(site).ask("GET", "/api/v1/nothing")
    assert (code, json.loads(body)["error"]) == (404, "no-such-path")
    code, headers, body = Browser(site).ask("DELETE", "/api/v1/refuse")
    assert (code, json.loads(body)["error"]) == (405, "method-not-allowed")
    assert set(headers["allow"].split(", ")) == {"GET", "HEAD"}
    code, headers, _ = Browser(site).ask("GET", "/nothing")
    assert (code, headers["content-type"]) == (404, "text/html; charset=utf-8")
    code, headers, _ = Browser(site).ask("GET", "/api/v1//refuse")
    assert (code, headers["location"].endswith("/api/v1/refuse")) == (308, True)
