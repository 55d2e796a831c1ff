"""The console has words for every state that the hub can tell of: a code is no word for anybody at the desk."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from stationmaster.hub.alarms.conditions import ABSENT, CONNECTED
from stationmaster.hub.alarms.record import AlarmState
from stationmaster.hub.batch import QUARANTINED
from stationmaster_base.timekeeping import ClockState
from stationmaster_clock.reading import Condition as SourceCondition
from stationmaster_kernel.conflict import ConflictKind
from stationmaster_kernel.day_plan import RowChange
from stationmaster_kernel.deeds import Handling
from stationmaster_kernel.proposal import WhyProposed
from stationmaster_kernel.values import CallKind, FeedGrade, Running, Source, TaskKind, TaskState
from stationmaster_protocol.commands import CommandState
from stationmaster_protocol.equipment import Condition

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "platform" / "stationmaster" / "console" / "static"
KERNEL = ROOT / "kernel" / "stationmaster_kernel"


def exported(module: str, name: str) -> dict[str, dict[str, str]]:
    """A table of words, as a module of the console has it."""
    script = (
        f"import({json.dumps((STATIC / module).as_uri())}).then((words) => console.log(JSON.stringify(words.{name})))"
    )
    environment = {**os.environ, "NODE_NO_WARNINGS": "1"}
    ran = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, env=environment)
    found: dict[str, dict[str, str]] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("STATES", (CONNECTED, ABSENT, "open", "closed", *FeedGrade, *ClockState, *SourceCondition)),
        ("CONDITIONS", tuple(Condition)),
        ("OUTCOMES", tuple(CommandState)),
    ],
)
def test_there_is_a_word_for_every_state(table: str, told: Iterable[str]) -> None:
    """In both languages, with a sign: colour alone says nothing to some."""
    words = exported("panes/devices_words.js", table)
    for state in told:
        assert {"zh", "en", "sign", "kind"} <= words[state].keys()


@pytest.mark.parametrize(
    ("module", "table", "told"),
    [
        ("day_words", "KINDS", CallKind),
        ("day_words", "RUNNING", Running),
        ("day_words", "SOURCES", Source),
        ("day_words", "CONFLICTS", ConflictKind),
        ("day_words", "TASKS", TaskKind),
        ("day_words", "HANDLING", Handling),
        ("day_words", "STATES", TaskState),
        ("proposal_values", "SOURCES", Source),
        ("proposal_values", "WHY", WhyProposed),
        ("plans_words", "CHANGES", RowChange),
        ("plans_words", "KINDS", CallKind),
        ("alarms_words", "STATES", AlarmState),
    ],
)
def test_there_is_a_word_for_every_value(module: str, table: str, told: Iterable[str]) -> None:
    """Of each set of values that the kernel and the hub have, in both languages."""
    words = exported(f"panes/{module}.js", table)
    assert set(told) <= words.keys()
    assert all(word.keys() >= {"zh", "en"} for word in words.values())


def test_there_is_a_word_for_every_note() -> None:
    """Those that the kernel's code names, and those that it puts together of a grade or a state."""
    source = "".join(path.read_text("utf-8") for path in sorted(KERNEL.glob("*.py")))
    told = set(re.findall(r'\.note\("([a-z-]+)"', source)) | {f"feed-{grade}" for grade in FeedGrade}
    told |= {"account-made", "account-changed", "task-expired", "task-unconfirmed", QUARANTINED}
    assert len(re.findall(r"\.note\((?!\")", source)) == 3  # of the feed, of an account, of a task: all named above
    words = exported("rail/notes.js", "CODES")
    assert told == words.keys()
    assert all(word["zh"] and word["en"] for word in words.values())
