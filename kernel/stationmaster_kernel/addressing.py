"""Whom a text is for: boards by their ids, or many of them at once by type, place or group.

What is addressed is worked out when the act is done and stands in its task as ids, so an executor without a kernel can
show it, and it goes where the person meant it however the station is set up anew afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stationmaster_kernel.configuration import Board
from stationmaster_kernel.refused import Refused

__all__ = ["EVERY_BOARD", "addressed"]

EVERY_BOARD = "*"
"""Addresses all boards of the station."""

_HAS: dict[str, Callable[[Board], Iterable[str]]] = {
    "type": lambda board: (board.type,),
    "group": lambda board: board.groups,
    "platform": lambda board: board.platforms,
    "gate": lambda board: board.gates,
    "area": lambda board: board.areas,
    "exit": lambda board: board.exits,
}
"""What stands before the colon of an address, and the values of a board that it may name."""


def addressed(targets: Sequence[str], boards: Sequence[Board]) -> tuple[str, ...]:
    """The ids of the boards that `targets` address, each once, in the order of `boards`.

    A target is a board's id, `*` for all, or `type:`, `group:`, `platform:`, `gate:`, `area:` or `exit:` and a value
    that the boards meant name themselves: a board that names no place serves the whole station and is not meant by any.

    Raises:
        Refused: `deed-impossible`: there is no target, or one of them addresses no board.

    """
    if not targets:
        raise Refused("deed-impossible", "It names no board.", f"Allowed: {_allowed(boards)}.")
    meant: set[str] = set()
    for target in targets:
        found = {board.id for board in boards if _is_meant(target, board)}
        if not found:
            raise Refused("deed-impossible", f"There is no board {target!r}.", f"Allowed: {_allowed(boards)}.")
        meant |= found
    return tuple(board.id for board in boards if board.id in meant)


def _is_meant(target: str, board: Board) -> bool:
    if target in (EVERY_BOARD, board.id):
        return True
    what, colon, value = target.partition(":")
    return bool(colon) and what in _HAS and value in _HAS[what](board)


def _allowed(boards: Sequence[Board]) -> str:
    values = {f"{what}:{value}" for what, of in _HAS.items() for board in boards for value in of(board)}
    return ", ".join([*(board.id for board in boards), EVERY_BOARD, *sorted(values)])
