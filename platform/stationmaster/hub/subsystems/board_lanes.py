"""Which rows a board's layout takes: what the hub has to know of a layout to say what a board should show.

How a board looks is guidance's affair. Of a layout's TOML only this is read here: for each region the rules and the
states of rows that it takes, how many rows it has at most, and in which order. A layout that cannot be read takes
every row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from stationmaster_kernel.task import Stage, Task

__all__ = ["ANY_LANE", "Lane", "lanes_of", "taking"]

_USUAL_PAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A part of a board.

    It takes rows whose rule matches one of `rules` (shell patterns; none: any) and none of `rules_except`, and whose
    state is not in `hide`. `most` is how many rows it has on all its pages; None: as many as there are. `latest`: the
    last one stands first.
    """

    rules: tuple[str, ...] = ()
    rules_except: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    most: int | None = None
    latest: bool = False


ANY_LANE = (Lane(),)
"""A board whose layout is not known: it takes everything."""


def lanes_of(body: str) -> tuple[Lane, ...]:
    """The lanes of a layout, in its order."""
    try:
        regions = tomllib.loads(body).get("region")
    except tomllib.TOMLDecodeError:
        return ANY_LANE
    if not isinstance(regions, list) or not all(isinstance(region, dict) for region in regions):
        return ANY_LANE
    return tuple(_lane(region) for region in regions) or ANY_LANE


def taking(lanes: Iterable[Lane], task: Task, stage: Stage | None) -> tuple[int, ...]:
    """The numbers of the lanes that take a task's row in one of its stages, the first choice first."""
    status = None if stage is None else stage.status.value
    return tuple(
        number
        for number, lane in enumerate(lanes)
        if (not lane.rules or _matches(task.rule, lane.rules))
        and not _matches(task.rule, lane.rules_except)
        and status not in lane.hide
    )


def _matches(rule: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(rule, pattern) for pattern in patterns)


def _lane(region: dict[str, Any]) -> Lane:
    rows, pages = region.get("rows"), region.get("pages", _USUAL_PAGES)
    return Lane(
        rules=_words(region.get("rules")),
        rules_except=_words(region.get("rules_except")),
        hide=_words(region.get("hide")),
        most=rows * pages if isinstance(rows, int) and isinstance(pages, int) else None,
        latest=region.get("order") == "latest",
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()
