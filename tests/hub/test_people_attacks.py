"""What other sites, thieves and liars try at the hub's web API, and what comes of it: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.address import IPv4Address

from hub.making import MadeHub, made_hub
from hub.peopled import PASSWORD, Peopled, Visitor, account
from service.web import Browser
from stationmaster.hub.storage.database import database_url
from stationmaster_kernel.account import Role

WANG = account("wang", Role.CONTROLLER)
CHIEF = account("chief", Role.ADMINISTRATOR)
CALL = "TST/2026-03-01/G1/1"
ACT = {"id": "1", "deeds": [{"do": "delay", "call": CALL, "event": "departure", "minutes": 5}]}
PROXY = {"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "desk.station"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[MadeHub]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        yield made


@pytest.fixture
def world(hub: MadeHub) -> Peopled:
    """A hub with a controller, and an administrator."""
    return Peopled(hub, WANG, CHIEF)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peopled]:
    """The same, for attacks that leave it as it was."""
    with made_hub(database_url("sqlite:///hub.db", tmp_path_factory.mktemp("hub"))) as made:
        yield Peopled(made, WANG, CHIEF)


def delayed(world: Peopled) -> bool:
    """Whether the act that attackers want done was done."""
    return bool(world.hub.pipeline.state.records.get("act"))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Session-Proof": "-"},
        {"X-Session-Proof": "0" * 64},
        {"X-Session-Proof": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8081"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_does_nothing_in_somebodys_name(station: Peopled, headers: dict[str, str]) -> None:
    """Whatever cookie comes with it: without the proof, or from another origin, nothing is done."""
    person = station.person("wang")
    for method, path, body in (
        ("POST", "/api/v1/acts", ACT),
        ("PUT", "/api/v1/session/password", {"old": PASSWORD, "new": "river and 9 lanterns"}),
        ("PUT", "/api/v1/preferences/theme", "night"),
        ("DELETE", "/api/v1/session", None),
    ):
        status, told = person.ask(
            method, path, body, **{key.replace("-", "_"): value for key, value in headers.items()}
        )
        assert (status, told["error"]) in {(403, "not-this-page"), (401, "not-logged-in")}, (method, path)
    assert not delayed(station)
    assert person.person() is not None
    assert person.ask("GET", "/api/v1/preferences")[1] == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "-"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_logs_nobody_in(station: Peopled, headers: dict[str, str]) -> None:
    """A form of another site cannot have somebody work under a name that the site knows."""
    visitor = station.visitor(headers=headers)
    assert visitor.log_in("wang")[0] == 403
    assert visitor.set_cookie == ""
    assert "not-this-page" in station.told.kinds()


def test_another_site_reads_nothing(station: Peopled) -> None:
    """It is not told who is logged in, and nothing says that it may read an answer."""
    person = station.person("wang")
    assert person.ask("GET", "/api/v1/session", Sec_Fetch_Site="cross-site")[1]["proof"] == ""
    assert person.ask("GET", "/api/v1/session", Origin="http://evil.example")[1]["proof"] == ""
    assert person.ask("GET", "/api/v1/preferences", Sec_Fetch_Site="same-site")[1]["error"] == "not-logged-in"
    browser = Browser(station.face.site())
    _, headers, _ = browser.ask("GET", "/api/v1/session", "Origin: http://evil.example\r\n")
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    status, _, _ = browser.ask("OPTIONS", "/api/v1/acts", "Access-Control-Request-Method: POST\r\n")
    assert status == 405


def test_a_session_cannot_be_given_to_somebody(station: Peopled) -> None:
    """What a browser brings is never taken over: not from a cookie, an address or a body. A login makes a new one, and
    ends what was there.
    """
    victim = station.visitor(cookie="chosen-by-somebody")
    victim.log_in("wang")
    assert victim.cookie != "chosen-by-somebody"
    assert station.visitor(cookie="chosen-by-somebody").person() is None
    before = replace(victim)
    victim.log_in("chief")
    assert before.person() is None
    stranger = station.visitor()
    assert stranger.ask("GET", f"/api/v1/session?stationmaster-hub={victim.cookie}")[1]["person"] is None
    assert stranger.ask("GET", "/api/v1/session", X_Stationmaster_Hub=victim.cookie)[1]["person"] is None
    body = {"login": "wang", "password": PASSWORD, "session": "mine"}
    assert stranger.ask("POST", "/api/v1/session", body)[1]["error"] == "bad-login"


def test_over_tls_no_neighbour_can_set_the_cookie(station: Peopled) -> None:
    """There its name is one that browsers take from this very host alone; the one without TLS is not looked at."""
    person = station.visitor(headers={**PROXY, "Origin": "https://desk.station"})
    assert person.log_in("wang")[0] == 200
    assert person.set_cookie.startswith("__Host-stationmaster-hub=")
    assert person.set_cookie.endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")
    assert person.person() is not None
    tossed = replace(person, name="stationmaster-hub")
    assert tossed.person() is None


def test_a_stolen_cookie_does_nothing_by_itself(station: Peopled) -> None:
    """Who has only the cookie, and not what the page was told, has nothing done; each try is taken down."""
    person = station.person("wang")
    thief = station.visitor(cookie=person.cookie, address="127.0.0.66")
    assert thief.ask("POST", "/api/v1/acts", ACT)[1]["error"] == "not-this-page"
    assert ("not-this-page", "Wang") in {(kind, who) for kind, who, _ in station.told.records}
    other = station.person("chief")
    assert replace(thief, proof=other.proof).ask("POST", "/api/v1/acts", ACT)[1]["error"] == "not-this-page"


def test_a_token_and_a_cookie_are_not_mixed(station: Peopled) -> None:
    """Who shows a token that is nobody's is nobody, whatever cookie he has besides."""
    person = station.person("wang")
    for shown in ("Bearer wrong", "Bearer", "Basic d2FuZzp4", "x"):
        status, told = person.ask("POST", "/api/v1/acts", ACT, Authorization=shown)
        assert (status, told["error"]) == (401, "not-an-operator")
    assert not delayed(station)


