"""What waits for a person is seen, with the reason; what may be said, or may not any more, is not among it."""

from dataclasses import replace

from stationmaster_agent.machine import AgentState
from stationmaster_agent.view import View
from stationmaster_base.times import Instant
from stationmaster_broadcast.zones.kept_back import Why, kept_back
from stationmaster_kernel.mode import Mode
from stationmaster_kernel.task import Result, Task
from stationmaster_kernel.values import EventName, FeedGrade, Hand, TaskState
from support.fake_broadcast import START, announcement


def seen(*tasks: Task, at: int = 600, **more: object) -> list[tuple[str, str, Why]]:
    """What waits at so many seconds after the start, with a feed that was last fresh at the start."""
    given = {"state": AgentState.ALONE, "fresh_at": START, "tasks": {task.id: task for task in tasks}}
    view = View(**(given | more))
    return [(each.task.id.split("/")[2], each.target, each.why) for each in kept_back(view, START + at)]


def task(number: str = "G1", **more: object) -> Task:
    """An announcement that is due at 300 and valid for twenty minutes."""
    return replace(announcement(number, due=300, valid=1200, targets=("a", "b")), **more)


def test_a_feed_that_is_too_old_keeps_it_back() -> None:
    """From the second after its limit on, in every zone; with a fresh feed, a higher limit or none it is said."""
    limited = task(feed_limit=5)
    assert seen(limited, at=300) == []
    assert seen(limited, at=301) == [("G1", "a", Why.FEED), ("G1", "b", Why.FEED)]
    assert seen(limited, task("G2", feed_limit=10), task("G3"), at=600) == [
        ("G1", "a", Why.FEED),
        ("G1", "b", Why.FEED),
    ]
    assert seen(limited, state=AgentState.ONLINE, grade=FeedGrade.FRESH) == []
    assert seen(limited, state=AgentState.ONLINE, grade=FeedGrade.LOST) != []
    assert seen(task(feed_limit=5, due=Instant(START + 100)), at=200, fresh_at=None) != []


def test_a_person_who_says_now_has_it_said() -> None:
    """It does not wait for anybody any more."""
    assert seen(task(feed_limit=5, by_hand=Instant(START + 500), hand=Hand.RELEASED)) == []


def test_what_is_held_and_what_is_manual() -> None:
    """Each with its reason, in the order in which they would be said."""
    manual = (Mode(id="rule.open", since=Instant(START), by="x"),)
    tasks = (task("G1", held=True), task("G2", order=Instant(START - 1)), task("G3", priority=40))
    assert seen(*tasks, modes=manual) == [
        ("G3", "a", Why.MANUAL),
        ("G3", "b", Why.MANUAL),
        ("G2", "a", Why.MANUAL),
        ("G2", "b", Why.MANUAL),
        ("G1", "a", Why.HELD),
        ("G1", "b", Why.HELD),
    ]


def test_what_nobody_need_release() -> None:
    """Not yet due, too old, awaiting its event, withdrawn, or said there already."""
    said = Result(target="a", state=TaskState.DONE, at=Instant(START + 400))
    late = {"feed_limit": 5}
    assert seen(task(**late), at=299) == []
    assert seen(task(**late), at=1500) == []
    assert seen(task(**late, awaits=EventName.ARRIVAL)) == []
    assert seen(task(**late, state=TaskState.WITHDRAWN), task("G2", held=True, state=TaskState.DONE)) == []
    assert seen(task(**late, state=TaskState.BEGUN, results=(said,))) == [("G1", "b", Why.FEED)]
