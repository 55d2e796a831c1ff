"""The guard against replays: each telegram once, also over the death of the receiver."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_telegram.replay import ReplayGuard, SeenFile, Sender

QHD = ("QHD", 1)


class Memory(SeenFile):
    """A disk that counts how often it is written, and can be full."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self.seen: dict[Sender, tuple[int, int]] = {}
        self.writes = 0
        self.full = False

    def read(self) -> dict[Sender, tuple[int, int]]:
        return dict(self.seen)

    def write(self, seen: dict[Sender, tuple[int, int]]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.writes += 1
        self.seen = dict(seen)


class Bench:
    """A guard with its disk and a clock that a test moves."""

    def __init__(self) -> None:
        self.disk = Memory()
        self.now = 100.0
        self.start()

    def start(self) -> None:
        """A new process over the same disk."""
        self.guard = ReplayGuard(self.disk, lambda: self.now)

    def take(self, *sequences: int, epoch: int = 7, sender: Sender = QHD) -> list[bool]:
        return [self.guard.accept(sender, epoch, sequence) for sequence in sequences]


def test_each_telegram_counts_once() -> None:
    """What goes up is new, what came before is not."""
    assert Bench().take(1, 2, 2, 5, 1, 5) == [True, True, False, True, False, False]


def test_telegrams_may_overtake_a_little() -> None:
    """Of the last 64 numbers one that was left out may still come, once; an older one may not."""
    bench = Bench()
    assert bench.take(100, 37, 37, 36, 99, 99) == [True, True, False, False, True, False]
    assert bench.take(164, 101, 100, 165 + 64, 166, 165) == [True, True, False, True, True, False]


def test_an_epoch_once_left_never_comes_back() -> None:
    """However long nothing of the present epoch came: an old recording is never taken."""
    bench = Bench()
    assert bench.take(50) == [True]
    assert bench.take(1, epoch=8) == [True]
    bench.now += 1e6
    assert bench.take(51, 1000, epoch=7) == [False, False]
    assert bench.take(2, epoch=8) == [True]


def test_gateways_are_told_apart() -> None:
    """Each station's gateway has numbers of its own."""
    bench = Bench()
    assert bench.take(9) == [True]
    assert bench.take(1, epoch=1, sender=("QHD", 2)) == [True]
    assert bench.take(1, epoch=1, sender=("XYZ", 1)) == [True]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 200)) | st.none(), max_size=80), st.floats(0, 0.5))
def test_nothing_is_ever_taken_twice(telegrams: list[tuple[int, int] | None], pause: float) -> None:
    """In any order, and with the receiver killed anywhere between (None), no telegram is taken a second time."""
    bench = Bench()
    taken = set()
    for telegram in telegrams:
        bench.now += pause
        if telegram is None:
            bench.start()
            continue
        epoch, sequence = telegram
        if bench.take(sequence, epoch=epoch) == [True]:
            assert telegram not in taken
            taken.add(telegram)


def test_a_receiver_that_ends_in_order_goes_on_with_the_next_telegram() -> None:
    """Nothing is left unused after an ordinary restart."""
    bench = Bench()
    bench.take(1, 2, 3)
    bench.guard.close()
    bench.start()
    assert bench.take(3, 4) == [False, True]


@pytest.mark.parametrize(("pace", "most"), [(4.0, 16), (50.0, 120), (1000.0, 1100)])
def test_the_disk_is_written_now_and_then_and_a_killed_receiver_soon_takes_again(pace: float, most: int) -> None:
    """At any pace about one write in two seconds, and after a kill at most about two seconds unused."""
    bench = Bench()
    sequence = 0
    for _ in range(int(60 * pace)):
        bench.now += 1 / pace
        sequence += 1
        assert bench.take(sequence) == [True]
    assert bench.disk.writes <= 60
    bench.start()
    unused = 0
    while bench.take(sequence := sequence + 1) == [False]:
        unused += 1
    assert unused <= most


def test_what_the_disk_cannot_be_told_is_not_taken() -> None:
    """With a full disk a telegram is neither taken nor lost: it may come once there is room."""
    bench = Bench()
    bench.disk.full = True
    with pytest.raises(OSError, match="space"):
        bench.take(1)
    bench.disk.full = False
    assert bench.take(1) == [True]
    bench.disk.full = True
    with pytest.raises(OSError, match="space"):
        bench.take(1000)
    bench.disk.full = False
    assert bench.take(1000, 1000) == [True, False]


def test_the_last_number_of_all_is_kept() -> None:
    """What is written ahead never leaves what a header can hold."""
    bench = Bench()
    assert bench.take(2**32 - 1) == [True]
    assert bench.disk.seen == {QHD: (7, 2**32 - 1)}


def test_the_file_holds_what_was_written(tmp_path: Path) -> None:
    """Station, gateway, epoch and sequence as the document shows them; no file is nothing seen."""
    path = tmp_path / "seen.json"
    file = SeenFile(path)
    assert file.read() == {}
    file.write({QHD: (7, 12), ("X", 255): (1, 0)})
    assert json.loads(path.read_text("utf-8")) == {
        "QHD/1": {"epoch": 7, "sequence": 12},
        "X/255": {"epoch": 1, "sequence": 0},
    }
    assert file.read() == {QHD: (7, 12), ("X", 255): (1, 0)}


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "{", '{"QHD/1": 7}', '{"QHD": {"epoch": 1, "sequence": 1}}', '{"QHD/1": {"epoch": 1}}',
             '{"QHD/1": {"epoch": "1", "sequence": 1}}']
)  # fmt: skip
def test_a_spoilt_file_is_refused(tmp_path: Path, text: str) -> None:
    """It is not taken for an empty one, or a recording would count again; the message says what to do first."""
    path = tmp_path / "seen.json"
    path.write_text(text, "utf-8")
    with pytest.raises(StationError, match="keys at both ends") as caught:
        ReplayGuard(SeenFile(path), lambda: 0.0)
    assert caught.value.code == "line-seen"
