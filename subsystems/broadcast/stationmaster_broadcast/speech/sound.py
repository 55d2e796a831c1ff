"""Sound as the platform handles it: one channel of 16-bit samples, joined, measured and made equally loud.

Engines differ in loudness and in how they begin and end; passengers shall not hear that. All of it is done with the
standard library: an announcement of twenty seconds takes about a tenth of a second of work, in a thread.
"""

from __future__ import annotations

import io
import math
import os
import sys
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path

from stationmaster_base.errors import StationError

__all__ = [
    "Measure",
    "Sound",
    "equal_loudness",
    "join",
    "measure",
    "read_wave",
    "silence",
    "starts",
    "trim",
    "true_peak",
    "wave_bytes",
    "write_wave",
]

FULL_SCALE = 32767
TARGET_RMS = 3277
"""-20 dB of full scale, over the parts that are not silent: speech then has about the same loudness everywhere."""

PEAK_LIMIT = 29204
"""-1 dB of full scale, also between the samples: nothing clips where it is turned into a wave."""

AUDIBLE = 330
"""-40 dB of full scale; a frame that stays below is silent."""

BETWEEN = 1.42
"""A wave of a quarter of the rate can be 3 dB higher between its samples than at them; speech is never worse."""

_REACH = 6
"""Samples on each side from which a value between two is worked out."""

_STRETCH = 64
"""Samples that are passed over at once where none of them is high."""

FRAME = 0.02
"""Seconds in which loudness is looked at."""

PAUSE = 0.25
"""Seconds of silence between sentences: espeak-ng pauses for 0.3 there in both languages, for 0.2 at most within."""

MARGIN = 0.03
"""Seconds of silence that are left at both ends of what is trimmed, so that no breath or fading vowel is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Samples of one channel, 16 bits signed in the machine's order, `rate` of them a second."""

    rate: int
    samples: array[int]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What can be said of a sound without listening.

    `peak` and `rms` count in samples' units (full scale is 32767), `rms` over the frames that are not silent;
    `lead` and `tail` are the seconds of silence at the ends, the whole length where nothing is audible.
    """

    seconds: float
    peak: int
    rms: float
    lead: float
    tail: float


def read_wave(path: Path) -> Sound:
    """The sound in a wave file.

    Raises:
        StationError: `sound-file` if it cannot be read, is cut short, or is not one channel of 16 bits.

    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate, frames = file.getparams()[:4]
            data = file.readframes(frames)
    except (OSError, EOFError, wave.Error) as error:
        raise StationError("sound-file", f"{path} cannot be read as a wave file: {error}.") from error
    if (channels, width) != (1, 2) or rate < 1 or len(data) != 2 * frames:
        raise StationError(
            "sound-file",
            f"{path}: {channels} channels of {8 * width} bits at {rate} Hz, {len(data)} bytes for {frames} frames.",
            "One channel of 16 bits is expected, and all of it.",
        )
    samples = array("h")
    samples.frombytes(data)
    return Sound(rate=rate, samples=_little_endian(samples))


def write_wave(path: Path, sound: Sound) -> None:
    """Put `sound` into `path` in one move, so that no reader sees half of it.

    Raises:
        OSError: the disk does not take it; nothing is left behind.

    """
    body = wave_bytes(sound)  # in memory first: a wave writer whose disk is full complains twice
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(body)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def wave_bytes(sound: Sound) -> bytes:
    """What a wave file of `sound` holds."""
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes(_little_endian(sound.samples).tobytes())
    return body.getvalue()


def measure(sound: Sound) -> Measure:
    """Length, peak, loudness and the silence at both ends."""
    samples = sound.samples
    frame = max(1, round(sound.rate * FRAME))
    peaks = [_peak(samples[start : start + frame]) for start in range(0, len(samples), frame)]
    loud = [number for number, peak in enumerate(peaks) if peak >= AUDIBLE]
    if not loud:
        return Measure(
            seconds=sound.seconds, peak=max(peaks, default=0), rms=0.0, lead=sound.seconds, tail=sound.seconds
        )
    power = 0
    count = 0
    for number in loud:
        piece = samples[number * frame : (number + 1) * frame]
        power += sum(map(mul, piece, piece))
        count += len(piece)
    first, last = loud[0] * frame, min((loud[-1] + 1) * frame, len(samples))
    return Measure(
        seconds=sound.seconds,
        peak=max(peaks),
        rms=math.sqrt(power / count),
        lead=first / sound.rate,
        tail=(len(samples) - last) / sound.rate,
    )


