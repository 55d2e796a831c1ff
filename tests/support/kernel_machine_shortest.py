"""The shortest inputs that still show a fault: whoever mends it wants to see three inputs and not three hundred.

Inputs are left out, then the parts that they consist of, for as long as the same check fails in the same way.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from stationmaster_kernel.inputs import Input

__all__ = ["cause_of", "shortest"]

PARTS = ("deeds", "records", "calls")
"""Fields of inputs that hold several things; all but the last may hold no fewer than one."""

Fails = Callable[[list[Input]], str]
"""Gives why inputs fail, as `cause_of` says it; empty if they do not."""


def cause_of(error: BaseException) -> str:
    """Where something failed, and the beginning of what it says, without times and names."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = re.sub(r"\d{6,}|\S*/\S*|\d+", "…", str(error).split("\n", maxsplit=1)[0])
    return f"{place.name}:{place.lineno}: {words[:60]}"


def shortest(inputs: Sequence[Input], fails: Fails) -> list[Input]:
    """The inputs with which it still fails; all of them if it does not fail again."""
    left = list(inputs)
    cause = fails(left)
    if not cause:
        return left
    size = len(left)
    while size:
        size //= 2
        start = 0
        while size and start < len(left):
            fewer = left[:start] + left[start + size :]
            if fails(fewer) == cause:
                left = fewer
            else:
                start += size
    for number in range(len(left)):
        for name in PARTS:
            _shorten(left, number, name, lambda: fails(left) == cause)
    return left


def _shorten(left: list[Input], number: int, name: str, still: Callable[[], bool]) -> None:
    """Leave out parts of one input, in place."""
    parts: tuple[Any, ...] = getattr(left[number], name, ())
    for part in parts:
        before: Any = left[number]
        fewer = tuple(item for item in getattr(before, name) if item is not part)
        left[number] = replace(before, **{name: fewer})
        if not still():
            left[number] = before
