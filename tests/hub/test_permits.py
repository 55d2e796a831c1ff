"""Who may do what: every role with every operation of the API, and with every deed, over the web as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.making import made_hub, tick
from hub.peopled import CHEAP_VERIFIER, COOKIE, Peopled, account
from hub.test_build import wired
from service.web import Browser
from stationmaster.console.face import install
from stationmaster.hub.build import Hub
from stationmaster.hub.openapi.document import OPERATIONS
from stationmaster.hub.people.askers import Asker, Askers
from stationmaster.hub.people.deed_permits import check_command, check_deeds
from stationmaster.hub.people.people_settings import PeopleSettings
from stationmaster.hub.people.permits import DEEDS, OPEN, PERMITS, STREAMS
from stationmaster.hub.people.separation import Separation
from stationmaster.hub.storage.database import database_url
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_kernel.account import Account, Role
from stationmaster_kernel.deeds import Handle, Handling, Undo
from stationmaster_kernel.inputs import PutAccount
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.values import TaskKind
from stationmaster_people.logins import Login

CALL = "TST/2026-03-01/G1/1"
SPOKEN = {"announce", "show", "handle", "undo"}
WORKED = {
    *("actual", "add", "check_in", "check_rows", "decide", "decide_rows", "delay", "expect", "formation", "lock"),
    *("places", "replan", "running", "track", "turnaround", "unknown"),
}
DECIDED = {"acceptance", "lock_plan", "mode"}
MAY: dict[Role, set[str]] = {
    Role.VIEWER: set(),
    Role.ANNOUNCER: SPOKEN,
    Role.CONTROLLER: SPOKEN | WORKED,
    Role.SUPERVISOR: SPOKEN | WORKED | DECIDED,
    Role.ADMINISTRATOR: set(),
    Role.SECURITY: set(),
    Role.AUDITOR: set(),
}
"""What each role may do to the day; written here a second time, so that no slip in the table goes unseen."""

PEOPLE: dict[Role, set[str]] = {
    Role.SECURITY: {"accounts", "putAccount", "deleteAccount", "factors", "resetFactor"},
    Role.ADMINISTRATOR: {"identities", "doIdentity", "reload", "acceptTime"},
    Role.AUDITOR: {"log", "checkLog", "exportLog"},
}
"""What the three administrations may; nobody else may any of it, but for the time, which a supervisor accepts too."""

SOME: dict[str, dict[str, Any]] = {
    "acceptance": {"source": "stage_plan", "field": "track", "automatic": False},
    "actual": {"call": CALL, "event": "departure", "at": None},
    "add": {
        "day": "2026-03-01",
        "planned": {
            "number": "G9",
            "numbers": ["G9"],
            "train_class": "G",
            "kind": "origin",
            "origin": "A",
            "destination": "B",
            "departure": 0,
            "track": "1",
        },
    },
    "announce": {"targets": ["hall"], "template": "x"},
    "check_in": {"call": CALL},
    "check_rows": {"day": "2026-03-01", "rows": []},
    "decide": {"proposals": ["x"], "accept": True},
    "decide_rows": {"day": "2026-03-01", "rows": [], "accept": True},
    "delay": {"call": CALL, "event": "departure", "minutes": 1},
    "expect": {"call": CALL, "event": "departure", "at": None},
    "formation": {"call": CALL, "formation": "8"},
    "handle": {"tasks": [], "how": "now"},
    "lock": {"call": CALL, "field": "track"},
    "lock_plan": {"day": "2026-03-01"},
    "mode": {"scope": "station", "manual": True},
    "places": {"call": CALL},
    "replan": {"call": CALL, "event": "departure", "at": 0},
    "running": {"call": CALL, "running": "suspended"},
    "show": {"targets": ["*"], "texts": [], "end": 0},
    "track": {"call": CALL, "track": "1"},
    "turnaround": {"call": CALL, "number": ""},
    "undo": {"act": "act/none"},
    "unknown": {"call": CALL, "event": "departure"},
}
"""A deed of each kind, which the day may well refuse."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A whole hub that is not started, so that nothing that it is asked is done; it has an account of each role."""
    made = wired(
        tmp_path_factory.mktemp("hub"),
        faces=(install,),
        people=PeopleSettings(separate=True, idle_s=9e9, longest_s=9e9),
    )
    state = State.empty(Instant(0))
    for role in Role:
        known = account(role.value, role)
        state, _ = step(state, PutAccount(id=role.value, at=Instant(0), by="test", account=known, known=None))
    made._pipeline.state = state
    made._people._ready = True
    return made


