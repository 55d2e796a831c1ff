"""What was said is on record, whatever happens to the process."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_base.times import Instant
from stationmaster_broadcast.zones.plays import Play, PlayLog, play_of
from support.fake_broadcast import START, announcement

PLAY = replace(
    play_of(announcement("G1"), "a", (("zh", "好"), ("en", "good"))),
    begun=START,
    ended=Instant(START + 10),
    seconds=9.5,
    outcome="done",
    file="2026-03-01/090000-a-G1-open.wav",
    sha256="00",
)
INSTANTS = st.none() | st.integers(0, 4_000_000_000).map(Instant)


@given(
    st.builds(
        Play,
        n=st.integers(0, 10**9),
        task=st.text(),
        call=st.text(),
        rule=st.text(),
        occurrence=st.integers(0, 99),
        target=st.text(),
        due=INSTANTS,
        begun=INSTANTS,
        ended=INSTANTS,
        texts=st.dictionaries(st.text(), st.text()).map(lambda texts: tuple(texts.items())),
        seconds=st.integers(0, 100_000).map(lambda milliseconds: milliseconds / 1000),
        outcome=st.text(),
        detail=st.text(),
        file=st.text(),
        sha256=st.text(),
    )
)
def test_a_play_survives_json(play: Play) -> None:
    """Body and back is the identity, through text."""
    assert Play.from_body(json.loads(json.dumps(play.body()))) == play


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    """The number counts up for ever, and the plays of a former life are still listed."""
    log = PlayLog(tmp_path)
    log.begin(PLAY)
    assert log.end(PLAY).n == 1
    assert log.end(PLAY).n == 2
    again = PlayLog(tmp_path)
    assert again.end(PLAY).n == 3
    assert [play.n for play in again.after(0)] == [1, 2, 3]
    assert [play.n for play in again.after(1)] == [2, 3]
    assert [play.n for play in again.latest(2)] == [3, 2]
    assert again.after(3) == []
    assert len((tmp_path / "log.jsonl").read_text("utf-8").splitlines()) == 3


def test_what_a_crash_cut_is_interrupted(tmp_path: Path) -> None:
    """What was playing when the process died is entered once as interrupted, without an end."""
    log = PlayLog(tmp_path)
    log.begin(replace(PLAY, outcome="playing", ended=None))
    log.begin(replace(PLAY, target="b", outcome="playing", ended=None))
    log.end(replace(PLAY, target="b"))
    for _ in range(2):
        plays = PlayLog(tmp_path).after(0)
        assert [(play.n, play.target, play.outcome, play.ended is None) for play in plays] == [
            (1, "b", "done", False),
            (2, "a", "interrupted", True),
        ]


def test_half_a_line_spoils_neither_side(tmp_path: Path) -> None:
    """A crash in the middle of a line loses that line; those before and after it are read."""
    log = PlayLog(tmp_path)
    log.end(PLAY)
    with (tmp_path / "log.jsonl").open("ab") as file:
        file.write(b'{"n": 2, "task": "half')
    (tmp_path / "playing.json").write_bytes(b"{{{")
    again = PlayLog(tmp_path)
    again.end(PLAY)
    assert [play.n for play in PlayLog(tmp_path).after(0)] == [1, 2]


@given(st.binary(max_size=200))
def test_any_log_can_be_opened(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever stands in the file, the log opens, and what is written then is read back."""
    folder = tmp_path_factory.mktemp("plays")
    (folder / "log.jsonl").write_bytes(data)
    (folder / "playing.json").write_bytes(data)
    number = PlayLog(folder).end(PLAY).n
    assert PlayLog(folder).after(number - 1)[0].task == PLAY.task


def test_a_folder_that_cannot_be_is_said_plainly(tmp_path: Path) -> None:
    """The error names the folder and what to do."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StationError, match="folder to write in"):
        PlayLog(tmp_path / "file" / "sounds")


def test_a_full_disk_at_the_start_is_told_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was cut by the crash is known all the same, and what ends from now on is in memory."""
    log = PlayLog(tmp_path)
    log.begin(PLAY)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    again = PlayLog(tmp_path)
    assert [play.outcome for play in again.after(0)] == ["interrupted"]
    with pytest.raises(OSError, match="No space left"):
        again.begin(PLAY)
