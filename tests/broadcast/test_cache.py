"""The cache is found again, stays within its bound, and survives what is done to its folder."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.cache import RESERVE, SoundCache


def key(number: int) -> str:
    """A key as hashes are."""
    return f"{number:064x}"


def put(cache: SoundCache, number: int, size: int = 10) -> None:
    """Write a file and keep it."""
    cache.path(key(number)).write_bytes(bytes(size))
    cache.keep(key(number))


def test_what_was_kept_is_found_even_after_a_restart(tmp_path: Path) -> None:
    """Names in the folder are all that the cache needs."""
    put(SoundCache(tmp_path, 100), 1)
    again = SoundCache(tmp_path, 100)
    assert again.find(key(1)) == tmp_path / f"{key(1)}.wav"
    assert again.find(key(2)) is None


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    """Finding something counts as using it."""
    cache = SoundCache(tmp_path, 30)
    for number in (1, 2, 3):
        put(cache, number)
    cache.find(key(1))
    put(cache, 4)
    assert [number for number in range(1, 5) if cache.find(key(number))] == [1, 3, 4]
    assert not cache.path(key(2)).exists()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50)), max_size=40))
def test_never_more_than_the_limit(tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[int, int]]) -> None:
    """However it is filled, the files take at most the limit, and the count of bytes is that of the folder."""
    folder = tmp_path_factory.mktemp("cache")
    cache = SoundCache(folder, 100)
    for number, size in puts:
        put(cache, number, size)
        assert cache.size == sum(entry.stat().st_size for entry in folder.iterdir()) <= 100
        assert len(cache) == len(list(folder.iterdir()))


def test_the_newest_stays_even_if_it_is_too_large(tmp_path: Path) -> None:
    """One sound larger than the limit can still be played."""
    cache = SoundCache(tmp_path, 5)
    put(cache, 1)
    assert cache.find(key(1))


def test_what_somebody_deleted_is_simply_gone(tmp_path: Path) -> None:
    """A file that has vanished is not found and not counted."""
    cache = SoundCache(tmp_path, 100)
    put(cache, 1)
    cache.path(key(1)).unlink()
    assert cache.find(key(1)) is None
    assert cache.size == 0


def test_drafts_of_a_crash_are_removed_and_strangers_are_not(tmp_path: Path) -> None:
    """Only what is ours is touched."""
    (tmp_path / f"{key(1)}.0.part").write_bytes(b"half")
    (tmp_path / "notes.txt").write_bytes(b"mine")
    assert len(SoundCache(tmp_path, 100)) == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_is_said_plainly(tmp_path: Path) -> None:
    """The error names the folder and what to do."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StationError, match="folder to write in"):
        SoundCache(tmp_path / "file" / "cache", 100)


def test_a_full_disk_makes_room_by_what_was_not_used_for_longest(tmp_path: Path) -> None:
    """Before anything new is made the oldest sounds go, one by one, until the disk has its reserve again."""
    room = {"free": RESERVE}
    cache = SoundCache(tmp_path, 10**6, lambda folder: room["free"] + 10 - len(list(folder.glob("*.wav"))) * 10)
    for number in (1, 2, 3):
        put(cache, number)
    cache.find(key(1))
    room["free"] = RESERVE + 10
    cache.draft(key(4), 0)
    assert [bool(cache.find(key(number))) for number in (1, 2, 3)] == [True, False, True]
    assert not cache.full


def test_a_disk_that_is_full_of_other_things_is_an_alarm_and_no_crash(tmp_path: Path) -> None:
    """Nothing of ours is left to go: it is said once, and what comes then fails by itself or not."""
    cache = SoundCache(tmp_path, 10**6, lambda _folder: 0)
    put(cache, 1)
    cache.draft(key(2), 0)
    assert cache.full
    assert len(cache) == 0


def test_what_was_used_last_is_known_after_a_new_start(tmp_path: Path) -> None:
    """The order of use is on the disk too: the file that was found goes last."""
    cache = SoundCache(tmp_path, 1000)
    for number in (1, 2):
        put(cache, number)
        os.utime(cache.path(key(number)), (number, number))
    cache.find(key(1))
    again = SoundCache(tmp_path, 20)
    put(again, 3)
    assert again.find(key(2)) is None
