"""A scenario as JSON lines: one event a line, so that people can read it, tests write it and other programs check it.

`{"at": "2026-03-01T07:04:20Z", "table": "report", "run": 191120001, "event": "departure", "actual": "…"}`; the further
keys are those of the table in the database (`docs/dispatching-database.md`), and those with their usual value may be
left out. Blank lines and lines that begin with `#` are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stationmaster_base.configuration import Faults
from stationmaster_base.times import Instant, from_iso, to_iso
from stationmaster_kernel.plain import from_plain, to_plain
from stationmaster_simulator.events import Report, ScenarioEvent, StagePlan, TimetableEntry, in_order

__all__ = ["read_scenario", "scenario_lines"]

TABLES: dict[str, type[TimetableEntry] | type[StagePlan] | type[Report]] = {
    "base_timetable": TimetableEntry,
    "stage_plan": StagePlan,
    "report": Report,
}
NAMES = {kind: name for name, kind in TABLES.items()}
TIMES = frozenset({"at", "arrival", "departure", "actual"})


def scenario_lines(events: Iterable[ScenarioEvent]) -> list[str]:
    """One line of JSON for each event, in their order."""
    lines = []
    for event in events:
        plain = {
            key: to_iso(value) if key in TIMES and value is not None else value
            for key, value in to_plain(event).items()
        }
        lines.append(json.dumps({"at": plain.pop("at"), "table": NAMES[type(event)], **plain}, ensure_ascii=False))
    return lines


def read_scenario(path: Path) -> tuple[ScenarioEvent, ...]:
    """The events of a file, in order of their instants.

    Raises:
        ConfigurationError: every line that is no event, all at once.

    """
    faults = Faults()
    events: list[ScenarioEvent] = []
    try:
        lines = path.read_text("utf-8-sig").split("\n")  # U+0085 and its like may stand in text
    except (OSError, UnicodeDecodeError) as error:
        faults.add(str(path), "file", f"cannot be read: {error}", "UTF-8 text")
        lines = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                events.append(_event(line))
            except (ValueError, TypeError, KeyError) as error:
                faults.add(str(path), f"line {number}", f"is not an event: {error}", "see docs/dispatching-database.md")
    faults.raise_if_any()
    return in_order(events)


def _event(line: str) -> ScenarioEvent:
    plain: Any = json.loads(line)
    if not isinstance(plain, dict):
        raise TypeError("a JSON object is needed")
    table = plain.pop("table", None)
    if table not in TABLES:
        raise ValueError(f"table {table!r} is none of {', '.join(TABLES)}")
    for key in TIMES & plain.keys():
        if plain[key] is not None:
            plain[key] = _instant(plain[key])
    event: ScenarioEvent = from_plain(TABLES[table], plain)
    return event


def _instant(text: Any) -> Instant:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is not a time of the form 2026-03-01T07:04:20Z")
    return from_iso(text)
