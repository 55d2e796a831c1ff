"""Accounts: who may log in at the pages of hub and subsystems, and as what.

The kernel keeps them, since they must reach every subsystem whole and be there when the hub is not; it decides nothing
by them. It never sees a password: what it keeps is a verifier, from which the password cannot be had, in the PHC string
format that Argon2's reference implementation writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Account", "Role", "account_fault"]

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}\Z")
SUBSYSTEM = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
VERIFIER = re.compile(
    r"\$argon2id\$v=[0-9]{1,3}\$m=[0-9]{1,6},t=[0-9]{1,2},p=[0-9]{1,2}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}\Z"
)
"""With at most a gigabyte of memory and 99 passes: who checks a password has to spend as much."""

LONGEST_NAME = 100


class Role(StrEnum):
    """What a person may do: look on, speak, work the day, decide for others.

    The last three are the three administrations, which may be kept apart (三权分立): of the system; of its
    security, that is of accounts, roles, locks and sessions; and of the audit, which reads what was done and does
    nothing else.
    """

    VIEWER = "viewer"
    ANNOUNCER = "announcer"
    CONTROLLER = "controller"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    SECURITY = "security"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may log in: `id` is the login name, `name` what others call him.

    `subsystems` are the kinds of subsystem at whose local pages he may log in; none at all: only at the hub.
    `verifier` is an Argon2id PHC string. Who is `locked` may log in nowhere.
    """

    id: str
    revision: int = 0
    name: str
    roles: tuple[Role, ...]
    subsystems: tuple[str, ...] = ()
    verifier: str = field(repr=False)
    locked: bool = False


def account_fault(account: Account) -> str:
    """What is wrong with an account; empty if nothing is. The verifier itself is never named."""
    if not LOGIN.match(account.id):
        return f"{account.id!r} is no login name: 1 to 32 of a-z, 0-9, '.', '_', '-', not beginning with a sign."
    if not account.name.strip() or len(account.name) > LONGEST_NAME or not account.name.isprintable():
        return f"The name of {account.id} is empty, longer than {LONGEST_NAME} characters, or unprintable."
    if not account.roles:
        return f"{account.id} has no role: one at least of {', '.join(Role)}."
    if len(set(account.roles)) < len(account.roles) or len(set(account.subsystems)) < len(account.subsystems):
        return f"{account.id} has a role or a kind of subsystem twice."
    wrong = [kind for kind in account.subsystems if not SUBSYSTEM.match(kind)]
    if wrong:
        return f"{wrong[0]!r} is no kind of subsystem."
    if not VERIFIER.match(account.verifier):
        return f"The verifier of {account.id} is no Argon2id PHC string."
    return ""
