"""The vote among sources: which of them agree.

Each says an interval in which the true time is, if the source is right at all. Sources whose intervals have a moment in
common agree; the largest such group wins if it is more than half of all. This is the intersection of RFC 5905,
section 11.2.1, for the few sources that a station has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Agreement", "Candidate", "agreement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source that may be right: its base and its error, in seconds."""

    name: str
    base: float
    error_s: float

    @property
    def low(self) -> float:
        """The lowest base that it allows."""
        return self.base - self.error_s

    @property
    def high(self) -> float:
        """The highest."""
        return self.base + self.error_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Sources that agree, and the bases that all of them allow."""

    members: tuple[Candidate, ...]
    low: float
    high: float


def agreement(candidates: Sequence[Candidate], known: Candidate | None = None) -> Agreement | None:
    """The group that is right; None if nobody can tell.

    Args:
        candidates: the sources, in order of their names or in any other that stays the same.
        known: what was believed before. It has no voice, but where no group is more than half of all it decides
            between the largest ones, if it agrees with exactly one of them.

    """
    groups = _largest(candidates)
    if not groups:
        return None
    if len(groups[0].members) * 2 > len(candidates):
        return groups[0]
    if known is None:
        return None
    near = [group for group in groups if group.low <= known.high and known.low <= group.high]
    return near[0] if len(near) == 1 else None


def _largest(candidates: Sequence[Candidate]) -> list[Agreement]:
    """The largest groups with a moment in common; the beginning of one of the intervals is always such a moment."""
    found: dict[tuple[str, ...], Agreement] = {}
    for start in candidates:
        members = tuple(each for each in candidates if each.low <= start.low <= each.high)
        low, high = max(each.low for each in members), min(each.high for each in members)
        found[tuple(each.name for each in members)] = Agreement(members=members, low=low, high=high)
    most = max((len(names) for names in found), default=0)
    return [group for names, group in found.items() if len(names) == most]
