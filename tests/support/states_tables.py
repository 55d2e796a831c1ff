"""Which tables there are, what each is about, and how one cell of it is checked against the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from stationmaster_kernel.task import interval_on
from stationmaster_kernel.values import Running, TaskState
from support.states_bringing import CHECK_IN_STATES, LIGHT_STATES, POINT_STATES, ROW_STATES, Bring, Column
from support.states_document import IMPOSSIBLE_CELL, cells_of, words_of_cell
from support.states_happenings import HAPPENINGS
from support.states_station import G1, Story, train
from support.states_triggers import OF_CHANGES, OF_TIME, TRIGGER_HAPPENINGS, TRIGGER_STATES
from support.states_triggers import OVERDUE as IS_OVERDUE
from support.states_words import describe, outcome_of

__all__ = ["ALL_HAPPENINGS", "TABLES", "Case", "Table", "brought", "cases", "check_cell"]

Why = Callable[[Story], bool]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its columns, its rows, whose task it is about, and why some cells cannot be.

    `subjects` are the rules whose tasks are looked at, for each of which each cell holds; `instead` is the rule of
    single cells. `cannot` gives for a cell a fact that holds when the story has come so far, and that rules it out.
    """

    columns: Mapping[str, Column]
    rows: tuple[str, ...]
    subjects: tuple[str, ...]
    instead: Mapping[tuple[str, str], str] = field(default_factory=dict)
    cannot: Mapping[tuple[str, str], Why] = field(default_factory=dict)


ALL_HAPPENINGS = HAPPENINGS | TRIGGER_HAPPENINGS
"""Each row's happening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One cell, with one of the ways into its state and one of the subjects for which it holds."""

    title: str
    row: str
    column: str
    way: int
    subject: str

    def __str__(self) -> str:
        return f"{self.row} / {self.column} / {self.subject} {self.way}"


def cases(title: str) -> list[Case]:
    """The cases of every cell of a table of the document that its table here knows."""
    return list(_cases(title))


def _cases(title: str) -> Iterator[Case]:
    table = TABLES[title]
    for row, column in cells_of(title):
        if row not in table.rows or column not in table.columns:
            continue  # a test of its own says so
        for way in range(len(table.columns[column].ways)):
            instead = table.instead.get((row, column))
            for subject in table.subjects if instead is None else (instead,):
                yield Case(title=title, row=row, column=column, way=way, subject=subject)


def check_cell(case: Case, cell: str) -> str:
    """What is wrong with a cell; empty if it says exactly what becomes of such a task."""
    table = TABLES[case.title]
    story = brought(case)
    why = table.cannot.get((case.row, case.column))
    if cell == IMPOSSIBLE_CELL:
        if why is None:
            return "nobody says why this cannot be"
        return "" if why(story) else f"it is not so that: {why.__doc__}"
    if not table.columns[case.column].holds(story):
        return f"by then the task is not {case.column!r}, but {story.task.state}"
    ALL_HAPPENINGS[case.row].happen(story)
    found = describe(outcome_of(story))
    if found == words_of_cell(cell):
        return ""
    return f"it says {cell!r}, and what becomes of the task is {', '.join(sorted(found))!r}"


def brought(case: Case) -> Story:
    """The story up to the moment at which it is to happen."""
    trains = [train()]
    if "another call" in case.row:
        trains.append(train(arrival="20:00", departure="20:10"))
    story = Story(case.subject, *trains)
    happening = ALL_HAPPENINGS[case.row]
    bring: Bring = TABLES[case.title].columns[case.column].ways[case.way]
    happening.first(story)
    bring(story)
    happening.prepare(story)
    story.mark()
    return story


def _each(rows: str | tuple[str, ...], columns: str, what: T) -> dict[tuple[str, str], T]:
    rows = (rows,) if isinstance(rows, str) else rows
    return {(row, column): what for row in rows for column in columns.split(", ")}


def _withdrawn(story: Story) -> bool:
    """What nothing asks for any more is withdrawn."""
    return story.task.state is TaskState.WITHDRAWN


def _has_no_time(story: Story) -> bool:
    """While the delay is unknown, nothing is due."""
    return story.task.state is TaskState.PLANNED and story.task.due is None


def _is_freed(story: Story) -> bool:
    """Once it is reported, what waited for it is due at once, and knows its time."""
    return story.task.awaits is None and story.task.due is not None and story.task.due <= story.now


