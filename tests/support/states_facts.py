"""Why some cells of the tables cannot be: facts of a story that rule them out, each put in words."""

from __future__ import annotations

from stationmaster_kernel.task import interval_on
from stationmaster_kernel.values import Running, TaskState
from support.states_station import G1, Story

__all__ = [
    "awaits_again",
    "awaits_nothing",
    "has_arrived",
    "has_left",
    "has_no_time",
    "is_freed",
    "is_given_up",
    "is_marked",
    "is_not_silent",
    "is_not_there",
    "is_on",
    "is_past",
    "is_reported",
    "is_withdrawn",
    "never_reported",
]


def is_withdrawn(story: Story) -> bool:
    """What nothing asks for any more is withdrawn."""
    return story.task.state is TaskState.WITHDRAWN


def has_no_time(story: Story) -> bool:
    """While the delay is unknown, nothing is due."""
    return story.task.state is TaskState.PLANNED and story.task.due is None


def is_freed(story: Story) -> bool:
    """Once it is reported, what waited for it is due at once, and knows its time."""
    return story.task.awaits is None and story.task.due is not None and story.task.due <= story.now


def never_reported(story: Story) -> bool:
    """A suspended train has no report that could be taken back."""
    arrival = story.state.calls[G1].arrival
    return arrival is not None and arrival.actual is None and story.view.running is Running.SUSPENDED


def has_left(story: Story) -> bool:
    """A train that has left is not suspended: the feed's record of it is quarantined."""
    departure = story.state.calls[G1].departure
    return departure is not None and departure.actual is not None and story.state.calls[G1].running is Running.SCHEDULED


def is_marked(story: Story) -> bool:
    """By then it is too old, and has been marked so."""
    return story.task.state is TaskState.EXPIRED


def is_not_silent(story: Story) -> bool:
    """By then what had not begun is marked or withdrawn."""
    return all(story.task.result(target) is not None for target in story.task.targets)


def is_given_up(story: Story) -> bool:
    """By then nobody waits any more for what was begun."""
    return story.task.state is TaskState.UNCONFIRMED


def awaits_again(story: Story) -> bool:
    """A report that is taken back is waited for again."""
    return story.task.awaits is not None


def is_not_there(story: Story) -> bool:
    """As long as the condition has not held there is no such task."""
    return story.task_or_none is None


def is_on(story: Story) -> bool:
    """By then its start has come."""
    return story.task.start is not None and interval_on(story.task, story.now)


def is_past(story: Story) -> bool:
    """By then its end has come."""
    return story.task.end is not None and story.task.end <= story.now


def awaits_nothing(story: Story) -> bool:
    """A suspended train's row waits for no report."""
    return story.task.awaits is None and story.task.hard_end == story.task.end


def has_arrived(story: Story) -> bool:
    """The feed's record of a train that is here and suspended is quarantined."""
    call = story.state.calls[G1]
    return call.arrival is not None and call.arrival.actual is not None and call.running is Running.SCHEDULED


def is_reported(story: Story) -> bool:
    """What has been reported waits for no report, and knows its time."""
    return story.task.awaits is None and story.task.end is not None
