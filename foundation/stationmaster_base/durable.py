"""Small files that are there after a loss of power, the old or the new one but never half of one."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["write_durably"]


def write_durably(path: Path, text: str) -> None:
    """Put `text` (UTF-8) in place of what the file holds; when this returns, it is on disk.

    Raises:
        OSError: it could not be written; the file is as it was.

    """
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
