"""前导音: the notes before an announcement, which say how urgent it is before a word is spoken.

They are made here rather than recorded, so a station needs no file to have them and every engine's rate has its own.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from stationmaster_broadcast.speech.sound import Sound

__all__ = ["CHIMES", "Chime", "chime"]


class Chime(StrEnum):
    """Which chime."""

    NONE = "none"
    SINGLE = "single"
    FALLING = "falling"
    RISING = "rising"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """A chime: (seconds from the beginning, hertz) of each note, how fast they fade, and the whole length."""

    notes: tuple[tuple[float, float], ...]
    seconds: float
    fade: float = 3.2


CHIMES: Mapping[Chime, Notes] = MappingProxyType(
    {
        Chime.NONE: Notes(notes=(), seconds=0.0),
        Chime.SINGLE: Notes(notes=((0.0, 587.33),), seconds=1.2),
        Chime.FALLING: Notes(notes=((0.0, 659.26), (0.55, 523.25)), seconds=1.6),
        Chime.RISING: Notes(notes=((0.0, 392.0), (0.3, 523.25), (0.6, 659.26), (0.9, 783.99)), seconds=2.2),
        Chime.ALERT: Notes(
            notes=((0.0, 880.0), (0.25, 659.26), (0.5, 880.0), (0.75, 659.26), (1.0, 880.0)), seconds=1.6, fade=6.0
        ),
    }
)
"""Notes of the equal-tempered scale, a' at 440 Hz."""

LOUDNESS = 5200
"""Peak of one note, of a full scale of 32767: softer than the speech that follows."""


def chime(rate: int, which: Chime = Chime.FALLING) -> Sound:
    """The chime's sound at `rate`; without a sample for `none`."""
    made = CHIMES[which]
    samples = array("h", bytes(2 * round(rate * made.seconds)))
    for start, pitch in made.notes:
        first = round(rate * start)
        for number in range(len(samples) - first):
            at = number / rate
            rise = min(1.0, at / 0.008)  # a note that begins at full strength clicks
            fade = math.exp(-made.fade * at) * min(1.0, max(0.0, (made.seconds - start - at) / 0.05))
            wave = math.sin(2 * math.pi * pitch * at) + 0.25 * math.sin(4 * math.pi * pitch * at) * math.exp(-4 * at)
            samples[first + number] += round(LOUDNESS * rise * fade * wave)
    return Sound(rate=rate, samples=samples)
