"""The emergency tone, and the short tone of a test: made by code, so that they need no engine and no file."""

from __future__ import annotations

import math
from array import array
from functools import cache

from stationmaster_broadcast.speech.sound import Sound

__all__ = ["CYCLE_S", "LONGEST_S", "SHORTEST_S", "emergency_tone", "short_tone"]

SHORTEST_S, LONGEST_S = 4.0, 10.0
"""Seconds that the tone may last before somebody speaks."""

CYCLE_S = 2.0
"""Seconds from one rise of the tone to the next."""

RATE = 22050
LOW, HIGH = 600.0, 1200.0
"""Hz between which the tone goes: where loudspeakers of a station are loud and voices are not."""

RISE_S, FALL_S = 1.2, 0.6
"""Seconds of a cycle in which the tone rises and falls; for the rest it is silent."""

LEVEL = 11600
"""-9 dB of full scale at the peaks: some eight dB above speech."""

EDGE_S = 0.01
"""Seconds in which it comes and goes at the ends of a cycle, so that it does not click."""


def emergency_tone(seconds: float) -> Sound:
    """A tone that rises and falls again and again, for exactly so long; it begins at once."""
    cycle = _cycle()
    count = round(seconds * RATE)
    samples = array("h", cycle * (count // len(cycle) + 1))[:count]
    edge = round(EDGE_S * RATE)
    for number in range(min(edge, count)):
        samples[count - 1 - number] = samples[count - 1 - number] * number // edge
    return Sound(rate=RATE, samples=samples)


def short_tone(seconds: float = 1.0) -> Sound:
    """A soft even tone, by which a loudspeaker is heard to work."""
    count = round(seconds * RATE)
    edge = round(0.05 * RATE)
    samples = array("h", bytes(2 * count))
    for number in range(count):
        strength = min(1.0, number / edge, (count - 1 - number) / edge)
        samples[number] = round(3300 * strength * math.sin(2 * math.pi * 880 * number / RATE))
    return Sound(rate=RATE, samples=samples)


@cache
def _cycle() -> array[int]:
    """One rise, one fall and the silence after them."""
    samples = array("h", bytes(2 * round(CYCLE_S * RATE)))
    sounding = RISE_S + FALL_S
    phase = 0.0
    for number in range(round(sounding * RATE)):
        at = number / RATE
        share = at / RISE_S if at < RISE_S else (sounding - at) / FALL_S
        phase += 2 * math.pi * (LOW + (HIGH - LOW) * share) / RATE
        strength = min(1.0, at / EDGE_S, (sounding - at) / EDGE_S)
        # The third partial makes it carry through a crowd; the first then has to be a little softer.
        samples[number] = round(LEVEL * strength * (0.85 * math.sin(phase) + 0.25 * math.sin(3 * phase)))
    return samples
