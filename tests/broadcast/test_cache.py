"""The cache is found again, stays within its bound, and survives what is done to its folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_broadcast.cache import SoundCache


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
