"""Accounts: made, changed and removed as people ask, refused where they cannot be, and never in the open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stationmaster_kernel.account import Account, Role
from stationmaster_kernel.changes import PUBLIC_KINDS, SECRET_KINDS
from stationmaster_kernel.inputs import DropAccount, Input, PutAccount, Tick
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from support.small_station import at, running_station

VERIFIER = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b/dWRWJTmaaJObG"
LI = Account(
    id="li",
    name="李站长",
    roles=(Role.SUPERVISOR, Role.ANNOUNCER),
    subsystems=("broadcast", "guidance"),
    verifier=VERIFIER,
)


def put(account: Account = LI, known: int | None = None, name: str = "put") -> PutAccount:
    return PutAccount(id=name, at=at("07:00"), by="desk-1", account=account, known=known)


def drop(login: str, known: int | None = None) -> DropAccount:
    return DropAccount(id="drop", at=at("07:00"), by="desk-1", account=login, known=known)


def run(state: State, *inputs: Input) -> State:
    for given in inputs:
        state, _ = step(state, given)
    return state


def code(state: State, given: Input) -> str:
    with pytest.raises(Refused) as refused:
        step(state, given)
    assert VERIFIER not in str(refused.value)
    return refused.value.code


def test_an_account_is_a_resource_that_outlives_the_day() -> None:
    """It is put with a revision of its own, told in a note without its verifier, and stays when calls are dropped."""
    state, changes = step(running_station(), put())
    (resource,) = [each for each in changes.puts if each.kind == "account"]
    assert resource.value == replace(LI, revision=resource.revision)
    (note,) = changes.notes
    assert (note.code, note.subject, dict(note.detail)["by"]) == ("account-made", "li", "desk-1")
    assert VERIFIER not in repr(note)
    later = run(state, Tick(id="late", at=at("07:00", 9)))
    assert not later.calls
    assert [each.id for each in later.resources() if each.kind == "account"] == ["li"]
    assert State.from_resources(later.resources()).records["account"] == later.records["account"]


def test_a_change_says_what_it_changed() -> None:
    """The note names the fields, and a put that changes nothing is no change at all."""
    state = run(running_station(), put())
    _, changes = step(state, put(replace(LI, locked=True, roles=(Role.VIEWER,)), name="again"))
    assert dict(changes.notes[0].detail)["changed"] == "roles, locked"
    _, same = step(state, put(name="same"))
    assert not [each for each in same.puts if each.kind == "account"]
    assert not same.notes


def test_an_account_is_removed() -> None:
    """It is deleted from every replica, which a note tells."""
    state, changes = step(run(running_station(), put()), drop("li"))
    assert changes.deletes == (("account", "li"),)
    assert changes.notes[0].code == "account-removed"
    assert "account" not in state.records


def test_what_somebody_else_changed_meanwhile_is_not_overwritten() -> None:
    """Who says which revision he saw is refused if there is another."""
    state = run(running_station(), put(known=0))
    revision = state.records["account"]["li"].revision
    assert code(state, put(known=0)) == "account-exists"
    assert code(state, put(known=revision - 1)) == "account-changed"
    assert code(state, drop("li", known=revision - 1)) == "account-changed"
    assert code(state, drop("wang")) == "account-unknown"
    assert code(state, put(replace(LI, id="wang"), known=revision)) == "account-unknown"
    assert run(state, drop("li", known=revision)).records.get("account") is None


def test_the_last_administrator_stays() -> None:
    """He can neither be removed nor locked nor made something less, until another one may log in."""
    chief = replace(LI, id="chief", roles=(Role.ADMINISTRATOR,))
    second = replace(chief, id="second", locked=True)
    state = run(running_station(), put(), put(chief), put(second, name="second"))
    for less in (drop("chief"), put(replace(chief, locked=True)), put(replace(chief, roles=(Role.SUPERVISOR,)))):
        assert code(state, less) == "account-last-administrator"
    assert run(state, put(replace(chief, name="Another name"))).records["account"]["chief"]
    open_again = run(state, put(replace(second, locked=False), name="unlock"))
    assert set(run(open_again, drop("chief")).records["account"]) == {"li", "second"}


@pytest.mark.parametrize(
    "account",
    [
        replace(LI, id="Li"),
        replace(LI, id=""),
        replace(LI, id="../li"),
        replace(LI, id="l" * 33),
        replace(LI, name=" "),
        replace(LI, name="李\n"),
        replace(LI, roles=()),
        replace(LI, roles=(Role.VIEWER, Role.VIEWER)),
        replace(LI, subsystems=("broadcast", "broadcast")),
        replace(LI, subsystems=("Broad cast",)),
        replace(LI, verifier="a password"),
        replace(LI, verifier=VERIFIER.replace("argon2id", "argon2i")),
        replace(LI, verifier=VERIFIER.replace("65536", "99999999")),
    ],
)
def test_an_account_that_cannot_be_is_refused(account: Account) -> None:
    """A password in the place of the verifier above all; the refusal does not repeat it."""
    with pytest.raises(Refused) as refused:
        step(running_station(), put(account))
    assert refused.value.code == "account-impossible"
    assert account.verifier not in str(refused.value)


def test_a_verifier_is_in_no_representation() -> None:
    """What is printed or logged of an account by accident does not tell it."""
    assert VERIFIER not in repr(LI)
    assert VERIFIER not in repr(put())
    assert PUBLIC_KINDS.keys() >= SECRET_KINDS
