"""What puts accounts and takes them away."""

from __future__ import annotations

from dataclasses import fields

from stationmaster_kernel.account import Account, Role, account_fault
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.inputs import DropAccount, PutAccount
from stationmaster_kernel.refused import Refused

__all__ = ["drop_account", "put_account"]

_TOLD = ("name", "roles", "subsystems", "locked")
"""The fields whose values may be told."""


def put_account(draft: Draft, given: PutAccount) -> None:
    """Make or change an account, if it is in the revision that was known to who changes it."""
    account = given.account
    fault = account_fault(account)
    if fault:
        raise Refused("account-impossible", fault, "Mend it and try again.")
    before = draft.record("account", account.id)
    _check_known(account.id, 0 if before is None else before.revision, given.known)
    if not _administers(account):
        _check_not_last(draft, account.id)
    draft.put_record(account)
    changed = [
        field.name
        for field in fields(Account)
        if field.name not in ("id", "revision")
        and (before is None or getattr(before, field.name) != getattr(account, field.name))
    ]
    if changed:
        code = "account-made" if before is None else "account-changed"
        draft.note(code, account.id, by=given.by, changed=", ".join(changed), **_told(before, account, changed))


def drop_account(draft: Draft, given: DropAccount) -> None:
    """Take an account away."""
    before = draft.record("account", given.account)
    if before is None:
        raise Refused("account-unknown", f"There is no account {given.account}.", "See which there are.")
    _check_known(given.account, before.revision, given.known)
    _check_not_last(draft, given.account)
    draft.delete_record("account", given.account)
    fields = [name for name in _TOLD if getattr(before, name)]
    draft.note("account-removed", given.account, by=given.by, **_told(before, None, fields))


def _told(before: object, after: object, changed: list[str]) -> dict[str, str]:
    """What changed fields were and are, in words; of the verifier only that it is another one."""
    told: dict[str, str] = {}
    for name in changed:
        if name in _TOLD:
            if before is not None:
                told[f"before.{name}"] = _word(getattr(before, name))
            if after is not None:
                told[f"after.{name}"] = _word(getattr(after, name))
    return told


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _administers(account: object) -> bool:
    return isinstance(account, Account) and Role.ADMINISTRATOR in account.roles and not account.locked


def _check_not_last(draft: Draft, login: str) -> None:
    """A station that has an administrator keeps one: without him nobody could make another."""
    if [each.id for each in draft.records("account") if _administers(each)] == [login]:
        raise Refused(
            "account-last-administrator",
            f"{login} is the only administrator who may log in.",
            "Make another one first.",
        )


def _check_known(login: str, revision: int, known: int | None) -> None:
    if known is None or known == revision:
        return
    if not revision:
        raise Refused("account-unknown", f"There is no account {login}.", "See which there are.")
    if not known:
        raise Refused("account-exists", f"There is an account {login} already.", "Change it, or take another name.")
    raise Refused(
        "account-changed",
        f"{login} has revision {revision}; it was {known} when the change was made.",
        "Look at it anew and change it again.",
    )
