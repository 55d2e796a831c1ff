"""Where in the dispatching database things are: `[gateway.source]`, and what of it may be read: `[gateway.allow]`.

Three parts make a call: the timetable, the stage plan and the reports. Each is a table (or view) or a query, and each
of its fields is one column of that. A field that the database does not have, or that may not be read, is in no query.
What is not said is as in the simulator's database (`docs/dispatching-database.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import translate
from zoneinfo import ZoneInfo

from stationmaster_base.configuration import Table
from stationmaster_gateway.allow import Allow
from stationmaster_gateway.rows import EVENTS, KINDS, RUNNING, Meaning

__all__ = ["Changes", "FieldKind", "Part", "SourceMapping", "SourceSettings"]


class Changes(Enum):
    """How it is found what changed since the last poll."""

    COUNTER = "counter"  # a table's one row counts commits, and each row carries the count of its last change
    SEQUENCE = "sequence"  # each row carries a number that is higher the later it was changed
    TIMESTAMP = "timestamp"  # each row carries the time at which it was changed
    NONE = "none"  # not at all: everything is read every `whole_read_s`


class FieldKind(Enum):
    """What a field's column may hold."""

    RUN = "a whole number"
    DAY = "a date or text"
    TIME = "a timestamp or text"
    TEXT = "text or a whole number"
    FLAG = "a whole number or boolean"
    CHANGED = "what [gateway.source] changes says"


_R, _D, _T, _X, _F, _C = FieldKind

FIELDS: Mapping[str, Mapping[str, FieldKind]] = {
    "timetable": {
        "run": _R,
        "day": _D,
        "train": _X,
        "train_class": _X,
        "kind": _X,
        "origin": _X,
        "destination": _X,
        "arrival": _T,
        "departure": _T,
        "track": _X,
        "changed": _C,
    },
    "stage": {
        "run": _R,
        "arrival": _T,
        "departure": _T,
        "arrival_unknown": _F,
        "departure_unknown": _F,
        "track": _X,
        "running": _X,
        "reason": _X,
        "changed": _C,
    },
    "report": {"run": _R, "event": _X, "actual": _T, "changed": _C},
}
"""The fields of each part, in the order in which they are read (`rows.Rows`)."""

_NEEDED = {"timetable": ("run", "day", "train", "arrival", "departure"), "stage": ("run",), "report": FIELDS["report"]}
"""Without these there is no call."""

