"""A feed decoder for a made-up vendor's format: one call a line, fields between semicolons.

    C;17;2026-03-01;G101;2026-03-01T02:00:00Z;2026-03-01T02:05:00Z;7
    E;1

The first is a call: run, day, train, arrival, departure, track; the second ends a full list of so many calls.

It shows all that a decoder has to do: hold a bounded number of bytes, raise nothing, count what it refuses, and make
telegrams. Their epoch is when this decoder began, and a record's revision is its place in the stream, so that the
later of two records of one train counts.
"""

from __future__ import annotations

import time
from collections import deque
from datetime import date, datetime

from stationmaster_base.times import Instant
from stationmaster_telegram.decoder import Counters
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import Header, Rejected, Telegram
from stationmaster_telegram.records import (
    CallRecord,
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    Kind,
    Manifest,
    Tombstone,
    Tombstones,
)

LONGEST_LINE = 1000
MOST_CALLS = 5000


class SemicolonDecoder:
    """Takes the vendor's bytes, gives telegrams.

    Args:
        station: the station's telecode.
        epoch: larger at each start.

    """

    def __init__(self, station: str, epoch: int) -> None:
        self.counters = Counters()
        self._station = station
        self._epoch = epoch
        self._sequence = 0
        self._held = bytearray()
        self._too_long = False
        self._calls: dict[int, CallRecord] = {}
        self._listed: set[int] = set()
        self._lists = 0
        self._events: deque[Telegram | Rejected] = deque()

    def receive_data(self, data: bytes) -> None:
        """Take what has come; any length, cut anywhere."""
        self.counters.bytes += len(data)
        *ended, rest = data.split(b"\n")
        for part in ended:
            self._hold(part)
            if self._too_long:
                self._reject("framing_errors", f"more than {LONGEST_LINE} bytes without an end of line")
            elif self._held.strip():
                self._line(self._held.decode("utf-8", "replace").strip())
            self.interrupted()
        self._hold(rest)

    def next_event(self) -> Telegram | Rejected | None:
        """The next thing that came."""
        return self._events.popleft() if self._events else None

    def interrupted(self) -> None:
        """What comes next begins a line."""
        self._held.clear()
        self._too_long = False

    def _hold(self, part: bytes) -> None:
        self._too_long = self._too_long or len(self._held) + len(part) > LONGEST_LINE
        if not self._too_long:
            self._held += part

    def _line(self, text: str) -> None:
        try:
            kind, *fields = text.split(";")
            if kind == "C":
                self._call(fields)
            elif kind == "E":
                self._end(fields)
            else:
                raise ValueError(f"lines begin with C or E, not {kind!r}")
        except (ValueError, OverflowError) as error:
            self._reject("malformed", str(error))

    def _call(self, fields: list[str]) -> None:
        run, day, train, arrival, departure, track = fields
        known = self._calls.get(int(run))
        if known is None and len(self._calls) >= MOST_CALLS:
            raise ValueError(f"more than {MOST_CALLS} calls")
        record = CallRecord(
            run=int(run),
            revision=self._sequence + 1,
            day=date.fromisoformat(day),
            numbers=(train,),
            kind=Kind.THROUGH,
            planned_arrival=_instant(arrival),
            planned_departure=_instant(departure),
            track=track,
        )
        self._calls[record.run] = record
        self._listed.add(record.run)
        self._tell(Calls(records=(record,)))

    def _end(self, fields: list[str]) -> None:
        """A full list is over: if all of it came, what was not in it is gone, and that this is everything is proven."""
        (count,) = fields
        whole = int(count) == len(self._listed)
        if whole:
            for run in self._calls.keys() - self._listed:
                del self._calls[run]
                self._tell(Tombstones(tombstones=(Tombstone(run=run, revision=self._sequence + 1),)))
            self._lists += 1
            records = tuple(self._calls.values())
            digest = whole_digest(manifest_hours(records))
            self._tell(Manifest(cycle=self._lists, count=len(records), digest=digest))
        self._listed.clear()
        self._tell(GatewayState(database=DatabaseState.GOOD if whole else DatabaseState.OTHER))

    def _tell(self, content: Content) -> None:
        self._sequence += 1
        self.counters.frames += 1
        header = Header(station=self._station, gateway=1, epoch=self._epoch, sequence=self._sequence)
        self._events.append(Telegram(header=header, content=content))

    def _reject(self, reason: str, detail: str) -> None:
        setattr(self.counters, reason, getattr(self.counters, reason) + 1)
        self._events.append(Rejected(reason=reason, detail=detail))


def decoder(station: str) -> SemicolonDecoder:
    """What the entry point names: a decoder for the station's line."""
    return SemicolonDecoder(station, int(time.time()))


def _instant(text: str) -> Instant:
    return Instant(int(datetime.fromisoformat(text).timestamp()))
