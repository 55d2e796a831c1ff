"""Logins at a subsystem's own page, from the replicated verifiers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from agent.world import World
from stationmaster_base.errors import StationError
from stationmaster_kernel.account import Account, Role
from stationmaster_kernel.changes import Resource
from stationmaster_people.logins import Logins
from stationmaster_people.passwords import verifies

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
WANG = Account(
    id="wang",
    revision=1,
    name="王",
    roles=(Role.CONTROLLER,),
    subsystems=("broadcast",),
    verifier=CHEAP.hash("correct horse"),
)


def at_broadcast(account: Account) -> bool:
    """Whether he may log in there."""
    return "broadcast" in account.subsystems


class Door:
    """Logins with a clock of their own."""

    def __init__(self, *accounts: Account, kind: str = "broadcast") -> None:
        self.accounts = list(accounts)
        self.reactor = Clock()
        self.checked = 0
        self.logins = Logins(
            lambda account: kind in account.subsystems,
            lambda: self.accounts,
            reactor=self.reactor,
            offload=self.offload,
        )

    def offload(self, function) -> Deferred[bool]:
        self.checked += 1
        return maybeDeferred(function)

    def tried(self, login: str = "wang", password: str = "correct horse") -> object:
        """The login, or the code of the refusal."""
        outcome: list[object] = []
        self.logins.check(login, password).addCallbacks(outcome.append, lambda failure: outcome.append(failure.value))
        (one,) = outcome
        return one.code if isinstance(one, StationError) else one


def test_who_may_come_in():
    """Login and password bring the person's name and roles."""
    login = Door(WANG).tried()
    assert (login.id, login.name) == ("wang", "王")
    assert login.may(Role.CONTROLLER, Role.SUPERVISOR)
    assert not login.may(Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    ("account", "login", "password"),
    [
        (WANG, "wang", "wrong"),
        (WANG, "li", "correct horse"),
        (replace(WANG, locked=True), "wang", "correct horse"),
        (replace(WANG, subsystems=("guidance",)), "wang", "correct horse"),
        (replace(WANG, subsystems=()), "wang", "correct horse"),
        (replace(WANG, verifier="$argon2id$nonsense"), "wang", "correct horse"),
    ],
)
def test_who_may_not(account, login, password):
    """Wrong, unknown, locked, or of another subsystem: all are refused alike, after one check of a password."""
    door = Door(account)
    assert door.tried(login, password) == "login-refused"
    assert door.checked == 1


def test_guessing_is_slowed_down():
    """After five wrong passwords for a name each costs a pause that doubles up to a minute; others are not slowed."""
    door = Door(WANG)
    for _ in range(5):
        assert door.tried(password="guess") == "login-refused"
    assert door.tried() == "login-too-often"
    assert door.tried("li", "x") == "login-refused"
    door.reactor.advance(2.1)
    assert door.tried(password="guess") == "login-refused"
    door.reactor.advance(2.1)
    assert door.tried() == "login-too-often"
    door.reactor.advance(2)
    assert door.tried().id == "wang"
    assert door.tried(password="guess") == "login-refused"
    assert door.tried().id == "wang"


def test_guesses_that_come_together_are_not_all_checked():
    """Of a hundred guesses in one moment five are looked at, though none of them has an answer yet."""
    door = Door(WANG)
    waiting: list[Deferred[bool]] = []

    def later(_):
        waiting.append(Deferred())
        return waiting[-1]

    door.logins = Logins(at_broadcast, lambda: door.accounts, reactor=door.reactor, offload=later, at_once=99)
    said: list[str] = []
    for _ in range(100):
        door.logins.check("wang", "guess").addErrback(lambda failure: said.append(failure.value.code))
    assert len(waiting) == 5
    assert said == ["login-too-often"] * 95


def test_names_are_not_remembered_without_end():
    """Thousands of made-up names leave no more than a thousand behind."""
    door = Door()
    door.logins = Logins(at_broadcast, lambda: (), reactor=door.reactor, offload=lambda _: Deferred(), at_once=9999)
    for number in range(3000):
        door.logins.check(f"name-{number}", "x")
    assert len(door.logins._wrong) == 1000


def test_an_account_that_changes_meanwhile_counts_as_it_is():
    """Who is locked out while his password is being checked does not come in."""
    door = Door(WANG)
    fits: Deferred[bool] = Deferred()
    door.logins = Logins(at_broadcast, lambda: door.accounts, reactor=door.reactor, offload=lambda _: fits)
    said: list[str] = []
    door.logins.check("wang", "correct horse").addErrback(lambda failure: said.append(failure.value.code))
    door.accounts = [replace(WANG, locked=True)]
    fits.callback(True)
    assert said == ["login-refused"]


def test_a_verifier_of_the_usual_strength():
    """The strength that the reference implementation proposes is understood."""
    assert verifies(PasswordHasher().hash("x"), "x")


def test_works_alone_from_disk(tmp_path):
    """Accounts are asked for by name, are on disk, and let people in while no hub is there."""
    world = World(tmp_path, accounts=True)
    assert "account" in world.settings.wanted.kinds
    assert not World(tmp_path).settings.wanted.admits_kind("account")
    world.hub.put(Resource(kind="account", id="wang", revision=1, value=WANG))
    world.start()
    world.crash()
    world.hub.die()
    world.start()
    world.machine(17)
    assert world.state == "alone"
    logins = Logins(
        at_broadcast,
        lambda: world.agent.view.values("account"),
        reactor=world.reactor,
        offload=maybeDeferred,
    )
    came: list[str] = []
    logins.check("wang", "correct horse").addCallback(lambda login: came.append(login.id))
    assert came == ["wang"]
    world.stop()
