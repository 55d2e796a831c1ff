"""Puts recorded pieces together so that nobody hears where: one rate, one level, short cross-fades.

A cut in the middle of a wave is a step, and a step is a click. So every piece fades in while the one before fades
out, both along a raised cosine, whose sum is one at every moment: what is the same on both sides stays as it is.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from operator import mul

from stationmaster_broadcast.speech.sound import FULL_SCALE, Sound

__all__ = ["FADE", "Resampled", "cross_fade", "resample"]

FADE = 0.02
"""Seconds in which one piece goes over into the next; within the margin of silence that trimming leaves."""

ZERO_CROSSINGS = 12
"""Of the sinc on each side: what is heard of aliasing is then below -60 dB."""


def cross_fade(parts: Sequence[Sound], seconds: float = FADE) -> Sound:
    """All parts, each fading into the next within `seconds`; the first fades in and the last fades out.

    The whole is as long as all parts less one fade for each joint. Of a part shorter than two fades half is used for
    each.

    Raises:
        ValueError: no parts, or parts of several rates.

    """
    rates = {part.rate for part in parts}
    if len(rates) != 1:
        raise ValueError(f"cannot join sounds of the rates {sorted(rates)}")
    rate = rates.pop()
    fade = round(rate * seconds)
    whole = array("h")
    room = 0  # samples at the end of the whole that may be faded over
    for part in parts:
        count = min(fade, len(part.samples) // 2)
        over = min(count, room)
        samples = array("h", part.samples)
        for number in range(count):
            samples[number] = round(samples[number] * _rise(number, count))
        if over:
            for number in range(over):
                at = len(whole) - over + number
                fallen = whole[at] * (1.0 - _rise(number, over))
                risen = part.samples[number] * _rise(number, over)
                samples[number] = max(-FULL_SCALE, min(FULL_SCALE, round(fallen + risen)))
            del whole[-over:]
            for number in range(over, count):
                samples[number] = part.samples[number]
        whole.extend(samples)
        room = count
    for number in range(room):
        at = len(whole) - 1 - number
        whole[at] = round(whole[at] * _rise(number, room))
    return Sound(rate=rate, samples=whole)


def _rise(number: int, count: int) -> float:
    return 0.5 - 0.5 * math.cos(math.pi * (number + 0.5) / count)


def resample(sound: Sound, rate: int) -> Sound:
    """`sound` at another rate, by a windowed sinc; what the new rate cannot carry is filtered out.

    Takes about 0.1 s of machine time for a second of speech.
    """
    if sound.rate == rate:
        return sound
    resampled = Resampled(sound, rate)
    return Sound(rate=rate, samples=resampled.piece(0, resampled.count))


class Resampled:
    """A sound at another rate, worked out piece by piece, for whoever plays it meanwhile.

    Args:
        sound: the sound.
        rate: samples a second that are wanted.

    """

    def __init__(self, sound: Sound, rate: int) -> None:
        divisor = math.gcd(sound.rate, rate)
        self.rate = rate
        self._up, self._down = rate // divisor, sound.rate // divisor
        self.count = len(sound.samples) * self._up // self._down
        """How many samples it has at the new rate."""
        self._same = sound.samples if sound.rate == rate else None
        self._cutoff = 0.97 * min(1.0, rate / sound.rate)
        self._half = math.ceil(ZERO_CROSSINGS / self._cutoff)
        margin = array("h", bytes(2 * self._half))
        self._padded = sound.samples if self._same is not None else margin + sound.samples + margin
        self._known: dict[int, list[float]] = {}

    def piece(self, start: int, count: int) -> array[int]:
        """The samples from `start` on, `count` of them or as many as there are."""
        end = min(start + count, self.count)
        if self._same is not None:
            return self._same[start:end]
        width = 2 * self._half
        samples = array("h", bytes(2 * max(0, end - start)))
        for number in range(start, end):
            at, phase = divmod(number * self._down, self._up)
            taps = self._known.get(phase)
            if taps is None:
                taps = self._known[phase] = _taps(phase / self._up, self._cutoff, self._half)
            value = sum(map(mul, self._padded[at + 1 : at + 1 + width], taps))
            samples[number - start] = max(-FULL_SCALE, min(FULL_SCALE, round(value)))
        return samples


def _taps(fraction: float, cutoff: float, half: int) -> list[float]:
    """What the samples from `half - 1` before to `half` after weigh at `fraction` of the way to the next sample."""
    taps = []
    for number in range(1 - half, half + 1):
        at = number - fraction
        angle = math.pi * cutoff * at
        sinc = math.sin(angle) / angle if angle else 1.0
        window = 0.5 + 0.5 * math.cos(math.pi * at / half) if abs(at) < half else 0.0
        taps.append(cutoff * sinc * window)
    total = sum(taps)
    return [tap / total for tap in taps]
