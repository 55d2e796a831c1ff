"""Logging in at the hub: how sessions begin and end, what they outlive, and who cannot have one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.making import MadeHub, made_hub, run_sql
from hub.peopled import PASSWORD, WALL, Peopled, Told, Visitor, account
from stationmaster.hub.people.people_settings import PeopleSettings
from stationmaster.hub.storage.database import database_url
from stationmaster_kernel.account import Account, Role
from stationmaster_people.logins import FREE_TRIES, FREE_TRIES_OF_ADDRESS, LONGEST_PAUSE_S
from stationmaster_people.passwords import NOBODY
from stationmaster_people.sessions import IDLE_S, LONGEST_S, OF_ONE

WANG = account("wang", Role.CONTROLLER)
SUN = account("sun", Role.SECURITY)
CALL = "TST/2026-03-01/G1/1"
NEW_PASSWORD = "river and 9 lanterns"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[MadeHub]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        yield made


@pytest.fixture
def world(hub: MadeHub) -> Peopled:
    """A hub with a controller and a security administrator."""
    return Peopled(hub, WANG, SUN)


def acted(person: Visitor, name: str = "1") -> tuple[int, Any]:
    """What is answered to an act of his."""
    deed = {"do": "delay", "call": CALL, "event": "departure", "minutes": 5}
    return person.ask("POST", "/api/v1/acts", {"id": name, "deeds": [deed]})


def test_somebody_logs_in_acts_and_logs_out(world: Peopled) -> None:
    """What he does is done under his name; the cookie can be read by no script; afterwards he is nobody."""
    person = world.visitor()
    assert person.person() is None
    status, told = person.log_in("wang")
    assert status == 200
    assert told["person"] == {"login": "wang", "name": "Wang", "roles": ["controller"], "change_password": False}
    assert told["ends_in_s"] == IDLE_S
    assert "delay" in told["permits"]
    assert person.set_cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    status, done = acted(person)
    assert (status, done["by"]) == (200, "Wang")
    assert person.ask("DELETE", "/api/v1/session")[1]["person"] is None
    assert "Max-Age=0" in person.set_cookie
    assert world.told.kinds() == ["login", "logout"]
    assert world.told.records[0][1:] == ("Wang", {"address": "127.0.0.1", "login": "wang", "way": "near"})


def test_a_cookie_is_worth_nothing_after_the_logout(world: Peopled) -> None:
    """Who kept it, and its proof, is told that nobody is logged in."""
    person = world.person("wang")
    kept = replace(person)
    person.ask("DELETE", "/api/v1/session")
    assert kept.person() is None
    assert acted(kept)[1]["error"] == "not-logged-in"


def test_a_session_outlives_the_hub(world: Peopled, tmp_path: Path) -> None:
    """Another process on the same database knows cookie and proof, and for how long they still count."""
    person = world.person("wang")
    gone = world.person("wang")
    gone.ask("DELETE", "/api/v1/session")
    world.hub.reactor.advance(600)
    world.desk.stop()
    world.hub.store.close()
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        hub.reactor.advance(700)  # its own time has another beginning; the machine's clock goes on
        after = Peopled(hub)
        person.world = gone.world = after
        status, told = person.ask("GET", "/api/v1/session")
        assert (status, told["person"]["login"], told["ends_in_s"]) == (200, "wang", IDLE_S - 700)
        assert acted(person)[0] == 200
        assert gone.person() is None
        hub.reactor.advance(IDLE_S)
        assert person.person() is None


def test_what_the_database_holds_opens_nothing(world: Peopled, tmp_path: Path) -> None:
    """Neither cookie nor proof is in it."""
    person = world.person("wang")
    world.hub.store.close()
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert person.cookie.encode() not in files
    assert person.proof.encode() not in files
    assert b"wang" in files


def test_before_the_hub_knows_its_people_nobody_is_thrown_out(hub: MadeHub) -> None:
    """A page that comes back at once after a restart is told to ask again, and not that it is logged out."""
    world = Peopled(hub, WANG)
    person = world.person("wang")
    world.desk._ready = False
    world.desk._sessions._held.clear()
    assert person.ask("GET", "/api/v1/session")[1]["error"] == "hub-starting"
    assert person.ask("GET", "/api/v1/plans")[0] == 503
    assert acted(person)[1]["error"] == "hub-starting"
    assert world.visitor().log_in("wang")[0] == 503


@pytest.mark.parametrize(
    "after",
    [
        replace(WANG, locked=True),
        replace(WANG, roles=(Role.CONTROLLER, Role.SUPERVISOR)),
        replace(WANG, verifier=NOBODY),
    ],
)
def test_whose_account_is_changed_is_out(world: Peopled, after: Account) -> None:
    """Locked, with other roles or another password: his sessions are over at that moment, and it is taken down."""
    person = world.person("wang")
    world.put(after)
    assert person.person() is None
    assert world.told.kinds()[-1] == "session-ended"


def test_a_session_ends_after_a_rest_and_at_the_end_of_a_shift(world: Peopled) -> None:
    """Looking is no sign of a person; acting is, and so is what his page says of him."""
    person = world.person("wang")
    for _ in range(3):
        world.hub.reactor.advance(IDLE_S - 1)
        assert person.ask("PUT", "/api/v1/session")[1]["ends_in_s"] == IDLE_S
    world.hub.reactor.advance(IDLE_S - 1)
    assert person.person() is not None
    world.hub.reactor.advance(1)
    assert person.person() is None
    person.log_in("wang")
    for _ in range(int(LONGEST_S / IDLE_S) * 2 - 1):
        world.hub.reactor.advance(IDLE_S / 2)
        assert person.ask("PUT", "/api/v1/session")[0] == 200
    world.hub.reactor.advance(IDLE_S / 2)
    assert person.person() is None


def test_a_stream_ends_with_the_session(world: Peopled) -> None:
    """What somebody listens to is not told to a browser any more from which he has logged out."""
    person = world.person("wang")
    ended: list[str] = []

    class Listening:
        def notifyFinish(self) -> Any:  # noqa: N802 - Twisted's name
            return self

        def addBoth(self, _: object) -> None: ...  # noqa: N802 - Twisted's name

        def loseConnection(self) -> None:  # noqa: N802 - Twisted's name
            ended.append("over")

    (held,) = world.desk._sessions.all()
    asker = replace(world.desk.askers.permit(_Request(), "health"), session=held.key)
    world.desk.askers.follow(Listening(), asker)  # type: ignore[arg-type]
    person.ask("DELETE", "/api/v1/session")
    assert ended == ["over"]


class _Request:
    """A request of nobody."""

    def getHeader(self, _: str) -> None: ...  # noqa: N802 - Twisted's name

    def isSecure(self) -> bool:  # noqa: N802 - Twisted's name
        return True


def test_one_has_no_more_sessions_than_he_needs(world: Peopled) -> None:
    """The one that rested longest makes room for another."""
    people = []
    for _ in range(OF_ONE + 1):
        people.append(world.person("wang"))
        world.hub.reactor.advance(1)
    assert [each.person() is None for each in people] == [True, *[False] * OF_ONE]


def test_sessions_are_seen_and_ended(world: Peopled) -> None:
    """One's own, and to the security administrator all; what one may not see one cannot end."""
    person, other, sun = world.person("wang"), world.person("wang", address="127.0.0.9"), world.person("sun")
    told = person.ask("GET", "/api/v1/sessions", User_Agent="x")[1]["sessions"]
    assert {(each["login"], each["address"], each["mine"]) for each in told} == {
        ("wang", "127.0.0.1", True),
        ("wang", "127.0.0.9", False),
    }
    assert {each["begun"] for each in told} == {int(WALL)}
    everybody = sun.ask("GET", "/api/v1/sessions")[1]["sessions"]
    assert sorted(each["login"] for each in everybody) == ["sun", "wang", "wang"]
    suns = next(each["id"] for each in everybody if each["login"] == "sun")
    assert person.ask("DELETE", f"/api/v1/sessions/{suns}")[1]["error"] == "no-such-session"
    others = next(each["id"] for each in told if not each["mine"])
    assert len(person.ask("DELETE", f"/api/v1/sessions/{others}")[1]["sessions"]) == 1
    assert other.person() is None
    mine = next(each["id"] for each in everybody if each["login"] == "wang" and each["id"] != others)
    assert sun.ask("DELETE", f"/api/v1/sessions/{mine}")[0] == 200
    assert person.person() is None
    assert ("session-ended", "Wang") in {(kind, who) for kind, who, _ in world.told.records}


