"""Sessions at a subsystem's own page: how they begin, what ends them, and that nobody can have them given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twisted.internet.task import Clock

from agent.desk import COOKIE, PASSWORD, WANG, DeskWorld, Person, account, delay
from stationmaster_base.errors import StationError
from stationmaster_kernel.account import Account, Role
from stationmaster_people.logins import Login
from stationmaster_people.sessions import IDLE_S, LONGEST_S, MOST, OF_ONE, Sessions


class Held:
    """Sessions with accounts and a time of their own."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = list(accounts or (WANG,))
        self.reactor = Clock()
        self.made = 0
        self.sessions = Sessions(lambda: self.accounts, reactor=self.reactor, new_secret=self.secret)

    def secret(self) -> str:
        self.made += 1
        return f"s{self.made}"

    def open(self, login: str = "wang") -> str:
        return self.sessions.open(Login(id=login, name=login, roles=(Role.CONTROLLER,))).secret


def test_a_session_is_known_by_its_secret_alone():
    """Another secret, an empty one or the proof opens nothing; the secret itself is not kept."""
    held = Held()
    opened = held.sessions.open(Login(id="wang", name="Wang", roles=(Role.CONTROLLER,)))
    assert held.sessions.of(opened.secret) == opened.session
    assert [held.sessions.of(wrong) for wrong in ("", "s9", opened.session.proof)] == [None] * 3
    assert opened.session.proved_by(opened.session.proof)
    assert not any(opened.session.proved_by(wrong) for wrong in ("", opened.secret, "é", opened.session.proof + " "))
    assert opened.secret.encode() not in held.sessions._held


def test_it_ends_after_a_long_rest_but_not_while_somebody_is_there():
    """Asking is no sign of a person; what he does is."""
    held = Held()
    secret = held.open()
    for _ in range(3):
        held.reactor.advance(IDLE_S - 1)
        assert held.sessions.of(secret) is not None
        held.sessions.used(secret)
    held.reactor.advance(IDLE_S - 1)
    assert held.sessions.of(secret) is not None
    held.reactor.advance(1)
    assert held.sessions.of(secret) is None
    held.sessions.used(secret)
    assert held.sessions.of(secret) is None


