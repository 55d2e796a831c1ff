"""A batch: inputs that waited together, worked through the kernel and ready to be committed as one.

Pure: the state before stays valid until the batch is committed, and the same batch can be tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from stationmaster.hub.storage.journal import JournalEntry, Row, make_entry
from stationmaster_base.logging import get_logger
from stationmaster_kernel.changes import Changes, Note
from stationmaster_kernel.inputs import Feed, FeedRecord, Input
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, is_news, step
from stationmaster_protocol.messages import Position

__all__ = ["QUARANTINED", "Batch", "Kernel", "prepare", "quarantined"]

_LOG = get_logger("pipeline")

QUARANTINED = "quarantined"
"""The code of the note that stands in the journal for an input that was not taken."""

Kernel = Callable[[State, Input], tuple[State, Changes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction has to do.

    `base` is the position that it follows and `head` the one that it leads to; `state` is the candidate. `rows` and
    `deletes` are the last word on each changed resource. Without entries there is nothing to commit.
    """

    base: Position
    head: Position
    state: State
    entries: tuple[JournalEntry, ...]
    rows: tuple[Row, ...]
    deletes: tuple[tuple[str, str], ...]


def prepare(
    state: State, base: Position, inputs: Sequence[Input], known: Collection[str], kernel: Kernel = step
) -> Batch:
    """Work inputs through the kernel in their order.

    An input whose id is `known`, or that came earlier in the batch, is left out: it has been applied.
    So is a feed input without news.
    An input that the kernel refuses is an entry with a note of the reason and no changes; so is one on which the
    kernel fails, which is a fault of ours and is logged as such: it must not stop the others.
    """
    entries: list[JournalEntry] = []
    rows: dict[tuple[str, str], Row | None] = {}
    seen = set(known)
    sequence, previous = base.sequence, base.hash
    for waiting in inputs:
        if waiting.id in seen:
            continue
        seen.add(waiting.id)
        given, refused = waiting, False
        try:
            news = _news(state, given)
            if news is None:
                continue
            given = news
            state, changes = kernel(state, given)
        except Exception as error:
            if not isinstance(error, Refused):
                todo = "report this with the journal; the input is set aside"
                _LOG.exception("kernel-failed", input=given.id, todo=todo)
            refused, changes = True, quarantined(given, error)
        sequence += 1
        entry = make_entry(sequence, previous, given, changes, refused=refused)
        previous = entry.hash
        entries.append(entry)
        rows.update(((row.kind, row.id), row) for row in entry.rows)
        rows.update((gone, None) for gone in changes.deletes)
    return Batch(
        base=base,
        head=Position(epoch=base.epoch, sequence=sequence, hash=previous),
        state=state,
        entries=tuple(entries),
        rows=tuple(row for row in rows.values() if row is not None),
        deletes=tuple(key for key, row in rows.items() if row is None),
    )


def _news(state: State, given: Input) -> Input | None:
    if not isinstance(given, Feed):
        return given
    records: list[FeedRecord] = []
    changed: set[tuple[date, str]] = set()
    for record in given.records:
        trains = {(record.day, number) for number in record.numbers}
        if is_news(state, record) or trains & changed:  # what is taken back in the same breath is news after all
            records.append(record)
            changed |= trains
    if not records:
        return None
    return given if len(records) == len(given.records) else replace(given, records=tuple(records))


def quarantined(given: Input, error: Exception) -> Changes:
    """What stands in the journal for an input that the kernel has refused, or on which it failed."""
    if isinstance(error, Refused):
        reason, message, hint = error.code, error.message, error.hint
    else:
        reason, message, hint = "kernel-failed", f"{type(error).__name__}: {error}", ""
    detail = (*((("hint", hint),) if hint else ()), ("message", message), ("reason", reason))
    return Changes(notes=(Note(code=QUARANTINED, subject=given.id, detail=detail),))
