"""A log that cannot fill a disk: when a file is full it is put aside, and the oldest goes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO, TextIO

__all__ = ["BoundedLog", "as_text"]


class BoundedLog:
    """A file of at most `most` bytes, with `kept` older ones beside it (`hub.log.1` is the younger).

    A disk that cannot be written to loses lines and nothing else; `lost` counts them.
    """

    def __init__(self, path: Path, *, most: int = 2_000_000, kept: int = 2) -> None:
        self.lost = 0
        self._path = path
        self._most = most
        self._kept = kept
        self._file: BinaryIO | None = None
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append whole lines or parts of them."""
        try:
            if self._file is None:
                self._file = self._path.open("ab", buffering=0)
                self._size = self._path.stat().st_size
            if self._size and self._size + len(data) > self._most:
                self._put_aside()
            if self._file is not None:
                self._file.write(data)
                self._size += len(data)
        except OSError:
            self.lost += data.count(b"\n")

    def close(self) -> None:
        """Nothing more is written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put_aside(self) -> None:
        self.close()
        for number in range(self._kept - 1, 0, -1):
            older = self._aside(number)
            if older.exists():
                older.replace(self._aside(number + 1))
        self._path.replace(self._aside(1))
        self._file = self._path.open("ab", buffering=0)
        self._size = 0

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class _Bytes(io.RawIOBase):
    """The log as Python's own streams want it."""

    def __init__(self, log: BoundedLog) -> None:
        super().__init__()
        self._log = log

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._log.write(bytes(data))
        return len(data)


def as_text(log: BoundedLog) -> TextIO:
    """A stream that puts each line into `log` when it is written, in UTF-8; for `configure_logging`."""
    # Whatever is written is in the file at once: there is no buffer to lose.
    return io.TextIOWrapper(_Bytes(log), "utf-8", errors="backslashreplace", write_through=True)  # type: ignore[type-var]  # raw bytes will do
