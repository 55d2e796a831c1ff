"""What comes of a scenario: it passes, it fails with a complaint, or it does not apply, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_base.errors import StationError

__all__ = ["Broken", "CannotRun", "Complaint", "NotApplicable", "Result", "Verdict"]


class Result(StrEnum):
    """What came of a scenario; the word stands in reports."""

    PASS = "pass"  # noqa: S105 - a verdict, no secret
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What the peer did wrong, so that its maker can find it: what was sent to it, what came, what should have come."""

    clause: str
    expected: str
    came: str
    sent: str = ""


class Broken(Exception):
    """The peer broke a clause; the scenario fails."""

    def __init__(self, clause: str, *, expected: str, came: str, sent: str = "") -> None:
        super().__init__(f"{clause}: expected {expected}; {came} came")
        self.complaint = Complaint(clause=clause, expected=expected, came=came, sent=sent)


class NotApplicable(Exception):
    """The scenario says nothing of this peer; the text says why."""


class CannotRun(StationError):
    """The kit itself could not work: a port that is taken, nobody who connects, an option that cannot be."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("conformance", message, hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one scenario.

    `clauses` are those that it proves. `seconds` is the machine time that it took. `transcript` are the last messages
    of both sides before it ended, the oldest first; kept of failures alone.
    """

    scenario: str
    title: str
    result: Result
    clauses: tuple[str, ...]
    seconds: float
    complaint: Complaint | None = None
    reason: str = ""
    transcript: tuple[str, ...] = ()
