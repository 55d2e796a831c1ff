"""One emergency as it is heard: tone, message, pause, and again.

    begin ──► tone ──► speech ──► pause ──► tone …         its words are there when the tone has sounded
               │ ▲        ▲
               ▼ │        │                                 they are not: two more seconds of tone, up to ten
              more ───────┘
               │
               └────► stand-in ──► pause ──► tone …         still not: what is true of every emergency

A step whose end nobody tells is taken as over shortly after its time, and one that cannot be played as over at its
time: whatever fails, the next step tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.emergencies.control import EmergencyPhase
from stationmaster_broadcast.emergencies.emergency_sounds import EmergencySounds, Words
from stationmaster_broadcast.emergencies.emergency_tone import CYCLE_S, LONGEST_S
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_service.timer import Handle, StationTimer

__all__ = ["BY", "EmergencyVoice", "Seizing"]

_LOG = get_logger("emergency")

BY = "emergency"
"""In whose name zones are seized."""

LATE_S = 3.0
"""Station seconds after which a sound is taken as over although nobody has said so."""


class Seizing(Protocol):
    """What emergencies need of the performer; see `performer.BroadcastPerformer`."""

    def seize(self, zones: Collection[str], by: str, *, why: str, priority: int) -> None:
        """These zones are `by`'s, if nobody has a smaller priority: what plays there is cut, nothing else begins."""

    def release(self, zones: Collection[str], by: str) -> None:
        """They are not any more."""

    def sound_now(
        self, zones: Collection[str], by: str, recording: Recording, texts: Words, *, ended: Callable[[], None]
    ) -> tuple[str, ...]:
        """Play at once in those of the zones that `by` has, instead of what it plays there; which they are.

        `ended` is called once, later, when it has ended in all of them, however it did; not at all if there are none.
        """


class EmergencyVoice:
    """One emergency's voice.

    Args:
        words: what is said, and the message that it is of, or empty.
        pause_s: station seconds between two rounds.
        sounds: what is played.
        performer: plays it.
        clock, timer: station time.
        changed: called after each step.

    """

    def __init__(
        self,
        words: tuple[Words, str],
        pause_s: float,
        *,
        sounds: EmergencySounds,
        performer: Seizing,
        clock: StationClock,
        timer: StationTimer,
        changed: Callable[[], None],
    ) -> None:
        self.phase = EmergencyPhase.COVERED
        self.rounds = 0
        """How often the message has been said to its end."""
        self.problem = ""
        """What does not go as it should; empty if nothing."""
        self.zones: frozenset[str] = frozenset()
        self._words, self._message = words
        self._pause_s = pause_s
        self._sounds = sounds
        self._performer = performer
        self._clock = clock
        self._timer = timer
        self._changed = changed
        self._toned = 0.0
        self._step = 0
        self._next: Handle | None = None

    def next_at(self) -> float | None:
        """When a pause ends; the end of what sounds is for the performer to say."""
        pausing = self._next is not None and self._next.pending and self.phase is EmergencyPhase.PAUSE
        return self._next.instant if self._next is not None and pausing else None

    def have(self, zones: frozenset[str]) -> None:
        """It has these zones now. With a new one it begins again in all of them, so that they say the same."""
        gained = zones - self.zones
        self.zones = zones
        if gained:
            self._tone()
        elif not zones:
            self.halt()

    def halt(self) -> None:
        """Say no more; what sounds is for whoever takes the zones to end."""
        self._step += 1
        self.zones = frozenset()
        self.phase = EmergencyPhase.COVERED
        if self._next is not None:
            self._next.cancel()

    def _follow(self) -> None:
        """What was heard is over: go on with what comes after it."""
        if self.phase is EmergencyPhase.TONE:
            self._speak()
        elif self.phase is EmergencyPhase.PAUSE:
            self._tone()
        else:
            self.rounds += self.phase is EmergencyPhase.SPEECH
            self._pause()

    def _tone(self) -> None:
        self._toned = 0.0
        tone = self._sounds.tone()
        self._play(EmergencyPhase.TONE, tone, ())
        self._sounds.prepare(self._words)

    def _speak(self) -> None:
        speech = self._sounds.speech(self._words, self._message)
        if speech is not None:
            self.problem = ""
            self._play(EmergencyPhase.SPEECH, speech, self._words)
        elif self._toned + CYCLE_S <= LONGEST_S:
            self._play(EmergencyPhase.TONE, self._sounds.more_tone(), ())
        else:
            self.problem = "the message cannot be spoken"
            _LOG.error("emergency-without-speech", todo="see the speech engine; use a microphone meanwhile")
            stand_in = self._sounds.stand_in()
            if stand_in is None:
                self._pause()
            else:
                self._play(EmergencyPhase.STAND_IN, stand_in[1], stand_in[0])

    def _pause(self) -> None:
        self.phase = EmergencyPhase.PAUSE
        self._later(self._pause_s)
        self._changed()

    def _play(self, phase: EmergencyPhase, recording: Recording, texts: Words) -> None:
        self.phase = phase
        self._toned += recording.seconds
        self._step += 1
        step = self._step
        try:
            heard = self._performer.sound_now(sorted(self.zones), BY, recording, texts, ended=lambda: self._ended(step))
        except (OSError, StationError) as error:  # the next step tries again
            heard = ()
            _LOG.error("emergency-not-played", problem=str(error), todo="see the loudspeakers")
        missing = sorted(self.zones.difference(heard))
        if missing:
            self.problem = f"not heard in {', '.join(missing)}"
            _LOG.error("emergency-not-heard", zones=missing, todo="see the loudspeakers there")
        self._later(recording.seconds + (LATE_S if heard else 0.0))
        self._changed()

    def _ended(self, step: int) -> None:
        if self._step == step:
            self._follow()

    def _later(self, seconds: float) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = self._timer.call_at(self._clock.now() + seconds, self._follow)
