"""Automatic and manual: what waits for a person before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.task import POINT_KINDS, Task
from stationmaster_kernel.values import Hand

__all__ = ["Mode", "covers", "keeps_back", "mode_call"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """That a scope is manual, since when. Where there is none, it is automatic.

    `id` is the scope: `station`, `kind.<task kind>`, `call.<call id>` or `rule.<rule id>`.
    """

    id: str
    revision: int = 0
    since: Instant
    by: str


def mode_call(mode: Mode) -> str:
    """The id of the call that the mode is about; empty if it is about more than one call."""
    what, _, item = mode.id.partition(".")
    return item if what == "call" else ""


def covers(mode: Mode, task: Task) -> bool:
    """Whether a task is in a mode's scope. What a person orders by hand (a task without a call) is in none."""
    return bool(task.call) and mode.id in (
        "station",
        f"kind.{task.kind}",
        f"call.{task.call}",
        f"rule.{task.rule}",
    )


def keeps_back(modes: Iterable[Mode], task: Task) -> bool:
    """Whether a manual mode keeps the task from beginning.

    What a person let go is not kept back, nor what was on already when the mode was set.
    """
    if task.hand is not Hand.AUTOMATIC:
        return False
    return any(
        covers(mode, task) and (task.kind in POINT_KINDS or task.start is None or task.start > mode.since)
        for mode in modes
    )
