"""What a rule selects by, when it holds, what it triggers on, and what each kind of rule makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.configuration import Configuration, Place, PlaceKind, Template
from stationmaster_kernel.deeds import AddCall, SetTrack, Undo
from stationmaster_kernel.inputs import (
    Act,
    Configure,
    Feed,
    FeedRecord,
    GradeFeed,
    Input,
    Plan,
    Presence,
    TaskResult,
    Tick,
)
from stationmaster_kernel.lights import lights_on
from stationmaster_kernel.plain_text import to_text
from stationmaster_kernel.planned_call import PlannedCall
from stationmaster_kernel.rules import Base, Condition, Moment, Rule, RuleMode, Selector, Trigger
from stationmaster_kernel.selecting import RuleBook, holds, selects
from stationmaster_kernel.state import State
from stationmaster_kernel.step import step
from stationmaster_kernel.task import Result, Task, announcement_open, interval_on
from stationmaster_kernel.values import CallKind, EventName, FeedGrade, Running, TaskKind, TaskState
from support.small_station import DAY, OTHERS, PLATFORMS, RULES, STATION, TRACKS, at, both, place, planned, record

G1 = "TST/2026-03-01/G1/1"
CHECK_IN = RULES[0]
BEFORE_DEPARTURE = Moment(base=Base.DEPARTURE, offset=-10)
POSTS = (place(PlaceKind.POST, "gates"), place(PlaceKind.POST, "duty"))
LIGHTS = (
    place(PlaceKind.LIGHT, "light-1", type="platform", platforms=("1",)),
    place(PlaceKind.LIGHT, "light-2", type="platform", platforms=("2",)),
    place(PlaceKind.LIGHT, "yard", type="yard"),
    place(PlaceKind.LIGHT, "by-hand"),
)
THREE = (
    *(*PLATFORMS, place(PlaceKind.PLATFORM, "3", gates=("1A",), areas=("A",), exits=("N",))),
    *(*TRACKS, place(PlaceKind.TRACK, "5", platform="3"), *OTHERS, *POSTS),
)
SAID = Template(id="said", texts=both("{{ number }} {{ planned }}→{{ expected }}", "{{ number }} {{ minutes }}"))


def notice(**more: Any) -> Rule:
    """A notice to one post, ten minutes before departure unless there is a trigger."""
    usual: dict[str, Any] = {"id": "n", "does": TaskKind.NOTICE, "posts": ("gates",), "template": "said", "valid": 5}
    return Rule(**(usual | ({} if "trigger" in more else {"due": BEFORE_DEPARTURE}) | more))


def light(**more: Any) -> Rule:
    """Platform lights from a quarter of an hour before the arrival until ten minutes after the departure."""
    usual: dict[str, Any] = {
        "id": "light",
        "does": TaskKind.LIGHTING,
        "lights": ("platform",),
        "start": Moment(base=Base.ARRIVAL, offset=-15),
        "end": Moment(base=Base.DEPARTURE, offset=10),
        "awaits": EventName.DEPARTURE,
        "hard_end": 60,
    }
    return Rule(**(usual | more))


def station(*rules: Rule, **more: Any) -> Configuration:
    """The small station with posts and lights, and with these rules besides its check-in rule."""
    places = (*STATION.places, *POSTS, *LIGHTS)
    made = replace(STATION, rules=(CHECK_IN, *rules), places=places, templates=(*STATION.templates, SAID))
    return replace(made, **more)


class Day:
    """The test day at a station, input by input."""

    def __init__(self, *rules: Rule, calls: tuple[PlannedCall, ...] = (), now: str = "06:00", **more: Any) -> None:
        self.state = State.empty(at(now))
        self.last = Changes()
        self.put(Configure(id="c", at=at(now), configuration=station(*rules, **more)))
        self.put(Plan(id="p", at=at(now), day=DAY, calls=calls or (planned(),)))
        self.put(GradeFeed(id="g", at=at(now), grade=FeedGrade.FRESH))

    def put(self, given: Input) -> Day:
        self.state, self.last = step(self.state, given)
        return self

    def feed(self, clock: str, **fields: object) -> Day:
        return self.put(Feed(id=f"f{clock}", at=at(clock), records=(record(**fields),)))

    def records(self, clock: str, *records: FeedRecord) -> Day:
        return self.put(Feed(id=f"f{clock}", at=at(clock), records=records))

    def ticks(self, first: str, last: str) -> Day:
        for minute in range(at(first), at(last) + 60, 60):
            self.put(Tick(id=f"t{minute}", at=minute))  # type: ignore[arg-type]
        return self

    def done(self, item: str, clock: str, state: TaskState = TaskState.DONE) -> Day:
        task = self.state.tasks[item]
        for target in task.targets:
            result = Result(target=target, state=state, at=at(clock), base=task.base)
            self.put(TaskResult(id=f"r{item}{target}{clock}", at=at(clock), task=item, result=result))
        return self

    def task(self, rule: str, occurrence: int = 1, call: str = G1) -> Task:
        return self.state.tasks[f"{call}/{rule}/{occurrence}"]

    def made(self, rule: str, call: str = G1) -> list[TaskState]:
        """The states of all occurrences."""
        tasks = (self.state.tasks[item] for item in self.state.tasks_of.get(call, ()))
        return [task.state for task in tasks if task.rule == rule]


# Whom a rule is for


@pytest.mark.parametrize(
    ("when", "for_it"),
    [
        ({}, True),
        ({"kinds": (CallKind.THROUGH,)}, True),
        ({"kinds": (CallKind.ORIGIN,)}, False),
        ({"classes": ("高速动车",)}, True),
        ({"classes": ("普快",)}, False),
        ({"trains": ("G2",)}, True),
        ({"trains": ("G3", "G1")}, True),
        ({"trains": ("G3",)}, False),
        ({"platforms": ("1", "2")}, True),
        ({"platforms": ("2",)}, False),
        ({"gates": ("2A", "1A")}, True),
        ({"gates": ("2A",)}, False),
        ({"areas": ("A",)}, True),
        ({"areas": ("B",)}, False),
        ({"weekdays": (7,)}, True),
        ({"weekdays": (1, 2, 3, 4, 5, 6)}, False),
        ({"kinds": (CallKind.THROUGH,), "weekdays": (1,)}, False),
        ({"kinds": (CallKind.THROUGH,), "gates": ("1A",), "trains": ("G1",)}, True),
    ],
)
def test_each_list_of_a_selector_must_hold_the_calls_value(when: dict[str, Any], for_it: bool) -> None:
    """1 March 2026 is a Sunday; any of the call's numbers counts; lists that are empty do not matter."""
    day = Day(notice(when=Selector(**when)), calls=(planned("G1/G2"),))
    assert day.made("n") == ([TaskState.PLANNED] if for_it else [])


