"""The sheet of a change of shift: all that is not as it usually is, so that who comes need not ask.

It is made of the state at one moment. What happens by itself every day is not on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from stationmaster.hub.alarms.book import AlarmBook
from stationmaster_base.times import Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.conflict import Conflict
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.plain_text import to_text
from stationmaster_kernel.proposal import Acceptance, Proposal
from stationmaster_kernel.state import State
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import Running, TaskKind, TaskState
from stationmaster_protocol.equipment import Condition, Device

__all__ = ["HandoverSheet", "SheetItem", "SheetSection", "made_sheet"]

LATE_MIN = 3
"""Minutes from which on a train is late enough to stand on the sheet."""

MOST_ITEMS = 300
"""Items of one section; how many there are is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetItem:
    """One thing: about what (`subject`), what (`words`), since or until when or of when (`at`), and by whom."""

    subject: str
    words: str
    at: Instant | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSection:
    """All of one sort. `total` is how many there are; `items` has the first of them."""

    id: str
    total: int
    items: tuple[SheetItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSheet:
    """How the station was at `at`, and what was done from `since` on."""

    at: Instant
    since: Instant
    sections: tuple[SheetSection, ...]


def made_sheet(
    state: State, *, now: Instant, since: Instant, alarms: AlarmBook, devices: Iterable[Device]
) -> HandoverSheet:
    """The sheet of this moment.

    Args:
        state: the committed state.
        now: station time.
        since: when the shift began.
        alarms: what is wrong.
        devices: every device that is known.

    """
    sections = {
        "manual": _modes(state),
        "acceptance": _acceptances(state),
        "held": _held(state),
        "proposals": _proposals(state),
        "conflicts": _conflicts(state),
        "trains": _trains(state, now),
        "texts": _texts(state, now),
        "alarms": _alarms(alarms),
        "shelved": _shelved(alarms),
        "devices": _devices(devices),
        "acts": _acts(state, since),
    }
    return HandoverSheet(at=now, since=since, sections=tuple(_section(name, items) for name, items in sections.items()))


def _section(name: str, items: Iterator[SheetItem]) -> SheetSection:
    found = tuple(items)
    return SheetSection(id=name, total=len(found), items=found[:MOST_ITEMS])


def _modes(state: State) -> Iterator[SheetItem]:
    for mode in cast("Iterable[Mode]", state.records.get("mode", {}).values()):
        yield SheetItem(subject=mode.id, words="manual", at=mode.since, by=mode.by)


def _acceptances(state: State) -> Iterator[SheetItem]:
    for each in cast("Iterable[Acceptance]", state.records.get("acceptance", {}).values()):
        yield SheetItem(subject=each.source, words=each.field)


def _held(state: State) -> Iterator[SheetItem]:
    for task in sorted(state.tasks.values(), key=lambda task: (task.order, task.id)):
        if task.held and task.state is TaskState.PLANNED:
            yield SheetItem(
                subject=task.call or task.id, words=f"{task.kind} {' '.join(task.targets)}", at=task.due or task.start
            )


def _proposals(state: State) -> Iterator[SheetItem]:
    found = cast("Iterable[Proposal]", state.records.get("proposal", {}).values())
    for each in sorted(found, key=lambda proposal: (proposal.at, proposal.id)):
        if not each.rejected:
            deed = json.loads(to_text(each.deed))
            value = " ".join(str(item) for key, item in deed.items() if key not in ("do", "call", "event", "check_in"))
            yield SheetItem(subject=each.call, words=f"{each.field} {value} ({each.why})", at=each.at, by=each.source)


def _conflicts(state: State) -> Iterator[SheetItem]:
    found = cast("Iterable[Conflict]", state.records.get("conflict", {}).values())
    for each in sorted(found, key=lambda conflict: (not conflict.grave, conflict.begins, conflict.id)):
        yield SheetItem(
            subject=" | ".join(each.calls),
            words=f"{each.kind} {each.place}{' !' if each.grave else ''}",
            at=each.begins,
        )


def _trains(state: State, now: Instant) -> Iterator[SheetItem]:
    for call in sorted(state.calls.values(), key=lambda call: (call.planned, call.id)):
        words = ", ".join(_troubles(call))
        if words:
            yield SheetItem(subject=call.id, words=words, at=_next(call, now))


def _troubles(call: Call) -> Iterator[str]:
    if call.running in (Running.SUSPENDED, Running.DIVERTED):
        yield f"{call.running} {call.reason}".rstrip()
    for name, event in (("arrival", call.arrival), ("departure", call.departure)):
        if event is None or event.actual is not None:
            continue
        if event.unknown:
            yield f"{name} unknown"
        elif event.late_minutes >= LATE_MIN:
            yield f"{name} +{event.late_minutes}"


def _next(call: Call, now: Instant) -> Instant | None:
    events: list[Event] = [event for event in (call.arrival, call.departure) if event is not None]
    return next((event.best for event in events if event.best is not None and event.best >= now), None)


def _texts(state: State, now: Instant) -> Iterator[SheetItem]:
    for task in sorted(state.tasks.values(), key=lambda task: (task.order, task.id)):
        if not task.call and _lasts(task, now):
            words = " / ".join(text.text for text in task.texts)
            yield SheetItem(subject=" ".join(task.targets), words=words, at=task.end or task.valid_until)


def _lasts(task: Task, now: Instant) -> bool:
    """Whether a person's own text or announcement is still to be seen or heard."""
    end = task.valid_until if task.kind is TaskKind.ANNOUNCEMENT else task.end
    return task.state in (TaskState.PLANNED, TaskState.BEGUN) and (end is None or end > now)


def _alarms(alarms: AlarmBook) -> Iterator[SheetItem]:
    for record in alarms.standing():
        if record.part_of is None and alarms.shelf(record.key) is None:
            sign, known = record.sign, record.acknowledged
            by = "" if known is None else known.by
            yield SheetItem(subject=sign.identity or "hub", words=f"{sign.zh} / {sign.en}", at=record.since, by=by)


def _shelved(alarms: AlarmBook) -> Iterator[SheetItem]:
    for shelf in alarms.shelves():
        yield SheetItem(subject=f"{shelf.identity}/{shelf.alarm}", words=shelf.why, at=shelf.until, by=shelf.by)


def _devices(devices: Iterable[Device]) -> Iterator[SheetItem]:
    for device in sorted(devices, key=lambda device: (device.identity or "", device.id)):
        if device.condition in (Condition.OFF, Condition.FAULTY, Condition.ABSENT):
            yield SheetItem(
                subject=f"{device.identity}/{device.id}",
                words=f"{device.condition} {device.detail}".rstrip(),
                at=device.since,
            )


def _acts(state: State, since: Instant) -> Iterator[SheetItem]:
    found = cast("Iterable[ActRecord]", state.records.get("act", {}).values())
    for act in sorted(found, key=lambda act: (act.at, act.revision)):
        if act.at >= since:
            done = ", ".join(dict.fromkeys(deed.TAG for deed in act.deeds))
            words = f"{done}{f' ({act.why})' if act.why else ''}{' ↶' if act.undone else ''}"
            yield SheetItem(subject=" ".join(act.calls), words=words, at=act.at, by=act.by)