def test_ones_own_password_is_changed(world: Peopled) -> None:
    """The page goes on with another cookie and proof; every other session of his ends, and the old password fits no
    more.
    """
    person, other = world.person("wang"), world.person("wang")
    before = replace(person)
    change = {"old": PASSWORD, "new": NEW_PASSWORD}
    assert person.ask("PUT", "/api/v1/session/password", {**change, "old": "wrong"})[1]["error"] == "password-wrong"
    for wrong in ("short", PASSWORD, "wang" * 3):
        told = person.ask("PUT", "/api/v1/session/password", {"old": PASSWORD, "new": wrong})[1]
        assert told["error"] == "bad-password"
        assert wrong not in str(told)
    status, told = person.ask("PUT", "/api/v1/session/password", change)
    assert (status, told["person"]["login"]) == (200, "wang")
    assert (before.cookie, before.proof) != (person.cookie, person.proof)
    assert acted(person)[0] == 200
    assert (before.person(), other.person()) == (None, None)
    assert world.visitor().log_in("wang")[0] == 401
    assert world.visitor().log_in("wang", NEW_PASSWORD)[0] == 200
    assert "password-changed" in world.told.kinds()
    assert PASSWORD not in str(world.told.records)
    assert world.visitor().ask("PUT", "/api/v1/session/password", change, Authorization="Bearer l-secret")[0] == 403


