"""Recorded fragments: found in texts, joined without clicks, at one rate and level, gaps spoken."""

import math
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmaster_base.configuration import Faults
from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.fragments import Fragment, FragmentLibrary, Gap, Pause, Piece, read_library
from stationmaster_broadcast.speech.fragments_engine import RATE, FragmentsEngine
from stationmaster_broadcast.speech.joining import FADE, cross_fade, resample
from stationmaster_broadcast.speech.pronunciation import PronunciationTable, shipped_pronunciations
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.sound import TARGET_RMS, Sound, measure, read_wave, silence, write_wave
from support.fake_broadcast import FakeEngine, at_once

TABLE = PronunciationTable(shipped_pronunciations())
INDEX = """language,text,file
zh,开往,to.wav
zh,方向的,towards.wav
zh,次列车,train.wav
zh,六安,luan.wav
zh,08:05,time.wav
zh,高,g.wav
zh,开始检票,open.wav
en,train,train.wav
en,is now open at gate,open.wav
"""


def tone(seconds: float, level: int, rate: int, pitch: float = 400.0) -> Sound:
    """A sine that begins and ends in the middle of nowhere."""
    count = round(seconds * rate)
    samples = (round(level * math.sin(1 + 2 * math.pi * pitch * number / rate)) for number in range(count))
    return Sound(rate=rate, samples=array("h", samples))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library whose recordings differ in rate and level."""
    made = tmp_path / "library"
    made.mkdir()
    (made / "index.csv").write_text(INDEX, "utf-8")
    rates = [8000, 16000, 22050, 44100, 48000]
    for number, line in enumerate(INDEX.splitlines()[1:]):
        rate = rates[number % len(rates)]
        write_wave(made / line.rpartition(",")[2], tone(0.4, 2000 + 3000 * number, rate))
    return made


def library(folder: Path) -> FragmentLibrary:
    faults = Faults()
    read = read_library(folder, TABLE, faults)
    faults.raise_if_any()
    return read


def told(pieces: tuple[Piece, ...]) -> list[str | float]:
    """Files, `?text` of gaps, seconds of pauses."""
    found: list[str | float] = []
    for piece in pieces:
        if isinstance(piece, Fragment):
            found.append(piece.file.name)
        else:
            found.append(f"?{piece.text}" if isinstance(piece, Gap) else piece.seconds)
    return found


@pytest.mark.parametrize(
    ("language", "text", "plan"),
    [
        ("zh", "开往lu4an1方向的", ["to.wav", "luan.wav", "towards.wav"]),
        ("zh", "高二次列车，八点零五分开始检票。", ["g.wav", "?二", "train.wav", 0.18, "time.wav", "open.wav", 0.4]),
        ("zh", "开往六安", ["to.wav", "luan.wav"]),
        ("zh", "开往 lu4an1 A方向的次列车", ["to.wav", "luan.wav", "?a", "towards.wav", "train.wav"]),
        ("en", "Train G two is now open at gate", ["train.wav", "?g two", "open.wav"]),
        ("en", "Trains are trained.", ["?Trains are trained."]),
        ("mn", "x", ["?x"]),
    ],
)
def test_what_has_been_recorded_is_found(folder: Path, language: str, text: str, plan: list[Any]) -> None:
    """Longest first, names in pinyin or not, never half a word; a text of which too little is recorded is one gap."""
    assert told(library(folder).plan(Utterance(language=language, text=text), 0.5)) == plan


@settings(max_examples=40)
@given(st.text(alphabet="开往六安次列车lu4an1 ，。x", max_size=30))
def test_no_letter_is_lost(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Fragments and gaps together say every letter of the text, in order."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "index.csv").write_text("language,text,file\nzh,开往,a.wav\nzh,次列车,b.wav\n", "utf-8")
    for name in ("a.wav", "b.wav"):
        write_wave(folder / name, tone(0.01, 100, 8000))
    pieces = library(folder).plan(Utterance(language="zh", text=text), 0.0)
    said = "".join(piece.text for piece in pieces if not isinstance(piece, Pause))
    assert said.replace(" ", "") == text.replace(" ", "").replace("，", "").replace("。", "")


def test_a_text_is_put_together_and_its_gap_spoken(folder: Path, tmp_path: Path) -> None:
    """One rate, one loudness, nothing cut, silent at its end, and only the gap is given to the filler."""
    filler = FakeEngine()
    engine = FragmentsEngine(library(folder), filler, at_once)
    path = tmp_path / "out.wav"
    failed: list[Any] = []
    engine.speak(Utterance(language="zh", text="高二次列车，开往六安。"), path).addErrback(failed.append)
    assert failed == []
    assert filler.asked == ["二"]
    sound = read_wave(path)
    measured = measure(sound)
    assert sound.rate == RATE
    assert measured.rms == pytest.approx(TARGET_RMS, rel=0.15)
    assert measured.tail >= 0.3
    assert sound.seconds == pytest.approx(4 * 0.4 + 0.1 + 0.18 + 0.4 + 0.3 - 7 * FADE, abs=0.01)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["out.wav"]


def test_no_joint_clicks(folder: Path, tmp_path: Path) -> None:
    """No step from one sample to the next is larger than the steps of a tone of that level are by themselves."""
    engine = FragmentsEngine(library(folder), None, at_once)
    path = tmp_path / "out.wav"
    engine.speak(Utterance(language="zh", text="开往六安方向的次列车开始检票"), path)
    samples = read_wave(path).samples
    steps = max(abs(after - before) for before, after in pairwise(samples))
    level = TARGET_RMS * math.sqrt(2)
    assert steps < 1.1 * level * 2 * math.sin(math.pi * 400 / RATE) * math.sqrt(2)
    assert abs(samples[0]) < 100


def test_a_gap_without_a_filler_is_a_clear_failure(folder: Path, tmp_path: Path) -> None:
    """It names what nobody has recorded; a filler that fails is what failed."""
    engine = FragmentsEngine(library(folder), None, at_once)
    found: list[str] = []
    texts = ("高二次列车开往六安", "。")
    for text in texts:
        engine.speak(Utterance(language="zh", text=text), tmp_path / "a.wav").addErrback(
            lambda failure: found.append(failure.value.code)
        )
    filler = FakeEngine()
    filler.failures["二"] = StationError("speech-hung", "it hung")
    FragmentsEngine(library(folder), filler, at_once).speak(
        Utterance(language="zh", text=texts[0]), tmp_path / "a.wav"
    ).addErrback(lambda failure: found.append(failure.value.code))
    assert found == ["speech-no-fragment", "speech-no-text", "speech-hung"]


def test_another_recording_is_another_signature(folder: Path) -> None:
    """A file that was recorded anew makes other sounds than those in the cache."""
    before = library(folder).signature
    write_wave(folder / "to.wav", tone(0.5, 9000, 16000))
    assert library(folder).signature != before


def test_what_is_wrong_with_a_library_is_told_by_line(folder: Path) -> None:
    """A missing file, an empty field, stereo: each is a fault, and the rest of the library counts."""
    (folder / "bad.wav").write_bytes(b"RIFF")
    (folder / "index.csv").write_text(
        "language,text,file\nzh,开往,none.wav\nzh,,to.wav\nzh,次,bad.wav\nzh,车,train.wav\n", "utf-8"
    )
    faults = Faults()
    read = read_library(folder, TABLE, faults)
    assert [fault.place for fault in faults] == ["line 2", "line 3", "line 4"]
    assert told(read.plan(Utterance(language="zh", text="车"), 0.5)) == ["train.wav"]
    (folder / "index.toml").write_text('[[fragment]]\nlanguage = "zh"\ntext = "好"\nfile = "to.wav"\n', "utf-8")
    assert told(library(folder).plan(Utterance(language="zh", text="好"), 0.5)) == ["to.wav"]
    (folder / "index.toml").write_text("[[", "utf-8")
    broken = Faults()
    read_library(folder, TABLE, broken)
    assert [fault.place for fault in broken] == ["file"]


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_resampling_keeps_pitch_level_and_length(rate: int) -> None:
    """A tone of 400 Hz is the same tone at 22,050 Hz, to half a percent."""
    sound = resample(tone(0.3, 8000, rate), RATE)
    wanted = tone(0.3, 8000, RATE)
    middle = slice(RATE // 20, RATE // 5)
    worst = max(abs(a - b) for a, b in zip(sound.samples[middle], wanted.samples[middle], strict=True))
    assert sound.seconds == pytest.approx(0.3, abs=0.001)
    assert worst < 60


def test_what_the_lower_rate_cannot_carry_is_gone() -> None:
    """15 kHz at 44,100 Hz would be heard as 7 kHz at 22,050 Hz if it were not filtered out: it is 50 dB down."""
    sound = resample(tone(0.2, 10000, 44100, 15000.0), RATE)
    assert max(map(abs, sound.samples[500:-500])) < 32


def test_a_cross_fade_keeps_what_is_the_same_on_both_sides() -> None:
    """A steady level stays steady over the joint, and each joint costs one fade of length."""
    flat = Sound(rate=8000, samples=array("h", [5000] * 800))
    joined = cross_fade([flat, flat, flat])
    fade = round(8000 * FADE)
    assert len(joined.samples) == 3 * 800 - 2 * fade
    assert all(abs(value - 5000) <= 1 for value in joined.samples[fade:-fade])
    assert cross_fade([silence(8000, 0.001), flat]).samples[-1] < 10
    with pytest.raises(ValueError, match="rates"):
        cross_fade([flat, silence(4000, 0.1)])
