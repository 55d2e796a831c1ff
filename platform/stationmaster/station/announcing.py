"""What a station says: every announcement of a day as planned, and one example of each that no plan holds.

The kernel itself is run, so that what is shown is what would be said: no text is put together in a second way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from stationmaster.station.load import Station
from stationmaster.station.plans import plan_day
from stationmaster.station.texts import TOPIC_PREFIX
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.deeds import Announce, Deed, Delay, Expect, SetRunning, SetTrack, Unknown
from stationmaster_kernel.inputs import Act, Configure, Plan, PlannedCall, Tick
from stationmaster_kernel.rules import Rule, Trigger
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import EventName, Running, TaskKind

__all__ = ["Said", "examples", "planned_announcements"]

AHEAD = 12 * 60 * MINUTE
"""How long before the first train the day is begun, so that no announcement is too old when it is made."""

LATE = 95
"""Minutes by which an example is late, if its rule asks for no more: read as hours and minutes."""

REASON = "大风"
"""The reason of an example's suspension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An announcement: by which rule or template, of which train (empty: none), the kernel's task."""

    what: str
    number: str
    task: Task


def planned_announcements(station: Station, day: date) -> tuple[Said, ...]:
    """All announcements of a service date on which everything is as planned, in order of time."""
    calls = plan_day(station, day)
    if not calls:
        return ()
    state = _planned(_configured(station.configuration, _begin(calls[0])), day, calls)
    tasks = [task for task in state.tasks.values() if task.kind is TaskKind.ANNOUNCEMENT]
    # Held until a report comes: shown at the time for which the train is planned.
    ordered = sorted(tasks, key=lambda task: (task.due or task.base or task.order, task.priority, task.id))
    return tuple(Said(what=task.rule, number=state.calls[task.call].number, task=task) for task in ordered)


def examples(station: Station, day: date) -> tuple[Said, ...]:
    """One announcement by each rule, then one of each topic, of the first train of the day for which there is one.

    What hangs on a change is made by that change: the train is late, suspended, sent to another platform. A rule for
    which no train of the day has an announcement is left out.
    """
    calls = plan_day(station, day)
    if not calls:
        return ()
    empty = _configured(station.configuration, _begin(calls[0]))
    rules = [rule for rule in station.configuration.rules if rule.does is TaskKind.ANNOUNCEMENT]
    found = [_example(empty, rule, day, calls) for rule in rules]
    topics = [each.id for each in station.configuration.templates if each.id.startswith(TOPIC_PREFIX)]
    departing = next((call for call in calls if call.departure is not None and call.arrival is None), calls[0])
    spoken = [_topic(_planned(empty, day, (departing,)), topic) for topic in topics]
    return tuple(said for said in (*found, *spoken) if said is not None)


def _begin(first: PlannedCall) -> Instant:
    return Instant(min(each for each in (first.arrival, first.departure) if each is not None) - AHEAD)


def _configured(configuration: Configuration, at: Instant) -> State:
    state, _ = step(State.empty(at), Configure(id="configure", at=at, configuration=configuration))
    return state


def _planned(state: State, day: date, calls: tuple[PlannedCall, ...]) -> State:
    planned, _ = step(state, Plan(id="plan", at=state.facts.now, day=day, calls=calls))
    return planned


def _example(empty: State, rule: Rule, day: date, calls: tuple[PlannedCall, ...]) -> Said | None:
    for planned in calls:
        if rule.when.kinds and planned.kind not in rule.when.kinds:
            continue
        state = _planned(empty, day, (planned,))
        (call,) = state.calls.values()
        try:
            state = _happened(state, call, rule)
        except Refused:  # a train to which that cannot happen: the next one
            continue
        task = next((task for task in state.tasks.values() if task.rule == rule.id and task.texts), None)
        if task is not None:
            return Said(what=rule.id, number=call.number, task=task)
    return None


def _happened(state: State, call: Call, rule: Rule) -> State:
    """The state after what the rule's trigger waits for."""
    if rule.trigger is None:
        return state
    if rule.trigger is Trigger.OVERDUE:
        late = Instant(call.planned + (rule.at_least + 60) * MINUTE)
        overdue, _ = step(state, Tick(id="overdue", at=late))
        return overdue
    event = EventName.ARRIVAL if call.departure is None else EventName.DEPARTURE
    for number, deed in enumerate(_DEEDS[rule.trigger](state, call, event, rule)):
        state, _ = step(state, Act(id=f"example-{number}", at=state.facts.now, by="preview", deeds=(deed,)))
    return state


def _late(_: State, call: Call, event: EventName, rule: Rule) -> Iterator[Deed]:
    yield Delay(call=call.id, event=event, minutes=max(rule.at_least, LATE))


def _early(_: State, call: Call, event: EventName, rule: Rule) -> Iterator[Deed]:
    yield Delay(call=call.id, event=event, minutes=-max(rule.at_least, 1))


def _unknown(_: State, call: Call, event: EventName, __: Rule) -> Iterator[Deed]:
    yield Unknown(call=call.id, event=event)


def _known(_: State, call: Call, event: EventName, __: Rule) -> Iterator[Deed]:
    yield Unknown(call=call.id, event=event)
    yield Expect(call=call.id, event=event, at=Instant(call.planned + LATE * MINUTE))


def _moved(state: State, call: Call, _: EventName, __: Rule) -> Iterator[Deed]:
    places = state.configuration.places if state.configuration is not None else ()
    other = next((place.id for place in places if place.platform and place.platform != call.platform), None)
    if other is not None:
        yield SetTrack(call=call.id, track=other)


def _suspended(_: State, call: Call, __: EventName, ___: Rule) -> Iterator[Deed]:
    yield SetRunning(call=call.id, running=Running.SUSPENDED, reason=REASON)


def _restored(_: State, call: Call, __: EventName, ___: Rule) -> Iterator[Deed]:
    yield SetRunning(call=call.id, running=Running.SUSPENDED, reason=REASON)
    yield SetRunning(call=call.id, running=Running.SCHEDULED)


def _extra(_: State, call: Call, __: EventName, ___: Rule) -> Iterator[Deed]:
    yield SetRunning(call=call.id, running=Running.EXTRA)


_DEEDS: dict[Trigger, Callable[[State, Call, EventName, Rule], Iterator[Deed]]] = {
    Trigger.DELAY: _late,
    Trigger.EARLY: _early,
    Trigger.DELAY_UNKNOWN: _unknown,
    Trigger.DELAY_KNOWN: _known,
    Trigger.PLATFORM_CHANGE: _moved,
    Trigger.TRACK_CHANGE: _moved,
    Trigger.SUSPENSION: _suspended,
    Trigger.RESTORED: _restored,
    Trigger.EXTRA: _extra,
}
"""What makes each trigger's condition hold."""


def _topic(state: State, topic: str) -> Said | None:
    if state.configuration is None or not state.configuration.zones:
        return None
    (call,) = state.calls.values()
    zones = (state.configuration.zones[0].id,)
    deed = Announce(targets=zones, template=topic, call=call.id)
    said, _ = step(state, Act(id="topic", at=state.facts.now, by="preview", deeds=(deed,)))
    task = next(task for task in said.tasks.values() if not task.call and task.kind is TaskKind.ANNOUNCEMENT)
    return Said(what=topic, number=call.number, task=task)
