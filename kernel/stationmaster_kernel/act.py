"""What is kept of an operator's act, so that it can be read and undone."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import Deed

__all__ = ["ActRecord", "Was"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Was:
    """One field of one resource as it was before an act and as the act left it, each as JSON text.

    `field` is empty where the whole resource was made or deleted; a text is empty where there was none.
    """

    kind: str
    id: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRecord:
    """An act: who, when, why, what, and what it changed. `undone` is the id of the act that took it back."""

    id: str
    revision: int = 0
    at: Instant
    by: str
    why: str = ""
    deeds: tuple[Deed, ...]
    was: tuple[Was, ...]
    calls: tuple[str, ...] = ()
    undone: str = ""
