"""The kit passes each well-behaved device, and catches each fault with the scenario and the clause that it is about."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import pytest

from conform.kit import SHORT, tried
from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.verdict import Result, Verdict

CAUGHT = {
    Fault.NEVER_ACKS: ("loudspeaker", "updates", "OP-ACK-1"),
    Fault.ACKS_WRONG_SEQUENCE: ("board", "updates", "OP-ACK-1"),
    Fault.APPLIES_NOTHING: ("light", "updates", "OP-BEAT-1"),
    Fault.IGNORES_DELETES: ("loudspeaker", "updates", "OP-UPD-4"),
    Fault.IGNORES_GAPS: ("board", "gap", "OP-UPD-3"),
    Fault.IGNORES_DIGEST: ("board", "wrong-digest", "OP-BEAT-4"),
    Fault.BELIEVES_ANY_SNAPSHOT: ("light", "rejection", "OP-ACK-3"),
    Fault.WRONG_DIGEST: ("board", "updates", "OP-BEAT-1"),
    Fault.STALE_ROWS: ("board", "readback", "OP-TASK-2"),
    Fault.IGNORES_HARD_END: ("light", "hard-end", "OP-TASK-2"),
    Fault.DOES_TWICE: ("loudspeaker", "tasks", "OP-TASK-3"),
    Fault.FORGETS_WHAT_WAS_DONE: ("loudspeaker", "once", "OP-TASK-3"),
    Fault.IGNORES_EXPIRY: ("loudspeaker", "expiry", "OP-TASK-3"),
    Fault.IGNORES_HELD: ("loudspeaker", "held", "OP-TASK-5"),
    Fault.IGNORES_FEED: ("loudspeaker", "old-feed", "OP-TASK-6"),
    Fault.EAGER: ("loudspeaker", "early", "OP-TASK-3"),
    Fault.NEVER_REPORTS: ("loudspeaker", "tasks", "OP-TASK-3"),
    Fault.REPORTS_ONLY_DONE: ("loudspeaker", "tasks", "OP-REP-1"),
    Fault.FORGETS_RESULTS: ("loudspeaker", "unreceived", "OP-REP-4"),
    Fault.OWN_CLOCK: ("loudspeaker", "urgent", "OP-TASK-3"),
    Fault.IDLE_WHEN_ALONE: ("loudspeaker", "hub-loss", "OP-ALONE-1"),
    Fault.IGNORES_COMMANDS: ("board", "command", "OP-CMD-1"),
    Fault.DOES_EXPIRED_COMMANDS: ("board", "command-expired", "OP-CMD-2"),
    Fault.DOES_ANY_COMMAND: ("light", "command-unknown", "OP-CMD-4"),
    Fault.REPEATS_COMMANDS: ("light", "command", "OP-CMD-3"),
    Fault.FLOODS: ("board", "equipment", "OP-OBS-1"),
    Fault.SENDS_GARBAGE: ("light", "equipment", "OP-XML-1"),
    Fault.NO_HEARTBEATS: ("board", "updates", "OP-BEAT-1"),
    Fault.BELIEVES_SILENCE: ("light", "silent-hub", "OP-BEAT-3"),
    Fault.SWALLOWS_GARBAGE: ("board", "hostile-not-xml", "OP-XML-4"),
    Fault.REFUSES_EXTENSIONS: ("board", "extension", "OP-EXT-1"),
    Fault.IGNORES_REDIRECT: ("light", "redirect", "OP-BYE-2"),
    Fault.NEVER_RETURNS: ("light", "resume", "OP-ALONE-2"),
    Fault.RETURNS_AT_ONCE: ("board", "replaced", "OP-AUTH-4"),
    Fault.NEVER_WHOLE: ("board", "equipment", "OP-OBS-1"),
}


WHOLE = ("loudspeaker", "board")
LIGHT = ["updates", "readback", "equipment", "moved-row", "command", "hard-end"]


@cache
def trials() -> dict[Fault | str, Future[list[Verdict]]]:
    """All trials at once, begun by the first test that wants one: each spends its time waiting."""
    pool = ThreadPoolExecutor(12)
    found: dict[Fault | str, Future[list[Verdict]]] = {
        name: pool.submit(tried, name, None, [], quick=True) for name in WHOLE
    }
    found["light"] = pool.submit(tried, "light", None, LIGHT)
    for fault, (name, scenario, _) in CAUGHT.items():
        found[fault] = pool.submit(tried, name, fault, [scenario], patience=SHORT)
    pool.shutdown(wait=False)
    return found


def test_every_fault_has_its_proof() -> None:
    """No fault is left out below."""
    assert set(CAUGHT) == set(Fault)


@pytest.mark.parametrize("fault", CAUGHT, ids=str)
def test_a_fault_is_caught(fault: Fault) -> None:
    """The scenario that is about it fails, with the clause that is broken, and says what came and what was expected."""
    _, scenario, clause = CAUGHT[fault]
    (verdict,) = trials()[fault].result()
    assert verdict.scenario == scenario
    assert verdict.result is Result.FAIL
    assert verdict.complaint is not None
    # A device whose replica is wrong may find it out first and subscribe anew, or tell its digest first.
    either = {clause, "OP-BEAT-1"} if clause == "OP-UPD-4" else {clause}
    assert verdict.complaint.clause in either, verdict.complaint
    assert verdict.complaint.expected
    assert verdict.complaint.came
    assert verdict.transcript


def test_a_light_is_on_and_off() -> None:
    """A light passes what a board passes, in the scenarios in which what it shows is looked at."""
    verdicts = trials()["light"].result()
    assert [one.result for one in verdicts] == [Result.PASS] * len(LIGHT)


@pytest.mark.parametrize("name", WHOLE)
def test_a_well_behaved_device_conforms(name: str) -> None:
    """In a whole run nothing fails, and what does not apply says why."""
    verdicts = trials()[name].result()
    assert [(one.scenario, one.complaint) for one in verdicts if one.result is Result.FAIL] == []
    assert all(bool(one.reason) is (one.result is Result.NOT_APPLICABLE) for one in verdicts)
    passed = sum(one.result is Result.PASS for one in verdicts)
    assert passed >= 30