def test_it_ends_after_a_shift_whatever_is_done():
    """However busy the person is, he logs in anew after twelve hours."""
    held = Held()
    secret = held.open()
    for _ in range(int(LONGEST_S // 600)):
        assert held.sessions.of(secret) is not None
        held.sessions.used(secret)
        held.reactor.advance(600)
    assert held.sessions.of(secret) is None


@pytest.mark.parametrize(
    "changed",
    [
        [],
        [replace(WANG, locked=True, revision=2)],
        [replace(WANG, roles=(Role.VIEWER,), revision=2)],
        [replace(WANG, verifier=WANG.verifier[:-1] + "A", revision=2)],
        [replace(WANG, subsystems=("guidance",), revision=2)],
    ],
)
def test_an_account_that_changes_ends_its_sessions(changed):
    """Removed, locked, other rights, another password: out at that moment, and not back when it is as it was."""
    held = Held()
    secret = held.open()
    held.accounts = changed
    assert held.sessions.of(secret) is None
    held.accounts = [WANG]
    assert held.sessions.of(secret) is None


def test_nobody_fills_the_memory_with_sessions():
    """One person has a few, all together have so many; the one that rested longest makes room."""
    held = Held(*(account(f"p{number}", Role.VIEWER, verifier=WANG.verifier) for number in range(MOST)), WANG)
    first = held.open()
    held.reactor.advance(1)
    rest = [held.open() for _ in range(OF_ONE)]
    assert held.sessions.of(first) is None
    assert all(held.sessions.of(secret) for secret in rest)
    for number in range(MOST):
        held.reactor.advance(1)
        held.open(f"p{number}")
    assert len(held.sessions) == MOST
    held.reactor.advance(IDLE_S)
    held.open()
    assert len(held.sessions) == 1


def test_an_account_that_went_between_check_and_session():
    """Who is removed while his password is being checked has no session."""
    held = Held(WANG)
    held.accounts = []
    with pytest.raises(StationError, match="do not fit"):
        held.open()


@pytest.fixture
def desk(tmp_path):
    made = DeskWorld(tmp_path)
    yield made
    made.world.stop()


def test_the_cookie_is_for_this_page_alone(desk):
    """No script reads it, no other site has it sent, and it is the subsystem's own."""
    answer = Person(desk).login()
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name == f"{COOKIE}=secret-1"
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert "secret-1" not in answer.text
    assert "verifier" not in answer.text


def test_a_session_cannot_be_given_to_somebody(desk):
    """A secret that the browser brought is never taken over, and a login ends the session that was there before."""
    person = Person(desk, cookie="chosen-by-somebody")
    assert person.login().code == 200
    assert person.cookie == "secret-1"
    before = replace(person)
    assert person.login().code == 200
    assert (before.cookie, person.cookie) == ("secret-1", "secret-2")
    assert before.get("calls").code == 401
    assert Person(desk, cookie="chosen-by-somebody").get("calls").code == 401


def test_logging_out_ends_it_everywhere(desk):
    """The secret is worth nothing afterwards, and the browser is told to forget it."""
    person = desk.person()
    answer = person.post("logout", {})
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert answer.body["person"] is None
    assert person.get("calls").body["error"] == "not-logged-in"


@pytest.mark.parametrize("alone", [False, True])
def test_who_is_locked_at_the_hub_is_out_here(desk, alone):
    """The replica brings it; alone nobody hears of it, and who was in stays in until the hub is back."""
    person = desk.person()
    if alone:
        desk.alone()
    desk.put(replace(WANG, locked=True))
    assert person.get("calls").code == (200 if alone else 401)
    if alone:
        desk.back()
        assert person.get("calls").code == 401
    assert Person(desk).login().body["error"] == "login-refused"


def test_logins_work_alone_and_guessing_does_not(desk):
    """Without a hub the right password opens; the sixth wrong one in a row costs a pause, even for the right one."""
    desk.alone()
    assert Person(desk).login().code == 200
    for _ in range(5):
        assert Person(desk).login(password="guess").code == 401
    refused = Person(desk).login()
    assert (refused.code, refused.body["error"]) == (429, "login-too-often")
    assert "set-cookie" not in refused.headers
    desk.world.machine(3)
    assert Person(desk).login().code == 200


def test_passwords_are_checked_two_at_a_time(desk):
    """Each takes 64 MiB, so a flood of logins is turned away and does not fill the memory."""
    desk.checks = []
    assert [Person(desk).login(f"p{number}").code for number in range(2)] == [0, 0]  # not answered yet
    assert Person(desk).login("p3").body["error"] == "logins-busy"
    for check in desk.checks:
        check.callback(False)
    desk.checks = None
    assert Person(desk).login().code == 200


def test_what_is_no_login(desk):
    """Nonsense is refused in words; nothing fails."""
    for body, code in (
        (b"", 400),
        (b"[1]", 400),
        (b'{"login": "wang"}', 400),
        (b'{"login": 5, "password": []}', 400),
        (b'{"login": "wang", "password": "x", "more": 1}', 400),
        (b"\xff" * 10, 400),
        (b"[" * 19000, 400),
        (b"x" * 30000, 400),
        (f'{{"login": "zhao", "password": "{"x" * 15000}"}}'.encode(), 401),
        (b'{"login": "WANG", "password": "correct horse"}', 401),
        (b'{"login": "wang\\u0000", "password": "correct horse"}', 401),
    ):
        answer = Person(desk).post("login", body)
        assert (answer.code, bool(answer.body["message"])) == (code, True)


def test_without_logins_nobody_comes_in(tmp_path):
    """A subsystem that holds no accounts says so."""
    desk = DeskWorld(tmp_path, logins=False)
    assert Person(desk).get("who").body["logins"] is False
    answer = Person(desk).login()
    assert (answer.code, answer.body["hint"]) == (401, "Set accounts = true; see the guide.")
    desk.world.stop()


def test_from_elsewhere_nothing_goes_in_plain_text(desk):
    """Over a network without TLS nobody logs in, and a session that somebody has is none there."""
    person = desk.person()
    far = replace(person, address="10.0.0.9")
    assert far.get("calls").code == 401
    assert far.login().body["error"] == "not-encrypted"
    assert far.post("acts", delay()).body["error"] == "not-encrypted"
    assert far.get("who").body["way_good"] is False
    lying = replace(far, headers={"X-Forwarded-Proto": "https"})
    assert lying.login().body["error"] == "not-encrypted"


def test_through_a_proxy_with_tls(desk):
    """A proxy on this machine that says https is believed, and the cookie then goes over TLS alone; http is not."""
    proxied = {"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Host": "desk.station"}
    plain = Person(desk, headers={**proxied, "X-Forwarded-Proto": "http"})
    assert plain.login().body["error"] == "not-encrypted"
    person = Person(desk, headers={**proxied, "X-Forwarded-Proto": "https", "Origin": "https://desk.station"})
    answer = person.login()
    assert answer.headers["set-cookie"].endswith("; Secure")
    assert answer.headers["set-cookie"].startswith("__Host-stationmaster-broadcast=")
    assert person.post("acts", delay()).code == 200


def test_the_operator_may_allow_plain_text(tmp_path):
    """`plain_http` lets people in from elsewhere; the page can tell how they came."""
    desk = DeskWorld(tmp_path, plain_http=True)
    person = Person(desk, address="10.0.0.9")
    assert person.login().body["way"] == "plain"
    assert person.get("calls").code == 200
    desk.world.stop()


@pytest.mark.parametrize("path", ["acts", "try", "undo", "here", "logout"])
def test_another_site_can_do_nothing(desk, path):
    """What does not come from the page itself, with its proof, is refused, whatever cookie comes with it."""
    person = desk.person()
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[bad"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"X-Session-Proof": ""},
        {"X-Session-Proof": "guess"},
    ):
        answer = replace(person, headers=headers).post(path, delay())
        assert (answer.code, answer.body["error"]) == (403, "not-this-page")
    assert desk.call.departure.expected is None
    assert person.get("calls").code == 200


def test_another_site_cannot_log_in_either(desk):
    """Nobody is put into somebody else's session without knowing."""
    assert Person(desk, headers={"Origin": "http://evil.example"}).login().code == 403
    assert Person(desk, headers={"Origin": "http://localhost"}).login().code == 200
    assert Person(desk, headers={"Origin": "http://LOCALHOST", "Sec-Fetch-Site": "same-origin"}).login().code == 200


def test_passwords_are_nowhere(desk, capsys):
    """Neither the right one nor a wrong one is answered or logged."""
    for password in (PASSWORD, "a wrong one of wang"):
        answer = Person(desk).login(password=password)
        assert password not in answer.text
    said = capsys.readouterr()
    assert PASSWORD not in said.out + said.err
    assert "a wrong one" not in said.out + said.err
