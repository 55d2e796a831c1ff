"""How the cells of a line share its room: what must not be cut gets what it needs, the rest what is left.

Half a train number is a wrong train number; half a destination is only half a destination.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["shared"]


def shared(wanted: Sequence[int], weights: Sequence[float], kept: Sequence[bool], room: int) -> list[int]:
    """Room for each cell, together at most `room`.

    Args:
        wanted: what each would need.
        weights: how what is left over goes to them.
        kept: those that must not be cut.
        room: what there is.

    """
    total = sum(wanted)
    if total <= room:
        spare = room - total
        whole = sum(weights) or 1.0
        out = [need + int(spare * weight / whole) for need, weight in zip(wanted, weights, strict=True)]
        return [*out[:-1], out[-1] + room - sum(out)] if out else []
    held = sum(need for need, keep in zip(wanted, kept, strict=True) if keep)
    if held > room:
        return [need * room // total for need in wanted]
    left, loose = room - held, total - held
    return [need if keep else need * left // loose for need, keep in zip(wanted, kept, strict=True)]