def _never_reported(story: Story) -> bool:
    """A suspended train has no report that could be taken back."""
    arrival = story.state.calls[G1].arrival
    return arrival is not None and arrival.actual is None and story.view.running is Running.SUSPENDED


def _has_left(story: Story) -> bool:
    """A train that has left is not suspended: the feed's record of it is quarantined."""
    departure = story.state.calls[G1].departure
    return departure is not None and departure.actual is not None and story.state.calls[G1].running is Running.SCHEDULED


def _is_marked(story: Story) -> bool:
    """By then it is too old, and has been marked so."""
    return story.task.state is TaskState.EXPIRED


def _is_not_silent(story: Story) -> bool:
    """By then what had not begun is marked or withdrawn."""
    return all(story.task.result(target) is not None for target in story.task.targets)


def _is_given_up(story: Story) -> bool:
    """By then nobody waits any more for what was begun."""
    return story.task.state is TaskState.UNCONFIRMED


def _awaits_again(story: Story) -> bool:
    """A report that is taken back is waited for again."""
    return story.task.awaits is not None


def _is_not_there(story: Story) -> bool:
    """As long as the condition has not held there is no such task."""
    return story.task_or_none is None


def _is_on(story: Story) -> bool:
    """By then its start has come."""
    return story.task.start is not None and interval_on(story.task, story.now)


def _is_past(story: Story) -> bool:
    """By then its end has come."""
    return story.task.end is not None and story.task.end <= story.now


def _awaits_nothing(story: Story) -> bool:
    """A suspended train's row waits for no report."""
    return story.task.awaits is None and story.task.hard_end == story.task.end


def _has_arrived(story: Story) -> bool:
    """The feed's record of a train that is here and suspended is quarantined."""
    call = story.state.calls[G1]
    return call.arrival is not None and call.arrival.actual is not None and call.running is Running.SCHEDULED


def _is_reported(story: Story) -> bool:
    """What has been reported waits for no report, and knows its time."""
    return story.task.awaits is None and story.task.end is not None


OVERDUE = (
    "its event is overdue, feed fresh",
    "its event is overdue, no fresh feed",
    "overdue for half an hour, feed fresh",
)
ACTS = ("now", "skip", "hold", "release", "automatic")
MODES = ("station manual", "station automatic, it is not chosen", "station automatic, it is chosen")
ELSEWHERE = (
    *("extra", "diverted", "other track, same platform"),
    *("other platform before check-in opened", "other platform after check-in opened", "formation changed"),
)
REPORTS = ("arrival reported", "departure reported", "reported long after it has gone")
ANEW = (
    *("arrival report cancelled", "reported anew, beyond `rearm`"),
    *("report corrected, within `rearm`", "report corrected, beyond `rearm`"),
    "report corrected, back beyond `rearm`",
)
CORRECTED = tuple(row for row in ANEW if "anew" not in row)
ENDS = ("its call is over", "reported after its call was dropped", "news of another call of its number")
RULES = ("its rule is taken out", "its rule counts three minutes more")
FEED = ("check-in opens", "its executor goes", "feed lost", "feed fresh again")

INTERVAL_ROWS = (
    *OVERDUE,
    *("early", "late", "late by more than a day", "delay unknown", "known again", "suspended", "restored"),
    *ELSEWHERE,
    *REPORTS,
    "departure report cancelled",
    *ENDS,
    *ACTS,
    *MODES,
    *RULES,
    *FEED,
)

SHOWN_CANNOT = {
    **_each((*OVERDUE, "other platform after check-in opened", "reported long after it has gone"), "to come", _is_on),
    **_each("check-in opens", "to come", _is_on),
    **_each("departure report cancelled", "to come", _is_on),
    **_each("departure report cancelled", "time unknown, ended hard", _is_reported),
    **_each("known again", "ended hard", _is_on),
    **_each("restored", "over", _has_left),
}
"""Of rows and lights alike."""

MOVES = ("its time moves within `rearm`", "its time moves beyond `rearm`")
TRIGGER_CANNOT = {
    **_each("its condition begins to hold", "due", _withdrawn),
    **_each(
        tuple(row for row in TRIGGER_HAPPENINGS if row != "its condition begins to hold"), "not made", _is_not_there
    ),
}
"""Of all triggers alike."""

