"""Which calls bear a number on a service date: how a feed record finds its call."""

from __future__ import annotations

from datetime import date

from immutables import Map

from stationmaster_kernel.call import Call

__all__ = ["Numbers", "renumbered"]

Numbers = Map[tuple[date, str], tuple[str, ...]]
"""Service date and number → ids of calls, in order."""


def renumbered(numbers: Numbers, before: Call | None, after: Call | None) -> Numbers:
    """The index after a call has come, changed or gone."""
    if before is not None and after is not None and before.numbers == after.numbers:
        return numbers
    if before is not None:
        for number in dict.fromkeys(before.numbers):
            key = (before.service_date, number)
            rest = tuple(item for item in numbers.get(key, ()) if item != before.id)
            numbers = numbers.set(key, rest) if rest else numbers.delete(key)
    if after is not None:
        for number in dict.fromkeys(after.numbers):
            key = (after.service_date, number)
            numbers = numbers.set(key, tuple(sorted((*numbers.get(key, ()), after.id))))
    return numbers
