"""Sounds are made before they are due, at an easy pace, and not in vain."""

from pathlib import Path

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.ahead import AT_ONCE, PACE, Ahead
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskState
from support.fake_broadcast import FakeEngine, Hall, announcement, hall, works


def ahead(held: Hall, tasks: dict[str, Task], minutes: int = 10) -> Ahead:
    """What makes the hall's sounds ahead of time."""
    return Ahead(
        reactor=held.machine,
        clock=held.clock,
        studio=held.studio,
        minutes=minutes,
        tasks=lambda: tasks,
        recipe=held.performer.recipe,
    )


def by_id(*tasks: Task) -> dict[str, Task]:
    """The tasks as a replica holds them."""
    return {task.id: task for task in tasks}


def test_what_is_due_within_the_time_is_made_in_order_of_due(tmp_path: Path) -> None:
    """Neither what is over, nor what is held, nor what is later; and once only."""
    engine = FakeEngine()
    held = hall(tmp_path, engine=engine)
    tasks = by_id(
        announcement("G2", due=300, en=""),
        announcement("G1", due=60, en=""),
        announcement("G3", due=601, en=""),
        announcement("G4", due=60, en="", more={"state": TaskState.DONE}),
        announcement("G5", due=0, en=""),
    )
    maker = ahead(held, tasks)
    for _ in range(5):
        maker.changed()
    held.machine.advance(PACE / 2)
    assert engine.asked == []
    held.machine.advance(PACE / 2)
    maker.changed()
    held.machine.advance(PACE)
    assert engine.asked == ["高幺次列车检票", "高二次列车检票"]
    held.clock.at += 2
    maker.changed()
    held.machine.advance(PACE)
    assert engine.asked[2:] == ["高三次列车检票"]


def test_a_due_announcement_begins_from_what_was_made_ahead(tmp_path: Path) -> None:
    """When it is due the engine is not asked again."""
    engine = FakeEngine()
    held = hall(tmp_path, engine=engine)
    task = announcement("G1", due=60)
    maker = ahead(held, by_id(task))
    maker.changed()
    held.machine.advance(PACE)
    made = list(engine.asked)
    held.step(60)
    engine.by_hand = True
    held.offer(*works(task))
    assert engine.asked == made
    assert [item[1] for item in held.agent.said] == ["begin"]


def test_many_are_made_in_portions(tmp_path: Path) -> None:
    """A hundred that become known at once do not all stand before the engine at once."""
    engine = FakeEngine(by_hand=True)
    held = hall(tmp_path, engine=engine)
    maker = ahead(held, by_id(*(announcement(f"G{number}", due=60, en="") for number in range(2 * AT_ONCE))))
    maker.changed()
    held.machine.advance(PACE)
    assert held.studio.waiting == AT_ONCE
    while engine.waiting:
        engine.go_on()
    held.machine.advance(PACE)
    assert held.studio.waiting == AT_ONCE


def test_what_failed_is_not_tried_again_before_it_is_due(tmp_path: Path) -> None:
    """When it is due it is."""
    engine = FakeEngine()
    engine.failures["高幺次列车检票"] = StationError("speech-failed", "no")
    held = hall(tmp_path, engine=engine)
    task = announcement("G1", due=60, en="")
    maker = ahead(held, by_id(task))
    for _ in range(3):
        maker.changed()
        held.machine.advance(PACE)
    assert len(engine.asked) == 1
    engine.failures.clear()
    held.step(60)
    held.offer(*works(task))
    assert [item[1] for item in held.agent.said] == ["begin"]


def test_while_the_engine_is_down_it_waits(tmp_path: Path) -> None:
    """And goes on by itself when the engine is back."""
    engine = FakeEngine()
    engine.problem = "starting"
    held = hall(tmp_path, engine=engine)
    maker = ahead(held, by_id(announcement("G1", due=60, en="")))
    maker.changed()
    held.machine.advance(PACE)
    assert engine.asked == []
    engine.problem = ""
    held.machine.advance(PACE)
    assert engine.asked == ["高幺次列车检票"]


def test_it_can_be_switched_off_and_stopped(tmp_path: Path) -> None:
    """With 0 minutes nothing is made ahead; after a stop no timer is left."""
    engine = FakeEngine()
    held = hall(tmp_path, engine=engine)
    ahead(held, by_id(announcement("G1", due=60)), minutes=0).changed()
    maker = ahead(held, by_id(announcement("G1", due=60)))
    maker.changed()
    maker.stop()
    held.machine.advance(10)
    assert engine.asked == []
    assert not held.machine.getDelayedCalls()
