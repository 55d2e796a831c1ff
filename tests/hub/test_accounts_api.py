"""Accounts over the web: who may manage them, what is answered, and that neither password nor verifier gets out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from twisted.internet.address import IPv4Address

from hub.making import MadeHub, begin, made_hub
from service.web import Browser
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.health import hub_health
from stationmaster.hub.people.account_changes import AccountChanges
from stationmaster.hub.people.accounts_api import AccountsApi
from stationmaster.hub.people.askers import Askers
from stationmaster.hub.people.one_time import OneTimePasswords
from stationmaster.hub.people.request_reading import LARGEST_BODY
from stationmaster.hub.people.separation import Separation
from stationmaster.hub.settings import Operator
from stationmaster.hub.storage.archive import DatabaseArchive
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.storage.export import line_text
from stationmaster.hub.storage.replay import replay
from stationmaster.hub.view import HubView
from stationmaster.hub.web.bodies import as_json
from stationmaster_base.clock import MachineClock
from stationmaster_kernel.account import Account, Role
from stationmaster_people.passwords import LEAST, made_verifier, password_fault, verifies
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.small_station import at

PASSWORD = "青河 river 7 lanterns"
DESK = Operator(name="desk-1", token="l-secret")
LI = {"name": "李站长", "roles": ["supervisor"], "subsystems": ["broadcast"], "password": PASSWORD}
TOLD = {
    "login": "li",
    "name": "李站长",
    "roles": ["supervisor"],
    "subsystems": ["broadcast"],
    "locked": False,
    "one_time": False,
}


class Fixture:
    """A hub on the small station at 07:00, with the pages for accounts."""

    def __init__(self, hub: MadeHub, operators: tuple[Operator, ...] = (DESK,), forced: bool | None = None) -> None:
        self.hub = hub
        clock = MachineClock(lambda: float(at("07:00")))
        timer = StationTimer(clock, hub.reactor)
        self.view = HubView(
            pipeline=hub.pipeline, feed=FeedIntake(hub.pipeline, clock, "boot"), subsystems=(), clock=clock
        )
        self.face = Face(
            health=lambda: hub_health(self.view, timer), clock=clock, timer=timer, registry=CollectorRegistry()
        )
        AccountsApi(
            accounts=lambda: self.accounts,
            changes=AccountChanges(
                pipeline=hub.pipeline,
                accounts=lambda: self.accounts,
                now=lambda: self.view.now,
                in_thread=hub.thread,
                boot="boot",
            ),
            askers=Askers(operators),
            separation=Separation(lambda: self.accounts, forced),
            one_time=OneTimePasswords(hub.store, hub.thread),
            face=self.face,
        )
        hub.open().put(*begin())

    def ask(
        self,
        method: str,
        login: str = "",
        body: bytes | dict[str, Any] | None = None,
        *,
        code: int = 200,
        token: str = DESK.token,
        peer: str = "127.0.0.1",
        match: str = "",
    ) -> Any:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = f"Content-Length: {len(raw)}\r\n" + (f"Authorization: Bearer {token}\r\n" if token else "")
        headers += f"{match}\r\n" if match else ""
        browser = Browser(self.face.site())
        browser.transport.peerAddr = IPv4Address("TCP", peer, 40000)
        browser.send(method, f"/api/v1/accounts/{login}" if login else "/api/v1/accounts", headers)
        browser.protocol.dataReceived(raw)
        answer = browser.take()
        assert answer[0] == code, answer
        assert b"argon2" not in answer[2]
        return json.loads(answer[2])

    @property
    def accounts(self) -> dict[str, Account]:
        return cast("dict[str, Account]", self.hub.pipeline.state.records.get("account", {}))


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[Fixture]:
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        yield Fixture(hub)


def test_an_account_is_made_shown_changed_and_removed(fixture: Fixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Each step is answered with the account as it is; password and verifier are in no answer and no log line."""
    made = fixture.ask("PUT", "li", LI, code=201)["account"]
    assert made == {**TOLD, "revision": fixture.accounts["li"].revision}
    verifier = fixture.accounts["li"].verifier
    assert verifies(verifier, PASSWORD)
    assert not verifies(verifier, PASSWORD + "!")
    assert [account["login"] for account in fixture.ask("GET")["accounts"]] == ["li"]
    assert fixture.ask("PUT", "li", {"locked": True})["account"]["locked"] is True
    assert fixture.accounts["li"].verifier == verifier
    assert fixture.accounts["li"].roles == (Role.SUPERVISOR,)
    fixture.ask("PUT", "li", {"password": "a wholly other one"})
    assert verifies(fixture.accounts["li"].verifier, "a wholly other one")
    assert fixture.ask("DELETE", "li") == {"account": None}
    assert fixture.ask("GET")["accounts"] == []
    assert fixture.ask("DELETE", "li", code=404)["error"] == "account-unknown"
    said = "".join(capsys.readouterr())
    assert PASSWORD not in said
    assert "argon2" not in said


