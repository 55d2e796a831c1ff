"""A scenario as data: its name, what it is about, which clauses it proves, and the script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Scenario"]

Stage = TypeVar("Stage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Generic[Stage]):
    """One scripted scenario.

    `name` is what a person types, `title` what he reads. `clauses` are what it proves if it passes. `play` runs it
    on the stage: it returns, or raises `Broken` or `NotApplicable`. With `thorough` it is left out of a quick run.
    """

    name: str
    title: str
    clauses: tuple[str, ...]
    play: Callable[[Stage], None]
    thorough: bool = False
