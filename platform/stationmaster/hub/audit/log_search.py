"""Reading the log: what was done in a time, by somebody, of a kind, or with words in it; the newest first.

Reading never writes, and is done on a connection that only reads.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from stationmaster.hub.audit.proof import LogProof, prove
from stationmaster.hub.audit.record import LogHead, LogRecord, record_of
from stationmaster.hub.storage.archive import read_only
from stationmaster.hub.storage.schema import AUDIT
from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.plain_text import quoted

__all__ = ["CSV_FIELDS", "LogFilter", "LogReader", "csv_lines"]

CSV_FIELDS = (
    "sequence",
    "time",
    "kind",
    "who",
    "login",
    "origin",
    "subject",
    "words",
    "why",
    "changed",
    "field",
    "before",
    "after",
    "journal",
    "hash",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the beginning of a formula (OWASP, CSV injection)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which records: from `since` on, before `until`, by `who` (name or login), of these kinds, with `text` in them."""

    since: Instant | None = None
    until: Instant | None = None
    who: str = ""
    kinds: tuple[str, ...] = ()
    text: str = ""

    def clauses(self) -> Iterator[ColumnElement[bool]]:
        """What is asked of each record."""
        if self.since is not None:
            yield AUDIT.c.at >= self.since
        if self.until is not None:
            yield AUDIT.c.at < self.until
        if self.kinds:
            yield AUDIT.c.kind.in_(self.kinds)
        if self.who:
            login = func.lower(AUDIT.c.body).startswith(f"[{quoted(self.who.lower())},", autoescape=True)
            yield or_(func.lower(AUDIT.c.who) == self.who.lower(), login)
        if self.text:
            part = self.text.lower()
            # The body is JSON text: what is looked for is as it stands there.
            inside = func.lower(AUDIT.c.body).contains(quoted(part)[1:-1], autoescape=True)
            yield or_(inside, func.lower(AUDIT.c.who).contains(part, autoescape=True))


class LogReader:
    """Reads the log in a hub's database.

    Args:
        url: the database.

    """

    def __init__(self, url: URL) -> None:
        self._url = url

    def page(self, wanted: LogFilter, before: int | None, most: int) -> list[LogRecord]:
        """The newest records that are wanted, of those before a sequence, the newest first.

        Raises:
            StationError: `log-unreadable`.

        """
        question = select(AUDIT).where(*wanted.clauses())
        if before is not None:
            question = question.where(AUDIT.c.sequence < before)
        with self._reading() as connection:
            found = connection.execute(question.order_by(AUDIT.c.sequence.desc()).limit(most)).all()
        return _records(found)

    def onwards(self, wanted: LogFilter, after: int, most: int) -> list[LogRecord]:
        """The oldest records that are wanted, of those after a sequence, the oldest first.

        Raises:
            StationError: `log-unreadable`.

        """
        question = select(AUDIT).where(AUDIT.c.sequence > after, *wanted.clauses())
        with self._reading() as connection:
            found = connection.execute(question.order_by(AUDIT.c.sequence).limit(most)).all()
        return _records(found)

    def proof(self, known: Sequence[LogHead] = ()) -> LogProof:
        """Look at the whole log.

        Raises:
            StationError: `log-unreadable`.

        """
        with self._reading() as connection:
            return prove(connection, known)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        engine = read_only(self._url)
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StationError(
                "log-unreadable", f"The log cannot be read: {getattr(error, 'orig', None) or error}.", "Ask again."
            ) from error
        finally:
            engine.dispose()


def csv_lines(records: Sequence[LogRecord]) -> str:
    """Records as lines of CSV (RFC 4180), one for each field that was changed; what looks like a formula is no more."""
    out = io.StringIO()
    writer = csv.writer(out)
    for record in records:
        told = record.happening
        head = (
            record.sequence,
            to_iso(told.at),
            *map(_cell, (told.kind, told.who, told.login, told.origin, told.subject, told.words, told.why)),
        )
        changes = [(each.subject, each.field, each.before, each.after) for each in told.changes] or [("", "", "", "")]
        for change in changes:
            writer.writerow((*head, *map(_cell, change), told.journal or "", record.hash))
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _records(rows: Sequence[object]) -> list[LogRecord]:
    try:
        return [record_of(row) for row in rows]
    except (ValueError, TypeError) as error:
        raise StationError(
            "log-unreadable", f"A record is not what was written: {error}.", "Have the log checked."
        ) from error
