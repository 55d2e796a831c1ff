"""Which tables there are, what each is about, and how one cell of it is checked against the kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from support.states_bringing import (
    ARRIVAL_STATES,
    CHECK_IN_STATES,
    LIGHT_STATES,
    POINT_STATES,
    ROW_STATES,
    Bring,
    Column,
)
from support.states_document import IMPOSSIBLE_CELL, cells_of, words_of_cell
from support.states_facts import (
    awaits_again,
    awaits_nothing,
    has_arrived,
    has_left,
    has_no_time,
    is_freed,
    is_given_up,
    is_marked,
    is_not_silent,
    is_not_there,
    is_on,
    is_past,
    is_reported,
    is_withdrawn,
    never_reported,
)
from support.states_happenings import HAPPENINGS
from support.states_loose import ANNOUNCED_STATES, BY_HAND_STATES, BY_HAND_SUBJECTS, TEXT_STATES
from support.states_station import LOOSE, Story, train
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
    happening = ALL_HAPPENINGS[case.row]
    bring: Bring = TABLES[case.title].columns[case.column].ways[case.way]
    story = _begun(case.subject, "another call" in case.row, happening.first, bring).again()
    happening.prepare(story)
    story.mark()
    return story


@cache
def _begun(subject: str, another: bool, first: Bring, bring: Bring) -> Story:
    """A story as many happenings find it; a state is a value, so what follows does not change it."""
    story = Story(subject, train(), *([train(arrival="20:00", departure="20:10")] if another else []))
    first(story)
    bring(story)
    return story


def _each(rows: str | tuple[str, ...], columns: str, what: T) -> dict[tuple[str, str], T]:
    rows = (rows,) if isinstance(rows, str) else rows
    return {(row, column): what for row in rows for column in columns.split(", ")}


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

ARRIVAL_ROWS = (
    *OVERDUE[:2],
    *("early", "late", "delay unknown", "known again", "suspended", "restored"),
    "other platform before check-in opened",
    *REPORTS,
    "arrival report cancelled",
    *FEED[2:],
)
"""What people do with it is as with every row."""

BY_HAND_ROWS = (
    "its time comes",
    *("early", "late", "delay unknown", "suspended", "restored"),
    "other platform before check-in opened",
    *("departure reported", "its call is over"),
    *ACTS,
    "taken back",
    *MODES,
    "its rule is taken out",
    *FEED[2:],
)
LOOSE_ROWS = (
    *ACTS,
    "taken back",
    *MODES,
    "it is over since long",
    "its zones or boards are taken out",
    *("late", "feed lost"),
)
"""Of what people announce and show alike."""

SHOWN_CANNOT = {
    **_each((*OVERDUE, "other platform after check-in opened", "reported long after it has gone"), "to come", is_on),
    **_each("check-in opens", "to come", is_on),
    **_each("departure report cancelled", "to come", is_on),
    **_each("departure report cancelled", "time unknown, ended hard", is_reported),
    **_each("known again", "ended hard", is_on),
    **_each("restored", "over", has_left),
}
"""Of rows and lights alike."""

MOVES = ("its time moves within `rearm`", "its time moves beyond `rearm`")
TRIGGER_CANNOT = {
    **_each("its condition begins to hold", "due", is_withdrawn),
    **_each(
        tuple(row for row in TRIGGER_HAPPENINGS if row != "its condition begins to hold"), "not made", is_not_there
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
            **_each((*OVERDUE, "reported long after it has gone"), "begun in part", is_not_silent),
            **_each(("restored in time", "restored too late"), "begun in part", is_not_silent),
            **_each("its validity is over since half an hour", "begun in part", is_not_silent),
            **_each(
                ("reported anew, beyond `rearm`", "report corrected, beyond `rearm`"), "begun in part", is_not_silent
            ),
            **_each(("restored too late", "reported long after it has gone"), "begun", is_given_up),
            **_each("reported anew, beyond `rearm`", "begun", is_given_up),
            **_each("its validity is over since half an hour", "planned, due, kept back", is_marked),
            **_each("report corrected, beyond `rearm`", "due, kept back", is_marked),
            **_each("reported anew, beyond `rearm`", "due", awaits_again),
            **_each(("known again, within `rearm`", "known again, beyond `rearm`"), "planned, due", has_no_time),
            **_each(
                ("restored in time", "restored too late"),
                "planned, time unknown, awaits a report, due, kept back",
                is_withdrawn,
            ),
            **_each(CORRECTED, "planned, time unknown, awaits a report", is_freed),
            **_each("reported anew, beyond `rearm`", "planned", awaits_again),
            **_each(ANEW, "withdrawn", never_reported),
        },
    ),
    "Rows on boards": Table(
        columns=ROW_STATES,
        rows=INTERVAL_ROWS,
        subjects=("hall",),
        cannot=SHOWN_CANNOT | _each("restored", "time unknown, ended hard", awaits_nothing),
    ),
    "Lights": Table(
        columns=LIGHT_STATES,
        rows=INTERVAL_ROWS,
        subjects=("lights",),
        cannot=SHOWN_CANNOT | _each("restored", "to come, on, time unknown, ended hard, kept back", is_withdrawn),
    ),
    "Check-in": Table(
        columns=CHECK_IN_STATES,
        rows=INTERVAL_ROWS,
        subjects=("check-in",),
        cannot={
            **_each((*OVERDUE, "other platform after check-in opened"), "to open", is_on),
            **_each(("reported long after it has gone", "departure report cancelled"), "to open, open", is_past),
            **_each("departure report cancelled", "time unknown", is_past),
            **_each("known again", "to open, open, closed, kept back", is_withdrawn),
            **_each("restored", "to open, open, kept back", is_withdrawn),
            **_each("restored", "closed", has_arrived),
        },
    ),
    "Rows of arrivals": Table(
        columns=ARRIVAL_STATES,
        rows=ARRIVAL_ROWS,
        subjects=("arrivals",),
        cannot={
            **_each((*OVERDUE[:2], "reported long after it has gone", "arrival report cancelled"), "to come", is_on),
            **_each("known again", "ended hard", is_on),
            **_each("arrival report cancelled", "time unknown, ended hard", is_reported),
            **_each("restored", "time unknown, ended hard", awaits_nothing),
            **_each("restored", "over", has_left),
        },
    ),
    "What a person has ordered on": Table(
        columns=BY_HAND_STATES,
        rows=BY_HAND_ROWS,
        subjects=("hall",),
        instead={(row, column): rule for column, rule in BY_HAND_SUBJECTS.items() for row in BY_HAND_ROWS},
        cannot=_each("restored", "lights before their time, check-in before its time", is_withdrawn),
    ),
    "What a person announces": Table(
        columns=ANNOUNCED_STATES,
        rows=(
            *("its validity is over, executor present", "its validity is over, executor absent"),
            "its validity is over since half an hour",
            "its executor goes",
            *LOOSE_ROWS,
        ),
        subjects=(LOOSE,),
        cannot={
            **_each("its validity is over since half an hour", "to come, due, kept back", is_marked),
            **_each("its validity is over since half an hour", "begun in part", is_not_silent),
        },
    ),
    "What a person shows on boards": Table(
        columns=TEXT_STATES, rows=("its time comes", "its end comes", *LOOSE_ROWS), subjects=(LOOSE,)
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
