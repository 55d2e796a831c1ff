"""Where two texts differ, as a person reads it who edited the one and meets the other."""

from __future__ import annotations

import difflib

from stationmaster_base.errors import Fault

__all__ = ["hunks"]

MOST_HUNKS = 50
LONGEST = 400
"""Characters that are shown of each side of a difference."""

MOST_LINES = 20_000


def hunks(name: str, before: str, after: str) -> tuple[Fault, ...]:
    """Each place at which `after` differs: where, what stands there now, and as `allowed` what stood there before."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST_LINES:
        # Comparing takes long on large texts that have little in common: what is the same at both ends is left out.
        start = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
        return (Fault(file=name, place=f"line {start + 1}", problem="differs from here on"),)
    found = []
    for what, from_old, to_old, from_new, to_new in difflib.SequenceMatcher(
        None, old, new, autojunk=True
    ).get_opcodes():
        if what != "equal":
            found.append(
                Fault(
                    file=name,
                    place=f"line {from_new + 1}",
                    problem=_shown(new[from_new:to_new]),
                    allowed=_shown(old[from_old:to_old]),
                )
            )
    return tuple(found[:MOST_HUNKS])


def _shown(lines: list[str]) -> str:
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
