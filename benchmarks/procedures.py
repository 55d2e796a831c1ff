"""PostgreSQL's side of `database_tick.py`: the procedures of `procedures.sql`, and tables kept like the kernel's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from station_day import DAY

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call
from stationmaster_kernel.changes import Changes
from stationmaster_kernel.rules import Moment, Rule
from stationmaster_kernel.state import EXPIRY_GRACE
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind, TaskState

SCHEMAS = {"walk": "walk", "sets": "sets", "sets, partial index": "parts"}
INDEXES = {
    "sets": "CREATE INDEX ON sets.task (due); CREATE INDEX ON sets.task (until)",
    "parts": "CREATE INDEX ON parts.task (due) WHERE state = 'planned';"
    "CREATE INDEX ON parts.task (until) WHERE state = 'on'",
}
OPENS, CLOSES = -15, -3
"""Check-in, in minutes from the departure."""


def when(instant: Instant | None) -> datetime | None:
    """An instant as PostgreSQL takes it."""
    return None if instant is None else datetime.fromtimestamp(instant, UTC)


PUT_CALL = """
INSERT INTO {schema}.call (id, service_date, number, planned_arrival, expected_arrival, actual_arrival,
    planned_departure, expected_departure, actual_departure, opens, closes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET planned_arrival = excluded.planned_arrival,
    expected_arrival = excluded.expected_arrival, actual_arrival = excluded.actual_arrival,
    planned_departure = excluded.planned_departure, expected_departure = excluded.expected_departure,
    actual_departure = excluded.actual_departure
"""
PUT_TASK = """
INSERT INTO {schema}.task (id, call_id, kind, base, shift, until_base, until_shift, state)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET state = CASE
    WHEN excluded.state <> 'planned' THEN excluded.state
    WHEN {schema}.task.state = 'withdrawn' THEN 'planned' ELSE {schema}.task.state END
"""


def make_schemas(connection: psycopg.Connection[Any]) -> None:
    """The procedures and their tables."""
    walk, sets = Path(__file__).with_suffix(".sql").read_text("utf-8").split("----\n")
    connection.execute(walk)
    for schema, indexes in INDEXES.items():
        connection.execute(re.sub(r"\bsets\b(?=[.;])", schema, sets))
        connection.execute(indexes)


@dataclass(slots=True)
class Procedures:
    """The procedures' tables, kept like the kernel's calls and tasks."""

    connection: psycopg.Connection[Any]
    rules: Mapping[str, Rule]
    marks: bool
    """Whether a point task's only change is that it is marked as too old."""
    calls: dict[str, Call] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)

    def see(self, changes: Changes) -> None:
        """Keep what the kernel has changed, to be copied."""
        for put in changes.puts:
            if isinstance(put.value, Call):
                self.calls[put.id] = put.value
            elif isinstance(put.value, Task):
                self.tasks[put.id] = put.value
        if any(kind in ("call", "task") for kind, _ in changes.deletes):
            raise RuntimeError("A call was dropped: there would be less to walk.")

    def copy(self) -> None:
        """Copy what has changed since the last time."""
        calls = [self._call_row(call) for call in self.calls.values()]
        tasks = [self._task_row(task) for task in self.tasks.values()]
        settle = {row[0] for row in calls} | {row[1] for row in tasks}
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for schema in SCHEMAS.values():
                cursor.executemany(PUT_CALL.format(schema=schema), calls)
                cursor.executemany(PUT_TASK.format(schema=schema), tasks)
            for schema in INDEXES:
                cursor.executemany(f"SELECT {schema}.settle(%s)", [(call,) for call in sorted(settle)])
        self.calls.clear()
        self.tasks.clear()

    def tidy(self) -> None:
        """Clear away what is dead, and tell the planner what there is; in a day at speed autovacuum comes too late."""
        for schema in SCHEMAS.values():
            self.connection.execute(f"VACUUM ANALYZE {schema}.call, {schema}.task")

    def ticker(self, schema: str) -> Callable[[Instant], tuple[float, int]]:
        """A function that calls a schema's tick: the milliseconds that it took, and how many rows it changed."""
        statement = f"CALL {schema}.tick(%s, %s)"

        def tick(now: Instant) -> tuple[float, int]:
            at = when(now)
            begun = perf_counter()
            row = self.connection.execute(statement, (DAY, at), prepare=True).fetchone()
            took = (perf_counter() - begun) * 1000
            assert row is not None
            return took, int(row[0])

        return tick

    def on(self, schema: str) -> set[str]:
        """The ids of the tasks that the procedure has changed."""
        names = {key: name for name, key in self.keys.items()}
        return {names[key] for (key,) in self.connection.execute(f"SELECT id FROM {schema}.task WHERE state = 'on'")}

    def _key(self, name: str) -> int:
        return self.keys.setdefault(name, len(self.keys) + 1)

    def _call_row(self, call: Call) -> tuple[object, ...]:
        times = [
            when(time)
            for event in (call.arrival, call.departure)
            for time in ((None, None, None) if event is None else (event.planned, event.expected, event.actual))
        ]
        return (self._key(call.id), call.service_date, call.number, *times, OPENS, CLOSES)

    def _task_row(self, task: Task) -> tuple[object, ...]:
        rule = self.rules[task.rule]
        start = rule.due or rule.start
        assert start is not None
        base, shift, end = start.base, start.offset, rule.end
        if task.kind is TaskKind.ANNOUNCEMENT:
            if self.marks:
                shift += rule.valid + EXPIRY_GRACE
            else:
                end = Moment(base=base, offset=shift + rule.valid + EXPIRY_GRACE)
        state = {TaskState.PLANNED: "planned", TaskState.BEGUN: "planned", TaskState.WITHDRAWN: "withdrawn"}
        return (
            self._key(task.id),
            self._key(task.call),
            task.kind,
            base,
            shift,
            None if end is None else end.base,
            None if end is None else end.offset,
            state.get(task.state, "on" if self.marks else "over"),
        )
