"""What has become of resources since somebody saw them: for acts that say what they were decided on.

An act names what its page showed, each in its revision. Before it goes to the kernel, which alone decides, the digest
of what was said then is added, so that a train whose best time merely creeps is still the one that was seen. And when
the kernel refuses, the answer says of each resource what it is now, which fields are another, and who set them when.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from stationmaster.hub.web.act_reading import Seen
from stationmaster.hub.web.bodies import Plain, as_json
from stationmaster.hub.web.recent import Recent
from stationmaster_base.times import Instant
from stationmaster_kernel.act import ActRecord
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Value
from stationmaster_kernel.inputs import Known
from stationmaster_kernel.knowing import said
from stationmaster_kernel.primary import differing
from stationmaster_kernel.state import State

__all__ = ["ChangedMeanwhile", "FieldMeanwhile", "changed_meanwhile", "value_of", "with_what_was_said"]

_PROVENANCE = "provenance."
_SET_WITH = {"platform": "track", "reason": "running", "hand_open": "check_in", "hand_close": "check_in"}
"""Fields of a call that are set together with another one, under whose name it stands where they came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMeanwhile:
    """A field that is another: what it was and is, and where that came from, as far as it is known.

    `act` is the id of the act that set it, and `why` what was said there; both are empty for what a feed said.
    """

    field: str
    before: Plain
    after: Plain
    source: str
    by: str
    at: Instant | None
    act: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMeanwhile:
    """A resource that is not as it was seen.

    `known` is the revision that was seen and `revision` the present one, 0 for none; `now` is the resource itself, null
    when it is gone. `fields` are empty where nobody knows any more what was seen.
    """

    kind: str
    id: str
    known: int
    revision: int
    fields: tuple[FieldMeanwhile, ...]
    now: Plain


def value_of(state: State, kind: str, item: str) -> Value | None:
    """A call, a task or a record of the state."""
    if kind == "call":
        return state.calls.get(item)
    if kind == "task":
        return state.tasks.get(item)
    records = state.records.get(kind)
    return None if records is None else records.get(item)


def with_what_was_said(seen: Iterable[Seen], state: State, recent: Recent) -> tuple[Known, ...]:
    """What the kernel is told of what was seen."""
    found = []
    for each in seen:
        value = _then(each.kind, each.id, each.revision, state, recent)
        digest = "" if value is None else said(each.kind, value)
        found.append(Known(kind=each.kind, id=each.id, revision=each.revision, said=digest))
    return tuple(found)


def changed_meanwhile(known: Sequence[Known], state: State, recent: Recent) -> tuple[ChangedMeanwhile, ...]:
    """What of this is not as it was seen."""
    return tuple(_changed(each, state, recent) for each in known if not _as_seen(each, state))


def _then(kind: str, item: str, revision: int, state: State, recent: Recent) -> Value | None:
    """A resource as it was in this revision; None if there was none, or nobody knows any more."""
    now = value_of(state, kind, item)
    if now is not None and now.revision == revision:
        return now
    put = recent.value(kind, item, revision)
    return None if put is None else put.value


def _as_seen(known: Known, state: State) -> bool:
    now = value_of(state, known.kind, known.id)
    if now is None:
        return known.revision == 0
    return now.revision == known.revision or known.said == said(known.kind, now)


def _changed(known: Known, state: State, recent: Recent) -> ChangedMeanwhile:
    now = value_of(state, known.kind, known.id)
    then = _then(known.kind, known.id, known.revision, state, recent)
    fields = () if then is None else tuple(_fields(known, then, now, state))
    return ChangedMeanwhile(
        kind=known.kind,
        id=known.id,
        known=known.revision,
        revision=0 if now is None else now.revision,
        fields=fields,
        now=Plain(as_json(now)),
    )


def _fields(known: Known, then: Value, now: Value | None, state: State) -> Iterator[FieldMeanwhile]:
    acts = _acts_on(known, state)
    found = list(differing(known.kind, then, now))
    names = {field for field, _, _ in found}
    for field, before, after in found:
        bare = field.removeprefix(_PROVENANCE)
        if bare != field and bare in names:
            continue  # where a field came from is told with the field
        name = _SET_WITH.get(bare, bare)
        origin = now.origin_of(name) if isinstance(now, Call) else None
        act = next((act for act in acts if any(was.field in (field, name) for was in act.was)), None)
        if origin is not None and act is not None and (origin.by, origin.at) != (act.by, act.at):
            act = None  # a feed, or the act that took it back, has set it since
        yield FieldMeanwhile(
            field=field,
            before=Plain(_read(before)),
            after=Plain(_read(after)),
            source="" if origin is None else origin.source.value,
            by=origin.by if origin is not None else "" if act is None else act.by,
            at=origin.at if origin is not None else None if act is None else act.at,
            act="" if act is None else act.id,
            why="" if act is None else act.why,
        )


def _acts_on(known: Known, state: State) -> list[ActRecord]:
    """The acts that touched the resource since it was seen, the newest first."""
    records = cast("Iterable[ActRecord]", state.records.get("act", {}).values())
    found = [
        act
        for act in records
        if act.revision > known.revision and any((was.kind, was.id) == (known.kind, known.id) for was in act.was)
    ]
    return sorted(found, key=lambda act: act.revision, reverse=True)


def _read(text: str) -> Any:
    return json.loads(text) if text else None
