"""Telegrams for people: one line each, what was rejected and why, and what it all amounted to.

Nothing here reads a device or a clock: bytes are given, lines come out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, tzinfo

from stationmaster_base.times import Instant
from stationmaster_dmis.ledger import Ledger
from stationmaster_dmis.line import FeedDecoder
from stationmaster_telegram.frame import Rejected, Telegram
from stationmaster_telegram.records import (
    CallRecord,
    Calls,
    Content,
    GatewayState,
    Manifest,
    RunningState,
    Tombstones,
)

__all__ = ["Sniffer"]

_LONGEST_REASON = 160
_CLOCK = "%H:%M"
_DATE_AND_CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass(slots=True)
class _Sender:
    """What one gateway of one station said."""

    ledger: Ledger = field(default_factory=Ledger)
    epochs: set[int] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)


class Sniffer:
    """Makes lines of what comes down one line.

    Args:
        decoder: of its format.
        zone: in which times are shown.

    """

    def __init__(self, decoder: FeedDecoder, zone: tzinfo) -> None:
        self._decoder = decoder
        self._zone = zone
        self._senders: dict[tuple[str, int], _Sender] = {}

    @property
    def telegrams(self) -> int:
        """How many were understood."""
        return sum(sender.kinds.total() for sender in self._senders.values())

    def receive(self, data: bytes, now: float) -> Iterator[str]:
        """A line for each telegram that these bytes complete, and for each thing that is none; `now` in any seconds."""
        self._decoder.receive_data(data)
        return self._events(now)

    def end(self, now: float) -> Iterator[str]:
        """No more comes: what is held of a telegram is told as cut."""
        self._decoder.interrupted()
        return self._events(now)

    def summary(self) -> Iterator[str]:
        """What there was, counted, and what each gateway's word amounts to."""
        counters = self._decoder.counters
        found = [(each.name, getattr(counters, each.name)) for each in fields(counters)]
        yield ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in found if count) or "nothing came"
        for (station, gateway), sender in sorted(self._senders.items()):
            ledger = sender.ledger
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(sender.kinds.items()))
            whole = "proven complete" if ledger.complete else f"not complete, {ledger.missing} missing at least"
            yield (
                f"{station}/{gateway}: epoch {ledger.epoch} ({len(sender.epochs)} seen), {kinds}; "
                f"{ledger.calls} calls, {whole}"
            )

    def _events(self, now: float) -> Iterator[str]:
        while (event := self._decoder.next_event()) is not None:
            if isinstance(event, Rejected):
                yield f"rejected  {event.reason.replace('_', ' ')}: {_plain(event.detail)}"
            else:
                yield self._telegram(event, now)

    def _telegram(self, telegram: Telegram, now: float) -> str:
        header = telegram.header
        kind, text = self._content(telegram.content)
        sender = self._senders.setdefault((header.station, header.gateway), _Sender())
        sender.kinds[kind] += 1
        sender.epochs.add(header.epoch)
        sender.ledger.take(telegram, now)
        return f"{header.station}/{header.gateway} {header.epoch}:{header.sequence:<6} {kind:<9} {text}"

    def _content(self, content: Content) -> tuple[str, str]:
        match content:
            case Calls(records=records):
                return "calls", f"{records[0].day} " + "; ".join(self._call(record) for record in records)
            case Tombstones(tombstones=stones):
                return "gone", ", ".join(f"run {stone.run} rev {stone.revision}" for stone in stones)
            case Manifest():
                hours = ", ".join(f"{hour.day} hour {hour.hour}: {hour.count}" for hour in content.hours)
                return "manifest", f"pass {content.cycle}, {content.count} calls" + (f" ({hours})" if hours else "")
            case GatewayState():
                return "state", self._state(content)

    def _state(self, state: GatewayState) -> str:
        parts = [f"database {state.database.name.lower()}", f"read {state.read_age} s ago"]
        for word, time in (("its time", state.database_time), ("gateway's clock", state.gateway_time)):
            if time is not None:
                parts.append(f"{word} {self._shown(time, _DATE_AND_CLOCK)}")
        parts += [f"{count} rows {word}" for word, count in (("faulty", state.faulty), ("held", state.held)) if count]
        return ", ".join(parts)

    def _call(self, record: CallRecord) -> str:
        parts = [
            "/".join(record.numbers),
            f"{_plain(record.origin)}—{_plain(record.destination)}",
            record.kind.name.lower(),
        ]
        for word, planned, expected, actual, unknown in (
            ("arr", record.planned_arrival, record.expected_arrival, record.actual_arrival, record.arrival_unknown),
            (
                "dep",
                record.planned_departure,
                record.expected_departure,
                record.actual_departure,
                record.departure_unknown,
            ),
        ):
            if planned is not None:
                parts.append(f"{word} {self._times(planned, expected, actual, unknown)}")
        if record.track:
            parts.append(f"track {_plain(record.track)}")
        if record.running is not RunningState.SCHEDULED:
            parts.append(record.running.name.lower())
        if record.reason:
            parts.append(f"({_plain(record.reason)})")
        return " ".join(parts) + f" [run {record.run} rev {record.revision}]"

    def _times(self, planned: Instant, expected: Instant | None, actual: Instant | None, unknown: bool) -> str:
        text = self._shown(planned, _CLOCK)
        if expected is not None and expected != planned:
            text += f" now {self._shown(expected, _CLOCK)}"
        if unknown:
            text += " now unknown"
        if actual is not None:
            text += f" was {self._shown(actual, _CLOCK)}"
        return text

    def _shown(self, time: Instant, form: str) -> str:
        try:
            return (_ZERO + timedelta(seconds=time)).astimezone(self._zone).strftime(form)
        except (OverflowError, ValueError):
            return f"{time} s"  # what a telegram may say goes beyond the years that a calendar has


_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def _plain(text: str) -> str:
    """Without what would drive a terminal: a line may carry anything."""
    return "".join(letter if letter.isprintable() else "·" for letter in text[:_LONGEST_REASON])
