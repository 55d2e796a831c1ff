"""The receiving end of the line without any line: bytes in, telegrams out.

It may begin in the middle of anything: whatever stands between two delimiters is a telegram or is counted and left.
Nothing that can come down a line raises an error here or makes it hold more than one frame's length of bytes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.frame import LONGEST_FRAME, Header, Rejected, Rejection, Telegram, decode

__all__ = ["Counters", "Decoder"]

_ROOM = LONGEST_FRAME - 2
_MOST_SENDERS = 64
"""Senders whose sequence is followed at once; a line has one or two."""


@dataclass(slots=True)
class Counters:
    """What has come since the start. `gaps` counts missing telegrams, `duplicates` those whose number had passed.

    With keys: `unauthenticated` have no tag, `bad_tags` a wrong one, `replays` a right one and came before;
    `not_kept` were not taken because the disk could not be told that they were.
    """

    bytes: int = 0
    frames: int = 0
    framing_errors: int = 0
    crc_errors: int = 0
    unknown_versions: int = 0
    unknown_stations: int = 0
    unauthenticated: int = 0
    unknown_keys: int = 0
    bad_tags: int = 0
    not_kept: int = 0
    replays: int = 0
    unknown_types: int = 0
    malformed: int = 0
    gaps: int = 0
    duplicates: int = 0


class Decoder:
    """Takes bytes as they come and gives telegrams.

    Args:
        station: whose telegrams are wanted; None: everybody's.
        verifier: judges tags, and then telegrams without are refused; None: they come without.

    """

    def __init__(self, station: str | None = None, verifier: Verifier | None = None) -> None:
        self.counters = Counters()
        self._station = station
        self._verifier = verifier
        self._held = bytearray()
        self._too_long = False
        self._events: deque[Telegram | Rejected] = deque()
        self._latest: dict[tuple[str, int], Header] = {}

    def receive_data(self, data: bytes) -> None:
        """Take what has come down the line; any length, cut anywhere."""
        self.counters.bytes += len(data)
        *ended, rest = data.split(b"\0")
        for part in ended:
            self._hold(part)
            self._end()
        self._hold(rest)

    def next_event(self) -> Telegram | Rejected | None:
        """The next thing that came, in order; None if more bytes are needed."""
        return self._events.popleft() if self._events else None

    def interrupted(self) -> None:
        """The line was cut: what is held of a frame is worth nothing."""
        if self._held or self._too_long:
            self._reject("framing_errors", "the line was cut within a frame")
        self._held.clear()
        self._too_long = False

    def _hold(self, part: bytes) -> None:
        if len(self._held) + len(part) > _ROOM:
            self._too_long = True
            self._held.clear()
        if not self._too_long:
            self._held += part

    def _end(self) -> None:
        stuffed = bytes(self._held)
        too_long, self._too_long = self._too_long, False
        self._held.clear()
        if too_long:
            self._reject("framing_errors", f"more than {LONGEST_FRAME} bytes without a delimiter")
            return
        if not stuffed:
            return
        try:
            telegram = decode(stuffed, self._station, self._verifier)
        except Rejection as rejection:
            self._reject(rejection.reason, str(rejection))
            return
        self.counters.frames += 1
        self._follow(telegram.header)
        self._events.append(telegram)

    def _reject(self, reason: str, detail: str) -> None:
        setattr(self.counters, reason, getattr(self.counters, reason) + 1)
        self._events.append(Rejected(reason=reason, detail=detail))

    def _follow(self, header: Header) -> None:
        """Count what is missing or comes again, per station, gateway and epoch."""
        sender = (header.station, header.gateway)
        latest = self._latest.get(sender)
        if latest is not None and latest.epoch == header.epoch:
            ahead = header.sequence - latest.sequence
            if ahead <= 0:
                self.counters.duplicates += 1
                return
            self.counters.gaps += ahead - 1
        elif len(self._latest) >= _MOST_SENDERS and latest is None:
            self._latest.clear()
        self._latest[sender] = header