def test_who_says_what_he_saw_changes_nothing_else(fixture: Fixture) -> None:
    """With the account's tag nothing is changed over somebody else's change, or where there is none."""
    fixture.ask("PUT", "li", LI, match="If-Match: *", code=412)
    seen = fixture.ask("PUT", "li", LI, match="If-None-Match: *", code=201)["account"]["revision"]
    again = fixture.ask("PUT", "li", LI, match="If-None-Match: *", code=412)
    assert again["error"] == "not-as-seen"
    changed = fixture.ask("PUT", "li", {"locked": True}, match=f'If-Match: "{seen}"')["account"]["revision"]
    assert fixture.ask("PUT", "li", {"locked": False}, match=f'If-Match: "{seen}"', code=412)["error"] == "not-as-seen"
    assert fixture.ask("DELETE", "li", match=f'If-Match: "{seen}"', code=412)["error"] == "not-as-seen"
    assert fixture.accounts["li"].locked
    fixture.ask("DELETE", "li", match=f'If-Match: "{changed}"')


def test_the_journal_has_the_verifier_and_never_the_password(fixture: Fixture, tmp_path: Path) -> None:
    """What is stored replays byte for byte into the same accounts, and nowhere in it is a password."""
    fixture.ask("PUT", "li", LI, code=201)
    fixture.ask("PUT", "li", {"locked": True})
    state = fixture.hub.pipeline.state
    fixture.hub.store.close()
    archive = DatabaseArchive(database_url("sqlite:///hub.db", tmp_path))
    try:
        text = "".join(line_text(line) for line in archive.lines(None))
        found = replay(archive.lines(None))
    finally:
        archive.close()
    assert found.difference is None
    assert found.entries
    assert PASSWORD not in text
    assert state.records["account"]["li"].verifier in text  # type: ignore[union-attr]  # it is an account


def test_notes_tell_who_changed_what(fixture: Fixture) -> None:
    """The operator reads among the notes who made or changed an account, and not the verifier."""
    fixture.ask("PUT", "li", LI, code=201)
    notes = [note for each in fixture.hub.published for note in each.stored.changes.notes]
    assert [(note.code, note.subject, dict(note.detail)["by"]) for note in notes if note.subject == "li"] == [
        ("account-made", "li", "desk-1")
    ]
    assert "argon2" not in str(as_json(tuple(notes)))


def test_only_operators_on_the_hubs_machine_may(fixture: Fixture) -> None:
    """Without a token, with a wrong one, and from elsewhere even with a right one, nothing is told and nothing done."""
    assert fixture.ask("GET", token="", code=401)["error"] == "not-logged-in"
    assert fixture.ask("PUT", "li", LI, token="wrong", code=401)["error"] == "not-an-operator"
    for method in ("GET", "PUT", "DELETE"):
        login = "" if method == "GET" else "li"
        assert fixture.ask(method, login, LI, peer="10.0.0.9", code=403)["error"] == "not-encrypted"
    assert not fixture.accounts


