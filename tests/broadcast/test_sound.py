"""Sounds are joined, measured and made equally loud without losing a sample of speech."""

import math
import wave
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.sound import (
    PEAK_LIMIT,
    TARGET_RMS,
    Sound,
    equal_loudness,
    join,
    measure,
    read_wave,
    silence,
    trim,
    write_wave,
)
from stationmaster_broadcast.zones.chimes import chime

SAMPLES = st.lists(st.integers(-32768, 32767), max_size=400).map(lambda values: array("h", values))


def tone(seconds: float, level: int, rate: int = 8000) -> Sound:
    """A sine of 400 Hz."""
    return Sound(
        rate=rate,
        samples=array(
            "h", [round(level * math.sin(2 * math.pi * 400 * number / rate)) for number in range(round(seconds * rate))]
        ),
    )


@given(SAMPLES, st.sampled_from([4000, 22050]))
def test_a_file_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, samples: array, rate: int
) -> None:
    """Writing and reading is the identity."""
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    write_wave(path, Sound(rate=rate, samples=samples))
    assert read_wave(path) == Sound(rate=rate, samples=samples)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.wav"]


@given(SAMPLES)
def test_loudness_never_clips_and_never_fails(samples: array) -> None:
    """Whatever comes in, no peak passes -1 dB, and the length stays."""
    sound = Sound(rate=4000, samples=samples)
    louder = equal_loudness(sound, measure(sound))
    assert len(louder.samples) == len(samples)
    assert measure(louder).peak <= max(PEAK_LIMIT + 1, 330)


@pytest.mark.parametrize("level", [600, 3000, 30000])
def test_soft_and_loud_become_equally_loud(level: int) -> None:
    """The loudness of what is audible is the target's, within 3 percent."""
    sound = join([silence(8000, 0.5), tone(1.0, level), silence(8000, 1.0)])
    assert measure(equal_loudness(sound, measure(sound))).rms == pytest.approx(TARGET_RMS, rel=0.03)


def test_a_sharp_peak_limits_the_gain() -> None:
    """A soft sound with one loud sample is not made louder than the peak allows."""
    sound = tone(0.5, 1000)
    sound.samples[100] = 20000
    assert measure(equal_loudness(sound, measure(sound))).peak == pytest.approx(PEAK_LIMIT, rel=0.001)


def test_silence_at_both_ends_is_measured() -> None:
    """Lead and tail are given to the length of a frame."""
    measured = measure(join([silence(8000, 0.4), tone(1.0, 9000), silence(8000, 0.2)]))
    assert measured.seconds == pytest.approx(1.6)
    assert measured.lead == pytest.approx(0.4, abs=0.02)
    assert measured.tail == pytest.approx(0.2, abs=0.02)
    assert measured.peak == pytest.approx(9000, rel=0.01)


def test_silence_alone_has_no_loudness() -> None:
    """Nothing audible: lead and tail are the whole, and nothing is divided by nothing."""
    measured = measure(silence(8000, 0.5))
    assert (measured.rms, measured.lead, measured.tail) == (0.0, 0.5, 0.5)
    assert trim(silence(8000, 0.5), measured).seconds == 0.5
    assert measure(Sound(rate=8000, samples=array("h"))).seconds == 0


def test_trimming_keeps_all_that_is_audible() -> None:
    """Only silence goes, and a margin of it stays."""
    sound = join([silence(8000, 0.4), tone(1.0, 9000), silence(8000, 0.4)])
    short = trim(sound, measure(sound))
    assert short.seconds == pytest.approx(1.06, abs=0.03)
    assert sum(map(abs, short.samples)) == sum(map(abs, sound.samples))


def test_parts_follow_one_another() -> None:
    """Joining keeps every sample; different rates are refused."""
    parts = [tone(0.1, 100), silence(8000, 0.2), tone(0.3, 200)]
    assert join(parts).seconds == pytest.approx(0.6)
    with pytest.raises(ValueError, match="rates"):
        join([silence(8000, 1), silence(4000, 1)])


@pytest.mark.parametrize("rate", [4000, 8000, 22050])
def test_the_chime_begins_and_ends_softly(rate: int) -> None:
    """1.6 s at any rate, from silence to silence, and no louder than speech may be."""
    sound = chime(rate)
    assert sound.seconds == pytest.approx(1.6, abs=0.001)
    assert abs(sound.samples[0]) < 50
    assert abs(sound.samples[-1]) < 50
    assert 5000 < measure(sound).peak < PEAK_LIMIT


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    """A header that promises more than there is, and what is no wave file at all, are errors and not short sounds."""
    path = tmp_path / "a.wav"
    write_wave(path, tone(1.0, 1000))
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(StationError, match=r"bytes for"):
        read_wave(path)
    path.write_bytes(b"RIFF")
    with pytest.raises(StationError, match="cannot be read"):
        read_wave(path)
    with pytest.raises(StationError, match="cannot be read"):
        read_wave(tmp_path / "none.wav")


def test_a_stereo_file_is_refused(tmp_path: Path) -> None:
    """Only one channel of 16 bits is handled."""
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(400))
    with pytest.raises(StationError, match="2 channels"):
        read_wave(path)


def test_nothing_is_left_when_the_disk_does_not_take_it(tmp_path: Path) -> None:
    """A sound that cannot be written leaves no file behind."""
    with pytest.raises(OSError, match="No such file"):
        write_wave(tmp_path / "no" / "a.wav", tone(0.1, 100))
    assert not list(tmp_path.iterdir())
