"""What an operator asks to be made of an account, read from JSON with every fault named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults
from stationmaster_kernel.account import Account, Role
from stationmaster_people.passwords import LEAST, MOST, password_fault
from stationmaster_protocol.hub_side import SUBSYSTEM_KINDS

__all__ = ["AccountRequest", "read_account"]

_T = TypeVar("_T")
_FILE = "account"
_KEYS = ("name", "roles", "subsystems", "password", "one_time", "locked")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRequest:
    """What is to be; None: as it was. A new account needs name, roles and password.

    `one_time`: the password has to be changed before anything else can be done at the hub.
    """

    name: str | None = None
    roles: tuple[Role, ...] | None = None
    subsystems: tuple[str, ...] | None = None
    password: str | None = field(default=None, repr=False)
    one_time: bool = False
    locked: bool | None = None

    def account(self, login: str, before: Account | None, verifier: str) -> Account:
        """The account as it is to be.

        Args:
            login: whose it is.
            before: as it was; None for a new one.
            verifier: of the password that is to hold.

        """
        old = before or Account(id=login, name="", roles=(), verifier="")
        return Account(
            id=login,
            name=old.name if self.name is None else self.name,
            roles=old.roles if self.roles is None else self.roles,
            subsystems=old.subsystems if self.subsystems is None else self.subsystems,
            verifier=verifier,
            locked=old.locked if self.locked is None else self.locked,
        )


def read_account(body: bytes, login: str, *, new: bool, faults: Faults) -> AccountRequest:
    """Read a request; if there are faults, it is not to be used."""
    try:
        plain = plain_json(body)
    except ValueError:  # what is wrong is not told in the parser's words: it would quote a password
        faults.add(_FILE, "body", "is not JSON", f"an object with {', '.join(_KEYS)}")
        return AccountRequest()
    if not isinstance(plain, dict):
        faults.add(_FILE, "body", "is no object", f"an object with {', '.join(_KEYS)}")
        return AccountRequest()
    for key in plain:
        if key not in _KEYS:
            faults.add(_FILE, key, "is not known", ", ".join(_KEYS))
    for key in ("name", "roles", "password") if new else ():
        if key not in plain:
            faults.add(_FILE, key, "is missing", "a new account needs it")
    return AccountRequest(
        name=_read(plain, "name", _text, "text", faults),
        roles=_read(plain, "roles", _roles, f"a list of {', '.join(Role)}, each once", faults),
        subsystems=_read(plain, "subsystems", _subsystems, f"a list of {', '.join(SUBSYSTEM_KINDS)}", faults),
        password=_password(plain, login, faults),
        one_time=_one_time(plain, faults),
        locked=_read(plain, "locked", _flag, "true or false", faults),
    )


def _read(plain: dict[str, Any], key: str, read: Callable[[Any], _T | None], allowed: str, faults: Faults) -> _T | None:
    if key not in plain:
        return None
    value = read(plain[key])
    if value is None:
        faults.add(_FILE, key, "is not possible", allowed)
    return value


def _password(plain: dict[str, Any], login: str, faults: Faults) -> str | None:
    if "password" not in plain:
        return None
    given = plain["password"]
    fault = password_fault(given, login) if isinstance(given, str) else "is no text"
    if fault:
        faults.add(_FILE, "password", fault, f"{LEAST} to {MOST} characters that nobody guesses")
        return None
    return str(given)


def _one_time(plain: dict[str, Any], faults: Faults) -> bool:
    wanted = _read(plain, "one_time", _flag, "true or false", faults) or False
    if wanted and "password" not in plain:
        faults.add(_FILE, "one_time", "is of no use without password", "password as well")
    return wanted


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _roles(value: Any) -> tuple[Role, ...] | None:
    words = _words(value, tuple(Role))
    return None if not words else tuple(Role(word) for word in words)


def _subsystems(value: Any) -> tuple[str, ...] | None:
    return _words(value, SUBSYSTEM_KINDS)


def _words(value: Any, allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    if not isinstance(value, list) or any(word not in allowed for word in value) or len(set(value)) < len(value):
        return None
    return tuple(value)
