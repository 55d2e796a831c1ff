"""Bytes from outside never raise, whatever they are: the corpus, and what hypothesis makes of it.

Each file of the corpus is one input: as it should be, damaged in a way that once mattered, or found by a fuzzer
(`tools/fuzz.py`) to reach a place that the others do not.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.effort import scaled
from support.fuzz_targets import CORPUS, TARGETS

FILES = {name: sorted((CORPUS / name).iterdir()) for name in TARGETS}
SEEDS = {name: [path.read_bytes() for path in files] for name, files in FILES.items()}


@pytest.mark.parametrize("path", [path for files in FILES.values() for path in files], ids=lambda path: path.stem)
def test_the_corpus_holds(path: Path) -> None:
    """What is said of each target holds for each file of its corpus."""
    TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_a_corpus() -> None:
    """Files for each target and for nothing else, small ones."""
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
    for seeds in SEEDS.values():
        assert len(seeds) >= 10
        assert max(map(len, seeds)) <= 4096


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=scaled(200), deadline=None)
@given(data=st.data())
def test_what_hypothesis_makes_of_it_holds(name: str, data: st.DataObject) -> None:
    """A file with pieces taken out, put in, repeated and changed, and bytes out of nothing, hold too."""
    seed = bytearray(data.draw(st.sampled_from(SEEDS[name])) if data.draw(st.booleans()) else b"")
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(seed)))
        end = data.draw(st.integers(at, min(len(seed), at + 40)))
        seed[at:end] = data.draw(st.binary(max_size=20) | st.just(bytes(seed[at:end] * 2)))
    TARGETS[name](bytes(seed))


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=scaled(200), deadline=None)
@given(noise=st.binary(max_size=700))
def test_noise_holds(name: str, noise: bytes) -> None:
    """Bytes out of nothing."""
    TARGETS[name](noise)
