"""The security log: what happened on this appliance that somebody may have to answer for, kept for half a year.

One JSON object a line, numbered, each with the SHA-256 of the one before: a line that is changed, taken out or put in
later breaks the chain from there on. Whoever can write the folder could make a new chain; against that the present
hash, which the status page shows and an export ends with, is noted elsewhere. A record is on disk when `write` returns.

The folder holds files of at most 256 KiB, named by their first record. Nothing is deleted for its age alone, since the
machine's clock may be wrong; when the folder is full the oldest file goes, and should that be younger than half a year,
the log says so itself (`log_shortened`). Happenings that repeat by the dozen are counted instead of written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger

__all__ = ["Fact", "SecurityLog", "Verified", "export", "verify"]

_LOG = get_logger("security")

Fact = str | int | float | bool | None

_FILE_BYTES = 256 * 1024
_GENESIS = "0" * 64
_MOST_A_MINUTE = 20
_DAY_S = 86400.0
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a folder's records are: how many, from when to when (ISO), the last one's hash, and what is wrong."""

    records: int
    first: str
    last: str
    head: str
    faults: tuple[str, ...]


class SecurityLog:
    """Writes it.

    A disk that cannot be written to loses records and nothing else; `lost` counts them, and the next record says so.
    `tip` is the last record's number and hash, both at once: other threads read it while a record is being written.

    Args:
        folder: where it is; made if it is not there.
        keep_days: how long records are to be kept.
        keep_bytes: how much disk it may take.
        wall: the machine's clock, seconds since 1970; may be wrong.
        monotonic: machine seconds.

    Raises:
        StationError: `security-log`: the folder cannot be used.

    """

    def __init__(
        self,
        folder: Path,
        *,
        keep_days: int,
        keep_bytes: int,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.lost = 0
        self.tip = (0, _GENESIS)
        self._folder = folder
        self._keep_s = keep_days * _DAY_S
        self._most_files = max(2, keep_bytes // _FILE_BYTES)
        self._wall = wall
        self._monotonic = monotonic
        self._begun = monotonic()
        self._lock = Lock()
        self._recent: dict[str, deque[float]] = {}
        self._suppressed: dict[str, int] = {}
        self._unsaid = 0
        self._file: Path | None = None
        try:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            torn = self._find_end()
        except OSError as error:
            raise StationError(
                "security-log", f"The security log {folder} cannot be used: {error}.", "Change [gateway.appliance]."
            ) from error
        if torn:
            self.write("torn_record_removed", bytes=torn)

    def write(self, event: str, **facts: Fact) -> None:
        """Write one record; `event` is a constant word, `n`, `at`, `up_s` and `previous` are no names for facts.

        Facts are cut at 500 characters. More than twenty of a kind in a minute are counted, not written.
        """
        with self._lock:
            now = self._monotonic()
            recent = self._recent.setdefault(event, deque())
            while recent and recent[0] < now - 60:
                recent.popleft()
            if len(recent) >= _MOST_A_MINUTE:
                self._suppressed[event] = self._suppressed.get(event, 0) + 1
                return
            recent.append(now)
            if more := self._suppressed.pop(event, 0):
                facts = {**facts, "suppressed_before": more}
            if self._unsaid:
                facts = {**facts, "lost_before": self._unsaid}
            try:
                self._append(event, facts)
                self._unsaid = 0
            except OSError as error:
                self.lost += 1
                self._unsaid += 1
                _LOG.error("security_log_lost", problem=str(error), lost=self.lost, do="see to the disk")

    def close(self) -> None:
        """Say what was only counted."""
        for event, count in sorted(self._suppressed.items()):
            self.write("suppressed", of=event, count=count)
        self._suppressed.clear()

    def _append(self, event: str, facts: dict[str, Fact]) -> None:
        self._make_room()
        number, head = self.tip
        body = {
            "n": number + 1,
            "at": _iso(self._wall()),
            "up_s": round(self._monotonic() - self._begun, 3),
            "event": event,
            **{key: value[:_LONGEST_TEXT] if isinstance(value, str) else value for key, value in facts.items()},
            "previous": head,
        }
        line = json.dumps(body, ensure_ascii=False)
        file = self._file or self._folder / _name(number + 1)
        with file.open("ab") as handle:
            size = handle.tell()
            try:
                handle.write(f"{line}\n".encode())
                handle.flush()
                os.fsync(handle.fileno())
            except OSError:
                handle.truncate(size)
                raise
        self._file = file
        self.tip = (number + 1, _hash(line))

    def _make_room(self) -> None:
        """Begin another file if this one is full, and let the oldest go if there are too many."""
        if self._file is None or self._file.stat().st_size < _FILE_BYTES:
            return
        self._file = None
        files = _files(self._folder)
        while len(files) >= self._most_files:
            oldest = files.pop(0)
            *_, last = _lines(oldest)
            at = str(json.loads(last)["at"])
            oldest.unlink()
            if self._wall() - datetime.fromisoformat(at).timestamp() < self._keep_s:
                _LOG.warning("security_log_shortened", until=at, do="give it more room: keep_mb")
                self._append("log_shortened", {"until": at, "file": oldest.name})

    def _find_end(self) -> int:
        """Go on where the last run ended; gives how many bytes of a record were torn off by a loss of power."""
        for file in reversed(_files(self._folder)):
            data = file.read_bytes()
            whole = data[: data.rfind(b"\n") + 1]
            if torn := len(data) - len(whole):
                with file.open("r+b") as handle:
                    handle.truncate(len(whole))
            if whole:
                line = whole.decode("utf-8", "replace").splitlines()[-1]
                try:
                    number = int(json.loads(line)["n"])
                except (ValueError, KeyError, TypeError):
                    number = int(file.stem.rpartition("-")[2]) + whole.count(b"\n")
                self._file, self.tip = file, (number, _hash(line))
                return torn
            file.unlink()
            if torn:
                return torn
        return 0


def verify(folder: Path) -> Verified:
    """Follow the chain through every file; what is wrong is said, with its place.

    Raises:
        OSError: the folder cannot be read.

    """
    records, number, head, first, last = 0, None, None, "", ""
    faults: list[str] = []
    for file in _files(folder):
        for at, line in enumerate(_lines(file), 1):
            place = f"{file.name}, line {at}"
            try:
                body = json.loads(line)
                own, before, stamp = int(body["n"]), str(body["previous"]), str(body["at"])
            except (ValueError, KeyError, TypeError):
                faults.append(f"{place}: is no record")
                head = _hash(line)
                continue
            if head is not None and before != head:
                faults.append(f"{place}: the record before it is not the one that was there when it was written")
            if number is not None and own != number + 1:
                faults.append(f"{place}: record {own} follows record {number}")
            records, number, head, last = records + 1, own, _hash(line), stamp
            first = first or stamp
    return Verified(records=records, first=first, last=last, head=head or _GENESIS, faults=tuple(faults))


def export(folder: Path, to: Path) -> Verified:
    """Copy every record into one file, and check the chain; the log itself stays as it is.

    Raises:
        StationError: `security-log`: there is no log, the file is there already, or cannot be written.

    """
    try:
        if not _files(folder):
            raise StationError("security-log", f"There is no security log in {folder}.", "Is it this configuration's?")
        with to.open("x", encoding="utf-8") as out:
            for file in _files(folder):
                out.writelines(f"{line}\n" for line in _lines(file))
            out.flush()
            os.fsync(out.fileno())
        return verify(folder)
    except FileExistsError as error:
        raise StationError("security-log", f"{to} is there already.", "Name a new file.") from error
    except OSError as error:
        raise StationError("security-log", f"The security log cannot be exported: {error}.") from error


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("security-*.jsonl"))


def _lines(file: Path) -> Iterator[str]:
    """The file's whole records; one that is being written just now is not one yet."""
    with file.open("rb") as handle:
        for line in handle:
            if line.endswith(b"\n"):
                yield line[:-1].decode("utf-8", "replace")


def _name(number: int) -> str:
    return f"security-{number:010}.jsonl"


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
