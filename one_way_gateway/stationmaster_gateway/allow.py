"""Which trains may be told to the far side: a list of their numbers, and whatever is not on it stays behind.

Military and special trains run over the same tracks and stand in the same tables. So the list says what may pass, not
what may not: a number that nobody thought of is not transmitted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from stationmaster_gateway.rows import RowFault, Rows, train_numbers

__all__ = ["Allow", "Verdict"]


class Verdict(Enum):
    """What is to be done with a run."""

    ALLOWED = "allowed"
    WITHHELD = "withheld"
    UNKNOWN = "unknown"  # its numbers cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """The train numbers that may be transmitted.

    `numbers` are patterns, of which each number of a train must match one as a whole; None: every train may be.
    """

    numbers: tuple[re.Pattern[str], ...] | None = None

    @property
    def limits(self) -> bool:
        """Whether there is a list."""
        return self.numbers is not None

    def verdict(self, rows: Rows) -> Verdict:
        """Whether this run may be transmitted; a train with several numbers only if all of them may."""
        if self.numbers is None:
            return Verdict.ALLOWED
        try:
            numbers = train_numbers(rows)
        except RowFault:
            return Verdict.UNKNOWN
        if all(any(pattern.match(number) for pattern in self.numbers) for number in numbers):
            return Verdict.ALLOWED
        return Verdict.WITHHELD
