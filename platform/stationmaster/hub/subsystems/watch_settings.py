"""When something about subsystems, boards and clocks is wrong for so long that a person is told: `[hub.watch]`."""

from __future__ import annotations

from dataclasses import dataclass, field

from stationmaster.hub.deciding.urgency import Patience
from stationmaster_base.configuration import Table

__all__ = ["WatchSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """Limits; all are seconds of machine time, unless it is said otherwise.

    `absent_s`: for which a subsystem that was there may be gone. `behind_s`: for which it may leave something
    unacknowledged, and how long it may take to acknowledge a change.
    `readback_s`: for which a board may show something else than it should, or nothing be read back from it.
    `readback_old_s`: station seconds after which a readback that nothing contradicts is too old; 0: never.
    `readback_from`: the subsystems that must read back; others need not, until they once did.
    `holdover_s`: for which the clock may run without its masters.
    `patience`: for how long a proposal may wait, in station minutes.
    """

    absent_s: float = 30.0
    behind_s: float = 10.0
    readback_s: float = 10.0
    readback_old_s: float = 0.0
    readback_from: tuple[str, ...] = ()
    holdover_s: float = 600.0
    patience: Patience = field(default_factory=Patience)

    @classmethod
    def from_table(cls, table: Table) -> WatchSettings:
        """Read `[hub.watch]`; faults go to the table."""
        settings = cls(
            absent_s=table.number("absent_s", 30.0, low=1, high=86400),
            behind_s=table.number("behind_s", 10.0, low=0.5, high=3600),
            readback_s=table.number("readback_s", 10.0, low=0.5, high=3600),
            readback_old_s=table.number("readback_old_s", 0.0, low=0, high=86400),
            readback_from=table.texts("readback_from"),
            holdover_s=table.number("holdover_s", 600.0, low=1, high=864000),
            patience=Patience(
                wait_min=table.integer("proposal_wait_min", 5, low=1, high=1440),
                before_min=table.integer("proposal_before_min", 10, high=1440),
            ),
        )
        table.finish()
        return settings