@pytest.mark.parametrize(
    ("first", "last", "for_it"),
    [
        (None, DAY, True),
        (DAY, None, True),
        (DAY, DAY, True),
        (DAY + timedelta(days=1), None, False),
        (None, DAY - timedelta(days=1), False),
    ],
)
def test_a_rule_is_valid_on_service_dates_both_included(first: date | None, last: date | None, for_it: bool) -> None:
    """A train that leaves after midnight still is of its service date."""
    late = planned("G1", arrival="23:50", departure="23:59")
    day = Day(notice(valid_from=first, valid_until=last), calls=(late,))
    assert bool(day.made("n")) is for_it


def test_a_selector_follows_the_call_to_another_platform() -> None:
    """A rule for platform 1 loses the call that moves to platform 2, and has it back when it returns."""
    day = Day(notice(when=Selector(platforms=("1",))))
    assert day.feed("07:00", track="2").made("n") == [TaskState.WITHDRAWN]
    assert day.feed("07:05", track="1").made("n") == [TaskState.PLANNED]


def test_the_book_finds_what_selecting_one_by_one_finds() -> None:
    """For every kind of call, and for rules that ask for nothing, for a kind, and for more, in the file's order."""
    kinds: list[tuple[CallKind, ...]] = [(), (CallKind.THROUGH,), (CallKind.ORIGIN, CallKind.THROUGH)]
    parts = list(product(kinds, ((), ("1",), ("2",)), (None, 5), (None, DAY + timedelta(days=1))))
    rules = [
        Rule(
            id=f"r{number}",
            does=TaskKind.NOTICE,
            when=Selector(kinds=kinds, platforms=platforms),
            condition=Condition(late_at_least=late),
            valid_from=first,
            due=BEFORE_DEPARTURE,
        )
        for number, (kinds, platforms, late, first) in enumerate(parts)
    ]
    check_in = [replace(rule, id=f"c{rule.id}", does=TaskKind.CHECK_IN) for rule in rules]
    book = RuleBook([*check_in, *rules])
    call = Day().state.calls[G1]
    for kind in CallKind:
        changed = replace(call, kind=kind)
        expected = [rule for rule in rules if selects(rule, changed) and holds(rule, changed)]
        assert book.rules_for(changed) == expected
        assert book.check_in_rule(changed) == next(
            rule for rule in check_in if selects(rule, changed) and holds(rule, changed)
        )


