"""Whether the administrations of system, security and audit are kept apart (三权分立), and what follows from it.

Where they are, who runs the system gives nobody a role, who gives roles does not run the system, and who reads the log
of both does neither. While nobody has the role `security`, administrators do its work, so that a small station needs no
three people; the setting `[hub.people] separate` says so for good, or that it is never so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stationmaster_base.errors import StationError
from stationmaster_kernel.account import Account, Role

__all__ = ["ADMINISTRATIONS", "Separation"]

ADMINISTRATIONS = frozenset({Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR})


class Separation:
    """Args:
    accounts: all that there are, by login.
    forced: what the settings say; None: nothing.

    """

    def __init__(self, accounts: Callable[[], Mapping[str, Account]], forced: bool | None) -> None:
        self._accounts = accounts
        self._forced = forced

    @property
    def apart(self) -> bool:
        """Whether administrators may not do what `security` may."""
        if self._forced is not None:
            return self._forced
        return any(Role.SECURITY in each.roles and not each.locked for each in self._accounts().values())

    def roles(self, held: tuple[Role, ...]) -> frozenset[Role]:
        """The roles that count of those that an account holds."""
        found = frozenset(held)
        return found | {Role.SECURITY} if Role.ADMINISTRATOR in found and not self.apart else found

    def check(self, by: str, before: Account | None, after: Account | None) -> None:
        """See to it that an account may be so, as far as this goes.

        Args:
            by: the login of who wants it so; empty: a program with a token.
            before: the account; None: there is none.
            after: as it is to be; None: it is to go.

        Raises:
            StationError: `roles-apart`, `not-yourself`, `account-last-security`.

        """
        if self._forced is False:
            return
        if after is not None:
            self._check_roles(after)
        if not self.apart:
            return
        gone = before is not None and (after is None or after.locked or set(before.roles) != set(after.roles))
        if gone and before is not None and by == before.id:
            raise StationError(
                "not-yourself", "Nobody changes his own roles, or locks or removes himself.", "Have another do it."
            )
        if self._forced and gone and before is not None and self._last(before, after):
            raise StationError(
                "account-last-security",
                f"{before.id} is the only one who may manage accounts.",
                "Make another with the role security first.",
            )

    def _check_roles(self, after: Account) -> None:
        if len(ADMINISTRATIONS.intersection(after.roles)) > 1:
            raise StationError(
                "roles-apart",
                "The administrations of system, security and audit are kept apart: nobody has two of them.",
                "Make an account for each; or set [hub.people] separate = false.",
            )
        if Role.AUDITOR in after.roles and len(after.roles) > 1:
            raise StationError(
                "roles-apart",
                "Who reads what everybody did does nothing himself.",
                "Give the auditor no other role; or set [hub.people] separate = false.",
            )

    def _last(self, before: Account, after: Account | None) -> bool:
        if after is not None and Role.SECURITY in after.roles and not after.locked:
            return False
        holders = [each.id for each in self._accounts().values() if Role.SECURITY in each.roles and not each.locked]
        return holders == [before.id]
