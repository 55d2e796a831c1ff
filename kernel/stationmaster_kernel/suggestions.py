"""Proposals that the kernel itself makes, of conflicts and of turnarounds: they stand for as long as they hold.

One that a person has rejected stays, marked so, until the kernel would propose something else; what it would propose
by a clock that goes on is not something else for every minute.
"""

from __future__ import annotations

from typing import cast

from stationmaster_base.times import MINUTE
from stationmaster_kernel.applying import field_of
from stationmaster_kernel.deeds import CallDeed, Expect
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.proposal import Proposal, WhyProposed, proposal_id
from stationmaster_kernel.values import Source

__all__ = ["suggest", "suggested", "withdraw"]

SAME_TIME = 5 * MINUTE
"""Two times nearer to each other than this are the same to a person who has rejected one of them."""


def suggested(draft: Draft, call: str, field: str, source: Source) -> Proposal | None:
    """What the kernel proposes at present, rejected or not."""
    return cast("Proposal | None", draft.record("proposal", proposal_id(call, field, source)))


def suggest(draft: Draft, deed: CallDeed, source: Source, why: WhyProposed) -> Proposal:
    """Propose a deed, or leave what is there; gives what then stands."""
    field = field_of(deed)
    before = suggested(draft, deed.call, field, source)
    if before is not None and (before.deed == deed or (before.rejected and _the_same(before.deed, deed))):
        return before
    proposal = Proposal(
        id=proposal_id(deed.call, field, source),
        revision=0 if before is None else before.revision,
        call=deed.call,
        field=field,
        source=source,
        why=why,
        at=draft.now,
        deed=deed,
    )
    draft.put_record(proposal)
    if before is None or before.rejected:
        draft.note("proposed", deed.call, field=field, source=source, why=why)
    return proposal


def withdraw(draft: Draft, call: str, field: str, source: Source) -> None:
    """Propose nothing any more, and forget what was rejected."""
    draft.delete_record("proposal", proposal_id(call, field, source))


def _the_same(rejected: CallDeed, deed: CallDeed) -> bool:
    if not (isinstance(rejected, Expect) and isinstance(deed, Expect)) or rejected.at is None or deed.at is None:
        return False
    return abs(deed.at - rejected.at) < SAME_TIME