# How things must stand

LATE = {"expected_arrival": at("08:12"), "expected_departure": at("08:22")}
EARLY = {"expected_arrival": at("07:50"), "expected_departure": at("08:04")}
UNKNOWN = {"arrival_unknown": True, "departure_unknown": True}


@pytest.mark.parametrize(
    ("condition", "news", "holding"),
    [
        ({"late_at_least": 12}, LATE, True),
        ({"late_at_least": 13}, LATE, False),
        ({"late_at_least": 1}, UNKNOWN, False),
        ({"late_at_most": 12}, LATE, True),
        ({"late_at_most": 11}, LATE, False),
        ({"late_at_most": 0}, EARLY, True),
        ({"late_at_most": 0}, UNKNOWN, False),
        ({"early_at_least": 6}, EARLY, True),
        ({"early_at_least": 7}, EARLY, False),
        ({"early_at_least": 1}, {}, False),
        ({"unknown": True}, UNKNOWN, True),
        ({"unknown": True}, {}, False),
        ({"unknown": False}, UNKNOWN, False),
        ({"unknown": False}, {}, True),
        ({"track_changed": True}, {"track": "2"}, True),
        ({"track_changed": True}, {}, False),
        ({"track_changed": False}, {"track": "2"}, False),
        ({"platform_changed": True}, {"track": "2"}, True),
        ({"platform_changed": False}, {}, True),
        ({"running": (Running.DIVERTED, Running.EXTRA)}, {"running": Running.DIVERTED}, True),
        ({"running": (Running.DIVERTED, Running.EXTRA)}, {}, False),
        ({"unconfirmed": False}, {}, True),
        ({"unconfirmed": True}, {}, False),
        ({"late_at_least": 5, "track_changed": True}, LATE | {"track": "2"}, True),
        ({"late_at_least": 5, "track_changed": True}, LATE, False),
    ],
)
def test_a_condition_is_tested_on_the_call_as_it_is_now(
    condition: dict[str, Any], news: dict[str, Any], holding: bool
) -> None:
    """Every part of it must hold; minutes are the departure's, of which the rule's due counts."""
    day = Day(notice(condition=Condition(**condition))).feed("06:30", **news)
    assert (day.made("n") in ([TaskState.PLANNED], [TaskState.DONE])) is holding


def test_another_face_of_the_same_platform_is_another_track() -> None:
    """Tracks 2 and 3 share platform 2."""
    rules = (
        notice(id="track", condition=Condition(track_changed=True)),
        notice(id="platform", condition=Condition(platform_changed=True)),
    )
    day = Day(*rules, calls=(planned(track="2"),)).feed("06:30", track="3")
    assert (day.made("track"), day.made("platform")) == ([TaskState.PLANNED], [])


def test_minutes_are_those_of_the_rules_own_event() -> None:
    """A rule about the arrival does not see that the departure is late."""
    arrival = Moment(base=Base.ARRIVAL, offset=-5)
    day = Day(
        notice(id="arrives", due=arrival, condition=Condition(late_at_least=5)),
        notice(id="leaves", condition=Condition(late_at_least=5)),
    ).feed("06:30", expected_departure=at("08:30"))
    assert (day.made("arrives"), day.made("leaves")) == ([], [TaskState.PLANNED])


def test_unconfirmed_follows_the_feed() -> None:
    """A train that is overdue while the feed is lost has the task, and loses it when the feed says where it is."""
    day = Day(light(condition=Condition(unconfirmed=True)))
    assert day.put(GradeFeed(id="x", at=at("08:00"), grade=FeedGrade.LOST)).ticks("08:01", "08:03").made("light") == [
        TaskState.PLANNED
    ]
    assert day.put(GradeFeed(id="y", at=at("08:04"), grade=FeedGrade.FRESH)).made("light") == [TaskState.WITHDRAWN]


