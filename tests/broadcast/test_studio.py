"""Sounds are made once, the urgent ones first, and what cannot be made is said so."""

from pathlib import Path

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.cache import SoundCache
from stationmaster_broadcast.speech.pronunciation import Pronunciations, shipped_pronunciations
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.silent_engine import SilentEngine
from stationmaster_broadcast.speech.sound import measure, read_wave
from stationmaster_broadcast.speech.studio import LATER, NOW, Studio
from support.fake_broadcast import FakeEngine, at_once


def studio(folder: Path, engine: FakeEngine | SilentEngine, limit: int = 10_000_000) -> Studio:
    """A studio that works at once."""
    return Studio(
        engine=engine,
        cache=SoundCache(folder / "cache", limit),
        pronunciations=Pronunciations(shipped_pronunciations()),
        reactor=Clock(),
        offload=at_once,
    )


def result(deferred: Deferred[Recording]) -> Recording:
    """What it has fired with."""
    found: list[Recording] = []
    deferred.addCallback(found.append)
    assert len(found) == 1, "it has not fired"
    return found[0]


def problem(deferred: Deferred[Recording]) -> StationError:
    """What it has failed with."""
    found: list[StationError] = []
    deferred.addErrback(lambda failure: found.append(failure.value))
    assert len(found) == 1, "it has not failed"
    return found[0]


def test_a_recipe_is_exactly_what_the_engine_is_given(tmp_path: Path) -> None:
    """Numbers and names are written out before an engine sees them."""
    recipe = studio(tmp_path, FakeEngine()).recipe([("zh", "K101次开往六安，08:05"), ("en", "Train K101, 08:05")])
    assert [(item.language, item.text) for item in recipe.utterances] == [
        ("zh", "快幺零幺次开往lu4an1，八点零五分"),
        ("en", "Train K one zero one, eight oh five"),
    ]


def test_the_same_content_has_the_same_key_and_other_content_another(tmp_path: Path) -> None:
    """The key follows what is spoken, the languages and the engine."""
    one, other = studio(tmp_path / "1", FakeEngine()), studio(tmp_path / "2", SilentEngine())
    keys = {
        one.recipe([("zh", "a"), ("en", "b")]).key,
        one.recipe([("en", "b"), ("zh", "a")]).key,
        one.recipe([("zh", "a")]).key,
        other.recipe([("zh", "a")]).key,
    }
    assert len(keys) == 4
    assert one.recipe([("zh", "08:05")]).key == one.recipe([("zh", "八点零五分"), ("en", " ")]).key


def test_a_recording_has_chime_both_languages_and_gaps(tmp_path: Path) -> None:
    """1.6 s chime, 0.25 s, Chinese, 0.7 s, English, 0.4 s; the SHA-256 is the file's."""
    made = studio(tmp_path, SilentEngine())
    recording = result(made.prepare(made.recipe([("zh", "一" * 10), ("en", "a" * 50)])))
    assert recording.seconds == pytest.approx(1.6 + 0.25 + 2.9 + 0.7 + 3.3 + 0.4, abs=0.1)
    assert recording.seconds == read_wave(recording.path).seconds
    assert len(recording.sha256) == 64
    assert measure(read_wave(recording.path)).tail == pytest.approx(0.4, abs=0.03)
    assert [entry.name for entry in recording.path.parent.iterdir()] == [f"{recording.key}.wav"]


def test_the_same_text_is_spoken_once(tmp_path: Path) -> None:
    """Two who wait for one sound get one sound; a later one finds it; after a restart it is still there."""
    engine = FakeEngine(by_hand=True)
    made = studio(tmp_path, engine)
    recipe = made.recipe([("zh", "好")])
    first, second = made.prepare(recipe), made.prepare(recipe)
    engine.go_on()
    assert result(first) == result(second) == result(made.prepare(recipe)) == made.ready(recipe)
    again = studio(tmp_path, engine)
    assert again.has(recipe)
    assert again.ready(recipe) is None
    assert result(again.prepare(recipe)) == result(made.prepare(recipe))
    assert engine.asked == ["好"]


def test_what_is_needed_now_goes_before_what_is_needed_later(tmp_path: Path) -> None:
    """An urgent sound is made as soon as the engine is free, and one that was ordered for later becomes urgent."""
    engine = FakeEngine(by_hand=True)
    made = studio(tmp_path, engine)
    for text in ("one", "two", "three"):
        made.prepare(made.recipe([("en", text)]), LATER)
    made.prepare(made.recipe([("en", "now")]), NOW)
    made.prepare(made.recipe([("en", "three")]), NOW)
    while engine.waiting:
        engine.go_on()
    assert engine.asked == ["one", "now", "three", "two"]
    assert made.waiting == 0


def test_one_sound_that_cannot_be_made_does_not_stop_the_next(tmp_path: Path) -> None:
    """Everybody who waits for it hears why; nothing half made stays; it may be tried again."""
    engine = FakeEngine(by_hand=True)
    made = studio(tmp_path, engine)
    engine.failures["bad"] = StationError("speech-hung", "it hung")
    bad, good = made.recipe([("zh", "好"), ("en", "bad")]), made.recipe([("en", "good")])
    first, second, third = made.prepare(bad), made.prepare(bad), made.prepare(good)
    while engine.waiting:
        engine.go_on()
    assert problem(first).code == problem(second).code == "speech-hung"
    assert result(third).key == good.key
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [f"{good.key}.wav"]
    engine.failures.clear()
    again = made.prepare(bad)
    engine.go_on()
    engine.go_on()
    assert result(again).key == bad.key


def test_no_text_at_all_is_a_clear_failure(tmp_path: Path) -> None:
    """An announcement without text fails with `no-text`."""
    made = studio(tmp_path, FakeEngine())
    assert problem(made.prepare(made.recipe([("zh", "  ")]))).code == "no-text"


def test_a_full_disk_is_a_clear_failure(tmp_path: Path) -> None:
    """The folder gone is as bad as a full disk: the announcement fails, and says so."""
    engine = FakeEngine()
    made = studio(tmp_path, engine)
    (tmp_path / "cache").rmdir()
    assert problem(made.prepare(made.recipe([("en", "x")]))).code == "sound-file"


def test_a_broken_file_in_the_cache_is_made_again(tmp_path: Path) -> None:
    """What a crash or a disk has spoilt is not played."""
    engine = FakeEngine()
    recipe = studio(tmp_path, engine).recipe([("en", "x")])
    (tmp_path / "cache" / f"{recipe.key}.wav").write_bytes(b"RIFF nonsense")
    made = studio(tmp_path, engine)
    assert result(made.prepare(recipe)).seconds > 1
    assert engine.asked == ["x"]
