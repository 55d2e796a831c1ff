"""What brings bytes: a serial port, datagrams, files in a folder. Each is opened again by itself when it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Medium", "Receive", "unheard"]

Receive = Callable[[bytes, float], None]
"""Takes bytes, and how many seconds ago they came to this machine."""


def unheard(_data: bytes, _age_s: float) -> None:
    """Takes what comes before anybody has begun to listen."""


class Medium(Protocol):
    """Where a line comes in.

    `kind` is a word for people, `place` the device, address or folder. `dropped` counts what came and was not looked
    at.
    """

    kind: str
    place: str

    @property
    def is_open(self) -> bool: ...
    @property
    def dropped(self) -> int: ...
    def start(self, receive: Receive, interrupted: Callable[[], None]) -> None:
        """Begin; `interrupted` is called when what comes next does not go on where the last bytes ended."""

    def stop(self) -> None:
        """End; nothing is received afterwards."""
