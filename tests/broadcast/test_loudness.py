"""Announcements are equally loud to a meter that knows nothing of how they were made so."""

import json
import math
import os
import subprocess
from array import array
from pathlib import Path

import pytest

from stationmaster_broadcast.speech.pyttsx3_engine import child_environment
from stationmaster_broadcast.speech.sound import PEAK_LIMIT, Sound, equal_loudness, measure, read_wave, true_peak
from stationmaster_broadcast.speech.speech_process import child_command
from support.loudness import lufs


def sine(seconds: float, level: float, pitch: float, rate: int = 48000, phase: float = 0.0) -> Sound:
    """`level` is a share of full scale."""
    samples = (
        round(32767 * level * math.sin(phase + 2 * math.pi * pitch * number / rate))
        for number in range(round(seconds * rate))
    )
    return Sound(rate=rate, samples=array("h", samples))


@pytest.mark.parametrize("rate", [22050, 48000])
def test_the_meter_is_right(rate: int) -> None:
    """BS.1770: a sine of 997 Hz at full scale in one channel is -3.01 LUFS; 20 dB less is 20 less."""
    assert lufs(sine(2, 1.0, 997, rate).samples, rate) == pytest.approx(-3.01, abs=0.1)
    assert lufs(sine(2, 0.1, 997, rate).samples, rate) == pytest.approx(-23.01, abs=0.1)


def test_a_peak_between_the_samples_is_seen() -> None:
    """A wave of a quarter of the rate whose samples all lie at 0.707 of its peak: the true peak is 3 dB above them."""
    sound = sine(0.05, 0.9, 12000, 48000, math.pi / 4)
    measured = measure(sound)
    assert measured.peak == pytest.approx(0.9 * 32767 * math.sqrt(0.5), rel=0.001)
    assert true_peak(sound, measured.peak) == pytest.approx(0.9 * 32767, rel=0.04)


def test_no_peak_between_the_samples_passes_the_limit() -> None:
    """Soft but for a burst of a quarter of the rate: the burst decides how much louder it may be."""
    sound = sine(1.0, 0.02, 400, 48000)
    sound.samples[20000:20480] = sine(0.01, 0.6, 12000, 48000, math.pi / 4).samples
    level = equal_loudness(sound, measure(sound))
    assert true_peak(level, measure(level).peak) <= 1.005 * PEAK_LIMIT
    assert measure(level).peak < 0.75 * PEAK_LIMIT


def test_speech_of_both_languages_is_equally_loud(spoken: dict[str, Sound]) -> None:
    """Within 1.5 LU of each other and of -21 LUFS, and no true peak above -1 dB, whatever the engine gave."""
    levels = {}
    for language, sound in spoken.items():
        level = equal_loudness(sound, measure(sound))
        levels[language] = lufs(level.samples, level.rate)
        assert true_peak(level, measure(level).peak) <= 1.005 * PEAK_LIMIT
    assert max(levels.values()) - min(levels.values()) < 1.5
    assert all(abs(found + 21.0) < 2.0 for found in levels.values()), levels


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sound]:
    """What the real engine says in each language."""
    folder: Path = tmp_path_factory.mktemp("spoken")
    texts = {
        "zh": ("sit/cmn", "旅客们，开往北京北方向的高二四零二次列车开始检票了。请到一A检票口检票"),
        "en": ("gmw/en-us", "Attention please. Check-in for train G two four zero two is now open at gate one A"),
    }
    jobs = "".join(
        json.dumps({"id": 1, "voice": voice, "rate": 170, "text": text, "path": str(folder / f"{language}.wav")}) + "\n"
        for language, (voice, text) in texts.items()
    )
    subprocess.run(
        child_command(os.getpid()),
        input=jobs.encode(),
        env=child_environment(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    return {language: read_wave(folder / f"{language}.wav") for language in texts}
