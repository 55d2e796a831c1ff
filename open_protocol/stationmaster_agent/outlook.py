"""What a page for people shows of the day: the next trains with their tasks, and what an act would change of them.

Pure: a view and the time go in, JSON comes out. All of it is data; the page writes it as text and never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stationmaster_agent.view import View
from stationmaster_base.health import JsonValue
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.configuration import PlaceKind
from stationmaster_kernel.task import Task, expires
from stationmaster_kernel.values import EventName, Source

__all__ = ["Difference", "differences", "differences_json", "is_still", "outlook"]

HOUR = 3600
BACK_S = HOUR
AHEAD_S = 4 * HOUR
MISSED_S = 3 * HOUR
"""So long a train is shown of which nobody has said that it came or left."""

MOST_CALLS = 150
MOST_TASKS = 60
"""Of one call."""

LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a call or a task, before and after; in words, empty where there is nothing."""

    kind: str
    id: str
    field: str
    before: str
    after: str


def outlook(view: View, now: float, find: str = "", chosen: str = "") -> JsonValue:
    """The trains from an hour ago on for four hours, in order of time, and the tasks of one of them.

    Those of which nothing is reported stay two hours longer. Of too many the nearest to now are told.

    Args:
        view: the agent's.
        now: station time.
        find: part of a train's number or of where it comes from or goes to; then of all days.
        chosen: the id of the call whose tasks are told, those that are held here.

    """
    found = [call for call in view.calls.values() if _shown(call, now, find.casefold())]
    nearest = sorted(found, key=lambda call: (abs(_moment(call) - now), call.id))[:MOST_CALLS]
    wanted = sorted(nearest, key=lambda call: (_moment(call), call.id))
    calls: list[JsonValue] = [_call(call) for call in wanted]
    tasks = _ordered(task for task in view.tasks.values() if task.call and task.call == chosen)
    tracks: list[JsonValue] = []
    names: dict[str, JsonValue] = {}
    if view.configuration is not None:
        tracks = [
            {"id": place.id, "platform": place.platform}
            for place in view.configuration.places
            if place.kind is PlaceKind.TRACK
        ]
        known = {end for call in wanted for end in (call.origin, call.destination)}
        names = {name.id: dict(name.names) for name in view.configuration.names if name.id in known}
    return {
        "station_time": to_iso(Instant(int(now))),
        "calls": calls,
        "more": len(found) - len(wanted),
        "tracks": tracks,
        "names": names,
        "tasks": [_task(task) for task in tasks[:MOST_TASKS]],
    }


def differences(view: View, changes: Changes) -> tuple[Difference, ...]:
    """What changes of calls and tasks, and of nothing else, in the order of the changes."""
    found: list[Difference] = []
    for put in changes.puts:
        if isinstance(put.value, Call):
            found += _compared("call", put.id, _call_facts(view.calls.get(put.id)), _call_facts(put.value))
        elif isinstance(put.value, Task):
            found += _compared("task", put.id, _task_facts(view.tasks.get(put.id)), _task_facts(put.value))
    for kind, name in changes.deletes:
        if kind == "task" and name in view.tasks:
            found += _compared("task", name, _task_facts(view.tasks[name]), {})
    return tuple(found)


def differences_json(found: Sequence[Difference]) -> JsonValue:
    """As the page gets them."""
    return [
        {"kind": each.kind, "id": each.id, "field": each.field, "before": each.before, "after": each.after}
        for each in found
    ]


def is_still(view: View, found: Iterable[Difference]) -> bool:
    """Whether all of this is as it was left."""
    for each in found:
        facts = _call_facts(view.calls.get(each.id)) if each.kind == "call" else _task_facts(view.tasks.get(each.id))
        if facts.get(each.field, "") != each.after:
            return False
    return True


def _moment(call: Call) -> Instant:
    event = call.departure or call.arrival
    if event is None:
        return Instant(0)
    return event.planned if event.best is None else event.best


def _shown(call: Call, now: float, find: str) -> bool:
    if find:
        return any(find in text.casefold() for text in (*call.numbers, call.origin, call.destination))
    moments = [event.planned for event in (call.arrival, call.departure) if event is not None]
    moments += [event.best for event in (call.arrival, call.departure) if event is not None and event.best is not None]
    gone = all(event.actual is not None for event in (call.arrival, call.departure) if event is not None)
    return min(moments, default=0) <= now + AHEAD_S and max(moments, default=0) >= now - (BACK_S if gone else MISSED_S)


def _call(call: Call) -> JsonValue:
    by_hand: list[JsonValue] = [
        {"field": item.field, "by": item.by, "at": to_iso(item.at)}
        for item in call.provenance
        if item.source is Source.OPERATOR
    ]
    return {
        "id": call.id,
        "day": call.service_date.isoformat(),
        "number": "/".join(call.numbers) or call.number,
        "kind": call.kind.value,
        "origin": call.origin,
        "destination": call.destination,
        "running": call.running.value,
        "arrival": _event(call.arrival),
        "departure": _event(call.departure),
        "track": call.track,
        "platform": call.platform,
        "planned_track": call.planned_track,
        "gates": list(call.gates),
        "check_in_open": _iso(call.check_in_open),
        "check_in_close": _iso(call.check_in_close),
        "unconfirmed": call.unconfirmed,
        "by_hand": by_hand,
    }


def _event(event: Event | None) -> JsonValue:
    if event is None:
        return None
    return {
        "planned": to_iso(event.planned),
        "best": _iso(event.best),
        "actual": _iso(event.actual),
        "unknown": event.unknown,
        "overdue": event.overdue,
        "late": event.late_minutes,
    }


def _ordered(tasks: Iterable[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: (task.due or task.start or task.order, task.priority, task.id))


def _task(task: Task) -> JsonValue:
    texts: list[JsonValue] = [
        {"language": text.language, "text": text.text[:LONGEST_TEXT]}
        for text in task.texts
        if text.name in ("speech", "text")
    ]
    results: list[JsonValue] = [
        {"target": result.target, "state": result.state.value, "detail": result.detail} for result in task.results
    ]
    return {
        "id": task.id,
        "rule": task.rule,
        "kind": task.kind.value,
        "targets": list(task.targets),
        "due": _iso(task.due),
        "start": _iso(task.start),
        "end": _iso(task.end),
        "until": _iso(expires(task)),
        "awaits": None if task.awaits is None else task.awaits.value,
        "state": task.state.value,
        "hand": task.hand.value,
        "held": task.held,
        "now": task.by_hand is not None,
        "texts": texts,
        "results": results,
    }


def _iso(instant: Instant | None) -> str | None:
    return None if instant is None else to_iso(instant)


def _call_facts(call: Call | None) -> Mapping[str, str]:
    if call is None:
        return {}
    facts = {
        "track": call.track,
        "platform": call.platform,
        "gates": " ".join(call.gates),
        "areas": " ".join(call.areas),
        "exits": " ".join(call.exits),
        "check_in_open": _iso(call.check_in_open) or "",
        "check_in_close": _iso(call.check_in_close) or "",
    }
    for name in EventName:
        event = call.event(name)
        if event is not None:
            facts[f"{name}.expected"] = _iso(event.expected) or ""
            facts[f"{name}.unknown"] = "yes" if event.unknown else ""
            facts[f"{name}.best"] = _iso(event.best) or ""
    return facts


def _task_facts(task: Task | None) -> Mapping[str, str]:
    if task is None:
        return {}
    return {
        "state": task.state.value,
        "hand": task.hand.value,
        "due": _iso(task.due) or "",
        "start": _iso(task.start) or "",
        "end": _iso(task.end) or "",
        "targets": " ".join(task.targets),
        "texts": " · ".join(text.text for text in task.texts if text.name in ("speech", "text"))[:LONGEST_TEXT],
    }


def _compared(kind: str, name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Difference]:
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field, ""), after.get(field, "")
        if old != new:
            yield Difference(kind=kind, id=name, field=field, before=old, after=new)
