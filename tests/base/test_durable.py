"""Small files that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from stationmaster_base.durable import write_durably


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    """The new text stands in the file, and the draft is gone."""
    file = tmp_path / "state.json"
    for text in ("一", "{}"):
        write_durably(file, text)
        assert file.read_text("utf-8") == text
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """A draft that cannot be made is an error, and the old text stands."""
    file = tmp_path / "state.json"
    write_durably(file, "old")
    (tmp_path / "state.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_durably(file, "new")
    assert file.read_text("utf-8") == "old"