def asked(hub: Hub, role: Role, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    """What somebody with this role, and no other, is answered: status and code; 0 if it would be done, and is not."""
    opened = hub._people._sessions.open(Login(id=role.value, name=role.value.title(), roles=(role,)))
    browser = Browser(hub._pages._factory)
    headers = f"Cookie: {COOKIE}={opened.secret}\r\nX-Session-Proof: {opened.session.proof}\r\n"
    if body:
        headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    browser.send(method, path, headers)
    browser.protocol.dataReceived(body)
    if not browser.transport.value():
        return 0, ""
    status, _, answer = browser.take()
    return status, json.loads(answer).get("error", "") if status >= 400 else ""


def refused(answer: tuple[int, str]) -> bool:
    """Whether it was not let in."""
    return answer[0] == 401 or answer == (403, "not-allowed")


def test_every_role_with_every_operation(hub: Hub) -> None:
    """Whoever has a role may what the table says of it, and nothing else; he need not be asked twice."""
    for role in Role:
        for operation in OPERATIONS:
            if operation.id in STREAMS | {"logIn", "health"}:
                continue  # streams do not end, and the others have tests of their own
            body = b"[]" if operation.method in ("POST", "PUT") else b""
            answer = asked(hub, role, operation.method, re.sub(r"\{\w+\}", "1", operation.path), body)
            roles = PERMITS[operation.id]
            assert refused(answer) == (operation.id not in OPEN and bool(roles) and role not in roles), (
                role,
                operation.id,
            )


def test_the_administrations_are_apart(hub: Hub) -> None:
    """Each of them may what it is for, and neither what the others are for nor anything of the day."""
    for role, may in PEOPLE.items():
        known = {item for item in may if item in PERMITS}
        assert all(role in PERMITS[item] for item in known)
        for other in Role:
            if other is not role:
                assert not {item for item in known - {"acceptTime"} if other in PERMITS[item]}, (role, other)
    assert PERMITS["acceptTime"] == {Role.ADMINISTRATOR, Role.SUPERVISOR}
    for item in ("act", "doCommand"):
        assert not PERMITS[item] & {Role.VIEWER, Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR}


def test_every_role_with_every_deed(hub: Hub) -> None:
    """An act is taken from whoever may do each of its deeds; what he may is written down here once more."""
    assert SOME.keys() == DEEDS.keys() == set().union(*MAY.values())
    for role in Role:
        for tag, deed in SOME.items():
            body = json.dumps({"id": f"{role}-{tag}", "deeds": [{"do": tag, **deed}]}).encode()
            answer = asked(hub, role, "POST", "/api/v1/acts", body)
            assert refused(answer) == (tag not in MAY[role]), (role, tag, answer)


def test_one_deed_that_somebody_may_not_is_enough(hub: Hub) -> None:
    """An act is done as a whole or not at all."""
    deeds = [{"do": "announce", **SOME["announce"]}, {"do": "delay", **SOME["delay"]}]
    body = json.dumps({"id": "both", "deeds": deeds}).encode()
    assert asked(hub, Role.ANNOUNCER, "POST", "/api/v1/acts", body) == (403, "not-allowed")
    assert asked(hub, Role.CONTROLLER, "POST", "/api/v1/acts", body)[0] != 403


def test_several_proposals_at_once_are_for_a_supervisor(hub: Hub) -> None:
    """One is decided by whoever works the day, in however many deeds."""
    for deeds in (
        [{"do": "decide", "proposals": ["x", "y"], "accept": True}],
        [{"do": "decide", "proposals": [name], "accept": True} for name in ("x", "y")],
    ):
        body = json.dumps({"id": "decide", "deeds": deeds}).encode()
        assert asked(hub, Role.CONTROLLER, "POST", "/api/v1/acts", body) == (403, "not-allowed")
        assert asked(hub, Role.SUPERVISOR, "POST", "/api/v1/acts", body)[0] != 403


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Peopled]:
    """A hub with two controllers, an announcer and a supervisor, and the day's first train."""
    with made_hub(database_url("sqlite:///hub.db", tmp_path)) as made:
        found = Peopled(
            made,
            account("wang", Role.CONTROLLER),
            account("zhao", Role.CONTROLLER),
            account("sun", Role.SUPERVISOR),
            account("li", Role.ANNOUNCER),
        )
        made.put(tick(60))
        yield found


