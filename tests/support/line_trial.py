"""A line with faults, tried without pacing: what is received is compared, telegram for telegram, with what was sent.

Two trials: `Stream` puts many bits through the decoder and asks one thing, whether anything that it takes was not
sent. `Trial` lets the gateway's schedule and the receiver's ledger live on a line of a rate, in simulated time, and
measures how soon everything is known and how old it is.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from stationmaster_dmis.ledger import Ledger
from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Schedule
from stationmaster_simulator.line_faults import LineFaults
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Header, Telegram
from stationmaster_telegram.records import Content, DatabaseState
from support.line_calls import changed

__all__ = ["KINDS", "RATES", "ErrorResult", "Stream", "StreamResult", "Trial", "faults_of", "run_errors"]

KINDS = ("independent", "bursts", "lost and added bytes", "cuts")
RATES = (1e-6, 1e-5, 1e-4, 1e-3)
_BURST_BYTES = 20.0
_CUT_BYTES = 200.0
_BITS = 10
_READ_S = 5.0
"""Seconds between readings that bring news."""
_NEWS = 4
"""Runs with news in each."""
_LOOK_S = 1.0


def faults_of(kind: str, rate: float, seed: int) -> LineFaults:
    """A line with a fault every `1 / rate` bits, in the mean; it is a UART's, so bytes slip.

    - independent: that share of the bits is read wrong.
    - bursts: the same share, half the bits in bursts of 20 bytes in the mean.
    - lost and added bytes: a fault is a byte that is lost, or one that nobody sent.
    - cuts: the line is cut, anywhere within a byte, for 200 bytes in the mean.
    """
    if kind == "independent":
        return LineFaults(seed, flip=rate, uart=True)
    if kind == "bursts":
        return LineFaults(seed, burst=2 * rate / _BURST_BYTES, burst_bytes=_BURST_BYTES, uart=True)
    if kind == "lost and added bytes":
        return LineFaults(seed, drop=rate * _BITS / 2, insert=rate * _BITS / 2, uart=True)
    return LineFaults(seed, cuts=rate * _BITS, cut_bytes=_CUT_BYTES, uart=True)


@dataclass(slots=True)
class StreamResult:
    """What a `Stream` saw: bits sent, telegrams taken and refused, and those taken that were never sent so."""

    bits: int = 0
    taken: int = 0
    refused: int = 0
    wrong: int = 0

    @property
    def undetected(self) -> float:
        """How many wrong ones a check sum of 32 bits alone would let pass, by chance: at most one of 2^32."""
        return self.refused / 2**32


class Stream:
    """A gateway's telegrams, made beforehand, sent over and over.

    Args:
        rows: what the gateway reads first; news follow.
        telegrams: how many are made.
        seed: of the news.

    """

    def __init__(self, rows: dict[int, Rows], telegrams: int, seed: int = 1) -> None:
        self.frames: list[bytes] = []
        self._sent: dict[int, Telegram] = {}
        dice = random.Random(seed)
        header = Header(station="QHD", gateway=1, epoch=1, sequence=1)
        mirror, schedule = _gateway(rows, header)
        for number in range(telegrams):
            if number % 40 == 39:
                schedule.changed(mirror.apply(Reading(whole=False, runs=changed(rows, dice, _NEWS))))
            outgoing = schedule.next_telegram(number / 5)
            schedule.sent(outgoing, number / 5)
            self.frames.append(outgoing.frame)
            place = Header(station="QHD", gateway=1, epoch=1, sequence=outgoing.sequence)
            self._sent[outgoing.sequence] = Telegram(header=place, content=outgoing.content)

    def send(self, bits: int, kind: str, rate: float, seed: int = 1) -> StreamResult:
        """Send until so many bits are on the line, with faults as `faults_of` has them."""
        faults = faults_of(kind, rate, seed)
        result = StreamResult()
        decoder = Decoder("QHD")
        while result.bits < bits:
            for frame in self.frames:
                decoder.receive_data(faults.pass_on(frame))
                while (event := decoder.next_event()) is not None:
                    if isinstance(event, Telegram):
                        result.taken += 1
                        result.wrong += event != self._sent.get(event.header.sequence)
                    else:
                        result.refused += 1
                result.bits += len(frame) * _BITS
                if result.bits >= bits:
                    break
        return result


@dataclass(slots=True)
class ErrorResult:
    """What a `Trial` measured; times are seconds of the line's time.

    `complete_s` are the times from a receiver's start, in the middle of the stream, to its proof that it has
    everything; `ages_s` are those of all calls, each second, since the gateway last said them; `news_s` the times from
    a change in the gateway's mirror until the receiver had it; `recovery_s` the times from the end of a cut until the
    receiver was complete and had all that had changed meanwhile. What did not happen within a trial's limit is counted
    in `never`.
    """

    taken: int = 0
    refused: int = 0
    wrong: int = 0
    never: int = 0
    complete_s: list[float] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)
    news_s: list[float] = field(default_factory=list)
    recovery_s: list[float] = field(default_factory=list)


class Trial:
    """A gateway and a receiver on a line that is never idle, in simulated time.

    Args:
        rows: what the gateway reads first.
        baud: the line's rate.
        faults: the line's faults.
        seed: of the news.

    """

    def __init__(self, rows: dict[int, Rows], baud: int, faults: LineFaults, seed: int = 1) -> None:
        self.now = 0.0
        self.result = ErrorResult()
        self.rows = dict(rows)
        self._rate = baud / _BITS
        self._faults = faults
        self._dice = random.Random(seed)
        self._mirror, self._schedule = _gateway(rows, Header(station="QHD", gateway=1, epoch=1, sequence=1))
        self._sent: dict[int, Content] = {}
        self._open: dict[int, tuple[int, float]] = {}
        """Runs with news that the receiver does not have: the revision, and since when."""
        self._read_at = 0.0
        self._turning = False
        self._join()
        while self._schedule.backlog:  # a receiver is to start when the gateway has long been at work
            self._telegram()

    def _join(self) -> None:
        """A receiver that knows nothing."""
        self._decoder, self._ledger = Decoder("QHD"), Ledger()
        self._said = dict.fromkeys(self._mirror.calls, self.now)

    @property
    def known(self) -> bool:
        """Whether the receiver has everything, and has the proof."""
        if not self._ledger.complete:
            return False
        return {record.run: record for record in self._ledger.records()} == self._mirror.calls

    def joins(self, times: int, limit_s: float) -> None:
        """Let a receiver start `times` times, each waiting at most `limit_s` to be complete; nothing changes."""
        for _ in range(times):
            self._join()
            begun = self.now
            self._until(limit_s, self.result.complete_s, begun)
            self._run(self._dice.random())

    def live(self, seconds: float) -> None:
        """Let time pass, with news; ages are looked at each second."""
        end = self.now + seconds
        look = self._read_at = self.now + _LOOK_S
        while self.now < end:
            self._telegram(news=True)
            if self.now >= look:
                look += _LOOK_S
                self.result.ages_s += self._ages()
        self.result.news_s += [self.now - since for _, since in self._open.values()]
        self._open.clear()

    def cuts(self, times: int, seconds: float, limit_s: float) -> None:
        """Cut the line in the middle of a frame, `times` times for `seconds`, and wait until all is known again."""
        for _ in range(times):
            self._turning = True
            self._run(seconds / 2)
            self._changed(self._news())
            self._run(seconds / 2)
            self._turning = True
            self._telegram()
            self._until(limit_s, self.result.recovery_s, self.now)
            self._run(self._dice.random())

    def storm(self, limit_s: float) -> tuple[list[float], float]:
        """Every call changes at once: seconds until the receiver had each, and the oldest age of a call meanwhile."""
        self.result.news_s.clear()
        self._told(self._news(len(self.rows)))
        oldest, begun = 0.0, self.now
        while self._open and self.now < begun + limit_s:
            self._telegram()
            oldest = max(oldest, *self._ages())
        return sorted(self.result.news_s), oldest

    def _news(self, count: int = _NEWS) -> dict[int, Rows]:
        found = changed(self.rows, self._dice, count)
        self.rows |= found
        return found

    def _told(self, found: dict[int, Rows]) -> None:
        """The gateway reads news, and the time runs until the receiver has them."""
        for run in self._changed(found):
            self._open.setdefault(run, (self._mirror.calls[run].revision, self.now))

    def _ages(self) -> list[float]:
        """Of each call, how long ago the receiver was told of it, or began to wait for it."""
        return [self.now - said for said in self._said.values()]

    def _changed(self, found: dict[int, Rows]) -> tuple[int, ...]:
        news = self._mirror.apply(Reading(whole=False, runs=found))
        self._schedule.changed(news)
        return news.changed

    def _run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self._telegram()

    def _until(self, limit_s: float, times: list[float], begun: float) -> None:
        while self.now < begun + limit_s:
            self._telegram()
            if self._ledger.complete and self.known:
                times.append(self.now - begun)
                return
        self.result.never += 1

    def _telegram(self, *, news: bool = False) -> None:
        """The next telegram, from the schedule to the ledger."""
        if news and self.now >= self._read_at:
            self._read_at = self.now + _READ_S
            self._told(self._news())
        outgoing = self._schedule.next_telegram(self.now)
        frame = outgoing.frame
        self._sent[outgoing.sequence] = outgoing.content
        self.now += len(frame) / self._rate
        self._schedule.sent(outgoing, self.now)
        if self._turning:  # within a frame
            self._turning = False
            at = self._dice.randrange(1, len(frame))
            self._decoder.receive_data(self._faults.pass_on(frame[:at]))
            self._faults.cut = not self._faults.cut
            frame = frame[at:]
        self._decoder.receive_data(self._faults.pass_on(frame))
        for event in iter(self._decoder.next_event, None):
            if isinstance(event, Telegram):
                self.result.taken += 1
                self.result.wrong += event.content != self._sent.get(event.header.sequence)
                self._taken(event)
            else:
                self.result.refused += 1

    def _taken(self, telegram: Telegram) -> None:
        for record in self._ledger.take(telegram, self.now).records:
            self._said[record.run] = self.now
            wanted = self._open.get(record.run)
            if wanted is not None and record.revision >= wanted[0]:
                self.result.news_s.append(self.now - wanted[1])
                del self._open[record.run]


def run_errors(
    rows: dict[int, Rows],
    kind: str,
    rate: float,
    baud: int,
    *,
    seconds: float,
    limit_s: float,
    times: int,
    seed: int = 1,
) -> ErrorResult:
    """One line of the tables: starts, life with news for `seconds`, and `times` cuts of 5 s."""
    trial = Trial(rows, baud, faults_of(kind, rate, seed), seed)
    trial.joins(times, limit_s)
    trial.live(seconds)
    trial.cuts(times, 5.0, limit_s)
    return trial.result


def _gateway(rows: dict[int, Rows], header: Header) -> tuple[Mirror, Schedule]:
    mirror = Mirror()
    schedule = Schedule(mirror, header, lambda: header.epoch + 1)
    schedule.changed(mirror.apply(Reading(whole=True, runs=rows)))
    schedule.database(DatabaseState.GOOD, 0.0)
    return mirror, schedule
