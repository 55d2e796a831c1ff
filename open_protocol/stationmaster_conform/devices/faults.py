"""The ways in which a simulated device can be wrong."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Fault"]


class Fault(StrEnum):
    """One way; the words are what a person types."""

    NEVER_ACKS = "never-acks"
    ACKS_WRONG_SEQUENCE = "acks-wrong-sequence"
    APPLIES_NOTHING = "applies-nothing"
    IGNORES_DELETES = "ignores-deletes"
    IGNORES_GAPS = "ignores-gaps"
    IGNORES_DIGEST = "ignores-digest"
    BELIEVES_ANY_SNAPSHOT = "believes-any-snapshot"
    WRONG_DIGEST = "wrong-digest"
    STALE_ROWS = "stale-rows"
    IGNORES_HARD_END = "ignores-hard-end"
    DOES_TWICE = "does-twice"
    FORGETS_WHAT_WAS_DONE = "forgets-what-was-done"
    IGNORES_EXPIRY = "ignores-expiry"
    IGNORES_HELD = "ignores-held"
    IGNORES_FEED = "ignores-feed"
    EAGER = "eager"
    NEVER_REPORTS = "never-reports"
    REPORTS_ONLY_DONE = "reports-only-done"
    FORGETS_RESULTS = "forgets-results"
    OWN_CLOCK = "own-clock"
    IDLE_WHEN_ALONE = "idle-when-alone"
    IGNORES_COMMANDS = "ignores-commands"
    DOES_EXPIRED_COMMANDS = "does-expired-commands"
    DOES_ANY_COMMAND = "does-any-command"
    REPEATS_COMMANDS = "repeats-commands"
    FLOODS = "floods"
    SENDS_GARBAGE = "sends-garbage"
    NO_HEARTBEATS = "no-heartbeats"
    BELIEVES_SILENCE = "believes-silence"
    SWALLOWS_GARBAGE = "swallows-garbage"
    REFUSES_EXTENSIONS = "refuses-extensions"
    IGNORES_REDIRECT = "ignores-redirect"
    NEVER_RETURNS = "never-returns"
    RETURNS_AT_ONCE = "returns-at-once"
    NEVER_WHOLE = "never-whole"