def test_a_one_time_password_has_to_be_changed_first(world: Peopled) -> None:
    """With a password that he was given somebody may choose another, and nothing else at all."""
    sun = world.person("sun")
    body = {"name": "Zhao", "roles": ["controller"], "password": "given by the chief", "one_time": True}
    assert sun.ask("PUT", "/api/v1/accounts/zhao", body)[1]["account"]["one_time"] is True
    zhao = world.visitor()
    assert zhao.log_in("zhao", "given by the chief")[1]["person"]["change_password"] is True
    for method, path in (("GET", "/api/v1/plans"), ("GET", "/api/v1/sessions"), ("PUT", "/api/v1/session")):
        assert zhao.ask(method, path)[1]["error"] == "password-to-change"
    assert acted(zhao)[1]["error"] == "password-to-change"
    assert world.accounts()["zhao"].name == "Zhao"
    change = {"old": "given by the chief", "new": NEW_PASSWORD}
    assert zhao.ask("PUT", "/api/v1/session/password", change)[1]["person"]["change_password"] is False
    assert acted(zhao)[0] == 200


class Codes:
    """A second factor that controllers show."""

    def needed(self, account: Account) -> bool:
        return Role.CONTROLLER in account.roles

    def check(self, account: Account, code: str) -> bool:
        return code == f"code of {account.id}"


def test_a_second_factor_is_asked_for_when_the_password_was_right(hub: MadeHub) -> None:
    """Without the code nobody is let in, nor with a wrong one; only who has the password learns that one is needed."""
    world = Peopled(hub, WANG, SUN, second=Codes())
    person = world.visitor()
    assert person.log_in("wang", "wrong")[1]["error"] == "login-refused"
    assert person.log_in("wang")[1]["error"] == "code-needed"
    assert person.log_in("wang", code="1")[1]["error"] == "login-refused"
    assert person.person() is None
    assert person.log_in("wang", code="code of wang")[0] == 200
    assert world.visitor().log_in("sun")[0] == 200


def test_preferences_are_each_ones_own(world: Peopled) -> None:
    """Kept by key with the account, for whoever logs in with it, and for nobody else; they go with the account."""
    person, sun = world.person("wang"), world.person("sun")
    for key, value in (("legend", {"late": "#c00", "晚点": [1, 2.5, None]}), ("theme", "night"), ("gone", 1)):
        assert person.ask("PUT", f"/api/v1/preferences/{key}", value) == (200, {"key": key, "value": value})
    person.ask("PUT", "/api/v1/preferences/theme", "day")
    assert person.ask("DELETE", "/api/v1/preferences/gone")[0] == 200
    kept = {"legend": {"late": "#c00", "晚点": [1, 2.5, None]}, "theme": "day"}
    assert world.person("wang").ask("GET", "/api/v1/preferences") == (200, kept)
    assert sun.ask("GET", "/api/v1/preferences") == (200, {})
    for key, value in (("a b", b"1"), ("x" * 65, b"1"), ("nan", b"1e999"), ("half", b'"\\ud800"'), ("not", b"{")):
        assert (
            person.ask("PUT", f"/api/v1/preferences/{key.replace(' ', '%20')}", value)[1]["error"] == "bad-preference"
        )
    assert person.ask("PUT", "/api/v1/preferences/big", b'"' + b"x" * 32_768 + b'"')[0] == 413
    assert sun.ask("DELETE", "/api/v1/accounts/wang")[0] == 200
    world.put(WANG)
    assert world.person("wang").ask("GET", "/api/v1/preferences") == (200, {})
    assert sun.ask("GET", "/api/v1/preferences", Authorization="Bearer l-secret")[0] == 403


def test_nobody_guesses(world: Peopled) -> None:
    """Five wrong passwords are free; then each costs a longer pause, in which a right one is refused as well."""
    thief, other = world.visitor(address="127.0.0.66"), world.visitor(address="127.0.0.67")
    for number in range(FREE_TRIES):
        assert thief.log_in("wang", f"guess {number}")[1]["error"] == "login-refused"
    assert thief.log_in("wang")[1]["error"] == "login-too-often"
    assert other.log_in("wang")[1]["error"] == "login-too-often"
    for _ in range(20):
        world.hub.reactor.advance(LONGEST_PAUSE_S)
        assert other.log_in("wang", "guess")[1]["error"] == "login-refused"
        assert other.log_in("wang", "guess")[1]["error"] == "login-too-often"
    world.hub.reactor.advance(LONGEST_PAUSE_S)
    assert other.log_in("wang")[0] == 200


