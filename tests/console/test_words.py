"""The console has words for every state that the hub can tell of: a code is no word for anybody at the desk."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from stationmaster.hub.alarms.conditions import ABSENT, CONNECTED
from stationmaster_base.timekeeping import ClockState
from stationmaster_clock.reading import Condition as SourceCondition
from stationmaster_kernel.values import FeedGrade
from stationmaster_protocol.commands import CommandState
from stationmaster_protocol.equipment import Condition

WORDS = Path(__file__).parents[2] / "platform/stationmaster/console/static/panes/devices_words.js"


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
    script = f"import({json.dumps(WORDS.as_uri())}).then((words) => console.log(JSON.stringify(words.{table})))"
    ran = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    words = json.loads(ran.stdout)
    for state in told:
        assert {"zh", "en", "sign", "kind"} <= words[state].keys()
