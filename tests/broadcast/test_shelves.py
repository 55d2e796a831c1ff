"""The folder of sounds stays within its bounds."""

import os
from pathlib import Path

from twisted.internet.task import Clock

from stationmaster_broadcast.zones.shelves import EVERY, Shelves, tidy
from support.fake_broadcast import at_once


def fill(folder: Path, *days: str, size: int = 10) -> None:
    """Two sounds of `size` bytes for each day, the second with a name in a second zone."""
    for day in days:
        (folder / day).mkdir(parents=True)
        (folder / day / "080000-a.wav").write_bytes(bytes(size))
        (folder / day / "090000-a.wav").write_bytes(bytes(size))
        os.link(folder / day / "090000-a.wav", folder / day / "090000-b.wav")


def left(folder: Path) -> list[str]:
    """What is there."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.wav"))


def test_only_the_last_days_are_kept(tmp_path: Path) -> None:
    """By service date; the cache and the log are not touched."""
    fill(tmp_path, "2026-02-27", "2026-02-28", "2026-03-01")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "x.wav").write_bytes(b"x")
    (tmp_path / "log.jsonl").write_bytes(b"x")
    assert tidy(tmp_path, days=2, limit=1000) == 3
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["2026-02-28", "2026-03-01", "cache", "log.jsonl"]


def test_the_oldest_go_until_there_is_room(tmp_path: Path) -> None:
    """A file with two names counts once, and is gone with the second."""
    fill(tmp_path, "2026-02-28", "2026-03-01")
    assert tidy(tmp_path, days=7, limit=40) == 0
    assert tidy(tmp_path, days=7, limit=30) == 1
    assert left(tmp_path)[0] == "2026-02-28/090000-a.wav"
    assert tidy(tmp_path, days=7, limit=20) == 2
    assert tidy(tmp_path, days=7, limit=0) == 3
    assert left(tmp_path) == []


def test_it_looks_at_the_start_and_now_and_then(tmp_path: Path) -> None:
    """And a folder that cannot be read is a warning, not an end."""
    reactor = Clock()
    shelves = Shelves(reactor, at_once, tmp_path, days=1, limit=1000)
    fill(tmp_path, "2026-02-28", "2026-03-01")
    shelves.startService()
    assert left(tmp_path)[0].startswith("2026-03-01")
    fill(tmp_path, "2026-03-02")
    reactor.advance(EVERY)
    assert left(tmp_path)[0].startswith("2026-03-02")
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    tmp_path.rmdir()
    reactor.advance(EVERY)
    shelves.stopService()
    assert not reactor.getDelayedCalls()