def equal_loudness(sound: Sound, measured: Measure) -> Sound:
    """`sound` at -20 dB over what is audible, or less where its true peak would otherwise pass -1 dB."""
    if not measured.rms:
        return sound
    gain = min(TARGET_RMS / measured.rms, PEAK_LIMIT / measured.peak)
    if gain * measured.peak * BETWEEN > PEAK_LIMIT:
        gain = min(gain, PEAK_LIMIT / true_peak(sound, measured.peak, above=PEAK_LIMIT / gain))
    if 0.98 <= gain <= 1.0:
        return sound
    factor = round(gain * 4096)
    return Sound(rate=sound.rate, samples=array("h", [sample * factor >> 12 for sample in sound.samples]))


def true_peak(sound: Sound, peak: int, above: float = 0.0) -> float:
    """The highest value that the wave reaches between its samples, of which `peak` is the highest.

    Looked for as ITU-R BS.1770-4, annex 2, does: at four times the rate, by twelve taps for each of the three values
    between two samples; but only beside samples that are high enough for it. Values that are not `above` need not be
    found, which spares most of the work.
    """
    samples = sound.samples
    highest = float(peak)
    enough = max(float(peak), above) / BETWEEN
    last = len(samples) - _REACH
    for start in range(_REACH - 1, last, _STRETCH):
        if _peak(samples[start : start + _STRETCH + 1]) < enough:
            continue
        for number in range(start, min(start + _STRETCH, last)):
            if abs(samples[number]) >= enough or abs(samples[number + 1]) >= enough:
                piece = samples[number - _REACH + 1 : number + _REACH + 1]
                for taps in _BETWEEN_TAPS:
                    highest = max(highest, abs(sum(map(mul, piece, taps))))
    return highest


def trim(sound: Sound, measured: Measure) -> Sound:
    """`sound` without the silence at its ends, but for a small margin."""
    if not measured.rms:
        return sound
    start = max(0, round((measured.lead - MARGIN) * sound.rate))
    end = len(sound.samples) - max(0, round((measured.tail - MARGIN) * sound.rate))
    return Sound(rate=sound.rate, samples=sound.samples[start:end])


def silence(rate: int, seconds: float) -> Sound:
    """Nothing, for so long."""
    return Sound(rate=rate, samples=array("h", bytes(2 * round(rate * seconds))))


def starts(sound: Sound, pause: float = PAUSE) -> tuple[float, ...]:
    """The seconds at which something begins to be heard after at least `pause` seconds of silence."""
    samples = sound.samples
    frame = max(1, round(sound.rate * FRAME))
    needed = math.ceil(pause / FRAME)
    found: list[float] = []
    quiet = 0
    for first in range(0, len(samples), frame):
        if _peak(samples[first : first + frame]) < AUDIBLE:
            quiet += 1
            continue
        if quiet >= needed:
            found.append(max(0.0, first / sound.rate - MARGIN))
        quiet = 0
    return tuple(found)


def join(parts: Sequence[Sound]) -> Sound:
    """All parts, one after the other; they must have one rate.

    Raises:
        ValueError: no parts, or parts of several rates.

    """
    rates = {part.rate for part in parts}
    if len(rates) != 1:
        raise ValueError(f"cannot join sounds of the rates {sorted(rates)}")
    samples = array("h")
    for part in parts:
        samples.extend(part.samples)
    return Sound(rate=rates.pop(), samples=samples)


def _between(fraction: float) -> tuple[float, ...]:
    """How much the samples around weigh at `fraction` of the way from one to the next."""
    taps = []
    for number in range(1 - _REACH, _REACH + 1):
        at = number - fraction
        window = 0.5 + 0.5 * math.cos(math.pi * at / _REACH)
        taps.append(math.sin(math.pi * at) / (math.pi * at) * window)
    total = sum(taps)
    return tuple(tap / total for tap in taps)


_BETWEEN_TAPS = tuple(_between(fraction) for fraction in (0.25, 0.5, 0.75))


def _peak(samples: Sequence[int]) -> int:
    if not samples:
        return 0
    highest, lowest = max(samples), min(samples)
    return max(highest, -lowest)


def _little_endian(samples: array[int]) -> array[int]:
    """Samples between the file's order of bytes and the machine's; its own reverse."""
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples
