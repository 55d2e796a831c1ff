"""What an announcement would say, as the web API tells it."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_kernel.task import Text

__all__ = ["WordsBody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsBody:
    """An announcement that has not been made: where it would be heard, before what, and its words by language."""

    targets: tuple[str, ...]
    priority: int
    texts: tuple[Text, ...]
