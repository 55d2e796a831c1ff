"""Python's collector while a process starts: it rests, and is as it was afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from stationmaster_base.collecting import kept_for_good, uncollected


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The collector, whatever a test did with it."""
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_within_and_everything_afterwards() -> None:
    """Also when one stands within another, or ends with an error."""
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="so"), uncollected():
        raise ValueError("so")
    assert gc.isenabled()


def test_a_process_that_does_not_collect_is_left_so() -> None:
    """Who has ended it for the whole process is not overruled."""
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_what_is_kept_for_good_is_looked_at_no_more() -> None:
    """What is made within is not among what the collector looks at; what comes later is."""
    with kept_for_good():
        early = [object()]
    late = [early]
    watched = gc.get_objects()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert not any(each is early for each in watched)
    assert any(each is late for each in watched)
