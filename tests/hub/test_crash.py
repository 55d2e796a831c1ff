"""A hub that is killed at any point of a commit: nothing lost, nothing twice, nothing published that is not committed.

Each life of the hub is a child process that puts in whatever the world has not had acknowledged yet, in the world's
order, and kills itself at a named point. What it published and what it acknowledged goes to files that are
on disk before it goes on, as a subscriber's replica and an executor's results would be.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from hub.making import MadeHub, begin, contents, opened, replayed, tick, worked
from stationmaster_kernel.inputs import Feed, Input, TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskState
from support.effort import EFFORT, scaled
from support.small_station import at, record

PASSES = (1, 5) if EFFORT == 1 else range(1, 8)
POINTS = ("before-transaction", "inside-transaction", "after-transaction", "after-publish")

SAY = "TST/2026-03-01/G1/1/say-check-in/1"


def the_world() -> tuple[tuple[Input, ...], ...]:
    """What comes to the hub on this morning, in groups that come together; every input has its id for ever."""
    said = Result(target="waiting-A", state=TaskState.DONE, at=at("07:56"), base=at("07:55"))
    return (
        begin(),
        tuple(tick(minutes) for minutes in range(3)),
        (Feed(id="feed/1", at=at("06:03"), records=(record(expected_departure=at("08:20")),)), tick(4)),
        (tick(118), TaskResult(id="result/1", at=at("07:58"), task=SAY, result=said)),
        (Feed(id="feed/2", at=at("08:00"), records=(record(actual_arrival=at("08:00"), track="2"),)),),
        tuple(tick(minutes) for minutes in (121, 122, 123)),
    )


ALL_INPUTS = tuple(given for group in the_world() for given in group)


def append(file: Path, line: str) -> None:
    """Write a line so that it stays, whatever happens next."""
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
        out.flush()
        os.fsync(out.fileno())


def lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.exists() else []


def life(folder: Path, url: URL, point: str, passes: int) -> None:
    """One life of the hub; it ends itself at the `passes`-th time that it comes to `point`, or lives to the end."""
    left = passes

    def probe(here: str) -> None:
        nonlocal left
        if here == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    acknowledged = set(lines(folder / "acknowledged"))
    hub = MadeHub(url, probe=probe, at_once=False)
    hub.pipeline.on_commit(
        lambda committed: (
            [
                append(folder / "published", f"{each.stored.sequence} {each.stored.hash} {each.input_id}")
                for each in committed
            ]
            and None
        )
    )
    hub.open()
    hub.thread.run()
    for group in the_world():
        for given in group:
            if given.id not in acknowledged:
                hub.pipeline.put(given).addCallback(lambda _, given=given: append(folder / "acknowledged", given.id))
        hub.thread.run()
    hub.store.close()


def live(folder: Path, url: URL, point: str = "", passes: int = 0) -> bool:
    """Run one life in a child process; whether it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            life(folder, url, point, passes)
            code = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, "the hub failed by itself; its traceback is above"
    return True


def check(folder: Path, url: URL, *, over: bool) -> None:
    """What must hold after any death, and what must hold when all is over."""
    with opened(url) as found:
        assert not found.fault
        journal = {entry.sequence: entry.hash for entry in found.tail}
        assert list(journal) == list(range(1, len(journal) + 1))
        published = [line.split() for line in lines(folder / "published")]
        for sequence, entry_hash, _ in published:
            assert journal[int(sequence)] == entry_hash, "something was published that is not committed"
        acknowledged = lines(folder / "acknowledged")
        assert len(journal) >= len(set(acknowledged)), "something was acknowledged that is not committed"
        if found.state is not None:
            assert replayed(found.tail) == contents(found.state)
        if over:
            assert set(acknowledged) == {given.id for given in ALL_INPUTS}
            assert len(journal) == len(ALL_INPUTS)
            assert contents(found.state) == contents(worked(*ALL_INPUTS))


def crash_and_recover(folder: Path, url: URL, deaths: Sequence[tuple[str, int]]) -> int:
    """Live through all deaths and then to the end; the number of deaths that happened."""
    died = 0
    for point, passes in deaths:
        died += not live(folder, url, point, passes)
        check(folder, url, over=False)
    assert live(folder, url)
    check(folder, url, over=True)
    return died


@pytest.mark.parametrize("passes", PASSES)
@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_any_point_loses_nothing_and_does_nothing_twice(
    database: URL, tmp_path: Path, point: str, passes: int
) -> None:
    """Killed once at any point of any commit, the hub ends in the state that it would have had without."""
    assert crash_and_recover(tmp_path, database, [(point, passes)]) == 1


@pytest.mark.parametrize("point", POINTS)
def test_a_hub_that_keeps_dying_still_ends_right(database: URL, tmp_path: Path, point: str) -> None:
    """Killed in every life at the same point, as far as it still comes there, the result is the same."""
    deaths = [(point, passes) for passes in (1, 1, 2, 1, 3, 2, 1)]
    assert crash_and_recover(tmp_path, database, deaths) >= 3


def test_deaths_at_changing_points_end_right(database: URL, tmp_path: Path) -> None:
    """Killed at one point after the other, the result is the same."""
    assert crash_and_recover(tmp_path, database, [(point, 1) for point in POINTS * 2]) == 8


@pytest.mark.parametrize("seed", range(scaled(3)))
def test_deaths_anywhere_end_right(database: URL, tmp_path: Path, seed: int) -> None:
    """Killed again and again, anywhere, the result is the same; a soak kills it many hundreds of times."""
    draw = random.Random(seed)
    deaths = [(draw.choice(POINTS), draw.randint(1, 3)) for _ in range(10)]
    assert crash_and_recover(tmp_path, database, deaths) >= 3


def test_without_a_death_every_input_is_published_once(database: URL, tmp_path: Path) -> None:
    """The measure of the others: one life, every input published once and in order."""
    assert live(tmp_path, database)
    check(tmp_path, database, over=True)
    assert [line.split()[2] for line in lines(tmp_path / "published")] == [given.id for given in ALL_INPUTS]
