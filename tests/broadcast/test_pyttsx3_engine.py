"""The real engine, measured: every trap of it that is known has a test here."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.selectreactor import SelectReactor

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech.engine import EngineParts, engine_factory
from stationmaster_broadcast.speech.normalise import normalise
from stationmaster_broadcast.speech.pronunciation import shipped_pronunciations
from stationmaster_broadcast.speech.pyttsx3_engine import (
    Pyttsx3Engine,
    Pyttsx3Settings,
    Voice,
    child_environment,
    least_seconds,
    pyttsx3_engine,
    spoken,
)
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.sound import PEAK_LIMIT, equal_loudness, measure, read_wave
from stationmaster_broadcast.speech.speech_process import child_command

ZH = "旅客们，开往北京北方向的高二四零二次列车开始检票了。请到一A检票口检票，到三站台上车。"
EN = "Attention please. Check-in for train G two four zero two to Beijing North is now open at gate one A."

Scenario = Callable[[Any], Generator[Deferred[Any], Any, Any]]


def run(scenario: Scenario) -> Any:
    """Run a scenario in a reactor of its own, which is gone afterwards."""
    reactor = SelectReactor()
    found: list[Any] = []

    def begin() -> None:
        limit = reactor.callLater(120, reactor.stop)

        def end(result: Any) -> None:
            limit.cancel()
            found.append(result)
            reactor.stop()

        inlineCallbacks(scenario)(reactor).addBoth(end)

    reactor.callWhenRunning(begin)
    reactor.run()
    for selectable in reactor.removeAll():
        selectable.connectionLost(None)
    assert found, "it took more than two minutes"
    if hasattr(found[0], "raiseException"):
        found[0].raiseException()
    return found[0]


def engine(reactor: Any, settings: Pyttsx3Settings | None = None, command: list[str] | None = None) -> Pyttsx3Engine:
    """The real engine, or one with another child."""
    return Pyttsx3Engine(
        reactor,
        settings or Pyttsx3Settings(),
        command=command or child_command(os.getpid()),
        environment=child_environment(os.environ),
    )


def speak(folder: Path, *utterances: tuple[str, str]) -> list[Path]:
    """Have the real engine speak each of these."""

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, list[Path]]:
        made = engine(reactor)
        made.start()
        paths = []
        for number, (language, text) in enumerate(utterances):
            paths.append(folder / f"{number}.wav")
            yield made.speak(Utterance(language=language, text=text), paths[-1])
        yield made.stop()
        return paths

    paths: list[Path] = run(scenario)
    return paths


@pytest.fixture(scope="module")
def child() -> Iterator[subprocess.Popen[bytes]]:
    """The real child, spoken to directly."""
    with subprocess.Popen(
        child_command(os.getpid()),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(os.environ),
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def ask(child: subprocess.Popen[bytes], **job: Any) -> dict[str, Any]:
    """One job, one answer."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps({"id": 1, "voice": "sit/cmn", "rate": 170, "text": ZH, **job}).encode() + b"\n")
    child.stdin.flush()
    answer: dict[str, Any] = json.loads(child.stdout.readline())
    return answer


