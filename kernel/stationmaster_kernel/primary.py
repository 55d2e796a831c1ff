"""What is said of a resource, apart from what follows from it: how an act's effect is written down and taken back.

A resource is taken apart into fields, each as JSON text. Of a call, what the kernel derives (best times, check-in,
overdue …) is left out, and each event and each field's provenance is a field of its own, so that two acts on
different fields of one call do not stand in each other's way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Any, cast, get_type_hints

from stationmaster_base.times import Instant
from stationmaster_kernel.act import ActRecord, Was
from stationmaster_kernel.applying import with_provenance
from stationmaster_kernel.call import Call, Event, Provenance
from stationmaster_kernel.changes import KINDS, Record, Value, owners
from stationmaster_kernel.draft import Draft
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.plain_text import to_text
from stationmaster_kernel.refused import Refused
from stationmaster_kernel.replanning import as_planned
from stationmaster_kernel.settling import station_of
from stationmaster_kernel.task import GONE, Task
from stationmaster_kernel.tasks import newest_of
from stationmaster_kernel.values import EventName, TaskState

__all__ = ["differing", "put_back", "said_fields"]

DERIVED: dict[str, tuple[str, ...]] = {
    "call": (
        "check_in_open",
        "check_in_close",
        "unconfirmed",
        "platform_since",
        "platform_before",
        "arrival",
        "departure",
        "provenance",
    ),
    "task": ("results",),
}
"""Fields that are not said but follow, or that are taken apart further."""

EVENT_FIELDS = ("planned", "expected", "actual", "unknown")

_PROVENANCE = "provenance."

_NO_EVENT = Event(planned=Instant(0))
"""What an event that the call does not have any more is built up from; each of its fields is known."""

Fields = dict[str, str]


def differing(kind: str, old: Value | None, new: Value | None) -> Iterator[tuple[str, str, str]]:
    """The fields in which two forms of a resource differ, with the text of each; None is one that is not there.

    A resource that is made or deleted as a whole is one field, with an empty name.
    """
    if old is None or new is None:
        yield "", _whole(old), _whole(new)
        return
    before, after = said_fields(kind, old), said_fields(kind, new)
    for field in sorted(before.keys() | after.keys()):
        if before.get(field, "") != after.get(field, ""):
            yield field, before.get(field, ""), after.get(field, "")


def put_back(draft: Draft, record: ActRecord, undoing: str) -> None:
    """Give every field that an act set what it had before; `undoing` is the id of the act that does so.

    Raises:
        Refused: somebody has set one of them since, or what the act made has been used; nothing is changed.

    """
    by_resource: dict[tuple[str, str], list[Was]] = {}
    for was in record.was:
        by_resource.setdefault((was.kind, was.id), []).append(was)
    for (kind, item), changes in by_resource.items():
        present = draft.value(kind, item)
        if changes[0].field:
            _put_fields_back(draft, kind, item, present, changes)
        else:
            _put_whole_back(draft, kind, present, changes[0])
    for kind, item in by_resource:
        _check_there(draft, kind, item)
    there = tuple(call for call in record.calls if draft.call(call) is not None)
    if draft.record("act", record.id) is None:  # it went with the call that it made, and is to be read all the same
        record = replace(record, calls=there)
    draft.put_record(replace(record, undone=undoing))


def _check_there(draft: Draft, kind: str, item: str) -> None:
    """What was put back is about calls; they may have gone."""
    value = draft.value(kind, item)
    calls = (value.call,) if isinstance(value, Task) else () if isinstance(value, ActRecord) else _owners(value)
    if any(call and draft.call(call) is None for call in calls):
        raise _moved_on(kind, item, "its call is gone")


def _owners(value: Value | None) -> tuple[str, ...]:
    return owners(value) if isinstance(value, Record) else ()


def _put_fields_back(draft: Draft, kind: str, item: str, present: Value | None, changes: list[Was]) -> None:
    if present is None:
        raise _moved_on(kind, item, "it is gone")
    if isinstance(present, Task) and present.state not in (TaskState.PLANNED, *GONE):
        raise _moved_on(kind, item, f"it is {present.state} already")
    if isinstance(present, Task) and newest_of(draft, present) != present:
        raise _moved_on(kind, item, "it has been made anew since")
    now = said_fields(kind, present)
    for was in changes:
        if now.get(was.field, "") != was.after:
            raise _moved_on(kind, item, f"{was.field} has been set since")
    value = _joined(present, {was.field: was.before for was in changes})
    if isinstance(value, Call):
        gone = [was.field for was in changes if was.field.startswith(_PROVENANCE) and not was.before]
        value = as_planned(draft, value, [field.removeprefix(_PROVENANCE) for field in gone], station_of(draft))
    draft.put_value(kind, value)


def _put_whole_back(draft: Draft, kind: str, present: Value | None, was: Was) -> None:
    if _whole(present) != was.after:
        raise _moved_on(kind, was.id, "it has been changed since")
    if was.before:
        value: Value = from_plain(cast("type[Value]", KINDS[kind]), json.loads(was.before))
        draft.put_value(kind, value)
    elif isinstance(present, Task):
        if present.state is not TaskState.PLANNED or present.results:
            raise _moved_on(kind, was.id, f"it is {present.state} already")
        draft.put_task(replace(present, state=TaskState.SKIPPED))
    elif isinstance(present, Call):
        if any(event is not None and event.actual is not None for event in (present.arrival, present.departure)):
            raise _moved_on(kind, was.id, "the train has been reported")
        draft.drop_call(present)
    else:
        draft.delete_record(kind, was.id)


def said_fields(kind: str, value: Value) -> Fields:
    """What is said of a resource, by field, each as JSON text; what has its default is left out."""
    left_out = ("revision", *DERIVED.get(kind, ()))
    found = {
        field.name: to_text(item)
        for field in fields(value)
        if field.name not in left_out and (item := getattr(value, field.name)) != field.default
    }
    if isinstance(value, Call):
        for name in EventName:
            event = value.event(name)
            if event is not None:
                found.update({f"{name}.{field}": to_text(getattr(event, field)) for field in EVENT_FIELDS})
        found.update({f"{_PROVENANCE}{item.field}": to_text(item) for item in value.provenance})
    return found


def _joined(value: Value, texts: Fields) -> Value:
    """The value with these fields as the texts say; an empty text is the field's default, or no provenance."""
    for field, text in texts.items():
        first, _, second = field.partition(".")
        if isinstance(value, Call) and first == "provenance":
            if text:
                value = with_provenance(value, from_plain(Provenance, json.loads(text)))
            else:
                value = replace(value, provenance=tuple(item for item in value.provenance if item.field != second))
        elif isinstance(value, Call) and second:
            name = EventName(first)
            changed = None
            if texts.get(f"{first}.planned") != "":  # else the call had no such event
                event: Any = value.event(name) or _NO_EVENT
                changed = replace(event, **{second: _read(Event, second, text)})
            value = replace(value, **cast("Any", {first: changed}))
        else:
            value = replace(value, **cast("Any", {field: _read(type(value), field, text)}))
    return value


def _read(kind: type, field: str, text: str) -> Any:
    if not text:
        default = next(item.default for item in fields(kind) if item.name == field)
        if default is MISSING:
            raise ValueError(f"{kind.__name__}.{field} has no default")
        return default
    return from_plain(_hints(kind)[field], json.loads(text))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _whole(value: Value | None) -> str:
    """The resource as one text, without its revision; of a call, what is said of it."""
    if value is None:
        return ""
    if isinstance(value, Call):
        plain_events: dict[str, Any] = {
            name.value: None if event is None else Event(**{field: getattr(event, field) for field in EVENT_FIELDS})
            for name in EventName
            for event in (value.event(name),)
        }
        value = replace(
            value,
            check_in_open=None,
            check_in_close=None,
            unconfirmed=False,
            platform_since=None,
            platform_before="",
            **cast("Any", plain_events),
        )
    elif isinstance(value, Task):
        value = replace(value, results=())
    return to_text(replace(cast("Any", value), revision=0))


def _moved_on(kind: str, item: str, why: str) -> Refused:
    return Refused("moved-on", f"{kind} {item} cannot go back: {why}.", "Set it as it should be now.")
