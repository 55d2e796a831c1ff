"""Which rules are for which call: what a rule selects by, its validity, and the conditions under which it holds.

Most rules ask for nothing but the kind of call. They are sorted by it once, because a call is looked at anew with
every report and, while it is overdue, every minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.rules import Condition, Rule, Selector, Trigger, Where
from stationmaster_kernel.times import base_event
from stationmaster_kernel.values import CallKind, TaskKind

__all__ = ["RuleBook", "holds", "own_event", "selects"]


class RuleBook:
    """A station's rules, found by call.

    Args:
        rules: in order of precedence.

    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._check_in = _by_kind(rule for rule in rules if rule.does is TaskKind.CHECK_IN)
        self._others = _by_kind(rule for rule in rules if rule.does is not TaskKind.CHECK_IN)

    def check_in_rule(self, call: Call) -> Rule | None:
        """The first check-in rule that selects the call and holds."""
        for rule, asks in self._check_in[call.kind]:
            if not asks or (selects(rule, call) and holds(rule, call)):
                return rule
        return None

    def rules_for(self, call: Call) -> list[Rule]:
        """The other rules that select the call and hold, in order."""
        return [
            rule for rule, asks in self._others[call.kind] if not asks or (selects(rule, call) and holds(rule, call))
        ]


def selects(rule: Rule, call: Call) -> bool:
    """Whether the rule is for the call: each non-empty list holds the call's value, on a date on which it is valid."""
    when = rule.when
    return (
        (not when.kinds or call.kind in when.kinds)
        and (not when.classes or call.train_class in when.classes)
        and (not when.trains or _meets(when.trains, call.numbers))
        and (not when.platforms or call.platform in when.platforms)
        and (not when.gates or _meets(when.gates, call.gates))
        and (not when.areas or _meets(when.areas, call.areas))
        and (not when.weekdays or call.service_date.isoweekday() in when.weekdays)
        and (rule.valid_from is None or rule.valid_from <= call.service_date)
        and (rule.valid_until is None or call.service_date <= rule.valid_until)
    )


def holds(rule: Rule, call: Call) -> bool:
    """Whether the call stands now as the rule's condition asks, and has an old platform if the rule is about that."""
    asked = rule.condition
    return (
        (rule.where is Where.PLATFORM or bool(call.old_platforms))
        and (not asked.running or call.running in asked.running)
        and (asked.unconfirmed is None or call.unconfirmed is asked.unconfirmed)
        and (asked.track_changed is None or (call.track != call.planned_track) is asked.track_changed)
        and (asked.platform_changed is None or (call.platform != call.planned_platform) is asked.platform_changed)
        and _in_time(asked, own_event(rule, call))
    )


def own_event(rule: Rule, call: Call) -> Event | None:
    """The event of the call that the rule is about; None if the call has no such event.

    That of the base of `due`, else of `end`; a check-in base counts as the departure. Of a triggered rule the
    departure, or the arrival of a call without departure; of what is overdue the first.
    """
    moment = rule.due or rule.end
    if moment is not None:
        return call.event(base_event(moment.base))
    if rule.trigger is Trigger.OVERDUE and call.arrival is not None and call.arrival.overdue:
        return call.arrival
    return call.departure or call.arrival


def _in_time(asked: Condition, event: Event | None) -> bool:
    if asked.unknown is not None and (event is None or (event.best is None) is not asked.unknown):
        return False
    if asked.late_at_least is None and asked.late_at_most is None and asked.early_at_least is None:
        return True
    if event is None or event.best is None:
        return False
    late = event.late_minutes
    return (
        (asked.late_at_least is None or late >= asked.late_at_least)
        and (asked.late_at_most is None or late <= asked.late_at_most)
        and (asked.early_at_least is None or -late >= asked.early_at_least)
    )


def _by_kind(rules: Iterable[Rule]) -> dict[CallKind, tuple[tuple[Rule, bool], ...]]:
    """For each kind of call its rules, each with whether it asks for more than the kind."""
    found: dict[CallKind, list[tuple[Rule, bool]]] = {kind: [] for kind in CallKind}
    for rule in rules:
        for kind in rule.when.kinds or CallKind:
            found[kind].append((rule, _asks(rule)))
    return {kind: tuple(items) for kind, items in found.items()}


def _asks(rule: Rule) -> bool:
    return (
        rule.when != Selector(kinds=rule.when.kinds)
        or rule.condition != Condition()
        or rule.where is not Where.PLATFORM
        or rule.valid_from is not None
        or rule.valid_until is not None
    )


def _meets(wanted: Sequence[str], there: Sequence[str]) -> bool:
    return any(item in wanted for item in there)
