"""Events day after day: each once, in order, for ever."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

from stationmaster_base.times import Instant, from_iso, local_instant
from stationmaster_kernel.values import EventName
from stationmaster_simulator.calendar import DailyEvents, GivenEvents
from stationmaster_simulator.events import Report, ScenarioEvent, run_id

ZONE = ZoneInfo("Asia/Shanghai")
NOON = from_iso("2026-03-10T04:00:00Z")
DAY_S = 86400


class Days:
    """Makes for each day an entry three days before and a report at noon, and remembers which days it made."""

    def __init__(self, *, empty: bool = False) -> None:
        self.made: list[date] = []
        self._empty = empty

    def __call__(self, day: date) -> tuple[ScenarioEvent, ...]:
        self.made.append(day)
        if self._empty:
            return ()
        noon = local_instant(day, time(12), ZONE)
        early = local_instant(day, time(0), ZONE, days=-3)
        run = run_id(day, 1)
        return (
            Report(at=Instant(early + 20), run=run, event=EventName.ARRIVAL, actual=early),
            Report(at=Instant(noon + 20), run=run, event=EventName.DEPARTURE, actual=noon),
        )


def test_the_days_around_now_are_made() -> None:
    """At the start: yesterday to three days ahead, and the one that enters at the next midnight."""
    days = Days()
    DailyEvents(days, ZONE, NOON)
    assert days.made == [date(2026, 3, number) for number in range(9, 15)]


def test_each_event_comes_once_and_in_order() -> None:
    """Hour by hour over ten days: the same events as in one leap, and none twice."""
    steps = DailyEvents(Days(), ZONE, NOON)
    leap = DailyEvents(Days(), ZONE, NOON)
    stepped = [event for hour in range(241) for event in steps.until(NOON + hour * 3600)]
    leaped = leap.until(NOON + 10 * DAY_S)
    assert stepped == leaped
    assert len(set(stepped)) == len(stepped)
    assert [event.at for event in stepped] == sorted(event.at for event in stepped)
    assert steps.until(NOON + 10 * DAY_S) == []
    assert {event.run for event in stepped} == {run_id(date(2026, 3, number), 1) for number in range(9, 24)}


def test_the_next_instant_is_always_known() -> None:
    """After everything due was taken, the next event lies ahead, at most a day."""
    events = DailyEvents(Days(), ZONE, NOON)
    for hour in range(0, 200, 7):
        now = NOON + hour * 3600
        events.until(now)
        next_at = events.next_at()
        assert next_at is not None
        assert now < next_at <= now + DAY_S


def test_empty_days_are_passed_over() -> None:
    """A timetable with no trains for days still has a next moment: the midnight at which to look again."""
    days = Days(empty=True)
    events = DailyEvents(days, ZONE, NOON)
    assert events.until(NOON) == []
    next_at = events.next_at()
    assert next_at == local_instant(date(2026, 3, 11), time(0), ZONE)
    events.until(next_at)
    assert days.made[-1] == date(2026, 3, 15)


def test_runs_are_those_that_something_is_to_come_for() -> None:
    """At the start these are the runs whose rows the events say everything of."""
    events = DailyEvents(Days(), ZONE, NOON)
    assert events.runs() == {run_id(date(2026, 3, number), 1) for number in range(9, 15)}


def test_given_events_come_once_in_order_and_end() -> None:
    """A written scenario is given by its instants, whatever its order, and then there is nothing more."""
    late = Report(at=Instant(20), run=1, event=EventName.DEPARTURE, actual=Instant(0))
    early = Report(at=Instant(10), run=1, event=EventName.ARRIVAL, actual=Instant(0))
    events = GivenEvents([late, early])
    assert events.runs() == {1}
    assert events.next_at() == 10
    assert events.until(15) == [early]
    assert events.until(15) == []
    assert events.next_at() == 20
    assert events.until(1e9) == [late]
    assert events.next_at() is None
