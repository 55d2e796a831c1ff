"""The epoch on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster_base.errors import StationError
from stationmaster_gateway.epoch import next_epoch


def test_it_counts_up_at_each_start(tmp_path: Path) -> None:
    """The first start is epoch 1, and each later one the next; nothing else is left in the folder."""
    file = tmp_path / "gateway.json"
    assert [next_epoch(file) for _ in range(3)] == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.json"]


@pytest.mark.parametrize("text", ["", "{}", '{"epoch": "x"}', '{"epoch": -1}', '{"epoch": 4294967295}', "[]", "\xff"])
def test_a_state_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    """Guessing an epoch could make receivers ignore everything, so a person has to look."""
    file = tmp_path / "gateway.json"
    file.write_text(text, "latin-1")
    with pytest.raises(StationError, match="epoch") as caught:
        next_epoch(file)
    assert caught.value.code == "gateway-state"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A state file that cannot be written is a fault of the configuration."""
    with pytest.raises(StationError, match="No such file"):
        next_epoch(tmp_path / "nowhere" / "gateway.json")
