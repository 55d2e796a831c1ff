"""What is taken at once, and what becomes a proposal and waits for a person.

A value from a feed waits where it meets a lock, or where its automatic acceptance is off. What it would do is kept as
the deed that it is, so that accepting it later is the same as having taken it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from stationmaster_kernel.applying import FIELDS, Setting, apply_deed, field_of, is_locked, unlocked
from stationmaster_kernel.call import Call
from stationmaster_kernel.deeds import Actual, CallDeed, Decide, SetAcceptance, Unknown
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.proposal import Acceptance, Proposal, WhyProposed, acceptance_id, proposal_id
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.values import Source

__all__ = ["decide", "lapse_locks", "set_acceptance", "take_or_propose"]

DERIVED = (Source.TURNAROUND, Source.CONFLICT)
"""Sources that the kernel itself speaks for: what they say is proposed anew as long as it holds."""


def take_or_propose(draft: Draft, call: Call, deeds: Iterable[tuple[CallDeed, Source]], station: ReadyStation) -> Call:
    """The call with what a feed says of it, as far as that is taken at once; the rest becomes proposals.

    Deeds that belong together may be possible only in another order than they come in (an arrival and a departure
    that are both corrected), so what is refused is tried again after the others. What cannot be even then contradicts
    what another source or a person said, and waits for a decision too.
    """
    waiting = list(deeds)
    while waiting:
        refused: list[tuple[CallDeed, Source]] = []
        for deed, source in waiting:
            try:
                call = _take_or_propose(draft, call, deed, source, station)
            except Refused:
                refused.append((deed, source))
        if len(refused) == len(waiting):
            for deed, source in refused:
                _propose(draft, call, deed, source, WhyProposed.CONTRADICTION)
            break
        waiting = refused
    return call


def _take_or_propose(draft: Draft, call: Call, deed: CallDeed, source: Source, station: ReadyStation) -> Call:
    changed = apply_deed(call, deed, Setting(source=source, at=draft.now), station)
    why = _why_it_waits(draft, call, deed, source)
    if why is not None and not _says_the_same(call, changed):
        _propose(draft, call, deed, source, why)
        return call
    draft.delete_record("proposal", proposal_id(call.id, field_of(deed), source))
    if _says_the_same(call, changed):
        return call
    _note_contradiction(draft, call, deed, source)
    if isinstance(deed, Actual) and deed.at is not None:
        _forget_overtaken(draft, call, deed)
    return changed


def _propose(draft: Draft, call: Call, deed: CallDeed, source: Source, why: WhyProposed) -> None:
    field = field_of(deed)
    item = proposal_id(call.id, field, source)
    draft.put_record(Proposal(id=item, call=call.id, field=field, source=source, why=why, at=draft.now, deed=deed))
    draft.note("proposed", call.id, field=field, source=source, why=why)


def lapse_locks(draft: Draft, call: Call, station: ReadyStation) -> Call:
    """The call without the locks whose time is over; what waited only for them is taken now."""
    over = [
        item.field for item in call.provenance if item.locked and item.until is not None and item.until <= draft.now
    ]
    if not over:
        return call
    call = unlocked(call, *over)
    for record in draft.records_about(call.id, "proposal"):
        proposal = cast("Proposal", record)
        if proposal.why is WhyProposed.LOCKED and not is_locked(call, proposal.field, draft.now):
            draft.delete_record("proposal", proposal.id)
            call = apply_deed(call, proposal.deed, Setting(source=proposal.source, at=draft.now), station)
    draft.note("lock-over", call.id, fields=" ".join(over))
    return call


def decide(draft: Draft, deed: Decide, setting: Setting, station: ReadyStation) -> None:
    """Accept or reject proposals; an accepted value ends the lock that it met."""
    for item in deed.proposals:
        proposal = cast("Proposal | None", draft.record("proposal", item))
        call = None if proposal is None else draft.call(proposal.call)
        if proposal is None or call is None:
            raise Refused("no-such-proposal", f"There is no proposal {item}.", "It may have been decided or overtaken.")
        if deed.accept:
            draft.delete_record("proposal", item)
            accepted = replace(setting, source=proposal.source, locked=False, until=None)
            draft.put_call(apply_deed(unlocked(call, proposal.field), proposal.deed, accepted, station))
        elif proposal.source in DERIVED:
            draft.put_record(replace(proposal, rejected=True))
        else:
            draft.delete_record("proposal", item)


def set_acceptance(draft: Draft, deed: SetAcceptance) -> None:
    """What a source says of a field is taken at once from now on, or is not. What waits already goes on waiting."""
    if deed.field not in FIELDS:
        raise Refused("no-such-field", f"There is no field {deed.field!r}.", f"Allowed: {', '.join(FIELDS)}.")
    if deed.automatic:
        draft.delete_record("acceptance", acceptance_id(deed.source, deed.field))
    else:
        record = Acceptance(id=acceptance_id(deed.source, deed.field), source=deed.source, field=deed.field)
        draft.put_record(record)


def _why_it_waits(draft: Draft, call: Call, deed: CallDeed, source: Source) -> WhyProposed | None:
    field = field_of(deed)
    if is_locked(call, field, draft.now):
        return WhyProposed.LOCKED
    if draft.record("acceptance", acceptance_id(source, field)) is not None:
        return WhyProposed.MANUAL
    return None


def _says_the_same(before: Call, after: Call) -> bool:
    """Whether nothing but where values came from would be different."""
    return replace(before, provenance=()) == replace(after, provenance=())


def _forget_overtaken(draft: Draft, call: Call, deed: Actual) -> None:
    """An actual time is there: nobody has to decide any more when the event is expected."""
    fields = (f"{deed.event}.expected", f"{deed.event}.unknown")
    for record in draft.records_about(call.id, "proposal"):
        proposal = cast("Proposal", record)
        if proposal.field in fields:
            draft.delete_record("proposal", proposal.id)


def _note_contradiction(draft: Draft, call: Call, deed: CallDeed, source: Source) -> None:
    """A source that takes back or corrects what it reported, or doubts what has happened, is believed and noted."""
    if not isinstance(deed, Actual | Unknown):
        return
    event = call.event(deed.event)
    if event is None or event.actual is None:
        return
    if isinstance(deed, Unknown):
        if deed.unknown:
            draft.note("unknown-after-report", call.id, event=deed.event, source=source)
    elif deed.at is None:
        draft.note("report-cancelled", call.id, event=deed.event, source=source)
    elif deed.at != event.actual:
        draft.note("report-changed", call.id, event=deed.event, source=source)
