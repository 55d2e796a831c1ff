"""The schedule: which telegram is next. There always is one, so the line is never idle.

1. The state of the gateway, each second and as soon as it changes.
2. What changed and was never transmitted; then a manifest that accounts for it. First what is urgent: reports, delays,
   tracks and suspensions of the next hours' trains; then what else is new of these; then the rest. What has waited
   since an earlier reading goes before what is of a later one, so in a storm nothing of its kind waits for ever.
3. Manifests, every few telegrams.
4. In turn: repeats of recent changes; the carousel, round and round.

It knows no port: a telegram counts as transmitted when `sent` is called with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

from stationmaster_base.times import Instant
from stationmaster_gateway.carousel import Carousel, Round, Shares
from stationmaster_gateway.mirror import Mirror, News
from stationmaster_telegram.digest import manifest_hours, whole_digest
from stationmaster_telegram.frame import Header, compress, encode, payload_room
from stationmaster_telegram.keys import SigningKey
from stationmaster_telegram.records import (
    LARGEST_COUNTER,
    CallRecord,
    Calls,
    Content,
    DatabaseState,
    GatewayState,
    HourManifest,
    Manifest,
    RunningState,
    Tombstones,
)

__all__ = ["Outgoing", "Schedule"]

_STATE_S = 1.0
_MANIFEST_S = 2.0
_MANIFEST_TELEGRAMS = 16
_MANIFEST_HOURS = 4
_REPEATS_S = (0.2, 0.7, 2.0)
"""A change is repeated so many seconds after its first transmission: far enough apart that one burst of noise on the
line does not take them all."""
_REPEATS_MOST = 256
"""In a storm of more changes than this the oldest repeats are left to the carousel."""
_STONES = 24
_STONES_EVERY = 8
"""Of the telegrams about all calls, every so many-th is one of tombstones instead, if there are any."""
_GUESS = 8
_CANDIDATES = 64
"""More calls than fit into one telegram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One telegram, ready for the line."""

    frame: bytes
    sequence: int
    content: Content


class Schedule:
    """Chooses telegrams.

    Args:
        mirror: what there is to say.
        header: station, gateway, epoch, and the sequence of the first telegram (1; `sequence` is that of the last one
            transmitted, 0 before any).
        new_epoch: gives the next epoch, should the sequence be used up.
        key: what telegrams are signed with; None: they are not. The mirror must have been made with as little room.
        shares: how the line is shared out.
        gateway_time: what the gateway's own clock shows, for the receiver to compare with; None if it is not set.

    """

    def __init__(
        self,
        mirror: Mirror,
        header: Header,
        new_epoch: Callable[[], int],
        *,
        key: SigningKey | None = None,
        shares: Shares | None = None,
        gateway_time: Callable[[], Instant | None] = lambda: None,
    ) -> None:
        self._mirror = mirror
        self._header = header
        self._new_epoch = new_epoch
        self._key = key
        self._room = payload_room(key is not None)
        self._gateway_time = gateway_time
        self.sequence = 0
        self._pending: dict[int, int] = {}
        """Runs with news, and the reading that first brought it."""
        self._readings = 0
        self._told: dict[int, CallRecord] = {}
        """What was last transmitted of each run."""
        self._stones: dict[int, None] = {}
        self._repeats: deque[tuple[float, int, int]] = deque()
        self._state = GatewayState(database=DatabaseState.STARTING)
        self._state_changed = True
        self._state_at = 0.0
        self._manifest_due = False
        self._manifest_at = 0.0
        self._since_manifest = 0
        self._hours: tuple[HourManifest, ...] | None = None
        self._next_hour = 0
        self._shares = shares or Shares()
        self._carousel = Carousel(self._shares)
        self._turn = 0
        self._all_turns = 0
        self._guess = _GUESS
        self._packed: dict[tuple[Round, int], tuple[Calls, bytes]] = {}

    @property
    def epoch(self) -> int:
        """The epoch of what is transmitted."""
        return self._header.epoch

    @property
    def key_id(self) -> int | None:
        """The id of the key that telegrams are signed with; None: they are not."""
        return None if self._key is None else self._key.id

    @property
    def backlog(self) -> int:
        """How many changes, and the manifest that accounts for them, were not yet transmitted once."""
        return len(self._pending) + len(self._stones) + self._manifest_due

    def changed(self, news: News) -> None:
        """The mirror has changed."""
        if self._mirror.loaded and self._hours is None:
            self._manifest_due = True
        if news.changed or news.gone:
            self._hours = None
            self._manifest_due = self._mirror.loaded
            self._readings += 1
            for run in news.changed:
                self._pending.setdefault(run, self._readings)
                self._stones.pop(run, None)
            for run in news.gone:
                self._pending.pop(run, None)
                self._told.pop(run, None)
                self._stones.setdefault(run)
            self._carousel.over(self._mirror.calls.values())
            self._packed.clear()
            self._look_near()

    def database(self, state: DatabaseState, read_age: float) -> None:
        """How the database is now; goes out at once if it became better or worse."""
        mirror = self._mirror
        new = GatewayState(
            database=state,
            database_time=mirror.time,
            read_age=min(int(read_age), LARGEST_COUNTER),
            faulty=mirror.faulty,
            held=mirror.held,
            gateway_time=self._gateway_time(),
        )
        if (new.database, new.faulty, new.held) != (self._state.database, self._state.faulty, self._state.held):
            self._state_changed = True
        self._state = new

    def next_telegram(self, now: float) -> Outgoing:
        """The telegram to transmit at machine time `now`; each call uses up one sequence number."""
        if self._state_changed or now >= self._state_at + _STATE_S or now < self._state_at:
            self._look_near()
            return self._finish(self._state)
        return self._manifest(now) or self._urgent() or self._routine(now)

    def sent(self, outgoing: Outgoing, now: float) -> None:
        """`outgoing` went down the line as a whole."""
        self.sequence = outgoing.sequence
        match outgoing.content:
            case GatewayState() as state:
                self._state_at = now
                self._state_changed = state.database is not self._state.database
            case Manifest():
                self._manifest_at = now
                self._since_manifest = 0
                self._manifest_due = bool(self._pending or self._stones)
            case Tombstones(tombstones=stones):
                for stone in stones:
                    self._stones.pop(stone.run, None)
            case Calls(records=records):
                self._since_manifest += 1
                for record in records:
                    self._call_sent(record, now)

    def _call_sent(self, record: CallRecord, now: float) -> None:
        current = self._mirror.calls.get(record.run)
        if current is None or current.revision != record.revision:
            return
        self._told[record.run] = record
        if record.run in self._pending:
            del self._pending[record.run]
            for delay in _REPEATS_S:
                self._repeats.append((now + delay, record.run, record.revision))
            while len(self._repeats) > _REPEATS_MOST:
                self._repeats.popleft()

    def _urgent(self) -> Outgoing | None:
        """Changes never transmitted, then the manifest over them; in a storm the carousel goes on all the same."""
        self._turn += 1
        if self._turn % self._shares.storm == 0:
            return None
        if self._pending:
            calls = self._mirror.calls
            first, *rest = nsmallest(_CANDIDATES, self._pending, key=self._urgency)
            records = [calls[run] for run in (first, *rest) if calls[run].day == calls[first].day]
            return self._finish(*self._calls(records))
        if self._stones:
            return self._tombstones(list(self._stones))
        if self._manifest_due and self._mirror.loaded:
            return self._finish(self._next_manifest())
        return None

    def _urgency(self, run: int) -> tuple[int, int, int]:
        """The lower, the sooner: how much depends on it, since when it waits, when the train is to be here."""
        record = self._mirror.calls[run]
        if run not in self._carousel.near.runs:
            rank = 2
        elif _acted_on(record) == _acted_on(self._told.get(run)):
            rank = 1
        else:
            rank = 0
        return rank, self._pending[run], record.planned

    def _manifest(self, now: float) -> Outgoing | None:
        """The manifest that comes from time to time, whatever else there is."""
        due = self._since_manifest >= _MANIFEST_TELEGRAMS or not 0 <= now - self._manifest_at < _MANIFEST_S
        return self._finish(self._next_manifest()) if due and self._mirror.loaded else None

    def _routine(self, now: float) -> Outgoing:
        """Repeats and the carousel, in turn."""
        if self._turn % 2:
            repeated = self._repeat(now)
            if repeated is not None:
                return repeated
        around = self._carousel.next()
        if around is self._carousel.all:
            self._all_turns += 1
            stones = list(self._mirror.tombstones)
            if stones and (not around.runs or self._all_turns % _STONES_EVERY == 0):
                start = (self._all_turns // _STONES_EVERY * _STONES) % len(stones)
                return self._tombstones(stones[start:] + stones[:start])
        runs = around.ahead()
        if not runs:
            return self._idle()
        packed = self._packed.get((around, runs[0]))
        if packed is None:
            calls = self._mirror.calls
            packed = self._calls([calls[run] for run in runs if calls[run].day == calls[runs[0]].day])
            self._packed[around, runs[0]] = packed
        content, stream = packed
        around.passed(content.records[-1])
        return self._finish(content, stream)

    def _repeat(self, now: float) -> Outgoing | None:
        """The repeats that are due, of one day."""
        calls = self._mirror.calls
        due: dict[int, CallRecord] = {}
        later: list[tuple[float, int, int]] = []
        while self._repeats:
            at, run, revision = self._repeats.popleft()
            record = calls.get(run)
            if record is None or record.revision != revision or run in self._pending:
                continue
            if at <= now and run not in due and (not due or next(iter(due.values())).day == record.day):
                due[run] = record
            else:
                later.append((at, run, revision))
        outgoing = None
        left = list(due.values())
        if due:
            content, stream = self._calls(left)
            outgoing = self._finish(content, stream)
            left = left[len(content.records) :]
        self._repeats.extend((now, record.run, record.revision) for record in left)
        self._repeats.extend(later)
        return outgoing

    def _idle(self) -> Outgoing:
        """Something to say when there is nothing to say."""
        return self._finish(self._next_manifest() if self._mirror.loaded else self._state)

    def _calls(self, records: Sequence[CallRecord]) -> tuple[Calls, bytes]:
        """As many of `records`, all of one day, from the first on, as one telegram holds; with their stream."""
        count = max(1, min(self._guess, len(records)))
        content = Calls(records=tuple(records[:count]))
        stream = compress(content, self._room)
        while stream is None and count > 1:
            count -= 1
            content = Calls(records=tuple(records[:count]))
            stream = compress(content, self._room)
        if stream is None:
            raise ValueError(f"{content!r} does not fit into a telegram")
        while count < len(records):
            more = Calls(records=tuple(records[: count + 1]))
            longer = compress(more, self._room)
            if longer is None:
                self._guess = count
                break
            content, stream, count = more, longer, count + 1
        return content, stream

    def _tombstones(self, runs: Sequence[int]) -> Outgoing:
        stones = self._mirror.tombstones
        chosen = [stones[run] for run in runs if run in stones][:_STONES]
        self._stones = {run: None for run in self._stones if run in stones}
        while chosen:
            content = Tombstones(tombstones=tuple(chosen))
            stream = compress(content, self._room)
            if stream is not None:
                return self._finish(content, stream)
            chosen = chosen[: len(chosen) // 2]
        return self._idle()

    def _next_manifest(self) -> Manifest:
        if self._hours is None:
            self._hours = manifest_hours(self._mirror.calls.values())
        hours = self._hours
        start = self._next_hour if self._next_hour < len(hours) else 0
        self._next_hour = start + _MANIFEST_HOURS
        return Manifest(
            cycle=self._carousel.all.passes,
            count=len(self._mirror.calls),
            digest=whole_digest(hours),
            hours=hours[start : start + _MANIFEST_HOURS],
        )

    def _look_near(self) -> None:
        """Find the calls of the next hours and days anew, by the database's time."""
        if self._carousel.look(self._mirror.calls.values(), self._mirror.time):
            self._packed.clear()

    def _finish(self, content: Content, stream: bytes | None = None) -> Outgoing:
        frame = encode(self._header, content, stream, self._key)
        if frame is None:
            raise ValueError(f"{content!r} does not fit into a telegram")
        outgoing = Outgoing(frame=frame, sequence=self._header.sequence, content=content)
        if self._header.sequence == LARGEST_COUNTER:
            self._header = replace(self._header, epoch=self._new_epoch(), sequence=1)
        else:
            self._header = replace(self._header, sequence=self._header.sequence + 1)
        return outgoing


def _acted_on(record: CallRecord | None) -> tuple[object, ...]:
    """What of a call passengers act on at once; of one that was never told, that nothing is out of the ordinary."""
    if record is None:
        return (None, None, None, None, False, False, "", RunningState.SCHEDULED)
    return (
        record.actual_arrival,
        record.actual_departure,
        record.expected_arrival,
        record.expected_departure,
        record.arrival_unknown,
        record.departure_unknown,
        record.track,
        record.running,
    )