def test_a_task_whose_condition_lapses_is_withdrawn_and_comes_back() -> None:
    """As with any rule that selects the call no more; a task that is done is left as it is."""
    rule = notice(condition=Condition(late_at_least=10), due=Moment(base=Base.DEPARTURE, offset=-60))
    day = Day(rule).feed("06:30", **LATE)
    assert day.made("n") == [TaskState.PLANNED]
    assert day.feed("06:31").made("n") == [TaskState.WITHDRAWN]
    assert day.feed("06:32", **LATE).made("n") == [TaskState.PLANNED]
    assert day.done(f"{G1}/n/1", "07:22").feed("07:30").made("n") == [TaskState.DONE]
    assert day.feed("07:31", **LATE).made("n") == [TaskState.DONE]


def test_creeping_makes_no_task_flap() -> None:
    """An overdue train creeps past the minutes of a condition once; what was done then stays done, and once only."""
    rule = notice(condition=Condition(late_at_least=5), due=Moment(base=Base.DEPARTURE, offset=-30), valid=60)
    day = Day(rule).feed("07:59", actual_arrival=at("07:59")).ticks("08:10", "08:14")
    assert day.made("n") == []
    day.ticks("08:15", "08:16")
    assert day.made("n") == [TaskState.PLANNED]
    day.done(f"{G1}/n/1", "08:16").ticks("08:17", "08:24")
    assert day.made("n") == [TaskState.DONE]
    day.feed("08:25", actual_arrival=at("07:59"), actual_departure=at("08:11")).ticks("08:26", "08:40")
    assert day.made("n") == [TaskState.DONE]


def test_a_begun_task_goes_on_though_its_condition_lapses() -> None:
    """What an executor has in hand is not taken out of it."""
    day = Day(notice(condition=Condition(late_at_least=10), due=Moment(base=Base.DEPARTURE, offset=-60)))
    day.feed("06:30", **LATE).done(f"{G1}/n/1", "07:22", TaskState.BEGUN)
    assert day.feed("07:23").made("n") == [TaskState.BEGUN]
    assert day.done(f"{G1}/n/1", "07:24").made("n") == [TaskState.DONE]


def test_check_in_may_have_a_condition() -> None:
    """A late train is checked in by another rule, as long as it is late."""
    late = replace(
        CHECK_IN, id="hurry", condition=Condition(late_at_least=10), start=Moment(base=Base.DEPARTURE, offset=-8)
    )
    day = Day(rules=(replace(late, after_arrival=None), CHECK_IN))
    assert day.state.calls[G1].check_in_open == at("07:55")
    assert day.feed("06:30", **LATE).state.calls[G1].check_in_open == at("08:14")
    assert (day.made("hurry"), day.made("check-in")) == ([TaskState.PLANNED], [TaskState.WITHDRAWN])
    assert day.feed("06:40").state.calls[G1].check_in_open == at("07:55")


# Triggers


def test_a_delay_that_is_known_again_is_told() -> None:
    """Not while it is unknown, nor of a train whose delay never was; the next time it is the next occurrence."""
    day = Day(notice(trigger=Trigger.DELAY_KNOWN))
    assert day.made("n") == []
    assert day.feed("06:30", **UNKNOWN).made("n") == []
    assert day.feed("07:00", **LATE).made("n") == [TaskState.PLANNED]
    assert day.task("n").due == at("07:00")
    assert day.task("n").text("notice", "zh") == "G1 08:10→08:22"
    day.done(f"{G1}/n/1", "07:01").feed("07:02", **(LATE | {"expected_departure": at("08:40")}))
    assert day.made("n") == [TaskState.DONE]
    assert day.feed("07:03", **UNKNOWN).feed("07:04", **LATE).made("n") == [TaskState.DONE, TaskState.PLANNED]


def test_an_early_train_is_told_of_and_once_more_when_it_is_much_earlier() -> None:
    """A move of more than `rearm` is news; while it is overdue nobody knows whether it is early still."""
    day = Day(notice(trigger=Trigger.EARLY, at_least=5, rearm=5, valid=120))
    assert day.feed("06:30", expected_arrival=at("07:50"), expected_departure=at("08:06")).made("n") == []
    day.feed("06:31", expected_arrival=at("07:40"), expected_departure=at("08:05")).done(f"{G1}/n/1", "06:31")
    day.feed("06:32", expected_arrival=at("07:40"), expected_departure=at("08:00"))
    assert day.made("n") == [TaskState.DONE]
    day.feed("06:33", expected_arrival=at("07:40"), expected_departure=at("07:50"))
    assert day.made("n") == [TaskState.DONE, TaskState.PLANNED]
    day.feed("07:41", expected_departure=at("07:50"), actual_arrival=at("07:39")).ticks("07:52", "07:59")
    assert day.made("n") == [TaskState.DONE, TaskState.WITHDRAWN]


def test_an_overdue_train_is_told_of_after_the_rules_minutes() -> None:
    """Counted from the time that has passed, which does not creep; a report before takes the notice back."""
    day = Day(notice(trigger=Trigger.OVERDUE, at_least=10)).ticks("07:58", "08:01")
    assert day.made("n") == []
    day.ticks("08:02", "08:05")
    assert (day.task("n").due, day.task("n").base) == (at("08:10"), at("08:00"))
    assert day.feed("08:06", actual_arrival=at("08:06")).made("n") == [TaskState.WITHDRAWN]


def test_arrival_and_departure_are_overdue_one_after_the_other() -> None:
    """Each of them is an occurrence of its own."""
    day = Day(notice(trigger=Trigger.OVERDUE, at_least=5)).ticks("08:02", "08:05").done(f"{G1}/n/1", "08:05")
    day.feed("08:20", actual_arrival=at("08:20")).ticks("08:21", "08:24")
    assert day.made("n") == [TaskState.DONE, TaskState.PLANNED]
    assert day.task("n", 2).base == at("08:10")


def test_a_track_change_is_told_though_the_platform_stays() -> None:
    """The other face of an island is another track; back on the planned one there is nothing to tell."""
    day = Day(
        notice(trigger=Trigger.TRACK_CHANGE),
        notice(id="p", trigger=Trigger.PLATFORM_CHANGE),
        calls=(planned(track="2"),),
    )
    assert day.feed("06:30", track="3").made("n") == [TaskState.PLANNED]
    assert day.made("p") == []
    assert day.feed("06:31", track="2").made("n") == [TaskState.WITHDRAWN]


def test_a_platform_change_is_told_once_though_the_track_changes_again() -> None:
    """The other face of the platform that people were sent to is no news to them; back there from elsewhere it is."""
    day = Day(notice(trigger=Trigger.PLATFORM_CHANGE)).feed("06:30", track="2").done(f"{G1}/n/1", "06:31")
    day.feed("06:35", track="3")
    assert (day.state.calls[G1].platform_since, day.made("n")) == (at("06:30"), [TaskState.DONE])
    assert day.feed("06:40", track="1").made("n") == [TaskState.DONE]
    day.feed("06:45", track="3")
    assert (day.task("n", 2).base, day.made("n")) == (at("06:45"), [TaskState.DONE, TaskState.PLANNED])


def test_a_track_set_by_hand_where_the_train_is_already_does_not_move_its_platform() -> None:
    """A person who confirms the dispatchers' track, or chooses its neighbour, has nothing said a second time."""
    day = Day(notice(trigger=Trigger.PLATFORM_CHANGE)).feed("06:30", track="2").done(f"{G1}/n/1", "06:31")
    for clock, track in (("06:32", "2"), ("06:33", "3")):
        day.put(Act(id=track, at=at(clock), by="controller 2", deeds=(SetTrack(call=G1, track=track),)))
    assert day.made("n") == [TaskState.DONE]


def test_a_platform_that_a_plan_keeps_is_told_of_once() -> None:
    """A train at its first platform is moved there by the plan alone; its track's neighbour is no news either."""
    day = Day(notice(trigger=Trigger.PLATFORM_CHANGE), calls=(planned(track="2"),)).feed("06:30", track="3")
    day.put(Plan(id="q", at=at("06:31"), day=DAY, calls=(planned(track="1"),)))
    assert day.made("n") == [TaskState.PLANNED]
    day.done(f"{G1}/n/1", "06:32").feed("06:35", track="2")
    assert (day.state.calls[G1].planned_platform, day.made("n")) == ("1", [TaskState.DONE])