def test_the_child_speaks_and_answers_on_a_clean_line(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """First it names its voices; what pyttsx3 prints does not come between the answers.

    An unknown voice, which pyttsx3 passes over and speaks with the one before, is an error; so is a text of nothing.
    """
    assert child.stdout is not None
    first = json.loads(child.stdout.readline())
    assert first["ready"]
    assert {"sit/cmn", "gmw/en-us"} <= set(first["voices"])
    path = str(tmp_path / "a.wav")
    for _ in range(3):
        assert ask(child, path=path) == {"id": 1, "ok": True, "problem": ""}
    assert "no/such" in ask(child, path=path, voice="no/such")["problem"]
    assert not ask(child, path=path, text="")["ok"]
    assert ask(child, path=path, voice="gmw/en-us", text="Yes")["ok"]
    for ending in (signal.SIGINT, signal.SIGTERM):  # they reach the whole process group
        child.send_signal(ending)
        assert ask(child, path=path)["ok"], "when it ends is for its parent to say"


def test_real_speech_by_measure(tmp_path: Path) -> None:
    """Both languages: 22,050 Hz, of plausible length, silent at the end, and after normalisation equally loud."""
    paths = speak(tmp_path, ("zh", ZH), ("en", EN))
    loudness = []
    for path, (shortest, longest) in zip(paths, [(8, 13), (4, 8)], strict=True):
        sound = read_wave(path)
        measured = measure(sound)
        assert sound.rate == 22050
        assert shortest < measured.seconds < longest
        assert 0.2 < measured.tail < 0.6
        assert measured.lead < 0.1
        assert measured.peak > 20000
        level = measure(equal_loudness(sound, measured))
        assert level.peak <= PEAK_LIMIT + 1
        loudness.append(level.rms)
    assert 0.7 < loudness[0] / loudness[1] < 1.43


def test_nothing_is_truncated(tmp_path: Path) -> None:
    """Forty utterances one after the other, languages alternating: each as long as its first, within 3 percent."""
    utterances = [("zh", ZH), ("en", EN)] * 20
    lengths = [read_wave(path).seconds for path in speak(tmp_path, *utterances)]
    for start in (0, 1):
        assert max(lengths[start::2]) / min(lengths[start::2]) < 1.03


def test_a_lone_letter_at_the_end_is_not_cut(tmp_path: Path) -> None:
    """The engine takes `A.` at the end for an initial and cuts its vowel; what we give it ends in silence."""
    with_stop, without = speak(tmp_path, ("en", "Please go to gate one A."), ("en", "Please go to gate one A"))
    assert measure(read_wave(with_stop)).tail > 0.2
    assert read_wave(with_stop).seconds == pytest.approx(read_wave(without).seconds, rel=0.02)
    assert spoken("gate one A.") == "gate one A"
    assert spoken("到三站台。") == "到三站台"
    assert spoken("...") == ""


def test_a_long_announcement_is_whole(tmp_path: Path) -> None:
    """Three minutes of speech come out as three minutes."""
    [path] = speak(tmp_path, ("zh", ZH * 18))
    assert read_wave(path).seconds > 18 * 8


def test_a_due_announcement_would_not_wait_long_for_its_sound(tmp_path: Path) -> None:
    """An utterance takes well under half a second once the child is there, on a busy machine too."""

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, list[float]]:
        made = engine(reactor)
        made.start()
        yield made.speak(Utterance(language="zh", text="好"), tmp_path / "x.wav")
        times = []
        for _ in range(10):
            begun = time.monotonic()
            yield made.speak(Utterance(language="zh", text=ZH), tmp_path / "x.wav")
            times.append(time.monotonic() - begun)
        yield made.stop()
        return times

    assert sorted(run(scenario))[5] < 0.5


def test_a_hung_child_is_killed_and_the_utterance_spoken_by_the_next(tmp_path: Path) -> None:
    """The real child stopped in the middle of its life (SIGSTOP is as good as a hang): a new one speaks instead."""

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, tuple[int, int]]:
        made = engine(reactor, Pyttsx3Settings(limit_s=2.0))
        made.start()
        yield made.speak(Utterance(language="zh", text="好"), tmp_path / "a.wav")
        first = made.process.pid
        os.kill(first, signal.SIGSTOP)
        yield made.speak(Utterance(language="zh", text=ZH), tmp_path / "b.wav")
        second = made.process.pid
        yield made.stop()
        return first, second

    first, second = run(scenario)
    assert first != second
    assert read_wave(tmp_path / "b.wav").seconds > 8
    assert not _alive(first)
    assert not _alive(second)


def test_a_killed_child_is_replaced(tmp_path: Path) -> None:
    """SIGKILL between two utterances costs nothing but the start of another child."""

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, int]:
        made = engine(reactor)
        made.start()
        yield made.speak(Utterance(language="zh", text="好"), tmp_path / "a.wav")
        os.kill(made.process.pid, signal.SIGKILL)
        yield made.speak(Utterance(language="zh", text=ZH), tmp_path / "b.wav")
        starts = made.process.starts
        yield made.stop()
        return starts

    assert run(scenario) == 2
    assert read_wave(tmp_path / "b.wav").seconds > 8


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    """Even a child that hangs leaves no orphan when the parent is killed."""
    script = textwrap.dedent(
        """
        import os, signal, subprocess, sys
        from stationmaster_broadcast.speech.pyttsx3_engine import child_environment
        from stationmaster_broadcast.speech.speech_process import child_command
        child = subprocess.Popen(child_command(os.getpid()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 env=child_environment(os.environ))
        child.stdout.readline()
        os.kill(child.pid, 19)
        print(child.pid, flush=True)
        signal.pause()
        """
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert _alive(pid)
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 10
        while _alive(pid) and time.monotonic() < deadline:
            os.sched_yield()
    assert not _alive(pid)


FAKE_CHILD = """
import array, json, sys, wave
print(json.dumps({"ready": True, "voices": ["sit/cmn", "gmw/en-us"]}), flush=True)
LENGTHS = iter(%s)
for line in sys.stdin:
    job = json.loads(line)
    seconds, tail = next(LENGTHS)
    with wave.open(job["path"], "wb") as file:
        file.setnchannels(1); file.setsampwidth(2); file.setframerate(22050)
        file.writeframes(array.array("h", [9000, -9000] * int(11025 * seconds)).tobytes() + bytes(int(44100 * tail)))
    print(json.dumps({"id": job["id"], "ok": True, "problem": ""}), flush=True)
"""


@pytest.mark.parametrize(
    ("files", "left", "outcome"),
    [
        ([(9, 0.3)], 9.3, ""),
        ([(1, 0.3), (9, 0.3)], 9.3, ""),
        ([(8, 0.0), (9, 0.3)], 9.3, ""),
        ([(9, 0.0), (9, 0.0)], 9.0, ""),
        ([(1, 0.3), (1, 0.3), (1, 0.3)], None, "too short"),
        ([(7, 0.0), (8, 0.0), (9, 0.0)], None, "not silent"),
        ([(0, 9.0), (0, 9.0), (0, 9.0)], None, "nothing is audible"),
    ],
)
def test_a_sound_that_is_cut_is_made_again(
    tmp_path: Path, files: list[tuple[float, float]], left: float | None, outcome: str
) -> None:
    """Too short, loud at its end, or silent: again, three times at most; twice the same loud end is how the text ends.

    What is not complete is never left under the file's name.
    """
    command = [sys.executable, "-c", FAKE_CHILD % files]

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, str]:
        made = engine(reactor, command=command)
        made.start()
        try:
            yield made.speak(Utterance(language="zh", text=ZH), tmp_path / "a.wav")
        except StationError as error:
            return error.message
        finally:
            yield made.stop()
        return ""

    assert outcome in run(scenario)
    assert [entry.name for entry in tmp_path.iterdir()] == (["a.wav"] if left else [])
    if left:
        assert read_wave(tmp_path / "a.wav").seconds == pytest.approx(left, abs=0.01)