def test_without_operators_nobody_may(tmp_path: Path) -> None:
    """A hub whose settings name no operator shows its accounts to no token."""
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as hub:
        assert Fixture(hub, ()).ask("GET", code=401)["error"] == "not-an-operator"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({**LI, "password": "short"}, "password"),
        ({**LI, "password": "aaaaaaaaaaaa"}, "password"),
        ({**LI, "password": 12345678901}, "password"),
        ({**LI, "roles": ["king"]}, "roles"),
        ({**LI, "roles": []}, "roles"),
        ({**LI, "subsystems": ["teapots"]}, "subsystems"),
        ({**LI, "subsystems": "broadcast"}, "subsystems"),
        ({**LI, "name": " "}, "name"),
        ({**LI, "locked": 1}, "locked"),
        ({**LI, "verifier": "x"}, "verifier"),
        ({"name": "李", "roles": ["viewer"]}, "password"),
        (b"{", "body"),
        (b'["a"]', "body"),
        (b"[" * 9000, "body"),
    ],
)
def test_what_is_wrong_is_told_by_key(fixture: Fixture, body: dict[str, Any] | bytes, place: str) -> None:
    """Every mistake is a fault with its key, and nothing is made."""
    faults = fixture.ask("PUT", "li", body, code=400)["faults"]
    assert [fault["place"] for fault in faults] == [place]
    assert PASSWORD not in str(faults)
    assert not fixture.accounts


def test_what_the_kernel_refuses_is_answered_so(fixture: Fixture) -> None:
    """A login name that cannot be one is refused with the reason, and is in the journal as quarantined."""
    assert fixture.ask("PUT", "Big%20Boss", LI, code=422)["error"] == "account-impossible"
    assert fixture.ask("PUT", "li", b" " * (LARGEST_BODY + 1), code=413)["error"] == "account-too-large"


def test_two_who_change_one_account_at_once_do_not_overwrite_each_other(fixture: Fixture) -> None:
    """While a verifier is being made the account may change: the later of the two is refused, and can try again."""
    fixture.ask("PUT", "li", LI, code=201)
    fixture.hub.thread.at_once = False
    slow, quick = Browser(fixture.face.site()), Browser(fixture.face.site())
    for browser, body in ((slow, {"password": "a wholly other one"}), (quick, {"locked": True})):
        raw = json.dumps(body).encode()
        browser.send(
            "PUT", "/api/v1/accounts/li", f"Content-Length: {len(raw)}\r\nAuthorization: Bearer {DESK.token}\r\n"
        )
        browser.protocol.dataReceived(raw)
    fixture.hub.thread.at_once = True
    while fixture.hub.thread.waiting:
        fixture.hub.thread.run()
    assert sorted((slow.take()[0], quick.take()[0])) == [200, 409]


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("123456789", "has 9 characters"),
        ("x" * 129, "has 129 characters"),
        ("ababababab", "has fewer than 5 different characters"),
        ("administrator1", "is little more than the login name"),
        ("river\tlantern", "has control characters, or halves of characters"),
        ("青河河畔七盏灯笼之光", ""),
        ("river 7 lanterns", ""),
    ],
)
def test_the_rules_of_passwords(password: str, fault: str) -> None:
    """Length above all: ten characters of any script, not all alike, and not the login name."""
    assert password_fault(password, "administrator") == fault
    assert LEAST == 10


def test_a_password_typed_by_another_input_method_is_the_same() -> None:
    """Full-width letters are the letters, at the hub and at a subsystem's page; no verifier fits no password."""
    assert verifies(made_verifier("river 7 lanterns"), "ｒｉｖｅｒ 7 lanterns")
    assert verifies(made_verifier("ｒｉｖｅｒ 7 lanterns"), "river 7 lanterns")
    assert not verifies("nonsense", "river 7 lanterns")
