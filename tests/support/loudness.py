"""A loudness meter of its own kind, to judge ours by: ITU-R BS.1770-4, one channel, with both gates (EBU R 128).

Filters are worked out for any rate from their analogue forms, as the standard gives them for 48 kHz. It is slow and
plain, and shares nothing with what it judges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["lufs"]


def _biquad(samples: Sequence[float], b: tuple[float, float, float], a: tuple[float, float]) -> list[float]:
    out = []
    x1 = x2 = y1 = y2 = 0.0
    for x in samples:
        y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2
        x2, x1, y2, y1 = x1, x, y1, y
        out.append(y)
    return out


def _weighted(samples: Sequence[float], rate: int) -> list[float]:
    # First stage: a shelf of +4 dB above 1.7 kHz, the head; second: a high pass at 38 Hz.
    k = math.tan(math.pi * 1681.974450955533 / rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    head = _biquad(
        samples,
        ((high + middle * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - middle * k / q + k * k) / a0),
        (2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    )
    k = math.tan(math.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    return _biquad(head, (1.0, -2.0, 1.0), (2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0))


def _level(power: float) -> float:
    return -0.691 + 10 * math.log10(power) if power > 0 else -math.inf


def lufs(samples: Sequence[int], rate: int) -> float:
    """Integrated loudness of 16-bit samples, in LUFS; minus infinity where nothing passes the gates."""
    weighted = _weighted([sample / 32768 for sample in samples], rate)
    block, hop = round(0.4 * rate), round(0.1 * rate)
    squares = [0.0]
    for value in weighted:
        squares.append(squares[-1] + value * value)
    powers = [(squares[start + block] - squares[start]) / block for start in range(0, len(weighted) - block + 1, hop)]
    powers = [power for power in powers if _level(power) > -70]
    if not powers:
        return -math.inf
    gate = _level(sum(powers) / len(powers)) - 10
    powers = [power for power in powers if _level(power) > gate]
    return _level(sum(powers) / len(powers))