def test_a_configuration_that_moves_a_track_tells_of_the_platform() -> None:
    """The train is on its track as before, and its platform has become another one now."""
    island = tuple(replace(item, platform="1") if item.id == "2" else item for item in TRACKS)
    before = station(notice(trigger=Trigger.PLATFORM_CHANGE), places=(*PLATFORMS, *island, *OTHERS, *POSTS, *LIGHTS))
    day = Day().put(Configure(id="c2", at=at("06:10"), configuration=before)).feed("06:30", track="2")
    assert day.made("n") == []
    day.put(Configure(id="c3", at=at("06:40"), configuration=station(notice(trigger=Trigger.PLATFORM_CHANGE))))
    assert (day.state.calls[G1].platform_since, day.task("n").base) == (at("06:40"), at("06:40"))


def test_an_undone_platform_change_is_one_itself() -> None:
    """The train is again where it was announced before; people have been told otherwise in between."""
    day = Day(notice(trigger=Trigger.PLATFORM_CHANGE), places=THREE).feed("06:30", track="2")
    day.done(f"{G1}/n/1", "06:31")
    day.put(Act(id="a", at=at("06:35"), by="controller 2", deeds=(SetTrack(call=G1, track="5"),)))
    day.done(f"{G1}/n/2", "06:36")
    day.put(Act(id="b", at=at("06:40"), by="controller 2", deeds=(Undo(act="a"),)))
    assert day.state.calls[G1].platform == "2"
    assert (day.task("n", 3).base, day.task("n", 3).state) == (at("06:40"), TaskState.PLANNED)


def test_a_platform_that_is_another_only_within_a_step_has_not_changed() -> None:
    """There and back in one act: nobody has seen it."""
    day = Day(notice(trigger=Trigger.PLATFORM_CHANGE)).feed("06:30", track="2")
    deeds = (SetTrack(call=G1, track="1"), SetTrack(call=G1, track="2"))
    day.put(Act(id="a", at=at("06:35"), by="controller 2", deeds=deeds))
    assert day.state.calls[G1].platform_since == at("06:30")


def test_a_call_written_down_without_the_time_of_its_platform_has_that_of_its_track() -> None:
    """As the kernel that wrote it had it: what was announced then is not announced once more."""
    day = Day(notice(trigger=Trigger.PLATFORM_CHANGE)).feed("06:30", track="2").done(f"{G1}/n/1", "06:31")
    old = [
        replace(item, value=replace(item.value, platform_since=None)) if isinstance(item.value, Call) else item
        for item in day.state.resources()
    ]
    assert "platform_since" not in to_text(next(item.value for item in old if item.kind == "call"))
    day.state = State.from_resources(old)
    assert day.feed("06:40", expected_departure=at("08:11"), track="2").made("n") == [TaskState.DONE]
    assert day.state.calls[G1].platform_since is None
    day.feed("06:41", track="1").feed("06:42", track="2")
    assert (day.state.calls[G1].platform_since, len(day.made("n"))) == (at("06:42"), 2)


def test_an_added_train_can_be_taken_back_though_its_platform_has_a_time() -> None:
    """When the platform became what it is follows, and is nothing that somebody has set."""
    day = Day().put(Act(id="a", at=at("06:10"), by="controller 2", deeds=(AddCall(day=DAY, planned=planned("X1")),)))
    assert day.state.calls["TST/2026-03-01/X1/1"].platform_since == at("06:10")
    day.put(Act(id="b", at=at("06:20"), by="controller 2", deeds=(Undo(act="a"),)))
    assert "TST/2026-03-01/X1/1" not in day.state.calls


def test_a_restored_train_is_told_of_and_a_scheduled_one_is_not() -> None:
    """Only after it was suspended."""
    day = Day(notice(trigger=Trigger.RESTORED))
    assert day.made("n") == []
    assert day.feed("06:30", running=Running.SUSPENDED).made("n") == []
    assert day.feed("06:40").made("n") == [TaskState.PLANNED]
    assert day.feed("06:41", running=Running.SUSPENDED).made("n") == [TaskState.WITHDRAWN]


def test_an_extra_train_is_told_of() -> None:
    """One that the plan never had, once."""
    day = Day(notice(trigger=Trigger.EXTRA, ahead=60)).records("06:30", record("G7", running=Running.EXTRA))
    task = day.task("n", call="TST/2026-03-01/G7/1")
    assert (task.due, task.text("notice", "en")) == (at("07:10"), "G7 0")
    assert day.made("n") == []


