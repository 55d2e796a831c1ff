"""What one source of time says at a moment, and what the judge makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Condition", "Reading"]


class Condition(StrEnum):
    """How a source is.

    A source itself says of itself:

    - `silent`: nothing comes from it, or nothing that tells the time.
    - `refused`: it has told us to go away (a time server's kiss-o'-death).
    - `void`: it says that its time is not valid.
    - `settling`: its time is looked at for a while before it counts.
    - `good`: its time may be judged.

    What the judge makes of a `good` one that it does not follow:

    - `outdated`: its year cannot be.
    - `outvoted`: the others agree on another time.
    - `undecided`: it contradicts others, and there is no majority.
    - `too-far`: it is further from the station's time than it may be moved without a person.
    """

    SILENT = "silent"
    REFUSED = "refused"
    VOID = "void"
    SETTLING = "settling"
    GOOD = "good"
    OUTDATED = "outdated"
    OUTVOTED = "outvoted"
    UNDECIDED = "undecided"
    TOO_FAR = "too-far"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A source at a moment.

    `base` is UTC in seconds since 1970 minus machine seconds, as the source says it, and `error_s` how wrong it may be
    if the source is right at all; both are None unless it is `good`.
    """

    name: str
    condition: Condition
    base: float | None = None
    error_s: float | None = None
