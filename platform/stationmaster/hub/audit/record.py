"""Records of the log: who did what, when, from where, what it changed, and why; each bound to the one before it.

A record's hash is SHA-256 over the hash of the record before, a line feed, `[sequence,at,"kind","who"]`, a line feed,
and the body as it is stored: everything that the table has of a record is under its hash, and it is checked from what
is stored. The hash before the first record is SHA-256 over `stationmaster log`.

Who can write to the database can write a whole new chain. What proves that against him is a hash that he has not: the
running hub's own, one in the process's log, one that an auditor has written down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from stationmaster_base.times import Instant
from stationmaster_kernel.plain_text import compact, quoted

__all__ = [
    "BEGINNING",
    "LONGEST",
    "Change",
    "Happening",
    "LogHead",
    "LogRecord",
    "body_of",
    "hash_of",
    "record_of",
    "storable",
]

LONGEST = 2000
"""Characters of one text of a record; the journal has what is longer as a whole."""

_CUT = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of `subject`, as it was and as it became; texts as the journal has them (JSON), or plain words."""

    subject: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that was done, or refused.

    `who` is a name, empty for the hub itself; `login` is the account, empty for a program. `origin` is where it came
    from: an address, or the name of a subsystem. `kind` is a word, `words` say what it was. `journal` is the entry of
    the journal that tells the same, 0 if none does.
    """

    kind: str
    at: Instant
    who: str = ""
    login: str = ""
    origin: str = ""
    subject: str = ""
    words: str = ""
    why: str = ""
    changes: tuple[Change, ...] = ()
    journal: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """A place in the log: the record of this sequence has this hash."""

    sequence: int
    hash: str


BEGINNING = LogHead(sequence=0, hash=sha256(b"stationmaster log").hexdigest())
"""The place before the first record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """A happening at its place in the chain."""

    sequence: int
    previous: str
    hash: str
    happening: Happening

    @property
    def head(self) -> LogHead:
        """Its own place."""
        return LogHead(sequence=self.sequence, hash=self.hash)


def body_of(happening: Happening) -> str:
    """What is stored beside time, kind and name."""
    changes = [
        [storable(each.subject), storable(each.field), storable(each.before), storable(each.after)]
        for each in happening.changes
    ]
    texts = (happening.login, happening.origin, happening.subject, happening.words, happening.why)
    return compact([*map(storable, texts), changes, happening.journal])


def hash_of(row: Mapping[str, Any]) -> str:
    """The hash of a record as its row is stored, as 64 hexadecimal digits."""
    text = (
        f"{row['previous']}\n[{row['sequence']},{row['at']},{quoted(row['kind'])},{quoted(row['who'])}]\n{row['body']}"
    )
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def record_of(row: Any) -> LogRecord:
    """The record that a row of the table holds.

    Raises:
        ValueError, TypeError: it holds none.

    """
    login, origin, subject, words, why, changes, journal = json.loads(row.body)
    return LogRecord(
        sequence=row.sequence,
        previous=row.previous,
        hash=row.hash,
        happening=Happening(
            kind=row.kind,
            at=Instant(row.at),
            who=row.who,
            login=login,
            origin=origin,
            subject=subject,
            words=words,
            why=why,
            changes=tuple(
                Change(subject=item, field=field, before=before, after=after) for item, field, before, after in changes
            ),
            journal=journal,
        ),
    )


def storable(text: str) -> str:
    """A text that can be stored: no lone surrogates, no NUL (PostgreSQL takes neither), and not too long."""
    plain = text.encode("utf-8", "replace").decode().replace("\0", "�")
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + _CUT