def test_what_another_did_is_undone_by_who_decides_for_others(world: Peopled) -> None:
    """One's own acts one undoes oneself."""
    wang, zhao, sun = (world.person(login) for login in ("wang", "zhao", "sun"))

    def act(person: Any, name: str, deed: dict[str, Any]) -> int:
        status: int = person.ask("POST", "/api/v1/acts", {"id": name, "deeds": [deed]})[0]
        return status

    delay = {"do": "delay", "call": CALL, "event": "departure", "minutes": 5}
    assert [act(wang, f"done-{number}", {**delay, "minutes": number}) for number in (1, 2)] == [200, 200]
    assert act(zhao, "undo-1", {"do": "undo", "act": "act/done-2"}) == 403
    assert act(wang, "undo-2", {"do": "undo", "act": "act/done-2"}) == 200
    assert act(sun, "undo-3", {"do": "undo", "act": "act/done-1"}) == 200


def test_an_announcer_handles_announcements_alone(world: Peopled) -> None:
    """Other tasks are for whoever works the day; one that is not there is for the day to refuse."""
    state = world.hub.pipeline.state
    tasks = {task.kind: task.id for task in state.tasks.values()}
    assert {TaskKind.ANNOUNCEMENT, TaskKind.DISPLAY} <= tasks.keys()
    li = Asker(name="Li", login="li", roles=frozenset({Role.ANNOUNCER}))
    check_deeds(li, [Handle(tasks=(tasks[TaskKind.ANNOUNCEMENT], "none"), how=Handling.HOLD)], state)
    with pytest.raises(StationError, match="other tasks"):
        check_deeds(li, [Handle(tasks=(tasks[TaskKind.DISPLAY],), how=Handling.HOLD)], state)
    check_deeds(li, [Undo(act="act/none")], state)


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("emergency", {Role.SUPERVISOR}),
        ("emergency-end", {Role.SUPERVISOR}),
        ("stop", {Role.ANNOUNCER, Role.CONTROLLER, Role.SUPERVISOR}),
        ("text", {Role.ANNOUNCER, Role.CONTROLLER, Role.SUPERVISOR}),
        ("brightness", {Role.CONTROLLER, Role.SUPERVISOR}),
        ("whatever", {Role.CONTROLLER, Role.SUPERVISOR}),
    ],
)
def test_every_role_with_every_command(action: str, roles: set[Role]) -> None:
    """An emergency is for who decides, voices and texts for who speaks, and all else for who works the day."""
    for role in Role:
        asker = Asker(name="x", roles=frozenset({role}))
        if role in roles:
            check_command(asker, action)
        else:
            with pytest.raises(StationError, match="may not do this"):
                check_command(asker, action)


def test_what_is_in_no_table_is_allowed_to_nobody(hub: Hub) -> None:
    """A route that nobody has thought of is closed, and so is a deed."""
    request: Any = type("Request", (), {"getHeader": lambda _self, _name: None})()
    with pytest.raises(StationError, match="allowed to nobody"):
        Askers().permit(request, "something")
    made = type("Deed", (), {"TAG": "something"})()
    with pytest.raises(StationError, match="allowed to nobody"):
        check_deeds(Asker(name="x", roles=frozenset(Role)), [made], State.empty(Instant(0)))  # type: ignore[arg-type]
    hub._pages._factory.resource._inner._app.route("/api/v1/forgotten", methods=["GET"])(lambda _: b"{}")
    assert asked(hub, Role.ADMINISTRATOR, "GET", "/api/v1/forgotten") == (403, "not-allowed")


@pytest.mark.parametrize(
    ("forced", "roles", "apart"),
    [
        (None, (Role.ADMINISTRATOR,), False),
        (None, (Role.SECURITY,), True),
        (True, (Role.ADMINISTRATOR,), True),
        (False, (Role.SECURITY,), False),
    ],
)
def test_who_does_the_work_of_security(forced: bool | None, roles: tuple[Role, ...], apart: bool) -> None:
    """Administrators, while nobody has the role; the setting says so for good, or that it is never so."""
    there = {"x": account("x", *roles)}
    separation = Separation(lambda: there, forced)
    assert separation.apart is apart
    assert (Role.SECURITY in separation.roles((Role.ADMINISTRATOR,))) is not apart
    assert Role.SECURITY not in separation.roles((Role.SUPERVISOR,))
    locked: dict[str, Account] = {"x": replace(there["x"], locked=True)}
    assert Separation(lambda: locked, forced).apart is (forced or False)


def test_with_administrations_apart_there_is_always_one_for_accounts() -> None:
    """The last one with the role cannot be locked, changed or removed by a program either."""
    sun = account("sun", Role.SECURITY)
    separation = Separation(lambda: {"sun": sun}, True)
    for after in (None, replace(sun, locked=True), replace(sun, roles=(Role.VIEWER,))):
        with pytest.raises(StationError, match="only one who may manage accounts"):
            separation.check("", sun, after)
    separation.check("", sun, replace(sun, verifier=CHEAP_VERIFIER))
