"""`stationmaster replay` and `stationmaster export`, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.journalled import morning, run_sql, write
from hub.making import begin, tick
from stationmaster.cli.main import main
from stationmaster.hub.storage.database import database_url


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a hub that has had a morning."""
    file = tmp_path / "stationmaster.toml"
    file.write_text('[hub]\nstation = "station"\ndatabase = "sqlite:///hub.db"\n', "utf-8")
    write(database_url("sqlite:///hub.db", tmp_path), *morning())
    return file


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    """What the command says, on standard output or, if it fails, on standard error."""
    assert main([str(word) for word in words]) == code
    out, err = capsys.readouterr()
    return err if code == 2 else out


def test_a_journal_that_is_right_is_said_to_be(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How much was replayed, from when to when, and that it is as it was."""
    out = said(capsys, "replay", config)
    assert "221 entries replayed, from 2026-03-01 06:00:00 (after entry 0) to 2026-03-01 09:30:00" in out
    assert "Every one is as it was journalled." in out
    assert "1 input was refused, as then." in out


def test_a_difference_is_told_with_both_texts(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which entry, which input, which resource, from which character on; and the exit code is 1."""
    url = database_url("sqlite:///hub.db", config.parent)
    run_sql(url, "UPDATE journal SET changes = replace(changes, 'late 25', 'late 26') WHERE input = 'feed/1'")
    out = said(capsys, "replay", config, code=1)
    assert "So far each is as it was journalled." in out
    assert "(2026-03-01 07:30:20) differs: changes of task TST/2026-03-01/G1/1/" in out
    assert "  input      feed feed/1 {" in out
    assert "late 26" in out.partition("  journalled ")[2].partition("\n")[0]
    assert "late 25" in out.partition("  replayed   ")[2]
    assert "its hash is not that of its texts" in out


def test_a_board_and_a_zone_of_the_past_are_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the station's time, with rows and announcements, times and outcomes."""
    out = said(capsys, "replay", config, "--at", "2026-03-01T08:20:30", "--board", "hall-1", "--zone", "waiting-A")
    assert out.startswith("2026-03-01 08:20:30, by entry ")
    assert "the dispatching feed was fresh." in out
    assert "Board hall-1: 1 row\n" in out
    assert "08:10  → 08:35  G1  北京 / Beijing – 包头 / Baotou" in out
    assert "checking_in" in out
    assert "Zone waiting-A, 08:10:30 to 08:30:30: 1 announcement\n" in out
    assert "due 08:20:00  begun 08:20:02  ended 08:20:40  done  say-check-in  TST/2026-03-01/G1/1" in out
    assert "check-in G1 / check-in Baotou 25" in out


def test_a_time_may_have_a_zone(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """UTC, or any offset; and a time after the journal is said to be one."""
    ours = said(capsys, "replay", config, "--at", "2026-03-01T08:20", "--board", "hall-1")
    assert said(capsys, "replay", config, "--at", "2026-03-01T00:20Z", "--board", "hall-1") == ours
    assert said(capsys, "replay", config, "--at", "2026-03-01T01:20+01:00", "--board", "hall-1") == ours
    later = said(capsys, "replay", config, "--at", "2026-03-02", "--board", "hall-1", "--zone", "waiting-B")
    assert "The journal ends at 2026-03-01 09:30:00" in later
    assert "Board hall-1: 0 rows" in later
    assert "0 announcements" in later


def test_the_answer_may_be_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With instants as seconds, every text in its language, and the position that proves it."""
    out = said(capsys, "replay", config, "--at", "2026-03-01T08:20", "--zone", "waiting-A", "--minutes", 1, "--json")
    answer = json.loads(out)
    assert answer["position"]["epoch"] == "epoch-1"
    (zone,) = answer["zones"]
    (item,) = zone["said"]
    assert (item["begun"], item["ended"], item["state"]) == (1772324402, 1772324440, "done")
    assert item["texts"][1] == {"name": "speech", "language": "en", "text": "check-in Baotou 25"}


def test_an_announcement_that_was_not_made_has_no_times(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told with what became of it."""
    out = said(capsys, "replay", config, "--at", "2026-03-01T07:30", "--zone", "waiting-A", "--minutes", 5)
    assert "due 07:30:20  begun --:--:--  ended --:--:--  expired  apology" in out


def test_an_export_is_replayed_and_asked(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole journal, and a part of it, compressed or not."""
    file = config.parent / "journal.jsonl.gz"
    assert said(capsys, "export", config, "--out", file) == f"221 entries exported to {file}.\n"
    assert said(capsys, "replay", file) == said(capsys, "replay", config)
    question = ("--at", "2026-03-01T08:20", "--board", "hall-1")
    assert said(capsys, "replay", file, *question) == said(capsys, "replay", config, *question)
    part = said(capsys, "export", config, "--from", "2026-03-01T08:00", "--until", "2026-03-01T08:30")
    (config.parent / "part.jsonl").write_text(part, "utf-8")
    out = said(capsys, "replay", config.parent / "part.jsonl")
    assert "32 entries replayed, from 2026-03-01 07:59:00" in out
    assert "Every one is as it was journalled." in out


def test_replay_may_begin_later(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--from` begins at the last checkpoint before; where there is none that is the beginning."""
    assert "221 entries replayed" in said(capsys, "replay", config, "--from", "2026-03-01T08:00")


def test_an_empty_journal_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A hub that never took anything in has nothing to replay."""
    file = tmp_path / "stationmaster.toml"
    file.write_text('[hub]\nstation = "station"\ndatabase = "sqlite:///hub.db"\n', "utf-8")
    write(database_url("sqlite:///hub.db", tmp_path))
    assert said(capsys, "replay", file) == "The journal is empty.\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--at", "8 o'clock", "--board", "hall-1"), '"8 o\'clock" is not a time'),
        (("--at", "2026-03-01T08:00"), "asks nothing"),
        (("--board", "hall-1"), "belong to a time"),
        (("--at", "2026-03-01T08:00", "--board", "x"), "no board x"),
        (("--at", "2025-03-01T08:00", "--board", "x"), "The journal begins at"),
        (("--from", "x"), "is not a time"),
    ],
)
def test_what_cannot_be_answered_is_a_message(
    config: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], problem: str
) -> None:
    """No traceback: what is wrong and what to write, and exit code 2."""
    assert problem in said(capsys, "replay", config, *words, code=2)


def test_a_journal_that_is_not_there_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No such file, no database yet, a configuration with faults, a file that cannot be written."""
    assert "No such file" in said(capsys, "replay", tmp_path / "none.toml", code=2)
    file = tmp_path / "stationmaster.toml"
    file.write_text('[hub]\nstation = "station"\n', "utf-8")
    assert "There is no database" in said(capsys, "replay", file, code=2)
    assert not (tmp_path / "hub.db").exists()
    file.write_text('[hub]\nstation = "station"\nkeep_days = 0\n', "utf-8")
    assert "keep_days" in said(capsys, "export", file, code=2)
    file.write_text('[hub]\nstation = "station"\n', "utf-8")
    write(database_url("sqlite:///hub.db", tmp_path), *begin(), tick(1))
    assert "Is a directory" in said(capsys, "export", file, "--out", tmp_path, code=2)


def test_minutes_are_a_number(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Something else is said with what is possible."""
    with pytest.raises(SystemExit):
        main(["replay", str(config), "--minutes", "-1"])
    assert "0…1440" in capsys.readouterr().err
