"""Settings of the people at the hub: table `[hub.people]` of the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_people.sessions import IDLE_S, LONGEST_S

__all__ = ["PeopleSettings"]

FIRST_LOGIN = "first-login.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSettings:
    """How people log in.

    `separate`: whether the administrations of system, security and audit are kept apart; None: as soon as an account
    has the role `security`. `plain_http`: people may log in over a network without encryption. `idle_s` and
    `longest_s` are machine seconds after which a session ends. `first_login`: where the one-time password of the first
    start is written if the hub is at no terminal.
    """

    separate: bool | None = None
    plain_http: bool = False
    idle_s: float = IDLE_S
    longest_s: float = LONGEST_S
    first_login: Path | None = None

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> PeopleSettings:
        """Read `[hub.people]`; faults go to the table. Relative paths count from `folder`."""
        settings = cls(
            separate=table.flag("separate") if "separate" in table else None,
            plain_http=table.flag("plain_http"),
            idle_s=60.0 * table.integer("idle_minutes", round(IDLE_S / 60), low=1, high=24 * 60),
            longest_s=3600.0 * table.integer("shift_hours", round(LONGEST_S / 3600), low=1, high=7 * 24),
            first_login=folder / table.text("first_login", FIRST_LOGIN),
        )
        table.finish()
        return settings
