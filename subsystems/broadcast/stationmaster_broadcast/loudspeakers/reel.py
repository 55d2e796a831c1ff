"""A recording on its way to a loudspeaker: from an offset on, as loud as is wanted, at the output's rate, in pieces.

Worked out while it plays, a piece at a time, so that the first is there at once and nobody waits for the last. Outputs
that play the same in the same way share one reel.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from weakref import WeakValueDictionary

from stationmaster_broadcast.loudspeakers.outputs import Saying
from stationmaster_broadcast.speech.joining import Resampled
from stationmaster_broadcast.speech.sound import FULL_SCALE, Sound, read_wave

__all__ = ["Reel", "Reels", "amplified"]

GAINS = (-60.0, 12.0)
"""dB: softer is silence, louder is noise."""


def amplified(samples: array[int], gain_db: float) -> array[int]:
    """Louder or softer; what would be louder than full scale is cut there."""
    if not gain_db:
        return samples
    factor = round(10 ** (max(GAINS[0], min(GAINS[1], gain_db)) / 20) * 4096)
    if factor <= 4096:
        return array("h", [sample * factor >> 12 for sample in samples])
    return array("h", [max(-FULL_SCALE, min(FULL_SCALE, sample * factor >> 12)) for sample in samples])


class Reel:
    """One recording, played in one way.

    Args:
        sound: all of it.
        saying: from where and how loud.
        rate: samples a second; 0 for those of the recording.
        samples: in a piece.
        encode: makes the bytes of a piece; the last one is filled up with silence.

    """

    def __init__(
        self, sound: Sound, saying: Saying, *, rate: int, samples: int, encode: Callable[[array[int]], bytes]
    ) -> None:
        rate = rate or sound.rate
        self._resampled = Resampled(sound, rate)
        self._start = min(max(0, round(saying.offset_s * rate)), self._resampled.count)
        self._gain_db = saying.gain_db
        self._samples = samples
        self._encode = encode
        self._made: list[bytes] = []
        self.rate = rate
        self.seconds = samples / rate
        """How long a piece is."""

    def __len__(self) -> int:
        return math.ceil((self._resampled.count - self._start) / self._samples)

    def piece(self, number: int) -> bytes:
        """Piece `number`, from 0.

        Raises:
            IndexError: there is none.

        """
        if not 0 <= number < len(self):
            raise IndexError(number)
        while number >= len(self._made):
            at = self._start + len(self._made) * self._samples
            found = amplified(self._resampled.piece(at, self._samples), self._gain_db)
            if len(found) < self._samples:
                found = found + array("h", bytes(2 * (self._samples - len(found))))
            self._made.append(self._encode(found))
        return self._made[number]


class Reels:
    """The reels that play at present, so that ten zones with one announcement work it out once."""

    def __init__(self) -> None:
        self._playing: WeakValueDictionary[tuple[str, float, float, str, int, int], Reel] = WeakValueDictionary()

    def reel(
        self, saying: Saying, *, form: str, rate: int, samples: int, encode: Callable[[array[int]], bytes]
    ) -> Reel:
        """A reel of this; `form` names what `encode` makes.

        Raises:
            StationError: `sound-file`: the recording cannot be read.

        """
        key = (saying.recording.sha256, saying.offset_s, saying.gain_db, form, rate, samples)
        found = self._playing.get(key)
        if found is None:
            sound = read_wave(saying.recording.path)
            found = self._playing[key] = Reel(sound, saying, rate=rate, samples=samples, encode=encode)
        return found