def test_a_triggered_rule_also_asks_its_condition() -> None:
    """Of a delay that is not yet long the one rule tells, of a long one the other."""
    day = Day(
        notice(id="short", trigger=Trigger.DELAY, at_least=5, condition=Condition(late_at_most=29)),
        notice(id="long", trigger=Trigger.DELAY, at_least=5, condition=Condition(late_at_least=30)),
    ).feed("06:30", **LATE)
    assert (day.made("short"), day.made("long")) == ([TaskState.PLANNED], [])
    day.feed("06:31", expected_arrival=at("08:30"), expected_departure=at("08:40"))
    assert (day.made("short"), day.made("long")) == ([TaskState.WITHDRAWN], [TaskState.PLANNED])


# Manual rules, notices, lights


def test_the_tasks_of_a_manual_rule_are_prepared_and_held() -> None:
    """Point tasks do not open and intervals are not on; of an automatic rule they are."""
    day = Day(
        notice(id="waits", mode=RuleMode.MANUAL),
        notice(id="goes"),
        light(id="dark", mode=RuleMode.MANUAL),
        light(id="lit"),
    )
    assert [day.task(rule).held for rule in ("waits", "goes", "dark", "lit")] == [True, False, True, False]
    assert [announcement_open(day.task(rule), at("08:01")) for rule in ("waits", "goes")] == [False, True]
    assert [interval_on(day.task(rule), at("08:01")) for rule in ("dark", "lit")] == [False, True]


def test_a_notice_goes_to_its_posts_and_says_its_template() -> None:
    """Wherever the train is; it is a point task like an announcement."""
    day = Day(notice(posts=("duty", "gates"))).feed("06:30", track="2", **LATE)
    task = day.task("n")
    assert (task.kind, task.targets, task.due, task.valid_until) == (
        TaskKind.NOTICE,
        ("duty", "gates"),
        at("08:12"),
        at("08:17"),
    )
    assert [(text.name, text.language, text.text) for text in task.texts] == [
        ("notice", "zh", "G1 08:10→08:22"),
        ("notice", "en", "G1 12"),
    ]


def test_nobody_is_told_of_notices_that_no_subsystem_ever_took() -> None:
    """They are unconfirmed all the same; where there was one and it is gone, each is told of."""
    unsigned = Day(notice()).ticks("08:05", "08:06")
    assert unsigned.made("n") == [TaskState.UNCONFIRMED]
    assert [note.code for note in unsigned.last.notes] == []
    day = Day(notice())
    for present in (True, False):
        day.put(Presence(id=f"{present}", at=at("06:00"), kind=TaskKind.NOTICE, present=present))
    assert [note.code for note in day.ticks("08:05", "08:06").last.notes] == ["task-unconfirmed"]
    assert day.made("n") == [TaskState.UNCONFIRMED]


def test_a_light_is_on_around_its_train() -> None:
    """From its start to its end, at the platform where the train is; a late train keeps it on until it has gone."""
    day = Day(light())
    task = day.task("light")
    assert (task.kind, task.targets, task.texts, task.stages) == (TaskKind.LIGHTING, ("light-1",), (), ())
    assert [interval_on(task, at(clock)) for clock in ("07:44", "07:45", "08:19", "09:19", "09:20")] == [
        False,
        True,
        True,
        True,
        False,
    ]
    day.feed("08:11", actual_arrival=at("08:00"), actual_departure=at("08:11"))
    assert [interval_on(day.task("light"), at(clock)) for clock in ("08:20", "08:21")] == [True, False]
    assert day.feed("08:12", track="3").task("light").targets == ("light-2",)


def test_a_light_is_on_while_any_train_wants_it() -> None:
    """Two trains overlap: it goes off after the second; a light without type and other types are never switched."""
    day = Day(light(awaits=None), calls=(planned(), planned("G3", arrival="08:20", departure="08:30")))
    tasks = day.state.tasks.values()
    clocks = ("07:44", "07:45", "08:04", "08:05", "08:20", "08:39", "08:40")
    assert [lights_on(tasks, at(clock)) for clock in clocks] == [
        frozenset(),
        *[frozenset({"light-1"})] * 5,
        frozenset(),
    ]


