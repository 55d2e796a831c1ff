"""What hangs on no train, and what a person has ordered on before its time: the columns of their tables."""

from __future__ import annotations

from stationmaster_kernel.deeds import Announce, Handle, Handling, Show
from stationmaster_kernel.task import Text, interval_on
from stationmaster_kernel.values import Running, TaskState
from support.small_station import at
from support.states_bringing import POINT_STATES, ROW_STATES, Bring, Column, bring_on, bring_to_come, in_state, is_off
from support.states_station import LOOSE, Story

__all__ = ["ANNOUNCED_STATES", "BY_HAND_STATES", "BY_HAND_SUBJECTS", "TEXT_STATES"]

WORDS = (Text(name="speech", language="zh", text="请注意"), Text(name="speech", language="en", text="Attention"))


def _announce(story: Story) -> None:
    """A person has something to say in two zones at ten to eight, or within ten minutes of it."""
    story.order(Announce(targets=("waiting-A", "waiting-B"), texts=WORDS, due=at("07:50"), valid=10))


def _show(story: Story) -> None:
    """A person has a text for a board from ten to eight until eight."""
    story.order(Show(targets=("hall-1",), texts=WORDS, start=at("07:50"), end=at("08:00")))


def _after(first: Bring, then: Bring) -> Bring:
    def bring(story: Story) -> None:
        assert story.subject == LOOSE
        first(story)
        then(story)

    return bring


def _made(first: Bring, column: Column) -> Column:
    return Column(ways=tuple(_after(first, way) for way in column.ways), holds=column.holds)


def _shown(story: Story) -> None:
    """Its end has come."""
    story.to("08:05")
    assert not interval_on(story.task, story.now)


ANNOUNCED_STATES: dict[str, Column] = {
    "to come" if name == "planned" else name: _made(_announce, column)
    for name, column in POINT_STATES.items()
    if name not in ("time unknown", "awaits a report", "withdrawn")
}
"""The states of an operator's announcement."""

TEXT_STATES: dict[str, Column] = {
    "to come": _made(_show, ROW_STATES["to come"]),
    "on": _made(_show, ROW_STATES["on"]),
    "over": Column(ways=(_after(_show, _shown),), holds=is_off),
    "skipped": _made(_show, ROW_STATES["skipped"]),
    "kept back": _made(_show, ROW_STATES["kept back"]),
}
"""The states of an operator's text on boards."""


def _ordered(story: Story) -> None:
    """A person wants it on before its time."""
    bring_to_come(story)
    story.order(Handle(tasks=(story.task.id,), how=Handling.NOW))
    assert interval_on(story.task, story.now)


def _in_its_time(story: Story) -> None:
    _ordered(story)
    bring_on(story)


def _withdrawn_since(story: Story) -> None:
    _ordered(story)
    story.wait(1)
    story.feed(running=Running.SUSPENDED, reason="大风")


def _is_ordered(story: Story) -> bool:
    task = story.task
    return task.by_hand is not None and task.start == task.by_hand and interval_on(task, story.now)


_ORDERED = Column(ways=(_ordered,), holds=_is_ordered)
_WITHDRAWN_SINCE = Column(ways=(_withdrawn_since,), holds=in_state(TaskState.WITHDRAWN))

BY_HAND_STATES: dict[str, Column] = {
    "row before its time": _ORDERED,
    "row in its time": Column(ways=(_in_its_time,), holds=_is_ordered),
    "lights before their time": _ORDERED,
    "lights, withdrawn since": _WITHDRAWN_SINCE,
    "check-in before its time": _ORDERED,
    "check-in, withdrawn since": _WITHDRAWN_SINCE,
}
"""What a person has ordered on: before the time that its rule gives, so long ago that this has come, or withdrawn."""

BY_HAND_SUBJECTS = {
    column: {"row": "hall", "lights": "lights", "check-in": "check-in"}[column.split()[0].rstrip(",")]
    for column in BY_HAND_STATES
}
"""Column → whose task it is about."""
