"""Settings of the people at the hub: table `[hub.people]` of the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from stationmaster_base.configuration import Table
from stationmaster_kernel.account import Role
from stationmaster_kernel.deeds import Deed
from stationmaster_people.sessions import IDLE_S, LONGEST_S

__all__ = ["PeopleSettings"]

FIRST_LOGIN = "first-login.txt"
KEY = "people.key"

EMERGENCY = "emergency"
_COMMAND = "command:"
TWO_PERSONS = (EMERGENCY, *(deed.TAG for deed in get_args(Deed)))
"""What may need two persons, besides commands: emergencies, and deeds by their tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSettings:
    """How people log in.

    `separate`: whether the administrations of system, security and audit are kept apart; None: as soon as an account
    has the role `security`. `plain_http`: people may log in over a network without encryption. `idle_s` and
    `longest_s` are machine seconds after which a session ends. `first_login`: where the one-time password of the first
    start is written if the hub is at no terminal.
    `second_factor` are the roles that show a code besides the password. `two_persons` is what another person has to
    confirm: `emergency`, deeds by their tags, and `command:` with an action; it waits for `confirm_minutes`. `key` is
    the file with the key by which secrets are sealed.
    """

    separate: bool | None = None
    plain_http: bool = False
    idle_s: float = IDLE_S
    longest_s: float = LONGEST_S
    first_login: Path | None = None
    second_factor: frozenset[Role] = frozenset()
    two_persons: frozenset[str] = frozenset()
    confirm_minutes: int = 5
    key: Path = Path(KEY)

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> PeopleSettings:
        """Read `[hub.people]`; faults go to the table. Relative paths count from `folder`."""
        codes = table.texts("second_factor", tuple(Role))
        settings = cls(
            separate=table.flag("separate") if "separate" in table else None,
            plain_http=table.flag("plain_http"),
            idle_s=60.0 * table.integer("idle_minutes", round(IDLE_S / 60), low=1, high=24 * 60),
            longest_s=3600.0 * table.integer("shift_hours", round(LONGEST_S / 3600), low=1, high=7 * 24),
            first_login=folder / table.text("first_login", FIRST_LOGIN),
            second_factor=frozenset(role for role in Role if role in codes),
            two_persons=_two_persons(table),
            confirm_minutes=table.integer("confirm_minutes", 5, low=1, high=60),
            key=folder / table.text("key", KEY),
        )
        table.finish()
        return settings


def _two_persons(table: Table) -> frozenset[str]:
    """What needs two persons: words of `TWO_PERSONS`, and `command:` with an action."""
    found = table.texts("two_persons")
    wrong = [word for word in found if word not in TWO_PERSONS and word.removeprefix(_COMMAND) in ("", word)]
    for word in wrong:
        table.fault("two_persons", f"{word!r} is not known", f"{', '.join(TWO_PERSONS)}, or {_COMMAND} and an action")
    return frozenset(found).difference(wrong)
