"""What waits in a zone is said in order of class, due time and trains, once, and not too late."""

from hypothesis import given
from hypothesis import strategies as st

from stationmaster_agent.work import Work
from stationmaster_broadcast.speech.recording import Recipe
from stationmaster_broadcast.zones.classes import CLASSES, class_of
from stationmaster_broadcast.zones.queue import Waiting, ZoneQueue, may_interrupt
from stationmaster_kernel.task import Task
from support.fake_broadcast import START, announcement

TASKS = st.builds(
    lambda number, due, valid, order, priority: announcement(
        f"G{number}", due=due, valid=valid, order=order, priority=priority
    ),
    st.integers(1, 30),
    st.integers(0, 300),
    st.integers(1, 300),
    st.integers(0, 3000),
    st.sampled_from([5, 30, 40, 50, 55, 80]),
)


def waiting(task: Task) -> Waiting:
    """The task, waiting in its first zone."""
    return Waiting(work=Work(task=task, target=task.targets[0]), recipe=Recipe(key=task.id, utterances=()))


@given(st.lists(TASKS, unique_by=lambda task: task.id), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_news(tasks: list[Task], random: object) -> None:
    """Priority, then due, then train, then id, however they came in."""
    one, other = ZoneQueue(), ZoneQueue()
    for task in tasks:
        one.put(waiting(task))
    random.shuffle(tasks)
    for task in tasks:
        other.put(waiting(task))
    ids = [item.work.task.id for item in one.ordered()]
    assert ids == [item.work.task.id for item in other.ordered()]
    places = [(item.work.task.priority, item.work.task.due, item.work.task.order) for item in one.ordered()]
    assert places == sorted(places)


@given(st.lists(TASKS), st.lists(st.integers(0, 700), max_size=20))
def test_nothing_twice_and_nothing_too_old(tasks: list[Task], moments: list[int]) -> None:
    """Taking one after the other at any times, each task comes at most once, and never from its valid_until on."""
    queue = ZoneQueue()
    for task in tasks:
        queue.put(waiting(task))
    said: list[str] = []
    dropped: list[str] = []
    for moment in sorted(moments):
        dropped += [item.work.task.id for item in queue.drop_too_old(START + moment)]
        first = queue.first()
        if first is not None:
            assert START + moment < first.work.task.valid_until
            assert queue.remove(first.work)
            said.append(first.work.task.id)
    assert len(set(said)) == len(said)
    assert not set(said) & set(dropped)


def test_a_newer_form_takes_the_place_of_the_older() -> None:
    """One task waits once in a zone; retracting the older form does not take out the newer."""
    queue = ZoneQueue()
    old, new = waiting(announcement("G1", zh="old")), waiting(announcement("G1", zh="new"))
    queue.put(old)
    queue.put(new)
    assert len(queue) == 1
    assert not queue.remove(old.work)
    assert queue.first() is new
    assert queue.remove(new.work)
    assert queue.first() is None


def test_classes_cover_every_priority_in_order() -> None:
    """Every number has a class, the smaller ones the higher class, and the default is check-in and arrival."""
    assert [item.id for item in CLASSES] == [
        "emergency",
        "microphone",
        "operator",
        "disruption",
        "traffic",
        "courtesy",
        "music",
    ]
    assert [class_of(priority).id for priority in (0, 9, 10, 25, 40, 50, 80, 100, 99999)] == [
        "emergency",
        "emergency",
        "microphone",
        "operator",
        "disruption",
        "traffic",
        "courtesy",
        "music",
        "music",
    ]
    assert [item.up_to for item in CLASSES] == sorted({item.up_to for item in CLASSES})


@given(st.integers(0, 120), st.integers(0, 120))
def test_who_cuts_into_whom(above: int, below: int) -> None:
    """By hand or worse cuts into all below it; trains only into courtesies and music; nothing into its own class."""
    first = Work(task=announcement("G1", priority=above), target="a")
    second = Work(task=announcement("G2", priority=below), target="a")
    assert may_interrupt(first, second) is (
        (above <= 9 < below)
        or (above <= 19 < below)
        or (above <= 29 < below)
        or (above <= 69 < below)
        or (above <= 89 < below)
    )
