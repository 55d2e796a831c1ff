"""Acts: a person's deeds carried out as one, and what is kept so that they can be read and undone.

Undoing is an act as well, not a return to an earlier state: each field that the act set gets back what it had, if
nobody has set it since. So an undo can be undone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from stationmaster_kernel.act import ActRecord, Was
from stationmaster_kernel.applying import Setting, apply_deed
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.deciding import decide, set_acceptance
from stationmaster_kernel.deeds import (
    AddCall,
    Announce,
    CallDeed,
    CheckRows,
    Decide,
    DecideRows,
    Deed,
    Handle,
    LockPlan,
    SetAcceptance,
    SetMode,
    SetRunning,
    Show,
    Undo,
)
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.handling import announce, handle, set_mode, show
from stationmaster_kernel.inputs import Act
from stationmaster_kernel.knowing import MOST_KNOWN, check_known
from stationmaster_kernel.making import free_call_id, planned_call, planned_fault
from stationmaster_kernel.plan_check import PLAN_DEEDS
from stationmaster_kernel.primary import differing, put_back
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.settling import rework, station_of
from stationmaster_kernel.values import Running, Source

__all__ = ["do_act"]

MOST_DEEDS = 500
"""Deeds in one act."""


def do_act(draft: Draft, act: Act) -> None:
    """Carry out all of an act's deeds, or none.

    Raises:
        Refused: a deed cannot be; nothing is changed.

    """
    station_of(draft)
    if not act.by:
        raise Refused("act-of-nobody", f"Act {act.id} does not say who acts.", "Give a name.")
    if not 1 <= len(act.deeds) <= MOST_DEEDS:
        raise Refused("deed-impossible", f"Act {act.id} has {len(act.deeds)} deeds.", f"Allowed: 1 to {MOST_DEEDS}.")
    if len(act.known) > MOST_KNOWN:
        raise Refused("deed-impossible", f"Act {act.id} knows {len(act.known)}.", f"Allowed: up to {MOST_KNOWN}.")
    check_known(draft, act.known)
    setting = Setting(source=Source.OPERATOR, at=draft.now, by=act.by, locked=act.lock, until=act.lock_until)
    for number, deed in enumerate(act.deeds, start=1):
        _do(draft, deed, f"{act.id}/{number}", setting)
    was = tuple(
        Was(kind=kind, id=item, field=field, before=before, after=after)
        for kind, item, old, new in draft.touched()
        for field, before, after in differing(kind, old, new)
    )
    _settle_touched(draft, act, was)


def _settle_touched(draft: Draft, act: Act, was: tuple[Was, ...]) -> None:
    """Write down what was done, and bring everything in line with it."""
    calls: dict[str, None] = {}
    loose = False
    for kind, _, old, new in draft.touched():
        value: Any = old if new is None else new
        if kind == "call":
            calls[value.id] = None
        elif kind in ("task", "proposal"):
            calls[value.call] = None
            loose = loose or not value.call
        elif kind == "act":
            loose = True
    there = tuple(item for item in calls if item and draft.call(item) is not None)
    draft.put_record(ActRecord(id=act.id, at=draft.now, by=act.by, why=act.why, deeds=act.deeds, was=was, calls=there))
    for item in there:
        call = draft.call(item)
        if call is not None:
            rework(draft, call)
    if loose or not there:
        draft.reschedule("")


def _do(draft: Draft, deed: Deed, item: str, setting: Setting) -> None:
    station = station_of(draft)
    if isinstance(deed, CallDeed):
        call = draft.call(deed.call)
        if call is None:
            raise Refused("no-such-call", f"There is no call {deed.call}.", "It may be over, or never have been.")
        draft.put_call(apply_deed(call, deed, setting, station))
    else:
        _OTHERS[type(deed)](draft, deed, item, setting)


def _add(draft: Draft, deed: AddCall, _: str, setting: Setting) -> None:
    station, planned = station_of(draft), deed.planned
    fault = planned_fault(station, deed.day, planned)
    if fault:
        raise Refused("deed-impossible", f"Train {planned.number!r} cannot be added: {fault}.", "Mend that.")
    call = planned_call(station, deed.day, planned, free_call_id(draft, station, deed.day, planned.number))
    extra = SetRunning(call=call.id, running=Running.EXTRA)
    draft.put_call(apply_deed(call, extra, replace(setting, locked=False), station))


def _undo(draft: Draft, deed: Undo, item: str, _: Setting) -> None:
    record = cast("ActRecord | None", draft.record("act", deed.act))
    if record is None:
        raise Refused("no-such-act", f"There is no act {deed.act}.", "It may be too long ago.")
    if record.undone:
        raise Refused("undone", f"Act {deed.act} was taken back by {record.undone}.", "Undo that one instead.")
    put_back(draft, record, undoing=item.rpartition("/")[0])


def _configuration(draft: Draft) -> Configuration:
    station_of(draft)
    return cast("Configuration", draft.configuration)


def _plan_deed(draft: Draft, deed: CheckRows | LockPlan | DecideRows, _: str, setting: Setting) -> None:
    PLAN_DEEDS[type(deed)](draft, deed, setting)


_OTHERS: dict[type, Callable[[Draft, Any, str, Setting], None]] = {
    AddCall: _add,
    Announce: lambda draft, deed, item, _: announce(draft, deed, item, _configuration(draft)),
    Show: lambda draft, deed, item, _: show(draft, deed, item, _configuration(draft)),
    Handle: lambda draft, deed, _item, _: handle(draft, deed, _configuration(draft)),
    Decide: lambda draft, deed, _item, setting: decide(draft, deed, setting, station_of(draft)),
    SetAcceptance: lambda draft, deed, _item, _: set_acceptance(draft, deed),
    SetMode: lambda draft, deed, _item, setting: set_mode(draft, deed, setting, _configuration(draft)),
    CheckRows: _plan_deed,
    LockPlan: _plan_deed,
    DecideRows: _plan_deed,
    Undo: _undo,
}
