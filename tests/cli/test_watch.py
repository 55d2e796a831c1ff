"""Waiting until every process answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationmaster.cli.watch import Watch


class Faces:
    """Stands for the processes: those in `well` answer."""

    def __init__(self) -> None:
        self.well: set[str] = set()
        self.asked: list[str] = []

    def __call__(self, address: str) -> Deferred[bool]:
        self.asked.append(address)
        return succeed(address in self.well)


@pytest.fixture
def faces() -> Faces:
    return Faces()


def test_it_is_over_when_each_has_answered_once(faces: Faces, tmp_path: Path) -> None:
    """Who has answered is not asked again, and a process without a face is ready when its files are there."""
    clock, said, done = Clock(), [], []
    watch = Watch(clock, {"hub": "a", "query": "b"}, {"line": (tmp_path / "end",)}, faces, said.append)
    watch.until_all_answer().addCallback(lambda _: done.append("done"))
    faces.well = {"a"}
    clock.advance(0.25)
    clock.advance(0.25)
    assert faces.asked == ["a", "b", "a", "b", "b"]
    faces.well = {"a", "b"}
    clock.advance(0.25)
    assert done == []
    (tmp_path / "end").touch()
    clock.advance(0.25)
    assert done == ["done"]
    assert clock.getDelayedCalls() == []
    assert said == []


def test_a_long_wait_is_said(faces: Faces) -> None:
    """Every half minute a person reads who is missing."""
    clock, said = Clock(), []
    Watch(clock, {"hub": "a", "query": "b"}, {}, faces, said.append).until_all_answer()
    faces.well = {"a"}
    clock.pump([0.25] * 241)
    assert said == ["Still waiting for query; their logs say why."] * 2


def test_giving_up_asks_no_more(faces: Faces) -> None:
    """Cancelled, it ends with that and leaves nothing behind."""
    clock, failures = Clock(), []
    waiting = Watch(clock, {"hub": "a"}, {}, faces, lambda _: None).until_all_answer()
    waiting.addErrback(failures.append)
    waiting.cancel()
    assert isinstance(failures[0], Failure)
    assert failures[0].check(CancelledError)
    assert clock.getDelayedCalls() == []
