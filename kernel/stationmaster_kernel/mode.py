"""Automatic and manual: what waits for a person before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.times import Instant

__all__ = ["Mode"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """That a scope is manual, since when. Where there is none, it is automatic.

    `id` is the scope: `station`, `kind.<task kind>`, `target.<id>`, `call.<call id>` or `rule.<rule id>`.
    """

    id: str
    revision: int = 0
    since: Instant
    by: str