_TABLES = {"timetable": "base_timetable", "stage": "stage_plan", "report": "report"}
_COLUMNS = {"run": "run_id", "day": "service_date"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the three parts: its table or query, and the column of each field that is read."""

    name: str
    table: str = ""
    query: str = ""
    columns: Mapping[str, str]

    @property
    def fields(self) -> Iterator[tuple[str, FieldKind]]:
        """All fields but `changed`, read or not, in order."""
        return ((name, kind) for name, kind in FIELDS[self.name].items() if kind is not FieldKind.CHANGED)

    @property
    def shown(self) -> str:
        """What a person calls it."""
        return self.table or f"the query of {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapping:
    """The parts, and how changes of them are found.

    `schema` is the tables' schema; empty: the session's. `counter` is the table and column of the change counter.
    `overlap` is how far behind the highest mark seen the next poll begins: seconds for timestamps, numbers for a
    sequence. `stage` and `report` may be missing.
    """

    timetable: Part
    stage: Part | None
    report: Part | None
    schema: str = ""
    changes: Changes = Changes.COUNTER
    counter: tuple[str, str] = ("change_counter", "value")
    overlap: int = 0

    @property
    def parts(self) -> tuple[Part | None, Part | None, Part | None]:
        """Timetable, stage plan, reports."""
        return self.timetable, self.stage, self.report

    @classmethod
    def usual(cls) -> SourceMapping:
        """The simulator's database."""
        timetable, stage, report = (
            Part(name=name, table=table, columns={field: _COLUMNS.get(field, field) for field in FIELDS[name]})
            for name, table in _TABLES.items()
        )
        return cls(timetable=timetable, stage=stage, report=report)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """All that the configuration says of what is read.

    `unread` are the fields that the database has and that may not be read, as `part.field`. `unchecked_account`: a
    person has seen to it that the account can only read, since the database cannot be asked.
    """

    mapping: SourceMapping = field(default_factory=SourceMapping.usual)
    meaning: Meaning = field(default_factory=Meaning)
    allow: Allow = field(default_factory=Allow)
    unread: tuple[str, ...] = ()
    unchecked_account: bool = False

    @classmethod
    def from_tables(cls, source: Table, allow: Table) -> SourceSettings:
        """Read both tables. Faults are left in their `faults`."""
        changes = Changes(source.choice("changes", [changes.value for changes in Changes], Changes.COUNTER.value))
        allowed = _columns(allow)
        without = source.texts("without", ["stage", "report"])
        unread: list[str] = []
        parts = {
            name: _part(source.table(name), name, changes, allowed, unread)
            for name in FIELDS
            if name == "timetable" or name not in without
        }
        counter = ("change_counter", "value")
        overlap = 0
        if changes is Changes.COUNTER:
            table = source.table("counter")
            counter = table.text("table", counter[0]), table.text("column", counter[1])
            table.finish()
        elif changes is not Changes.NONE:
            timed = changes is Changes.TIMESTAMP
            overlap = source.integer("overlap", 60 if timed else 1000, low=1 if timed else 0)
        settings = cls(
            mapping=SourceMapping(
                timetable=parts["timetable"],
                stage=parts.get("stage"),
                report=parts.get("report"),
                schema=source.text("schema", ""),
                changes=changes,
                counter=counter,
                overlap=overlap,
            ),
            meaning=Meaning(
                zone=_zone(source),
                kinds=_words(source, "kinds", KINDS),
                running=_words(source, "running", RUNNING),
                events=_words(source, "events", EVENTS),
            ),
            allow=_trains(allow),
            unread=tuple(unread),
            unchecked_account=source.flag("unchecked_account"),
        )
        source.finish()
        allow.finish()
        return settings


def _part(table: Table, name: str, changes: Changes, allowed: frozenset[str] | None, unread: list[str]) -> Part:
    """One part's table; fields that the database has and that may not be read are added to `unread`."""
    query = table.text("query", "")
    if query and "table" in table:
        table.fault("query", "stands beside a table", "one of the two")
    if query and (not re.match(r"\s*(select|with)\b", query, re.IGNORECASE) or ";" in query):
        table.fault("query", f"{query!r} is not one query", "SELECT …, without a semicolon")
    where = table.text("table", "" if query else _TABLES[name])
    fields = FIELDS[name]
    without = table.texts("without", [field for field in fields if field not in _NEEDED[name]])
    columns = {}
    for field_name, kind in fields.items():
        if field_name in without:
            continue
        column = table.text(field_name, _COLUMNS.get(field_name, field_name))
        if kind is FieldKind.CHANGED and changes is Changes.NONE:
            continue
        place = f"{name}.{field_name}"
        if allowed is not None and kind is not FieldKind.CHANGED and place not in allowed:
            if field_name in _NEEDED[name]:
                table.fault(field_name, "is needed, and gateway.allow.columns does not have it", f'"{place}" there')
            else:
                unread.append(place)
            continue
        columns[field_name] = column
    if changes is not Changes.NONE and "changed" not in columns:
        table.fault("changed", f"is missing, and changes is {changes.value}", 'a column, or changes = "none"')
    table.finish()
    return Part(name=name, table=where, query=query, columns=columns)


def _columns(allow: Table) -> frozenset[str] | None:
    """The fields that may be read; None: all."""
    names = [f"{part}.{field}" for part, fields in FIELDS.items() for field, kind in fields.items() if kind is not _C]
    return frozenset(allow.texts("columns", names)) if "columns" in allow else None


def _trains(allow: Table) -> Allow:
    """The train numbers that may be transmitted."""
    if "trains" not in allow:
        return Allow()
    patterns = allow.texts("trains")
    if not patterns:
        allow.fault("trains", "allows no train at all", '["G*", "D*", "[1-7][0-9][0-9][0-9]"]')
    return Allow(numbers=tuple(re.compile(translate(pattern)) for pattern in patterns))


def _words(source: Table, key: str, ours: Mapping[str, object]) -> Mapping[str, str]:
    """The database's words for ours."""
    table = source.table(key)
    theirs = table.keys()
    words = {word: table.choice(word, ours) for word in theirs}
    table.finish()
    return words


def _zone(source: Table) -> ZoneInfo | None:
    name = source.text("zone", "")
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # KeyError: there is none of that name
        source.fault("zone", f"{name!r} is not a time zone", "such as Asia/Shanghai")
        return None
