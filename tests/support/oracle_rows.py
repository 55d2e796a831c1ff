"""Which rows of a call must be on which boards at a moment, and what they must say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from support.oracle_call import FOREVER, CallAt, event_of
from support.oracle_station import MINUTE, Rule

__all__ = ["OracleRow", "rows_at"]

UNKNOWN_HARD_END = 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleRow:
    """A row that must be on. `fields`: name → language → text, the language '' where all have the same text.

    `number`, `planned`, `expected` and `track` (its id) are the same in all languages; `origin`, `destination`,
    `platform`, `gates`, `areas` and `exits` are there in each. All names are always there; a text may be empty.
    """

    call: str
    rule: str
    number: str
    status: str
    fields: dict[str, dict[str, str]]
    status_texts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A display task: on from `start` until `end`, or as long as it awaits an event until `hard_end`."""

    start: int | None
    end: int | None
    awaits: bool
    hard_end: int

    def on(self, now: int) -> bool:
        if self.start is None or now < self.start:
            return False
        if self.end is not None and now < self.end:
            return True
        return (self.awaits or self.end is None) and now < self.hard_end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A rule's row of a call: when it is on, where, and its place in the order."""

    rule: Rule
    event: str
    order: int
    span: _Span
    boards: tuple[str, ...]


def rows_at(call: CallAt, now: int) -> Iterator[tuple[str, tuple[int, str, str], OracleRow]]:
    """Board, place in the board's order, and row, for each row of the call that is on at `now`."""
    for task in _tasks(call):
        if task.span.on(now):
            elsewhere = task.rule.where == "old_platform" and not call.facts.suspended
            row = _row(call, task, "platform_changed" if elsewhere else _status(call, task.event, now))
            for board in task.boards:
                yield board, (task.order, call.facts.call, task.rule.id), row


def _tasks(call: CallAt) -> tuple[_Task, ...]:
    if "tasks" not in call.memory:
        call.memory["tasks"] = tuple(_make_tasks(call))
    tasks: tuple[_Task, ...] = call.memory["tasks"]
    return tasks


def _make_tasks(call: CallAt) -> Iterator[_Task]:
    for rule in call.station.rules:
        if rule.does != "display" or not call.selected_by(rule) or rule.start is None or rule.end is None:
            continue
        if rule.where == "old_platform":
            boards = call.served_when_planned(call.station.boards, rule.boards)
        else:
            boards = call.served_by(call.station.boards, rule.boards)
        if not boards or not call.has(rule.start.base) or not call.has(rule.end.base):
            continue
        event = event_of(rule.end.base)
        facts = call.facts.event(event)
        if facts is not None:
            yield _Task(rule=rule, event=event, order=facts.planned, span=_span(call, rule), boards=tuple(boards))


def _span(call: CallAt, rule: Rule) -> _Span:
    """The table of docs/kernel.md, "Display tasks"."""
    if rule.start is None or rule.end is None:
        raise ValueError(f"{rule.id} is no display rule")
    start, end, planned_end = call.time_of(rule.start), call.time_of(rule.end), call.planned_time_of(rule.end)
    awaited = call.facts.event(rule.awaits) if rule.awaits else None
    awaits = awaited is not None and not call.facts.has_been(rule.awaits)
    if call.facts.suspended:
        start = call.planned_time_of(rule.start)
        end = None if planned_end is None else planned_end + call.station.suspended_row * MINUTE
        return _Span(start=start if end is not None else None, end=end, awaits=False, hard_end=end or 0)
    if call.facts.has_been(event_of(rule.end.base)):
        awaits = False
    elif end is None or call.best(event_of(rule.end.base)) is None:
        hard_end = FOREVER if planned_end is None else planned_end + UNKNOWN_HARD_END
        return _Span(start=start, end=None, awaits=awaits, hard_end=hard_end)
    if end is None:
        return _Span(start=None, end=None, awaits=False, hard_end=0)
    return _Span(start=start, end=end, awaits=awaits, hard_end=end + rule.hard_end * MINUTE)


def _status(call: CallAt, event: str, now: int) -> str:
    """The last stage that has come."""
    facts, best, station = call.facts.event(event), call.best(event), call.station
    if call.facts.suspended:
        return "suspended"
    if facts is None or call.facts.has_been(event):
        return "arrived" if event == "arrival" else "check_in_closed"
    if call.unconfirmed:
        return "unconfirmed"
    if best is None:
        return "delay_unknown"
    late = (best - facts.planned) // MINUTE
    if event == "departure":
        if call.check_in_close is not None and now >= call.check_in_close:
            return "check_in_closed"
        if call.check_in_open is not None and now >= call.check_in_open:
            return "checking_in"
    if late >= station.late_from:
        return "late"
    if (facts.planned - best) // MINUTE >= station.early_from:
        return "early"
    return "waiting" if event == "departure" else "on_time"


def _row(call: CallAt, task: _Task, status: str) -> OracleRow:
    key = (task.rule.id, status)
    if key in call.memory:
        known: OracleRow = call.memory[key]
        return known
    station, facts, languages = call.station, call.facts, call.station.languages
    event, best = facts.event(task.event), call.best(task.event)
    planned = None if event is None else event.planned
    minutes = 0 if best is None or planned is None else abs(best - planned) // MINUTE
    said = {}
    for each in languages:
        words: dict[str, str | int] = {"minutes": minutes}
        if status == "platform_changed":
            words |= {
                "platform": station.platform_name(facts.platform, each),
                "old_platform": station.platform_name(facts.planned_platform, each),
                "track": facts.track,
                "gates": station.joined("gates", facts.gates, each) if task.event == "departure" else "",
                "exits": station.joined("exits", facts.exits, each) if task.event == "arrival" else "",
            }
        said[each] = station.render(f"status.{status}", each, words)
    row = OracleRow(
        call=facts.call,
        rule=task.rule.id,
        number=facts.numbers[0],
        status=status,
        fields={
            "number": {"": facts.numbers[0]},
            "origin": {each: station.town(facts.origin, each) for each in languages},
            "destination": {each: station.town(facts.destination, each) for each in languages},
            "planned": {"": station.clock(planned)},
            "expected": {"": "" if best == planned else station.clock(best)},
            "platform": {each: station.platform_name(facts.platform, each) for each in languages},
            "track": {"": facts.track},
            "gates": {each: station.joined("gates", facts.gates, each) for each in languages},
            "areas": {each: station.joined("areas", facts.areas, each) for each in languages},
            "exits": {each: station.joined("exits", facts.exits, each) for each in languages},
        },
        status_texts=said,
    )
    call.memory[key] = row
    return row
