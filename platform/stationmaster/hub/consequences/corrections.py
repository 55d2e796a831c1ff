"""The announcement that puts right what was told of a train, prepared as a deed that a person only has to send.

What to say is the station's: the template of its rule for that kind of change, for it is the one that passengers know;
where none fits, as when a train goes back to where it was planned, the template `topic.correction`; and without that,
what was said is said again as it is now. The zones are those in which the wrong thing was heard, and those of the rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stationmaster.hub.consequences.told import Heard, Shown
from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.deeds import Announce
from stationmaster_kernel.places import ReadyStation
from stationmaster_kernel.planning import wanted_tasks
from stationmaster_kernel.rules import Rule, Trigger
from stationmaster_kernel.state import State
from stationmaster_kernel.task import Text
from stationmaster_kernel.topics import BLANK_FIELDS
from stationmaster_kernel.values import Running, TaskKind, TaskState
from stationmaster_kernel.wording import template_fields

__all__ = ["CORRECTION", "Correction", "correction_of"]

CORRECTION = "topic.correction"
"""The template for what no rule of the station says."""

PRIORITY = 38

_WORDS = {
    Trigger.PLATFORM_CHANGE: ("platform",),
    Trigger.TRACK_CHANGE: ("track",),
    Trigger.DELAY: ("expected",),
    Trigger.EARLY: ("expected",),
    Trigger.DELAY_UNKNOWN: ("expected",),
    Trigger.DELAY_KNOWN: ("expected",),
}
"""The fields of a row that a change of this kind makes another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An announcement that is ready: `deed` is to be sent in an act; `texts` are what it will say.

    `task` is the announcement of the station's own rules that says so, and has not been made yet; empty without one.
    """

    call: str
    deed: Announce
    texts: tuple[Text, ...]
    task: str


def correction_of(state: State, call: Call, heard: Sequence[Heard], shown: Sequence[Shown]) -> Correction | None:
    """What is to be said of a train of which these were told wrongly; None if it was said, or nothing can be."""
    station, configuration = state.station, state.configuration
    if station is None or configuration is None or not (heard or shown):
        return None
    announcements = [rule for rule in configuration.rules if rule.does is TaskKind.ANNOUNCEMENT]
    rule = next(_changes(state, call, announcements, _differing(heard, shown)), None)
    zones = dict.fromkeys(each.zone for item in heard for each in item.zones)
    known = {zone.id for zone in configuration.zones}
    if rule is not None:
        zones.update(dict.fromkeys(_zones_of(call, rule, station)))
    template = _template(state, heard, rule)
    targets = tuple(zone for zone in zones if zone in known)
    texts = _texts(template, call, station)
    if not targets or not texts or _was_said(state, call, texts, heard):
        return None
    priority = PRIORITY if rule is None else rule.priority
    deed = Announce(targets=targets, template=template, call=call.id, priority=priority)
    return Correction(call=call.id, deed=deed, texts=texts, task=_to_be_said(state, call, texts))


def _was_said(state: State, call: Call, texts: tuple[Text, ...], heard: Sequence[Heard]) -> bool:
    """Whether these words have been said since what was wrong was heard last."""
    last = max((each.at for item in heard for each in item.zones), default=Instant(0))
    for item in (*state.tasks_of.get(call.id, ()), *state.tasks_of.get("", ())):
        task = state.tasks[item]
        made = [result.at for result in task.results if result.state is TaskState.DONE]
        if task.texts == texts and made and max(made) >= last:
            return True
    return False


def _to_be_said(state: State, call: Call, texts: tuple[Text, ...]) -> str:
    for item in state.tasks_of.get(call.id, ()):
        task = state.tasks[item]
        if task.kind is TaskKind.ANNOUNCEMENT and task.state is TaskState.PLANNED and task.texts == texts:
            return item
    return ""


def _differing(heard: Sequence[Heard], shown: Sequence[Shown]) -> frozenset[str]:
    """What was told wrongly: fields of rows, and fields of the train that were set since."""
    fields = {each.field.rpartition(".")[2] for item in heard for each in item.because}
    for item in shown:
        now = {(text.name, text.language): text.text for text in item.now}
        fields |= {text.name for text in item.texts if now.get((text.name, text.language), text.text) != text.text}
    return frozenset(fields | ({"platform"} if "track" in fields else set()))


def _changes(state: State, call: Call, rules: Sequence[Rule], differing: frozenset[str]) -> Iterator[Rule]:
    """The rules that announce such a change of this train as it is now, the gravest kind of change first."""
    wanted = {each.rule.id for each in wanted_tasks(call, _ready(state))}
    first = Trigger.SUSPENSION if call.running is Running.SUSPENDED else Trigger.RESTORED
    for trigger in (first, *_WORDS):
        if trigger in _WORDS and not differing.intersection((*_WORDS[trigger], "unknown")):
            continue
        if trigger is Trigger.RESTORED and "running" not in differing:
            continue
        yield from (rule for rule in rules if rule.trigger is trigger and rule.id in wanted)


def _ready(state: State) -> ReadyStation:
    if state.station is None:
        raise ValueError("there is no station")
    return state.station


def _template(state: State, heard: Sequence[Heard], rule: Rule | None) -> str:
    configuration = state.configuration
    if rule is not None or configuration is None:
        return "" if rule is None else rule.template
    if any(template.id == CORRECTION for template in configuration.templates):
        return CORRECTION
    templates = {each.id: each.template for each in configuration.rules}
    return next((templates[item.rule] for item in reversed(heard) if item.rule in templates and item.now), "")


def _zones_of(call: Call, rule: Rule, station: ReadyStation) -> tuple[str, ...]:
    return next((wanted.targets for wanted in wanted_tasks(call, station) if wanted.rule.id == rule.id), ())


def _texts(template: str, call: Call, station: ReadyStation) -> tuple[Text, ...]:
    found = []
    for language in station.languages:
        fields = BLANK_FIELDS | template_fields(call, call.departure or call.arrival, station, language)
        said = station.render(template, language, fields) if template else ""
        if said:
            found.append(Text(name="speech", language=language, text=said))
    return tuple(found)
