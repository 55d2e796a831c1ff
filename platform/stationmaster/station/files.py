"""Replacing a file of the station's folder so that no reader ever sees half of it, and the last one is kept."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["BACKUP_SUFFIX", "replace_text"]

BACKUP_SUFFIX = ".bak"


def replace_text(path: Path, text: str) -> Path | None:
    """Put `text` into `path` in one move; the text that stood there is kept as `<name>.bak`.

    Returns:
        The backup; None if there was no file, or if it said the same already and was left alone.

    Raises:
        OSError: nothing has been changed then, but for the backup.

    """
    content = text.encode()
    before = path.read_bytes() if path.exists() else None
    if before == content:
        return None
    backup = None
    if before is not None:
        backup = path.with_name(path.name + BACKUP_SUFFIX)
        _move_in(backup, before)
    _move_in(path, content)
    return backup


def _move_in(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