TABLES: dict[str, Table] = {
    "Announcements and notices at a time": Table(
        columns=POINT_STATES,
        rows=(
            *OVERDUE,
            *("early, within `rearm`", "early, beyond `rearm`", "late, within `rearm`", "late, beyond `rearm`"),
            *("late by more than a day", "delay unknown", "known again, within `rearm`", "known again, beyond `rearm`"),
            *("suspended", "restored in time", "restored too late"),
            *ELSEWHERE,
            *REPORTS,
            *ANEW,
            *ENDS,
            *ACTS,
            *MODES,
            *RULES,
            *("its validity is over, executor present", "its validity is over, executor absent"),
            "its validity is over since half an hour",
            *FEED[1:],
        ),
        subjects=("say-wait",),
        instead={
            **_each((*OVERDUE, "reported long after it has gone"), "planned", "clear"),
            **_each((*OVERDUE, "reported long after it has gone"), "due, kept back", "last-call"),
            **_each("other platform after check-in opened", "planned", "last-call"),
            **_each(ANEW, ", ".join(POINT_STATES), "say-arrived"),
        },
        cannot={
            **_each((*OVERDUE, "reported long after it has gone"), "begun in part", _is_not_silent),
            **_each(("restored in time", "restored too late"), "begun in part", _is_not_silent),
            **_each("its validity is over since half an hour", "begun in part", _is_not_silent),
            **_each(
                ("reported anew, beyond `rearm`", "report corrected, beyond `rearm`"), "begun in part", _is_not_silent
            ),
            **_each(("restored too late", "reported long after it has gone"), "begun", _is_given_up),
            **_each("reported anew, beyond `rearm`", "begun", _is_given_up),
            **_each("its validity is over since half an hour", "planned, due, kept back", _is_marked),
            **_each("report corrected, beyond `rearm`", "due, kept back", _is_marked),
            **_each("reported anew, beyond `rearm`", "due", _awaits_again),
            **_each(("known again, within `rearm`", "known again, beyond `rearm`"), "planned, due", _has_no_time),
            **_each(
                ("restored in time", "restored too late"),
                "planned, time unknown, awaits a report, due, kept back",
                _withdrawn,
            ),
            **_each(CORRECTED, "planned, time unknown, awaits a report", _is_freed),
            **_each("reported anew, beyond `rearm`", "planned", _awaits_again),
            **_each(ANEW, "withdrawn", _never_reported),
        },
    ),
    "Rows on boards": Table(
        columns=ROW_STATES,
        rows=INTERVAL_ROWS,
        subjects=("hall",),
        cannot=SHOWN_CANNOT | _each("restored", "time unknown, ended hard", _awaits_nothing),
    ),
    "Lights": Table(
        columns=LIGHT_STATES,
        rows=INTERVAL_ROWS,
        subjects=("lights",),
        cannot=SHOWN_CANNOT | _each("restored", "to come, on, time unknown, ended hard, kept back", _withdrawn),
    ),
    "Check-in": Table(
        columns=CHECK_IN_STATES,
        rows=INTERVAL_ROWS,
        subjects=("check-in",),
        cannot={
            **_each((*OVERDUE, "other platform after check-in opened"), "to open", _is_on),
            **_each(("reported long after it has gone", "departure report cancelled"), "to open, open", _is_past),
            **_each("departure report cancelled", "time unknown", _is_past),
            **_each("known again", "to open, open, closed, kept back", _withdrawn),
            **_each("restored", "to open, open, kept back", _withdrawn),
            **_each("restored", "closed", _has_arrived),
        },
    ),
    "Announcements and notices of a late or early train": Table(
        columns=TRIGGER_STATES,
        rows=tuple(TRIGGER_HAPPENINGS),
        subjects=tuple(OF_TIME),
        cannot=TRIGGER_CANNOT,
    ),
    **{
        f"Announcements and notices of {what}": Table(
            columns=TRIGGER_STATES,
            rows=tuple(row for row in TRIGGER_HAPPENINGS if row not in MOVES),
            subjects=tuple(subjects),
            cannot={key: why for key, why in TRIGGER_CANNOT.items() if key[0] not in MOVES},
        )
        for what, subjects in (("other changes", OF_CHANGES), ("an overdue train", IS_OVERDUE))
    },
}
"""Each table by its title in the document."""
