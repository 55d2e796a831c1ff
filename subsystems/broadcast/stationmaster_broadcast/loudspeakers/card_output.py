"""A sound card, by ALSA's `aplay`: one program a sound, which is given samples as it takes them.

Whether the card is there is looked at every two seconds. A card that failed is tried with a moment of silence until it
takes it: what is wrong with it is then over, and nobody had to hear it fail.
"""

from __future__ import annotations

import re
import shutil
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IPullProducer
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.output import Changed, Ended
from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.loudspeakers.reel import Reels
from stationmaster_service.interfaces import DelayedCall, Reactor

__all__ = ["CARDS", "CardOutput", "CardSettings"]

_LOG = get_logger("card")

CARDS = Path("/proc/asound/cards")
"""Where Linux lists its sound cards."""

LOOK_S = 2.0
"""Machine seconds between two looks whether the card is there."""

TRY_S = 4.0
"""Machine seconds between two trials of a card that failed."""

MORE_S = 5.0
"""Machine seconds for which the program may run longer than its sound; then it hangs."""

KILL_S = 2.0
"""Machine seconds between asking a program to end and ending it."""

PIECE = 2048
"""Samples that are handed over at once: a tenth of a second of speech, so that nothing else waits for it."""

_QUIET = bytes(2 * 2205)
_HARDWARE = re.compile(r"(?:plug)?(?:hw|dmix|front|sysdefault):(?:CARD=)?([A-Za-z0-9_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSettings:
    """Which device, as ALSA calls it."""

    device: str = "default"

    @staticmethod
    def from_table(table: Table) -> CardSettings:
        """Read `device`; finish is left."""
        return CardSettings(device=table.text("device", "default"))


class CardOutput:
    """One sound card; an `Output`.

    Args:
        name: the output's.
        settings: which card.
        reactor: starts the program.
        reels: what else plays at present.
        cards: the list of cards.

    """

    kind = "card"
    patience_s = 3.0

    def __init__(
        self, name: str, settings: CardSettings, *, reactor: Reactor, reels: Reels, cards: Path = CARDS
    ) -> None:
        self.name = name
        self.problem = ""
        self.detail = settings.device
        self._device = settings.device
        self._reactor = reactor
        self._reels = reels
        self._cards = cards
        self._changed: Changed | None = None
        self._look: DelayedCall | None = None
        self._program: _Program | None = None
        """What plays, or plays as soon as the card is free."""
        self._alive: list[_Program] = []
        """Programs that run: a card takes one at a time, and one that was told to end has it for a moment still."""
        self._failed = True
        """Whether it has to be tried before it is believed to be well; as it is at the start."""
        self._tried = -TRY_S

    def start(self, changed: Changed) -> None:
        """Try the card, and go on looking at it."""
        self._changed = changed
        self._look_now()

    def stop(self) -> None:
        """Be silent."""
        self._changed = None
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if self._program is not None:
            self._program.stop()

    def begin(self, saying: Saying, ended: Ended) -> _Program:
        """Play the recording, as soon as the card is free of what was stopped before.

        Raises:
            StationError: `output-card`: there is no card or no player; `sound-file`: the recording cannot be read.

        """
        reel = self._reels.reel(saying, form="s16le", rate=0, samples=PIECE, encode=_little_endian)
        return self._run(map(reel.piece, range(len(reel))), reel.rate, len(reel) * reel.seconds, ended)

    def _run(self, pieces: Iterator[bytes], rate: int, seconds: float, ended: Ended) -> _Program:
        missing = self._missing()
        player = shutil.which("aplay")
        if missing or player is None:
            self._has(missing)
            raise StationError("output-card", missing, "See the sound card and its driver.")

        def over(problem: str) -> None:
            self._failed = bool(problem)
            self._tried = self._reactor.seconds()
            self._has(problem)
            ended(problem)

        if self._program is not None:
            self._program.stop()  # a trial with silence
        command = [player, "-q", "-D", self._device, "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(rate)]
        program = _Program(command, pieces, seconds, ended=over, gone=self._gone, reactor=self._reactor)
        self._program = program
        self._launch()
        return program

    def _launch(self) -> None:
        program = self._program
        if program is not None and not self._alive:
            self._alive.append(program)
            program.launch()

    def _gone(self, program: _Program) -> None:
        if program in self._alive:
            self._alive.remove(program)
        if self._program is program:
            self._program = None
        self._launch()

    def _look_now(self) -> None:
        self._look = self._reactor.callLater(LOOK_S, self._look_now)
        missing = self._missing()
        if missing:
            self._failed = True
            self._has(missing)
        elif self._failed and self._program is None and self._reactor.seconds() - self._tried >= TRY_S:
            self._tried = self._reactor.seconds()
            try:
                self._run(iter([_QUIET]), 22050, 0.1, _tried)
            except StationError as error:
                _LOG.debug("card-not-tried", output=self.name, problem=error.message)

    def _missing(self) -> str:
        """Why the card cannot be there; empty if it may be."""
        if shutil.which("aplay") is None:
            return "aplay is not installed; it is in the package alsa-utils"
        hardware = _HARDWARE.match(self._device)
        if hardware is None and self._device != "default":
            return ""  # a device of ALSA's own, such as a mixer or a file: only a trial tells
        try:
            listed = re.findall(r"^\s*(\d+)\s+\[(\S+)", self._cards.read_text("utf-8", "replace"), re.MULTILINE)
        except OSError:
            listed = []
        if hardware is None:
            return "" if listed else "there is no sound card"
        card = hardware[1]
        return "" if any(card in (number, name) for number, name in listed) else f"there is no sound card {card}"

    def _has(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            if self._changed is not None:
                self._changed()


def _tried(problem: str) -> None:
    _LOG.debug("card-tried", problem=problem)


def _little_endian(samples: array[int]) -> bytes:
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples.tobytes()


@implementer(IPullProducer)
class _Program(ProcessProtocol):
    """The playing program; a `Sounding`."""

    transport: Any  # Twisted declares it as a zope interface without these methods

    def __init__(
        self,
        command: list[str],
        pieces: Iterator[bytes],
        seconds: float,
        *,
        ended: Ended,
        gone: Callable[[_Program], None],
        reactor: Reactor,
    ) -> None:
        self._command = command
        self._pieces = pieces
        self._seconds = seconds
        self._ended: Ended | None = ended
        self._gone = gone
        self._reactor = reactor
        self._limit: DelayedCall | None = None
        self._launched = False
        self._stopped = False
        self._said = b""
        self._hung = False

    def launch(self) -> None:
        """Start the program; one that cannot be started has ended with that."""
        self._launched = True
        try:
            self._reactor.spawnProcess(self, self._command[0], self._command, env=None, childFDs={0: "w", 2: "r"})
        except OSError as error:
            self._limit = self._reactor.callLater(0, self._over, f"aplay cannot be started: {error}")
        else:
            self._limit = self._reactor.callLater(self._seconds + MORE_S, self.hangs)

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's name
        self.transport.registerProducer(self, False)

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        piece = next(self._pieces, None)
        if piece is not None:
            self.transport.write(piece)
        else:
            self.transport.unregisterProducer()
            self.transport.closeStdin()

    def stopProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._pieces = iter(())

    def stop(self) -> None:
        """End it; its end is not told."""
        if self._stopped:
            return
        self._stopped = True
        self._ended = None
        if not self._launched:
            self._gone(self)
            return
        self._signal("TERM")
        self._limited(KILL_S, "KILL")

    def hangs(self) -> None:
        """It runs for much longer than its sound."""
        self._hung = True
        self._signal("KILL")

    def _limited(self, seconds: float, signal: str) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
            self._limit = self._reactor.callLater(seconds, self._signal, signal)

    def _signal(self, name: str) -> None:
        try:
            self.transport.signalProcess(name)
        except ProcessExitedAlready:
            _LOG.debug("player-gone-already")

    def errReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        self._said = (self._said + data)[-500:]

    def processEnded(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1] if lines else reason.getErrorMessage()
        if self._hung:
            self._over("aplay did not come to an end")
        else:
            self._over(said if getattr(reason.value, "exitCode", None) != 0 else "")

    def _over(self, problem: str) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
        self._limit = None
        self._gone(self)
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(problem)
