"""The kernel in two processes: strings have other hashes in each, and every change is the same byte for byte."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.inputs import Input, Tick
from stationmaster_kernel.plain import from_plain
from stationmaster_kernel.plain_text import to_text
from stationmaster_kernel.state import State
from stationmaster_kernel.step import Refused, step
from stationmaster_kernel.values import FeedGrade
from support.effort import scaled
from support.kernel_machine_deeds import ALL_DEEDS
from support.kernel_machine_nights import draw_night
from support.kernel_machine_steps import read_back, text_of

KINDS = {kind.__name__: kind for kind in get_args(Input)}
RESTART = 5
"""A restart after so many inputs."""


def nights(examples: int) -> list[list[Input]]:
    """So many nights, with a tick before each input."""
    found: list[list[Input]] = []

    @settings(max_examples=examples, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        _, inputs, end = draw_night(data.draw, ALL_DEEDS, tuple(FeedGrade))
        ticks = {each.at // MINUTE for each in inputs} | {end // MINUTE}
        all_inputs = [*inputs, *(Tick(id=f"tick/{each}", at=Instant(each * MINUTE)) for each in ticks)]
        found.append(sorted(all_inputs, key=lambda each: (each.at, isinstance(each, Tick))))

    draw()
    return found


def digest(night: list[Input]) -> str:
    """Of everything that a kernel makes of a night."""
    state, made = State.empty(Instant(night[0].at)), hashlib.sha256()
    for number, each in enumerate(night):
        try:
            state, changes = step(state, each)
        except Refused as refused:
            made.update(str(refused).encode())
        else:
            made.update(text_of(changes).encode())
        if number % RESTART == 0:
            state = read_back(state)
    return made.hexdigest()


def read_nights(file: Path) -> list[list[Input]]:
    lines: list[list[list[Any]]] = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [[from_plain(KINDS[kind], plain) for kind, plain in line] for line in lines]


def test_another_process_decides_the_same(tmp_path: Path) -> None:
    """Nothing depends on the order of a hash: what one process makes of a night, another makes of it too."""
    file = tmp_path / "nights"
    lines = ([[type(each).__name__, json.loads(to_text(each))] for each in night] for night in nights(scaled(20)))
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    made = [_in_a_process(file, seed) for seed in ("1", "2", "3")]
    assert len(made[0].splitlines()) >= 20
    assert made[0] == made[1] == made[2]


def _in_a_process(file: Path, seed: str) -> str:
    here = f"import sys; sys.path[:0] = {sys.path!r}; "
    told = "from pathlib import Path; from kernel.test_hash_seeds import digest, read_nights; "
    what = f"print(*map(digest, read_nights(Path({str(file)!r}))), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", here + told + what],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
