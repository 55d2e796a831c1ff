"""What others may add to logging in: a second factor, and a log of what happens to do with security."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from stationmaster_kernel.account import Account

__all__ = ["NoLog", "NoSecondFactors", "SecondFactors", "SecurityLog"]


class SecondFactors(Protocol):
    """What somebody has to show besides his password. Asked only once the password was right."""

    def needed(self, account: Account) -> bool:
        """Whether he has to show a code."""

    def check(self, account: Account, code: str) -> bool:
        """Whether this is a code of his that counts now, which it does not again after this."""


class SecurityLog(Protocol):
    """Hears of everything that has to do with who is there and what he may."""

    def record(self, kind: str, who: str, detail: Mapping[str, str]) -> None:
        """Take down that something happened.

        Args:
            kind: `login`, `logout`, `session-ended`, `password-changed`, `password-refused`, `first-start`,
                `account-refused` (those that are made stand in the journal), or the code of a refusal: `login-refused`,
                `login-too-often`, `logins-busy`, `code-needed`, `not-allowed`, `not-an-operator`, `not-encrypted`,
                `not-this-page`, `password-to-change`.
            who: the name of who did it, or the login that was tried; empty if nobody knows.
            detail: what else is known, such as `address`, `login`, `operation`, `why`.

        """


class NoSecondFactors:
    """Passwords alone."""

    def needed(self, account: Account) -> bool:
        """Nobody needs one."""
        del account
        return False

    def check(self, account: Account, code: str) -> bool:
        """No code counts."""
        del account, code
        return False


class NoLog:
    """Takes nothing down."""

    def record(self, kind: str, who: str, detail: Mapping[str, str]) -> None:
        """Nothing."""
