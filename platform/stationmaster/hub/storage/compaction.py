"""Cutting the journal: what is older than it is to be kept goes, in small pieces, and the rest can still be proved.

Entries go up to a checkpoint and never beyond it, the oldest first. What is left begins with that checkpoint, whose
hash the next entry follows, so that replay, history and the proof of the chain begin there. The last entries stay
however old they are: a hub that starts compares its head with them, and a batch whose outcome is not known is looked up
by the ids of its inputs.

**Ids.** An input is applied once because its id is in the table of inputs, and ids go with their rows. So rows of
inputs stay for at least `IDS_KEPT`, even where entries go sooner, and what comes again after that does no harm:

- Feed, grade, presence and configuration have ids of the process that made them, and no process makes one twice. It
  tries a batch again only while its outcome is open, and then it is the last in the journal, which stays.
- A tick that comes again is of a minute that the kernel has passed: refused as going backwards.
- A plan may come again until its date is over, days after the first time.
- An executor may have been away for longer than that, and then tell again what it has told before, since it never saw
  the answer. A task is dropped with its call, hours after its last event, and a call is planned days ahead; no task
  lives as long as ids are kept. A result for a task that is gone is refused.
- An act of a person is sent again within the minutes in which its page waits for an answer, or by a subsystem that was
  alone for days; what it is about is a call or a task, and those are gone as above. One that is about neither (a mode,
  an announcement of its own) would be done again, if it came for the second time after so long.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select

from stationmaster.hub.storage.schema import CHECKPOINT, HEAD, INPUT, JOURNAL
from stationmaster_base.times import MINUTE, Instant

__all__ = ["DAY_S", "IDS_KEPT", "KEPT_ENTRIES", "PIECE", "cut_some", "entry_to_cut_at"]

DAY_S = 24 * 60 * MINUTE

IDS_KEPT = 14 * DAY_S
"""For how long an input's id is known, in seconds; longer than anything lives that an input could be about."""

KEPT_ENTRIES = 2000
"""The last entries, which stay however old they are."""

PIECE = 50
"""Rows of each table that go in one transaction: it takes some milliseconds."""


def entry_to_cut_at(connection: Connection, before: Instant) -> int | None:
    """The entry up to which the journal may go: the last that has a checkpoint from `before` or earlier.

    None if there is no such checkpoint.
    """
    head = select(HEAD.c.sequence).scalar_subquery()
    found = connection.execute(
        select(func.max(CHECKPOINT.c.sequence)).where(
            CHECKPOINT.c.at <= before, CHECKPOINT.c.sequence <= head - KEPT_ENTRIES
        )
    ).scalar()
    return None if found is None else int(found)


def cut_some(connection: Connection, cut: int, ids_before: Instant, most: int = PIECE) -> int:
    """Delete some rows of what is to go: up to entry `cut`, and of inputs only those from before `ids_before`.

    Checkpoints go first: one that is there must have every entry after it.

    Returns:
        how many rows went; 0 when nothing is left to go.

    """
    old = connection.execute(
        select(CHECKPOINT.c.sequence).where(CHECKPOINT.c.sequence < cut).order_by(CHECKPOINT.c.sequence).limit(1)
    ).scalar()
    if old is not None:
        return connection.execute(delete(CHECKPOINT).where(CHECKPOINT.c.sequence == old)).rowcount
    gone = 0
    entries = select(JOURNAL.c.sequence).where(JOURNAL.c.sequence <= cut).order_by(JOURNAL.c.sequence).limit(most)
    sequences = connection.execute(entries).scalars().all()
    if sequences:
        gone += connection.execute(delete(JOURNAL).where(JOURNAL.c.sequence <= sequences[-1])).rowcount
    inputs = select(INPUT.c.sequence, INPUT.c.at).where(INPUT.c.sequence <= cut).order_by(INPUT.c.sequence).limit(most)
    last = None
    for sequence, at in connection.execute(inputs):
        if at >= ids_before:
            break
        last = sequence
    if last is not None:
        gone += connection.execute(delete(INPUT).where(INPUT.c.sequence <= last)).rowcount
    return gone