def test_nothing_is_lit_for_a_suspended_train_or_one_that_nobody_knows_when_to_expect() -> None:
    """Restored and known again, it is."""
    day = Day(light())
    assert day.feed("07:50", running=Running.SUSPENDED).made("light") == [TaskState.WITHDRAWN]
    assert lights_on(day.state.tasks.values(), at("07:51")) == frozenset()
    assert lights_on(day.feed("07:51").state.tasks.values(), at("07:52")) == frozenset({"light-1"})
    assert lights_on(day.feed("07:52", **UNKNOWN).state.tasks.values(), at("07:53")) == frozenset()
    assert lights_on(day.feed("07:53").state.tasks.values(), at("07:54")) == frozenset({"light-1"})


def test_a_light_stays_on_for_a_train_that_stands_there_until_further_notice() -> None:
    """It has arrived, and nobody knows when it leaves: for a day at the longest."""
    day = Day(light()).feed("08:05", actual_arrival=at("08:01"), departure_unknown=True)
    task = day.task("light")
    assert (task.end, task.hard_end) == (None, at("08:20", days=1))
    assert interval_on(task, at("20:00"))


# Templates


def test_a_template_that_fails_is_seen_and_stops_nothing() -> None:
    """The check proves templates with many values, and cannot prove them with all."""
    broken = Template(id="said", texts=both("{{ 1 // (minutes - 7) }}", "fine"))
    day = Day(notice(), templates=(*STATION.templates, broken)).feed(
        "06:30", expected_arrival=at("08:07"), expected_departure=at("08:17")
    )
    assert day.task("n").text("notice", "zh") == "[said: integer division or modulo by zero]"
    assert day.task("n").text("notice", "en") == "fine"


# Another configuration in the middle of the day


def reconfigured(day: Day, clock: str, *rules: Rule, **more: Any) -> Day:
    return day.put(Configure(id=f"c{clock}", at=at(clock), configuration=station(*rules, **more)))


def test_what_is_done_stays_done_under_new_rules() -> None:
    """Begun and done tasks of a rule that is gone stay for the record; what is planned is withdrawn."""
    early = Moment(base=Base.DEPARTURE, offset=-60)
    day = Day(*(notice(id=item, due=early) for item in ("done", "begun", "planned")), light())
    day.done(f"{G1}/done/1", "07:10").done(f"{G1}/begun/1", "07:10", TaskState.BEGUN)
    reconfigured(day, "07:11")
    states = [day.task(rule).state for rule in ("done", "begun", "planned", "light")]
    assert states == [TaskState.DONE, TaskState.BEGUN, TaskState.WITHDRAWN, TaskState.WITHDRAWN]
    reconfigured(day, "07:12", *(notice(id=item, due=early) for item in ("done", "begun", "planned")), light())
    states = [day.task(rule).state for rule in ("done", "begun", "planned", "light")]
    assert states == [TaskState.DONE, TaskState.BEGUN, TaskState.PLANNED, TaskState.PLANNED]


def test_a_changed_rule_changes_what_is_planned() -> None:
    """Time, posts and words are the new ones; a done task keeps what it said."""
    day = Day(notice(id="later"), notice(id="done", due=Moment(base=Base.DEPARTURE, offset=-60)))
    day.done(f"{G1}/done/1", "07:10")
    said = Template(id="said", texts=both("新", "new"))
    changed = [
        notice(id=item, posts=("duty",), due=Moment(base=Base.DEPARTURE, offset=-5)) for item in ("later", "done")
    ]
    reconfigured(day, "07:11", *changed, templates=(*STATION.templates, said))
    later, done = day.task("later"), day.task("done")
    assert (later.due, later.targets, later.text("notice", "en")) == (at("08:05"), ("duty",), "new")
    assert (done.state, done.targets, done.text("notice", "en")) == (TaskState.DONE, ("gates",), "G1 0")


def test_a_platforms_new_gates_are_its_calls_gates() -> None:
    """A call that has gates of its own keeps them."""
    own = replace(planned("G3"), gates=("2A",))
    day = Day(notice(), calls=(planned(), own))
    moved = tuple(
        replace(item, gates=("1A", "1B")) if (item.kind, item.id) == (PlaceKind.PLATFORM, "1") else item
        for item in STATION.places
    )
    more: tuple[Place, ...] = (place(PlaceKind.GATE, "1B"),)
    assert len(OTHERS) < len(moved)
    reconfigured(day, "06:10", notice(), places=(*moved, *more, *POSTS))
    assert day.state.calls[G1].gates == ("1A", "1B")
    assert day.task("check-in").targets == ("1A", "1B")
    assert day.state.calls["TST/2026-03-01/G3/1"].gates == ("2A",)
