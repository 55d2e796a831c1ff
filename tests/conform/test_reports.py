"""Reports, JUnit XML and the command line: what people and build servers get of a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conform.kit import device
from stationmaster_base.times import Instant
from stationmaster_conform.client_scenarios.catalogue import CLIENT_SCENARIOS
from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.hub_scenarios.catalogue import HUB_SCENARIOS
from stationmaster_conform.junit import junit
from stationmaster_conform.main import main
from stationmaster_conform.report import Subject, markdown
from stationmaster_conform.runner import chosen
from stationmaster_conform.verdict import CannotRun, Complaint, Result, Verdict
from stationmaster_protocol.clauses import CLAUSES
from support.ports import ENVIRONMENT, free_block

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"
SUBJECT = Subject(what="client", identity="board", version="1.0", level="A", where="127.0.0.1:7310", at=Instant(0))
VERDICTS = [
    Verdict(scenario="connect", title="connects", result=Result.PASS, clauses=("OP-ACK-1",), seconds=0.25),
    Verdict(
        scenario="gap",
        title="an update is missing",
        result=Result.FAIL,
        clauses=("OP-UPD-3",),
        seconds=1.5,
        complaint=Complaint(clause="OP-UPD-3", expected="a subscribe", came="<ack/>\x00", sent="<update/>"),
        transcript=("→ <update/>", "← <ack/>"),
    ),
    Verdict(
        scenario="acts",
        title="acts",
        result=Result.NOT_APPLICABLE,
        clauses=("OP-ALONE-6",),
        seconds=0,
        reason="level B only",
    ),
]


def test_every_clause_that_is_cited_is_the_document_s() -> None:
    """Scenarios cite ids of the protocol's own list, and no name stands for two scenarios of one side."""
    for scenarios in (CLIENT_SCENARIOS, HUB_SCENARIOS):
        assert {clause for one in scenarios for clause in one.clauses} <= set(CLAUSES)
        assert len({one.name for one in scenarios}) == len(scenarios)


def test_a_failure_says_what_was_sent_what_came_and_what_was_expected() -> None:
    """The readable report has the verdict, the clause's words, the messages, and the reasons of what does not apply."""
    text = markdown(SUBJECT, VERDICTS)
    assert "**does not conform** (1 pass, 1 fail, 1 not applicable)" in text
    assert f"Clause OP-UPD-3: {CLAUSES['OP-UPD-3'].text}" in text
    for line in ("- Sent: `<update/>`", "- Expected: a subscribe", "→ <update/>", "- `acts`: level B only."):
        assert line in text.splitlines()


def test_junit_has_the_form_that_build_servers_read() -> None:
    """One suite whose counts are right, one case a scenario, with `failure` or `skipped` inside."""
    root = ElementTree.fromstring(junit(SUBJECT, VERDICTS))
    assert root.tag == "testsuites"
    (suite,) = root
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    cases = suite.findall("testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        ("conform.client", "connect"),
        ("conform.client", "gap"),
        ("conform.client", "acts"),
    ]
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["skipped"]]
    failure = cases[1][0]
    assert failure.get("type") == "OP-UPD-3"
    assert "expected a subscribe" in (failure.get("message") or "")
    assert CLAUSES["OP-UPD-3"].text in (failure.text or "")


def test_names_of_scenarios() -> None:
    """A name is a scenario or the beginning of several; what is neither is told, with what there is."""
    assert [one.name for one in chosen(CLIENT_SCENARIOS, ["command"], quick=False)] == ["command"]
    assert len(chosen(CLIENT_SCENARIOS, ["hostile"], quick=True)) == 11
    assert len(chosen(CLIENT_SCENARIOS, [], quick=True)) < len(CLIENT_SCENARIOS)
    with pytest.raises(CannotRun, match="no scenario lunch"):
        chosen(CLIENT_SCENARIOS, ["lunch"], quick=False)


def test_the_document_names_every_scenario() -> None:
    """`docs/conformance.md` has a row for each scenario of both sides, and for each fault of the devices."""
    rows = {line.split("`")[1] for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| `")}
    assert rows >= {one.name for one in (*CLIENT_SCENARIOS, *HUB_SCENARIOS)} | set(Fault)


@pytest.mark.parametrize(("fault", "code"), [(None, 0), (Fault.NEVER_ACKS, 1)])
def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: Fault | None, code: int) -> None:
    """0 if nothing failed, 1 if something did; both reports are written."""
    port = free_block()
    words = ["client", "--listen", f"127.0.0.1:{port}", "--heartbeat", "0.1", "--scenario", "updates"]
    words += ["--patience", "1.5" if fault else "20", "--token", "secret", "--identity", "board"]
    with device("board", port, fault):
        assert main([*words, "--report", str(tmp_path / "r.md"), "--junit", str(tmp_path / "r.xml")]) == code
    said = capsys.readouterr().out
    assert ("0 fail" in said) is (code == 0)
    assert ("does not conform" in (tmp_path / "r.md").read_text("utf-8")) is (code == 1)
    assert "secret" not in said + (tmp_path / "r.md").read_text("utf-8") + (tmp_path / "r.xml").read_text("utf-8")


def test_what_cannot_run_is_two_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """No hub there, or a port that is taken: exit code 2 and what to do, without a traceback."""
    port = free_block()
    assert main(["hub", "--connect", f"127.0.0.1:{port}", "--identity", "kit", "--token", "x", "--patience", "1"]) == 2
    assert "Start the hub" in capsys.readouterr().err


def test_the_station_s_own_command_line_is_the_same() -> None:
    """`stationmaster conform` and `stationmaster simulate-device` hand their words on."""
    for words, expected in (
        (["conform", "client", "--listen", "127.0.0.1:0", "--list"], "hostile-oversize"),
        (["simulate-device", "board", "--connect", "127.0.0.1:1", "--seconds", "0"], "A board looks for its hub"),
    ):
        command = [sys.executable, "-m", "stationmaster.cli", *words]
        ended = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert expected in ended.stdout
