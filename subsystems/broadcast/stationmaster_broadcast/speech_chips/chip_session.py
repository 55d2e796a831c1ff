"""The talk with one speech chip: a frame, its acknowledgement, waiting until it is idle, and what to do otherwise.

Chips differ in what they say by themselves, and lines lose bytes; so nothing here depends on a byte that comes once:

- After a frame the chip says 41 (accepted). 45 (bad frame): it is sent again, at most twice.
- Nothing at all: the chip is asked (21). Is it busy, it has the frame; is it idle, the frame was lost and is sent
  again; does it say nothing either, it is dead, and that is the alarm.
- While it speaks it is asked each second; 4F (idle) ends the frame. An idle that comes sooner than the text can have
  been spoken is asked for once more: some chips are idle for a moment before they begin.
- 4A (ready) in the middle: it was switched off and on, and has forgotten what it was saying.
- It is never idle: after several times what the text needs it is stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.speech_chips.chip_text import ChipFrame
from stationmaster_broadcast.speech_chips.chips import QUERY, STOP, Chip, Status
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["ChipSession", "Stopped"]

_LOG = get_logger("chip")

ANSWER_S = 0.5
"""Machine seconds that an answer may take after the frame has crossed the line."""
ASK_S = 1.0
"""Machine seconds between two questions while it speaks."""
CONFIRM_S = 0.3
"""Machine seconds before an early idle is believed."""
LEAST_S, MOST_S = 0.06, 0.8
"""Machine seconds of a character: spoken faster than the first it cannot have been, slower than the second it hangs."""
MOST_MORE_S = 5.0
ATTEMPTS = 3
BITS = 10
"""Of a byte on the line: start, eight, stop."""


class Stopped(Exception):
    """It was stopped by us, and its end is not told."""


class ChipSession:
    """One chip.

    Args:
        chip: which kind.
        reactor: machine time.
        write: hands bytes to the line; raises StationError if there is none.
        baud: the line's rate.

    """

    def __init__(self, chip: Chip, reactor: MachineTime, write: Callable[[bytes], None], baud: int) -> None:
        self.problem = "the speech chip has not been asked yet"
        self.asleep = False
        self._chip = chip
        self._reactor = reactor
        self._write = write
        self._baud = baud
        self._turn = 0
        self._busy = False
        self._checking = False
        self._waiting: Deferred[int | None] | None = None
        self._limit: DelayedCall | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being said."""
        return self._busy

    def received(self, data: bytes) -> None:
        """Bytes from the chip; what is no status byte is noise."""
        for byte in data:
            if byte in Status.__members__.values():
                self._answer(byte)

    def lost(self) -> None:
        """The line has gone."""
        self.problem = "the line to the speech chip is gone"
        self._answer(None)

    @inlineCallbacks
    def check(self) -> Generator[Deferred[Any], Any, bool]:
        """Ask whether it is there; sets `problem`. Gives way to a text, and does nothing while one is spoken."""
        if self._busy or self._checking:
            return not self.problem
        self._checking = True
        turn = self._turn
        try:
            found = yield self._ask(turn)
            self._judge(found)
        except StationError as error:
            self.problem = error.message
        except Stopped:
            _LOG.debug("chip-check-stopped")
        finally:
            if turn == self._turn:
                self._checking = False
        return not self.problem

    @inlineCallbacks
    def speak(self, frames: Sequence[ChipFrame]) -> Generator[Deferred[Any], Any, None]:
        """Say all frames, one after the other; fires when the chip is idle again.

        Fails with a StationError: `chip-busy` (one thing at a time), `chip-silent`, `chip-refused`, `chip-reset`,
        `chip-hung`, `chip-line`; with `Stopped` if it was stopped.
        """
        if self._busy:
            raise StationError("chip-busy", "The speech chip is speaking already.")
        if self._checking:
            self._begin_anew()
        self._busy = True
        turn = self._turn
        try:
            if self.asleep:
                yield self._rouse(turn)
            for frame in frames:
                yield self._send(frame, turn)
                yield self._speaking(frame, turn)
            self.problem = ""
        except StationError as error:
            if error.code != "chip-refused":
                self.problem = error.message
            raise
        finally:
            if turn == self._turn:
                self._busy = False

    def stop(self) -> None:
        """Be silent now."""
        self._tell(STOP)
        self._begin_anew()

    def sleep(self) -> None:
        """Go to sleep, if there is nothing to do; the next thing to say wakes it."""
        if not self._busy and not self.asleep and not self.problem:
            self._tell(self._chip.sleep)
            self.asleep = True

    def _begin_anew(self) -> None:
        """Whoever waits for an answer hears that it was stopped."""
        self._turn += 1
        self._busy = self._checking = False
        self._answer(None)

    @inlineCallbacks
    def _rouse(self, turn: int) -> Generator[Deferred[Any], Any, None]:
        """Wake it: any answer shows that it is awake; what woke it may itself be lost."""
        for _ in range(ATTEMPTS):
            self._write(self._chip.command(QUERY if self._chip.wake is None else self._chip.wake))
            found = yield self._hear(ANSWER_S, turn)
            if found is not None:
                self.asleep = False
                return
        raise StationError("chip-silent", "The speech chip does not wake up.", "See its power and the serial cable.")

    @inlineCallbacks
    def _send(self, frame: ChipFrame, turn: int) -> Generator[Deferred[Any], Any, None]:
        crossing = len(frame.data) * BITS / self._baud
        for attempt in range(1, ATTEMPTS + 1):
            self._write(frame.data)
            found = yield self._hear(crossing + ANSWER_S, turn, past=(Status.IDLE, Status.BUSY))
            if found == Status.ACCEPTED:
                return
            if found is None:
                found = yield self._ask(turn)
                if found == Status.BUSY:
                    return
                if found is None:
                    self._judge(None)
                    raise StationError("chip-silent", self.problem, "See its power and the serial cable.")
            _LOG.warning("chip-frame-again", chip=self._chip.name, attempt=attempt, answer=found, todo="see the cable")
        raise StationError(
            "chip-refused",
            f"{self._chip.name} did not take the text in {ATTEMPTS} attempts.",
            "See the cable, the baud rate, and that this is the chip that the configuration says.",
        )

    @inlineCallbacks
    def _speaking(self, frame: ChipFrame, turn: int) -> Generator[Deferred[Any], Any, None]:
        began = self._reactor.seconds()
        silent = 0
        while True:
            found = yield self._hear(ASK_S, turn, past=(Status.ACCEPTED, Status.BAD_FRAME))
            if found is None:
                found = yield self._ask(turn)
            taken = self._reactor.seconds() - began
            if found == Status.IDLE and taken < LEAST_S * len(frame.text):
                yield self._pause(CONFIRM_S, turn)
                found = yield self._ask(turn)
            if found == Status.IDLE:
                return
            if found == Status.READY:
                raise StationError("chip-reset", "The speech chip started anew while it spoke.", "See its power.")
            silent = silent + 1 if found is None else 0
            if silent == ATTEMPTS:
                self._judge(None)
                raise StationError("chip-silent", self.problem, "See its power and the serial cable.")
            if self._reactor.seconds() - began > MOST_S * len(frame.text) + MOST_MORE_S:
                self._tell(STOP)
                raise StationError("chip-hung", "The speech chip did not come to an end.", "See what it says.")

    @inlineCallbacks
    def _ask(self, turn: int) -> Generator[Deferred[Any], Any, int | None]:
        """What it says of itself: busy, idle, ready, or nothing. It may acknowledge the question first."""
        self._write(self._chip.command(QUERY))
        answer: int | None = yield self._hear(ANSWER_S, turn, past=(Status.ACCEPTED,))
        return answer

    def _judge(self, found: int | None) -> None:
        was = self.problem
        self.problem = f"{self._chip.name} does not answer" if found is None else ""
        if self.problem and self.problem != was:
            _LOG.warning("chip-silent", chip=self._chip.name, todo="see its power and the serial cable")

    @inlineCallbacks
    def _hear(
        self, limit: float, turn: int, past: tuple[Status, ...] = ()
    ) -> Generator[Deferred[Any], Any, int | None]:
        """The next status byte that is not one of `past`, or None after `limit` machine seconds.

        Raises:
            Stopped: we were stopped meanwhile.

        """
        ends = self._reactor.seconds() + limit
        while True:
            left = max(0.0, ends - self._reactor.seconds())
            found: int | None = yield self._next(left)
            if turn != self._turn:
                raise Stopped
            if found is None or found not in past:
                return found

    @inlineCallbacks
    def _pause(self, seconds: float, turn: int) -> Generator[Deferred[Any], Any, None]:
        yield self._hear(seconds, turn, past=tuple(Status))

    def _next(self, seconds: float) -> Deferred[int | None]:
        waiting: Deferred[int | None] = Deferred()
        self._waiting = waiting
        self._limit = self._reactor.callLater(seconds, self._answer, None)
        return waiting

    def _answer(self, found: int | None) -> None:
        waiting, self._waiting = self._waiting, None
        limit, self._limit = self._limit, None
        if limit is not None and limit.active():
            limit.cancel()
        if waiting is not None:
            waiting.callback(found)

    def _tell(self, command: int) -> None:
        """A command whose answer nobody waits for."""
        try:
            self._write(self._chip.command(command))
        except StationError as error:
            self.problem = error.message