def test_a_file_that_cannot_be_written_costs_that_announcement_only(tmp_path: Path) -> None:
    """The error is lost in a callback and pyttsx3 waits for good: the child says so at once, and the next is spoken."""

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, str]:
        made = engine(reactor)
        made.start()
        yield made.speak(Utterance(language="zh", text="好"), tmp_path / "a.wav")
        try:
            yield made.speak(Utterance(language="zh", text="好"), tmp_path / "no" / "a.wav")
        except StationError as error:
            code = f"{error.code}: {error.message}"
        yield made.speak(Utterance(language="zh", text="好"), tmp_path / "b.wav")
        yield made.stop()
        return code

    begun = time.monotonic()
    assert re.match(r"speech-failed: .*No such file", run(scenario))
    assert time.monotonic() - begun < Pyttsx3Settings().limit_s
    assert (tmp_path / "b.wav").exists()


def test_a_language_without_a_voice_is_said_so(tmp_path: Path) -> None:
    """Not with another language's voice."""

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, str]:
        made = engine(reactor)
        try:
            yield made.speak(Utterance(language="mn", text="x"), tmp_path / "a.wav")
        except StationError as error:
            return error.code
        return ""

    assert run(scenario) == "speech-no-voice"


def test_missing_packages_are_one_clear_problem(tmp_path: Path) -> None:
    """Without the library nothing is started; the problem says what to install."""
    missing = StationError("speech-engine-missing", "not installed", "Install it.")
    made = Pyttsx3Engine(SelectReactor, Pyttsx3Settings(), command=["none"], environment=missing)
    made.start()
    failed: list[Any] = []
    made.speak(Utterance(language="zh", text="x"), tmp_path / "a.wav").addErrback(failed.append)
    assert made.problem == "not installed"
    assert failed[0].value is missing


def test_settings_are_read_and_faults_told() -> None:
    """Voices and rates by language; what cannot be is a fault."""
    faults = Faults()
    body = {"voices": {"mn": "xx/mn"}, "rates": {"zh": 200, "mn": 100}, "limit_s": 3}
    assert Pyttsx3Settings.from_table(Table(body, "f", faults)) == Pyttsx3Settings(
        voices=(
            Voice(language="zh", id="sit/cmn", rate=200),
            Voice(language="en", id="gmw/en-us", rate=160),
            Voice(language="mn", id="xx/mn", rate=100),
        ),
        limit_s=3.0,
    )
    assert not list(faults)
    Pyttsx3Settings.from_table(Table({"rates": {"zh": 10, "xx": 100}, "speed": 1}, "f", faults))
    assert {fault.place for fault in faults} == {"rates.zh", "rates.xx", "speed"}


def test_the_factory_finds_the_engine() -> None:
    """By its name, with this machine's packages."""
    assert engine_factory("pyttsx3") is pyttsx3_engine
    made = pyttsx3_engine(EngineParts(reactor=SelectReactor, environment={}, table=Table({}, "f", Faults())))
    assert made.problem == "the speech engine has not been started"
    with pytest.raises(StationError, match="There are: chain, fragments, pyttsx3, silent"):
        engine_factory("parrot")


