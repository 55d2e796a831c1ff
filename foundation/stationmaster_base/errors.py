"""The one error root, and the faults that a person can mend.

A user never sees a traceback for something that he did: what he did wrong reaches him as a
`StationError`, with a stable code, or as a list of `Fault`, each of which says where, what, and what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ConfigurationError", "Fault", "StationError"]


class StationError(Exception):
    """Something went wrong that a person can do something about.

    Args:
        code: stable, kebab-case; documents and programs refer to it.
        message: what is wrong, and with what.
        hint: what to do about it; may be empty.

    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in a file that a person wrote.

    `place` is a key (`board[3].type`) or a line (`line 12`); `allowed` says what may stand there.
    """

    file: str
    place: str
    problem: str
    allowed: str = ""

    def __str__(self) -> str:
        allowed = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{self.file}: {self.place}: {self.problem}{allowed}"


class ConfigurationError(StationError):
    """One or more faults, all of them reported at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("configuration", "\n".join(str(fault) for fault in self.faults))
