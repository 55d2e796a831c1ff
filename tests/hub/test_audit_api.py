"""Who may see what was done, who may take a second factor away, what waits for two, and how a shift is handed over."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.audited import Audited
from hub.making import made_hub
from hub.peopled import DESK, PASSWORD, account
from stationmaster.hub.storage.database import database_url
from stationmaster_kernel.account import Role
from support.small_station import at

CALL = "TST/2026-03-01/G1/1"
PEOPLE = (
    account("adam", Role.ADMINISTRATOR),
    account("anna", Role.ANNOUNCER),
    account("aud", Role.AUDITOR),
    account("clara", Role.CONTROLLER),
    account("conrad", Role.CONTROLLER),
    account("sara", Role.SECURITY),
    account("sven", Role.SECURITY),
    account("vera", Role.VIEWER),
)
SHOW: dict[str, Any] = {
    "id": "show-1",
    "why": "smoke",
    "deeds": [
        {
            "do": "show",
            "targets": ["*"],
            "texts": [{"name": "text", "language": "zh", "text": "请离开"}],
            "end": at("08:00"),
            "whole": True,
            "priority": 5,
        }
    ],
}
DELAY = {"id": "late-1", "why": "points", "deeds": [{"do": "delay", "call": CALL, "event": "departure", "minutes": 9}]}


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which everybody is known."""
    folder = tmp_path_factory.mktemp("peopled")
    with made_hub(database_url("sqlite:///hub.db", folder)) as hub:
        Audited(hub, folder / "people.key", *PEOPLE)
    return folder / "hub.db"


@pytest.fixture
def world(peopled: Path, tmp_path: Path) -> Iterator[Audited]:
    shutil.copy(peopled, tmp_path)
    with made_hub(database_url("sqlite:///hub.db", tmp_path), epochs=("epoch-2",)) as hub:
        yield Audited(
            hub,
            tmp_path / "people.key",
            two_persons=frozenset({"emergency"}),
            second_factor=frozenset({Role.ADMINISTRATOR}),
        )