@pytest.mark.parametrize(
    ("text", "seconds"), [("好" * 10, 1.1), ("lu4an1站", 0.33), ("a" * 10, 0.3), ("好a", 0.14), ("，。", 0.0)]
)
def test_the_least_length_counts_syllables_and_letters(text: str, seconds: float) -> None:
    """Half of what the text needs at the usual rate; marks need nothing."""
    assert least_seconds(Utterance(language="zh", text=text), 170) == pytest.approx(seconds)
    assert least_seconds(Utterance(language="zh", text=text), 340) == pytest.approx(seconds / 2, abs=0.011)


PHONEMES = """
import ctypes, json, sys
library = ctypes.CDLL("libespeak-ng.so.1")
library.espeak_Initialize(1, 0, None, 0)
library.espeak_SetVoiceByName(sys.argv[2].encode())
library.espeak_TextToPhonemes.restype = ctypes.c_char_p
def phonemes(text):
    pointer = ctypes.c_char_p(text.encode())
    return library.espeak_TextToPhonemes(ctypes.byref(pointer), 1, 0).decode()
print(json.dumps([[phonemes(text) for text in pair] for pair in json.loads(sys.argv[1])]))
"""


VERSION = """
import ctypes
library = ctypes.CDLL("libespeak-ng.so.1")
library.espeak_Initialize(1, 0, None, 0)
library.espeak_Info.restype = ctypes.c_char_p
print(library.espeak_Info(None).decode())
"""


def test_the_library_is_the_one_that_reads_mandarin() -> None:
    """Debian's espeak-ng 1.51 speaks its own pinyin as English; the child's is 1.52, and reads 你好 as ni3hao3."""
    environment = child_environment(os.environ)

    def ask_library(script: str, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", script, *arguments], env=environment, capture_output=True, check=True, text=True
        ).stdout

    assert ask_library(VERSION).startswith("1.52")
    [[characters, pinyin]] = json.loads(ask_library(PHONEMES, json.dumps([["好", "hao3"]]), "sit/cmn"))
    assert _bare(characters) == _bare(pinyin) != ""


def test_what_hangs_or_overwrites_is_never_called() -> None:
    """`runAndWait` returns early, keeps only the last text and hangs when called twice; `say` overwrites the file."""
    script = Path(child_command(0)[2]).read_text("utf-8")
    assert ".runAndWait(" not in script
    assert ".say(" not in script


def test_a_full_disk_is_the_disks_fault_and_the_next_text_is_spoken(tmp_path: Path) -> None:
    """ENOSPC while the child writes: told within seconds as `speech-file`, so that no other engine is called in."""

    def scenario(reactor: Any) -> Generator[Deferred[Any], Any, str]:
        made = engine(reactor)
        made.start()
        (tmp_path / "a.wav.speech.part").symlink_to("/dev/full")
        try:
            yield made.speak(Utterance(language="zh", text="好"), tmp_path / "a.wav")
        except StationError as error:
            code = f"{error.code}: {error.message}"
        yield made.speak(Utterance(language="zh", text="好"), tmp_path / "b.wav")
        yield made.stop()
        return code

    assert re.match(r"speech-file: .*No space left", run(scenario))
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.wav"]


def test_every_shipped_pronunciation_changes_what_is_heard() -> None:
    """The engine reads each name of the table otherwise by itself: none is idle, but for three that it knows.

    Those stand there for engines that read by the rules of single characters or letters.
    """
    idle, read = [], {}
    for language, voice in (("zh", "sit/cmn"), ("en", "gmw/en-us")):
        pairs = [[entry.name, entry.spoken] for entry in shipped_pronunciations() if entry.language == language]
        done = subprocess.run(
            [sys.executable, "-c", PHONEMES, json.dumps(pairs), voice],
            env=child_environment(os.environ),
            capture_output=True,
            check=True,
        )
        for (name, _), (plain, written) in zip(pairs, json.loads(done.stdout), strict=True):
            read[name] = _bare(written)
            if _bare(plain) == read[name]:
                idle.append(name)
    assert idle == ["徘徊北", "漯河", "Hohhot"]
    assert read["六安"] == "lu51a55n"


def test_normal_numbers_reach_the_engine_without_digits() -> None:
    """What the engine would read wrongly (101, 08:05, K1, 12306) never comes to it as it stands."""
    for text in ("101", "08:05", "K1次", "12306"):
        assert not any(char.isdigit() for char in normalise(text, "zh"))


def _bare(phonemes: str) -> str:
    """Phonemes without marks of stress and boundary."""
    return phonemes.translate(str.maketrans("", "", "',_| "))


def _alive(pid: int) -> bool:
    """Whether the process is there, and not a corpse."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_library_is_loaded_in_child_processes_only() -> None:
    """What its licence asks for stays behind the process border."""
    assert "espeak" not in Path("/proc/self/maps").read_text("utf-8")