def test_whoever_has_worked_there_is_not_kept_out_by_guesses_from_elsewhere(world: Peopled) -> None:
    """The name is slowed down for everybody but at the places from which it has logged in."""
    person = world.person("wang", address="127.0.0.5")
    thief = world.visitor(address="127.0.0.66")
    for number in range(FREE_TRIES + 1):
        thief.log_in("wang", f"guess {number}")
    assert thief.log_in("wang")[1]["error"] == "login-too-often"
    assert person.log_in("wang")[0] == 200


def test_one_address_does_not_try_many_names(world: Peopled, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that many people have is not found by trying it with every name."""
    monkeypatch.setattr("stationmaster_people.logins.verifies", lambda verifier, _: verifier == WANG.verifier)
    thief = world.visitor(address="127.0.0.66")
    said = [thief.log_in(f"name-{number}")[1]["error"] for number in range(FREE_TRIES_OF_ADDRESS + 1)]
    assert said == ["login-refused"] * FREE_TRIES_OF_ADDRESS + ["login-too-often"]
    assert world.visitor(address="127.0.0.5").log_in("wang")[0] == 200


def test_an_unknown_name_is_checked_as_a_known_one(world: Peopled, monkeypatch: pytest.MonkeyPatch) -> None:
    """As much is computed for a name that there is not, for one that is locked and for a wrong password."""
    checked: list[str] = []

    def fits(verifier: str, _: str) -> bool:
        checked.append(verifier)
        return False

    monkeypatch.setattr("stationmaster_people.logins.verifies", fits)
    world.put(replace(SUN, locked=True))
    said = [world.visitor().log_in(login)[1] for login in ("wang", "nobody", "sun")]
    assert said[0] == said[1] == said[2]
    assert checked == [WANG.verifier, NOBODY, NOBODY]


def test_rows_of_another_world_are_no_sessions(world: Peopled, tmp_path: Path) -> None:
    """A row of an account that is not there, or of a time that is to come, opens nothing that it should not."""
    person = world.person("wang")
    world.desk.stop()
    world.hub.store.close()
    url = database_url("sqlite:///hub.db", tmp_path)
    run_sql(url, f"UPDATE session SET used = {int(WALL) + 10**6}, begun = {int(WALL) + 10**6}")
    with made_hub(url) as hub:
        person.world = Peopled(hub)
        assert person.ask("GET", "/api/v1/session")[1]["ends_in_s"] == IDLE_S
        person.world.desk.stop()
    run_sql(url, "UPDATE session SET login = 'nobody'")
    with made_hub(url) as hub:
        person.world = Peopled(hub)
        assert person.person() is None


def test_while_the_database_is_away_people_stay_logged_in(world: Peopled, capsys: pytest.CaptureFixture[str]) -> None:
    """Who logs in meanwhile is let in, and what waits is written when it can be."""
    rows = world.desk._rows
    failing = [True]
    write = rows._write

    def maybe(waiting: Any) -> None:
        if failing[0]:
            raise OSError("it is away")
        write(waiting)

    rows._write = maybe  # type: ignore[method-assign]
    person = world.person("wang")
    assert person.person() is not None
    assert "sessions-not-written" in "".join(capsys.readouterr())
    failing[0] = False
    world.hub.reactor.advance(31)
    assert [held.login for held in world.hub.thread(rows.load).result.result] == ["wang"]


def test_settings_say_how_long_a_session_lasts(hub: MadeHub) -> None:
    """An idle time of a minute ends it after a minute."""
    world = Peopled(hub, WANG, settings=PeopleSettings(idle_s=60.0))
    person = world.person("wang")
    world.hub.reactor.advance(60)
    assert person.person() is None


def test_the_log_is_told_who_was_refused(world: Peopled) -> None:
    """Wrong passwords and what somebody may not, with name, address and what it was; never a password."""
    assert isinstance(world.told, Told)
    person = world.visitor(address="127.0.0.5")
    person.log_in("wang", "a wrong one")
    person.log_in("wang")
    person.ask("GET", "/api/v1/accounts")
    told = [(kind, who, detail.get("login", detail.get("operation"))) for kind, who, detail in world.told.records]
    assert told == [("login-refused", "", "wang"), ("login", "Wang", "wang"), ("not-allowed", "Wang", "accounts")]
    assert {detail["address"] for _, _, detail in world.told.records} == {"127.0.0.5"}
    assert "a wrong one" not in str(world.told.records)