@pytest.mark.parametrize("forwarded", [{}, PROXY, {"X-Forwarded-Proto": "https"}, {"X-Real-IP": "127.0.0.1"}])
def test_from_elsewhere_a_password_goes_over_tls_or_not_at_all(station: Peopled, forwarded: dict[str, str]) -> None:
    """What somebody elsewhere says of a proxy is not believed; a cookie that came in plain text is none."""
    far = station.visitor(address="10.0.0.66", headers=forwarded)
    assert far.log_in("wang")[1]["error"] == "not-encrypted"
    near = station.person("wang")
    far.cookie, far.proof = near.cookie, near.proof
    assert far.person() is None
    assert far.ask("POST", "/api/v1/acts", ACT)[1]["error"] == "not-logged-in"
    assert far.ask("GET", "/api/v1/accounts", Authorization="Bearer l-secret")[1]["error"] == "not-encrypted"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
    ],
)
def test_only_who_is_on_this_machine_looks_without_a_name(station: Peopled, headers: dict[str, str]) -> None:
    """Not what comes by a proxy, and not a page whose name was made to mean this machine."""
    browser = Browser(station.face.site())
    assert browser.ask("GET", "/api/v1/plans")[0] == 200
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != "Host")
    host = headers.get("Host", "localhost")
    browser.protocol.dataReceived(f"GET /api/v1/plans HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode())
    assert browser.transport.value().split(b" ", 2)[1] == b"401"
    far = Browser(station.face.site())
    far.transport.peerAddr = IPv4Address("TCP", "10.0.0.9", 40000)
    assert far.ask("GET", "/api/v1/plans")[0] == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/accounts"),
        ("GET", "/api/v1/accounts?x=/console/x.js"),
        ("GET", "/api/v1//accounts"),
        ("GET", "//api/v1/accounts"),
        ("GET", "/api/v1/accounts/"),
        ("GET", "/api/v1/./accounts"),
        ("GET", "/console/../api/v1/accounts"),
        ("GET", "/console/..%2fapi%2fv1%2faccounts"),
        ("GET", "/console/%2e%2e/api/v1/accounts"),
        ("GET", "/static/..%2f..%2f..%2fhub.db"),
        ("GET", "/API/V1/accounts"),
        ("HEAD", "/api/v1/accounts"),
        ("PUT", "/api/v1/accounts/%2e%2e%2fwang"),
        ("DELETE", "/api/v1/accounts/chief"),
        ("POST", "/api/v1/accounts/chief"),
        ("PATCH", "/api/v1/accounts/chief"),
    ],
)
def test_no_path_leads_past_the_door(station: Peopled, method: str, path: str) -> None:
    """However it is written, what a controller may not he does not get; nor does a header make it another method."""
    person = station.person("wang")
    browser = Browser(station.face.site())
    lines = f"Cookie: stationmaster-hub={person.cookie}\r\nX-Session-Proof: {person.proof}\r\n"
    for more in ("", "X-HTTP-Method-Override: GET\r\n", "X-Original-URL: /console/x.js\r\n"):
        browser.protocol.dataReceived(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{lines}{more}\r\n".encode())
        answer = browser.transport.value()
        browser.transport.clear()
        assert answer.split(b" ", 2)[1] in {b"308", b"400", b"403", b"404", b"405"}, answer[:200]
        assert b"$argon2" not in answer
        assert b'"chief"' not in answer
    assert "chief" in station.accounts()


def test_bodies_that_are_huge_deep_or_odd(station: Peopled) -> None:
    """Each is refused with a word of its own, and nothing of a password is said again."""
    visitor = station.visitor()
    for body, error in (
        (b"x" * 10_001, "login-too-large"),
        (b"[" * 9_000, "bad-login"),
        (b'{"login": "wang", "password": ["secret-word"]}', "bad-login"),
        (b'{"login": "wang"}', "bad-login"),
        (b'{"login": "wang", "password": "secret-word"', "bad-login"),
        (b'{"login": "wang", "password": "\\ud800 secret-word"}', "login-refused"),
        (b'{"login": "\\u0000", "password": "secret-word"}', "login-refused"),
        (b"\xff\xfe", "bad-login"),
    ):
        told = visitor.ask("POST", "/api/v1/session", body)[1]
        assert told["error"] == error, body[:60]
        assert "secret-word" not in str(told)
    assert visitor.ask("GET", "/api/v1/session", Cookie="a=" + "x" * 8000)[1]["person"] is None


def test_whoever_manages_accounts_cannot_hide_or_lift_himself(hub: MadeHub) -> None:
    """Where the administrations are apart: nobody changes his own roles, has two of them, or takes another's name."""
    world = Peopled(hub, WANG, CHIEF, account("sun", Role.SECURITY))
    sun, chief = world.person("sun"), world.person("chief")

    def put(login: str, body: dict[str, Any], by: Visitor = sun) -> tuple[int, str]:
        status, told = by.ask("PUT", f"/api/v1/accounts/{login}", body)
        return status, told.get("error", "")

    assert put("wang", {"locked": True}, by=chief) == (403, "not-allowed")
    assert put("sun", {"roles": ["security", "supervisor"]}) == (403, "not-yourself")
    assert put("sun", {"locked": True}) == (403, "not-yourself")
    assert put("wang", {"roles": ["administrator", "security"]}) == (409, "roles-apart")
    assert put("wang", {"roles": ["controller", "auditor"]}) == (409, "roles-apart")
    assert put("wang", {"name": "Chief"}) == (409, "name-used")
    assert put("wang", {"name": "desk-1"}) == (409, "name-used")
    assert put("wang", {"roles": ["supervisor"]}) == (200, "")
    assert [kind for kind in world.told.kinds() if kind == "account-refused"] == ["account-refused"] * 6
