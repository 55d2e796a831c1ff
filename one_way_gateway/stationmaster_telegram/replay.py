"""No telegram twice, however often it is played: what a receiver with keys remembers of each gateway, also on disk.

Epoch and sequence only ever grow at the gateway. The guard takes each (epoch, sequence) once: a lower epoch never
again, a lower sequence only if it is one of the last 64 and was not seen (two ways through a network may overtake).
What is on disk is a number ahead of what was taken, so that a receiver that is killed, or that loses power, takes
nothing twice either. The price is that it then leaves up to two seconds of telegrams unused; one that ends in order
leaves none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.durable import write_durably
from stationmaster_base.errors import StationError

__all__ = ["ReplayGuard", "SeenFile", "Sender"]

Sender = tuple[str, int]
"""Station and gateway, as they stand in the header."""

WINDOW = 64
"""How far behind the highest sequence a telegram may come, and still be the first of its number."""
_ALL_SEEN = (1 << WINDOW) - 1
_AHEAD_S = 2.0
_AHEAD_LEAST = 8
_AHEAD_MOST = 1024
_LARGEST = 2**32 - 1


class SeenFile:
    """Epoch and sequence of each gateway, in a small JSON file: `{"QHD/1": {"epoch": 7, "sequence": 1234}}`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[Sender, tuple[int, int]]:
        """What was written last; nothing if there is no file.

        Raises:
            StationError: `line-seen`: it cannot be read, or is not such a file.

        """
        try:
            if not self._path.exists():
                return {}
            found = {}
            for name, entry in json.loads(self._path.read_text("utf-8")).items():
                station, _, gateway = name.partition("/")
                epoch, sequence = entry["epoch"], entry["sequence"]
                if type(epoch) is not int or type(sequence) is not int:
                    raise ValueError(f"{name}: epoch and sequence are numbers")
                found[station, int(gateway)] = (epoch, sequence)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StationError(
                "line-seen",
                f"The file {self._path}, which keeps what has come down the line, cannot be used: {error}.",
                "Change the keys at both ends, then delete it: without it old telegrams under old keys would count.",
            ) from error
        return found

    def write(self, seen: dict[Sender, tuple[int, int]]) -> None:
        """Put it on disk, whole or not at all.

        Raises:
            OSError: it could not be written.

        """
        body = {
            f"{station}/{gateway}": {"epoch": epoch, "sequence": sequence}
            for (station, gateway), (epoch, sequence) in sorted(seen.items())
        }
        write_durably(self._path, json.dumps(body))


@dataclass(slots=True)
class _Stream:
    """What was taken of one gateway. Bit n of `seen` says that `highest` − n was; `kept` is what the disk says."""

    epoch: int
    highest: int
    seen: int
    kept: int
    kept_at: float
    kept_highest: int


class ReplayGuard:
    """Takes each telegram once.

    Args:
        file: what it remembers when the process does not.
        monotonic: machine seconds.

    Raises:
        StationError: `line-seen`: the file cannot be used.

    """

    def __init__(self, file: SeenFile, monotonic: Callable[[], float]) -> None:
        self._file = file
        self._monotonic = monotonic
        now = monotonic()
        self._streams = {
            sender: _Stream(
                epoch=epoch, highest=sequence, seen=_ALL_SEEN, kept=sequence, kept_at=now, kept_highest=sequence
            )
            for sender, (epoch, sequence) in file.read().items()
        }

    def accept(self, sender: Sender, epoch: int, sequence: int) -> bool:
        """Whether this telegram, already known to be genuine, is new; it then counts as taken.

        Raises:
            OSError: it is new and the disk cannot be told of it; it then does not count as taken.

        """
        stream = self._streams.get(sender)
        if stream is None or epoch > stream.epoch:
            now = self._monotonic()
            kept = min(sequence + _AHEAD_LEAST, _LARGEST)
            self._keep(sender, epoch, kept)
            self._streams[sender] = _Stream(
                epoch=epoch, highest=sequence, seen=1, kept=kept, kept_at=now, kept_highest=sequence
            )
            return True
        if epoch < stream.epoch:
            return False
        ahead = sequence - stream.highest
        if ahead <= 0:
            bit = 1 << -ahead if -ahead < WINDOW else 0
            if not bit or stream.seen & bit:
                return False
            stream.seen |= bit
            return True
        if sequence > stream.kept:
            self._keep_ahead(sender, stream, sequence)
        stream.highest = sequence
        stream.seen = ((stream.seen << ahead) | 1) & _ALL_SEEN if ahead < WINDOW else 1
        return True

    def close(self) -> None:
        """The end, in order: the disk is told exactly what was taken, so that nothing is left unused afterwards."""
        seen = {sender: (stream.epoch, stream.highest) for sender, stream in self._streams.items()}
        if seen:
            self._file.write(seen)

    def _keep_ahead(self, sender: Sender, stream: _Stream, sequence: int) -> None:
        """Write a number ahead of `sequence`, as far as the line gets in two seconds at its present pace."""
        now = self._monotonic()
        elapsed = now - stream.kept_at
        pace = (sequence - stream.kept_highest) / elapsed if elapsed > 0 else _AHEAD_LEAST
        kept = min(sequence + int(min(_AHEAD_MOST, max(_AHEAD_LEAST, pace * _AHEAD_S))), _LARGEST)
        self._keep(sender, stream.epoch, kept)
        stream.kept, stream.kept_at, stream.kept_highest = kept, now, sequence

    def _keep(self, sender: Sender, epoch: int, sequence: int) -> None:
        seen = {other: (stream.epoch, stream.kept) for other, stream in self._streams.items()}
        self._file.write({**seen, sender: (epoch, sequence)})