def log_of(world: Audited, **wanted: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    status, told = world.person("aud").ask("GET", f"/api/v1/log?{query}")
    assert status == 200
    return list(told["records"])


# The three administrations.


def test_only_auditors_read_the_log(world: Audited) -> None:
    """Neither who gives roles nor who runs the system nor a program with a token does, and what they tried is in it."""
    for login in ("anna", "clara", "sara", "vera"):
        for path in ("log", "log/export", "log/check"):
            status, told = world.person(login).ask("GET", f"/api/v1/{path}")
            assert (status, told["error"]) == (403, "not-allowed"), login
    token = {"Authorization": f"Bearer {DESK.token}"}
    assert world.peopled.visitor(headers=token).ask("GET", "/api/v1/log")[0] == 403
    assert world.peopled.visitor().ask("GET", "/api/v1/log")[0] == 401
    refused = log_of(world, kind="not-allowed")
    assert {record["who"] for record in refused} == {"Anna", "Clara", "Sara", "Vera", DESK.name}


def test_auditors_change_nothing(world: Audited) -> None:
    """Who reads what was done acts, commands, confirms, hands over and manages nobody; nobody deletes a record."""
    auditor = world.person("aud")
    for method, path, body in (
        ("POST", "/api/v1/acts", DELAY),
        ("POST", "/api/v1/confirmations/x", {"confirm": True}),
        ("POST", "/api/v1/handover", {"notes": ""}),
        ("PUT", "/api/v1/accounts/aud", {"roles": ["supervisor"]}),
        ("PUT", "/api/v1/accounts/vera", {"locked": True}),
        ("DELETE", "/api/v1/second-factors/adam", None),
    ):
        assert auditor.ask(method, path, body)[0] == 403, path
    for path in ("/api/v1/log", "/api/v1/log/1", "/api/v1/log/export"):
        assert auditor.ask("DELETE", path)[0] in (404, 405)


def test_nobody_changes_his_own_roles(world: Audited) -> None:
    """Who gives roles gives himself none, and does not make himself or anybody auditor and something else."""
    sara = world.person("sara")
    status, told = sara.ask("PUT", "/api/v1/accounts/sara", {"roles": ["security", "supervisor"]})
    assert (status, told["error"]) == (403, "not-yourself")
    for roles in (["auditor", "security"], ["auditor", "controller"], ["administrator", "security"]):
        assert sara.ask("PUT", "/api/v1/accounts/vera", {"roles": roles})[1]["error"] == "roles-apart"
    assert sara.ask("PUT", "/api/v1/accounts/vera", {"roles": ["controller"]})[0] == 200
    (record,) = [each for each in log_of(world, kind="account", text="vera") if each["who"] == "Sara"]
    (change,) = [each for each in record["changes"] if each["field"] == "roles"]
    assert (change["before"], change["after"]) == ("viewer", "controller")


# The log over the web.


def test_the_log_is_read_by_pages_exported_and_checked(world: Audited) -> None:
    """A page says where the next one begins and what the last record is; an export has all; both are recorded."""
    clara = world.person("clara")
    assert clara.ask("POST", "/api/v1/acts", DELAY)[0] == 200
    auditor = world.person("aud")
    first = auditor.ask("GET", "/api/v1/log?limit=3")[1]
    second = auditor.ask("GET", f"/api/v1/log?limit=3&before={first['next']}")[1]
    sequences = [record["sequence"] for record in (*first["records"], *second["records"])]
    assert sequences == list(range(first["head"]["sequence"], first["head"]["sequence"] - 6, -1))
    (record,) = auditor.ask("GET", "/api/v1/log?kind=act&who=clara&since=2026-03-01T06:00&until=2026-03-01T08:00")[1][
        "records"
    ]
    assert (record["words"], record["why"], record["subject"]) == ("delay", "points", CALL)
    known = f"{first['head']['sequence']}:{first['head']['hash']}"
    status, told = auditor.ask("GET", f"/api/v1/log/check?known={known}")
    assert (status, told["proof"]["faults"]) == (200, [])
    told = auditor.ask("GET", f"/api/v1/log/check?known=2:{'0' * 64}")[1]
    assert [fault["code"] for fault in told["proof"]["faults"]] == ["rewritten"]
    assert [each["words"] for each in log_of(world, kind="log-check")] == ["2 rewritten", "whole"]


def test_what_cannot_be_asked_of_the_log_is_said(world: Audited) -> None:
    """A misspelt time or number is told, and not taken for another."""
    auditor = world.person("aud")
    log, export, check = "/api/v1/log", "/api/v1/log/export", "/api/v1/log/check"
    for query in ("limit=0", "limit=x", "before=-1", "since=noon", "until=2026", "limit=1001", "before=1%00"):
        status, told = auditor.ask("GET", f"{log}?{query}")
        assert (status, told["error"]) == (400, "bad-argument"), query
    assert auditor.ask("GET", f"{log}?text=%00%ff&who=%00&kind=%00")[0] == 200
    assert auditor.ask("GET", f"{check}?known=1")[0] == 400
    assert auditor.ask("GET", f"{export}?format=pdf")[0] == 400


def test_refusals_of_one_place_do_not_fill_the_log(world: Audited) -> None:
    """Of many in a minute twenty are told one by one, and how many there were besides when it begins anew."""
    for _ in range(60):
        world.desk.security.record("not-allowed", "Vera", {"address": "10.0.0.9", "operation": "log"})
    assert len(log_of(world, kind="not-allowed")) == 20
    world.hub.reactor.advance(61)
    world.desk.security.record("not-allowed", "Vera", {"address": "10.0.0.9", "operation": "log"})
    assert log_of(world, kind="not-allowed")[0]["words"] == "operation: log (and 40 more before)"


# Second factors.


def test_a_role_that_must_show_a_code_gets_in_with_one(world: Audited) -> None:
    """Without one it is asked for, a wrong one and one that was shown are refused, and the right one lets in."""
    visitor = world.peopled.visitor()
    assert visitor.log_in("adam")[1]["error"] == "code-needed"
    assert visitor.log_in("adam", code="000000")[1]["error"] == "login-refused"
    app = world.app_of("adam")
    world.hub.reactor.advance(30)
    code = app.at(int(world.wall()))
    assert visitor.log_in("adam", code=code)[0] == 200
    assert world.peopled.visitor().log_in("adam", code=code)[1]["error"] == "login-refused"
    assert "second-factor-made" in {record["kind"] for record in log_of(world)}


def test_a_second_factor_is_given_for_the_password_alone_and_once(world: Audited) -> None:
    """A wrong password gets no secret, and neither does the right one while there is a second factor."""
    visitor = world.peopled.visitor()
    wrong = visitor.ask("POST", "/api/v1/second-factor", {"login": "adam", "password": "another one"})
    assert (wrong[0], wrong[1]["error"]) == (401, "login-refused")
    shown = {"login": "adam", "password": PASSWORD}
    told = visitor.ask("POST", "/api/v1/second-factor/confirmation", {**shown, "code": "123456"})
    assert (told[0], told[1]["error"]) == (409, "not-invited")
    assert visitor.ask("POST", "/api/v1/second-factor", shown)[0] == 200
    told = visitor.ask("POST", "/api/v1/second-factor/confirmation", {**shown, "code": "123456"})
    assert (told[0], told[1]["error"]) == (422, "code-refused")
    world.app_of("adam")
    assert visitor.ask("POST", "/api/v1/second-factor", shown)[1]["error"] == "second-factor-there"
    assert visitor.ask("POST", "/api/v1/second-factor", shown, Origin="https://elsewhere.example")[0] == 403


def test_others_reset_a_second_factor(world: Audited) -> None:
    """Who manages accounts does, but not his own; it is in the log."""
    world.app_of("vera")
    world.app_of("sara")
    assert world.person("clara").ask("DELETE", "/api/v1/second-factors/vera")[0] == 403
    sven = world.person("sven")
    found = {each["login"]: each for each in sven.ask("GET", "/api/v1/second-factors")[1]["factors"]}
    assert (found["vera"]["recovery_left"], found["adam"]["required"], found["adam"]["since"]) == (10, True, None)
    assert sven.ask("DELETE", "/api/v1/second-factors/vera")[0] == 200
    assert sven.ask("DELETE", "/api/v1/second-factors/vera")[1]["error"] == "no-such-factor"
    assert sven.ask("DELETE", "/api/v1/second-factors/sven")[1]["error"] == "not-yourself"
    assert [each["who"] for each in log_of(world, kind="second-factor-reset")] == ["Sven"]


# Two persons.


def test_an_emergency_waits_for_a_second_person(world: Audited) -> None:
    """Nothing is done until another one confirms; then it is done in the asker's name, once, and he is told."""
    conrad, clara = world.person("conrad"), world.person("clara")
    assert conrad.ask("POST", "/api/v1/acts", DELAY)[0] == 200
    status, told = conrad.ask("POST", "/api/v1/acts", SHOW)
    assert (status, told["waits"]) == (202, True)
    assert conrad.ask("POST", "/api/v1/acts", SHOW)[0] == 202
    (waiting,) = clara.ask("GET", "/api/v1/confirmations")[1]["confirmations"]
    assert (waiting["by"], waiting["words"], waiting["why"], waiting["left_s"]) == (
        "Conrad",
        "show *: 请离开",
        "smoke",
        300,
    )
    assert "act/show-1" not in world.hub.pipeline.state.records["act"]
    path = f"/api/v1/confirmations/{waiting['id']}"
    assert conrad.ask("POST", path, {"confirm": True})[1]["error"] == "not-yourself"
    assert world.person("vera").ask("POST", path, {"confirm": True})[1]["error"] == "not-allowed"
    token = world.peopled.visitor(headers={"Authorization": f"Bearer {DESK.token}"})
    assert token.ask("POST", path, {"confirm": True})[1]["error"] == "not-a-person"
    status, told = clara.ask("POST", path, {"confirm": True})
    assert (status, told["status"], told["confirmation"]["state"], told["confirmation"]["other"]) == (
        200,
        200,
        "confirmed",
        "Clara",
    )
    assert world.hub.pipeline.state.records["act"]["act/show-1"].by == "Conrad"
    assert conrad.ask("POST", "/api/v1/acts", SHOW)[0] == 200
    assert clara.ask("POST", path, {"confirm": True})[1]["error"] == "not-waiting"
    kinds = [(each["kind"], each["who"]) for each in log_of(world, text="show")]
    assert kinds == [("act", "Conrad"), ("confirmation-confirmed", "Clara"), ("confirmation-asked", "Conrad")]


@pytest.mark.parametrize(
    ("who", "state"),
    [("clara", "refused"), ("conrad", "withdrawn"), ("", "expired")],
    ids=["refused", "withdrawn", "late"],
)
def test_what_is_not_confirmed_is_not_done(world: Audited, who: str, state: str) -> None:
    """Another refuses it, the asker takes it back, or the minutes pass: nothing happens, and he is told."""
    conrad = world.person("conrad")
    conrad.ask("POST", "/api/v1/acts", SHOW)
    if who:
        assert world.person(who).ask("POST", "/api/v1/confirmations/act/show-1", {"confirm": False})[0] == 200
    else:
        world.hub.reactor.advance(301)
    status, told = conrad.ask("POST", "/api/v1/acts", SHOW)
    assert (status, told["error"]) == (409, "not-confirmed")
    assert world.desk.waiting() == ()
    assert "act/show-1" not in world.hub.pipeline.state.records.get("act", {})
    assert log_of(world, text="smoke")[0]["kind"] == f"confirmation-{state}"


def test_another_request_does_not_hide_behind_an_id(world: Audited) -> None:
    """What was shown to the second person is what is done: the same id with something else in it is refused."""
    conrad = world.person("conrad")
    conrad.ask("POST", "/api/v1/acts", SHOW)
    assert conrad.ask("POST", "/api/v1/acts", {**SHOW, "why": "nothing"})[1]["error"] == "confirmation-differs"
    assert world.person("clara").ask("POST", "/api/v1/acts", SHOW)[1]["error"] == "confirmation-differs"
    assert conrad.ask("POST", "/api/v1/confirmations/act/show-1", {"confirm": 1})[1]["error"] == "bad-decision"
    assert conrad.ask("POST", "/api/v1/confirmations/another", {"confirm": True})[1]["error"] == "no-such-confirmation"


# Changes of shift.


def test_a_shift_is_handed_over(world: Audited) -> None:
    """The sheet has what is not as usual; who goes signs it, another takes over, and it is kept as it was."""
    conrad, clara = world.person("conrad"), world.person("clara")
    conrad.ask("POST", "/api/v1/acts", DELAY)
    conrad.ask("POST", "/api/v1/acts", {"id": "track-1", "deeds": [{"do": "track", "call": CALL, "track": "2"}]})
    now = clara.ask("GET", "/api/v1/handover")[1]
    assert (now["last"], now["open"]) == (None, False)
    sections = {each["id"]: each["items"] for each in now["sheet"]["sections"]}
    assert [each["words"] for each in sections["trains"]] == ["departure +9"]
    assert [(each["by"], each["words"]) for each in sections["acts"]] == [
        ("Conrad", "delay (points)"),
        ("Conrad", "track"),
    ]
    notes = "闸机 2A 卡住\n<script>alert(1)</script>"
    status, told = conrad.ask("POST", "/api/v1/handover", {"notes": notes})
    assert (status, told["handover"]["gone"]["login"], told["handover"]["come"]) == (200, "conrad", None)
    assert clara.ask("GET", "/api/v1/handover")[1]["open"] is True
    path = "/api/v1/handovers/1/signature"
    assert conrad.ask("POST", path)[1]["error"] == "not-yourself"
    assert world.person("vera").ask("POST", path)[0] == 403
    assert clara.ask("POST", path)[1]["handover"]["come"]["name"] == "Clara"
    assert world.person("anna").ask("POST", path)[1]["error"] == "sheet-taken"
    kept = clara.ask("GET", "/api/v1/handovers/1")[1]["handover"]
    assert (kept["notes"], kept["sheet"]) == (notes, told["handover"]["sheet"])
    assert [each["id"] for each in clara.ask("GET", "/api/v1/handovers")[1]["handovers"]] == [1]
    for number in (2, 10**30):
        assert clara.ask("GET", f"/api/v1/handovers/{number}")[1]["error"] == "no-such-sheet"
        assert clara.ask("POST", f"/api/v1/handovers/{number}/signature")[1]["error"] == "no-such-sheet"
    kinds = [(each["kind"], each["who"]) for each in log_of(world, text="handover+1")]
    assert kinds == [("handover-taken", "Clara"), ("handover-given", "Conrad")]


def test_notes_that_cannot_be_kept_are_refused(world: Audited) -> None:
    """What is no text is told, and nothing is signed."""
    conrad = world.person("conrad")
    for body in (b"[]", b"{", b'{"notes": 1}', b'{"notes": "x", "more": 1}', b'{"notes": "\\ud800"}'):
        assert conrad.ask("POST", "/api/v1/handover", body)[1]["error"] == "bad-notes"
    token = world.peopled.visitor(headers={"Authorization": f"Bearer {DESK.token}"})
    assert token.ask("POST", "/api/v1/handover", {"notes": ""})[1]["error"] == "not-a-person"
    assert conrad.ask("GET", "/api/v1/handovers")[1]["handovers"] == []
