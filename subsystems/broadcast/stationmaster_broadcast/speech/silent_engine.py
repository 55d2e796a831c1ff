"""An engine that speaks no words: a soft hum of about the length that the words would take.

For drills, and for days at speed: it is fast, needs nothing, and always makes the same sound of the same text.
"""

from __future__ import annotations

import math
from array import array
from pathlib import Path

from twisted.internet.defer import Deferred, fail, succeed

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.engine import EngineParts
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.sound import Sound, write_wave

__all__ = ["SilentEngine", "silent_engine"]

RATE = 4000
"""Hz; enough for the chime, and small files."""

SECONDS_A_CHARACTER = {"zh": 0.26}
"""Speaking time; other languages take `OTHERWISE`."""
OTHERWISE = 0.06

_PERIOD = tuple(round(4600 * math.sin(2 * math.pi * number / 20)) for number in range(20))
"""One period of 200 Hz, as loud as speech is made."""


class SilentEngine:
    """See the module."""

    signature = "silent 1"
    problem = ""

    def start(self) -> None:
        """Nothing to start."""

    def speak(self, utterance: Utterance, path: Path) -> Deferred[None]:
        """A hum, to the millisecond as long as the text's characters say."""
        seconds = round(0.3 + len(utterance.text) * SECONDS_A_CHARACTER.get(utterance.language, OTHERWISE), 3)
        periods = math.ceil(seconds * RATE / len(_PERIOD))
        try:
            write_wave(path, Sound(rate=RATE, samples=array("h", _PERIOD * periods)))
        except OSError as error:
            return fail(StationError("speech-file", f"The sound cannot be written: {error}."))
        return succeed(None)

    def stop(self) -> Deferred[None]:
        """Nothing to stop."""
        return succeed(None)


def silent_engine(parts: EngineParts) -> SilentEngine:
    """The engine; it has no settings."""
    parts.table.finish()
    return SilentEngine()
