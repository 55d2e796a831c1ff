"""What must be true of a day's announcements however often processes died: each once, none lost, every end recorded.

An announcement in whose middle the loudspeaker's process died is *interrupted*: it was begun, so it is not begun again,
unless a rule makes a next occurrence of it, which is another task. So is one whose train changes in its middle. All
others are done.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stationmaster_base.times import Instant, from_iso
from support.day_check import LAST_MINUTES, MOST_SHOWN, is_wrong
from support.oracle import Oracle

Key = tuple[str, str]
"""A task and the zone in which it was said."""


def reported_in_journal(folder: Path) -> dict[Key, list[str]]:
    """What was reported of each announcement, in order, of all that the hub ever committed."""
    with sqlite3.connect(folder / "hub.db") as database:
        rows = database.execute("SELECT body FROM input WHERE kind = 'taskresult' ORDER BY sequence").fetchall()
    reported: dict[Key, list[str]] = {}
    for (body,) in rows:
        told = json.loads(body)
        reported.setdefault((told["task"], told["result"]["target"]), []).append(told["result"]["state"])
    return reported


def check_announcements(
    oracle: Oracle,
    played: Sequence[dict[str, Any]],
    reported: Mapping[Key, Sequence[str]],
    *,
    start: Instant,
    now: Instant,
    deaths: Sequence[Instant],
) -> tuple[int, int]:
    """Hold what was said against what had to be said.

    Args:
        oracle: what had to be.
        played: the loudspeakers' own proof.
        reported: what the hub's journal has of each.
        start: when the station was started.
        now: the end.
        deaths: when the loudspeakers' process was killed.

    Returns:
        how many were made, and how many of these were interrupted.

    """
    twice = [key for key, states in reported.items() if states.count("begun") > 1]
    assert not twice, f"begun twice: {twice[:MOST_SHOWN]}"
    proofs = Counter((each["task"], each["target"]) for each in played)
    assert not (twice := [key for key, count in proofs.items() if count > 1]), f"made twice: {twice[:MOST_SHOWN]}"

    wanted = {(each.task, each.zone): each for each in oracle.announcements(now)}
    made = {(each["task"], each["target"]): each for each in played}
    open_ = {
        key
        for key, each in wanted.items()
        if key not in reported and (each.due > now - LAST_MINUTES or each.due < start)
    }
    lost = [key for key in wanted if key not in reported and key not in open_]
    assert not lost, f"{len(lost)} lost: {lost[:MOST_SHOWN]}"
    more = [key for key in reported if key not in wanted]
    assert not more, f"{len(more)} too many: {more[:MOST_SHOWN]}"

    interrupted = 0
    for key, states in reported.items():
        result = states[-1]
        proof = made.get(key)
        if result == "interrupted":
            interrupted += 1
            # It may have died between saying that it begins and writing the proof, or between the proof of the end and
            # saying so: who cannot know calls it interrupted.
            moment = wanted[key].due if proof is None else from_iso(proof["begun"])
            if proof is not None and proof["outcome"] == "done":
                moment = from_iso(proof["ended"])
            wrong = proof is not None and is_wrong(oracle, proof)
            assert wrong or any(moment <= death for death in deaths), f"{key} interrupted, and nobody died"
        else:
            assert result == "done" or wanted[key].due > now - LAST_MINUTES, (key, result)
            assert proof is not None or result != "done", key
        if proof is not None:
            due = wanted[key]
            assert proof["texts"] == due.texts, (proof, due)
            assert due.due <= from_iso(proof["begun"]) < due.valid_until, (proof, due)
    return len(reported), interrupted
