"""Speech by pyttsx3 and espeak-ng 1.52 in a child process.

What has been seen of this engine, and what is done about it:

- Debian's espeak-ng reads Mandarin wrongly: the library is that of the package `espeakng-loader`, found by
  `LD_LIBRARY_PATH` and `ESPEAK_DATA_PATH`, which must be set before the child starts.
- An unknown voice raises nothing and keeps the one before: voices are checked when the child is ready, and each time.
- A file can be short or end in the middle: its length is compared with what the text needs, and its end must be
  silent; else it is made again, in vain at most twice.
- A single letter before the last full stop is taken for an initial, and the engine then leaves out the pause at the
  end and the end of the vowel with it (80 ms of "gate one A."): the last full stop is left out.
- An error while it writes the file is lost in a callback, and it then waits for good: the child listens for errors in
  callbacks, answers, and ends. Whatever else hangs meets the time limit that every job has.
"""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.speech.engine import EngineParts
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech.sound import measure, read_wave
from stationmaster_broadcast.speech.speech_process import Job, SpeechProcess, child_command
from stationmaster_service.interfaces import Reactor

__all__ = [
    "Pyttsx3Engine",
    "Pyttsx3Settings",
    "Voice",
    "child_environment",
    "least_seconds",
    "pyttsx3_engine",
    "spoken",
]

_LOG = get_logger("speech")

TAIL = 0.1
"""Seconds of silence at the end of every complete file (the engine's own pause is 0.3)."""

REFERENCE_RATE = 170
_HAN = re.compile(r"[\u3400-\u9fff]")
_PINYIN = re.compile(r"[a-z]+[1-5]")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The engine's voice for a language; `rate` is in words a minute as espeak counts them."""

    language: str
    id: str
    rate: int = REFERENCE_RATE


SHIPPED_VOICES = (Voice(language="zh", id="sit/cmn"), Voice(language="en", id="gmw/en-us", rate=160))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pyttsx3Settings:
    """`[broadcast.speech]`: a voice and a rate for each language; `limit_s` is the time limit of a short utterance."""

    voices: tuple[Voice, ...] = SHIPPED_VOICES
    limit_s: float = 8.0

    @staticmethod
    def from_table(table: Table) -> Pyttsx3Settings:
        """Read `voices = { zh = "sit/cmn" }`, `rates = { zh = 170 }` and `limit_s`."""
        voices = {voice.language: voice for voice in SHIPPED_VOICES}
        ids = table.languages("voices") if "voices" in table else {}
        rates = table.table("rates")
        for language in sorted({*voices, *ids}):
            shipped = voices.get(language, Voice(language=language, id=""))
            voices[language] = Voice(
                language=language,
                id=ids.get(language, shipped.id),
                rate=rates.integer(language, shipped.rate, low=80, high=450),
            )
        rates.finish()
        limit = table.number("limit_s", 8.0, low=0.5, high=600)
        table.finish()
        return Pyttsx3Settings(voices=tuple(voices.values()), limit_s=limit)


class Pyttsx3Engine:
    """See the module.

    Args:
        reactor: for the child process.
        settings: voices and limits.
        command: the child's command line.
        environment: the child's environment, or what is wrong with it: then every utterance fails saying so.

    """

    def __init__(
        self,
        reactor: Reactor,
        settings: Pyttsx3Settings,
        *,
        command: Sequence[str],
        environment: Mapping[str, str] | StationError,
    ) -> None:
        self._settings = settings
        self._voices = {voice.language: voice for voice in settings.voices}
        self._missing = environment if isinstance(environment, StationError) else None
        self.process = SpeechProcess(
            reactor,
            command=command,
            environment={} if isinstance(environment, StationError) else environment,
            ready=self._check_voices,
        )

    @property
    def signature(self) -> str:
        """Changes with everything that changes the sound."""
        voices = " ".join(f"{voice.language}={voice.id}@{voice.rate}" for voice in self._settings.voices)
        return f"pyttsx3 2 espeakng-loader-0.2.4 {voices}"

    @property
    def problem(self) -> str:
        """Why it cannot speak now."""
        return self._missing.message if self._missing else self.process.problem

    def start(self) -> None:
        """Start the child."""
        if self._missing is None:
            self.process.start()
        else:
            _LOG.error("speech-engine-missing", problem=self._missing.message, todo=self._missing.hint)

    def stop(self) -> Deferred[None]:
        """End the child."""
        return self.process.stop()

    @inlineCallbacks
    def speak(self, utterance: Utterance, path: Path) -> Generator[Deferred[Any], Any, None]:
        """Write the utterance's file; see `SpeechEngine`.

        A file that ends loud is made again: a cut comes by chance, so when the second has the same length that is how
        the text ends, and it is taken. One that is too short is never taken.
        """
        if self._missing is not None:
            raise self._missing
        voice = self._voices.get(utterance.language)
        if voice is None:
            raise StationError(
                "speech-no-voice",
                f"There is no voice for the language {utterance.language}.",
                "Name one in [broadcast.speech] voices.",
            )
        text = spoken(utterance.text)
        if not text:
            raise StationError("speech-no-text", "There is nothing to say.")
        least = least_seconds(utterance, voice.rate)
        before = 0.0
        for attempt in (1, 2, 3):
            length, fault = yield self._attempt(voice, text, path, least)
            if not fault:
                return
            _LOG.warning("speech-cut-short", attempt=attempt, problem=fault, text=text, todo="it is made again")
            if fault == "its end is not silent" and before and abs(length - before) < 0.05:
                return
            before = length
        path.unlink(missing_ok=True)
        raise StationError("speech-cut-short", f"The speech engine's sound is not complete: {fault}.")

    @inlineCallbacks
    def _attempt(
        self, voice: Voice, text: str, path: Path, least: float
    ) -> Generator[Deferred[Any], Any, tuple[float, str]]:
        draft = path.with_name(f"{path.name}.speech.part")
        job: Job = {"voice": voice.id, "rate": voice.rate, "text": text, "path": str(draft)}
        limit = self._settings.limit_s + 0.02 * len(text)
        try:
            try:
                yield self.process.run(job, limit)
            except StationError as error:
                if os.strerror(errno.ENOSPC) in error.message:  # the disk's fault and not the engine's
                    raise StationError("speech-file", error.message, "Free the disk.") from error
                if error.code not in ("speech-hung", "speech-died"):
                    raise
                yield self.process.run(job, limit)  # once more, by a new child
            try:
                measured = measure(read_wave(draft))
            except StationError as error:
                return (0.0, error.message)
            if measured.seconds < least:
                return (measured.seconds, f"{measured.seconds:.2f} s are too short, {least:.2f} s are the least")
            if measured.rms == 0:
                return (measured.seconds, "nothing is audible")
            draft.replace(path)
            return (measured.seconds, "" if measured.tail >= TAIL else "its end is not silent")
        except OSError as error:
            raise StationError("speech-file", f"The sound cannot be put in its place: {error}.") from error
        finally:
            draft.unlink(missing_ok=True)

    def _check_voices(self, voices: Sequence[str]) -> str:
        missing = sorted(voice.id for voice in self._settings.voices if voice.id not in voices)
        return f"the speech engine has no voice {', '.join(missing)}" if missing else ""


def spoken(text: str) -> str:
    """`text` as this engine is given it: without the last full stops, and never empty marks alone."""
    text = text.replace("\x00", " ").strip()
    text = re.sub(r"[\s.。．…]+\Z", "", text)
    return text if re.search(r"\w", text) else ""


def least_seconds(utterance: Utterance, rate: int) -> float:
    """Half of what the text needs at this rate, measured: 0.22 s a Chinese syllable, 0.06 s a letter."""
    text = utterance.text
    han = len(_HAN.findall(text))
    pinyin = len(_PINYIN.findall(text))
    letters = sum(map(len, _WORD.findall(_PINYIN.sub(" ", _HAN.sub(" ", text)))))
    needed = 0.22 * (han + pinyin) + 0.06 * letters
    return math.floor(50 * needed * REFERENCE_RATE / rate) / 100


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with the paths of the shipped library.

    Raises:
        StationError: `speech-engine-missing` if espeakng-loader or pyttsx3 is not installed.

    """
    loader = find_spec("espeakng_loader")
    folders = list(loader.submodule_search_locations or ()) if loader else []
    if not folders or find_spec("pyttsx3") is None:
        raise StationError(
            "speech-engine-missing",
            "The packages pyttsx3 and espeakng-loader are not both installed.",
            "Install stationmaster[broadcast,speech], or choose another engine in [broadcast].",
        )
    library = Path(folders[0])
    paths = [str(library), *filter(None, environment.get("LD_LIBRARY_PATH", "").split(os.pathsep))]
    return {
        **environment,
        "LD_LIBRARY_PATH": os.pathsep.join(paths),
        "ESPEAK_DATA_PATH": str(library / "espeak-ng-data"),
        "PYTHONUTF8": "1",
    }


def pyttsx3_engine(parts: EngineParts) -> Pyttsx3Engine:
    """The engine, by its settings and this machine's packages."""
    settings = Pyttsx3Settings.from_table(parts.table)
    try:
        environment: Mapping[str, str] | StationError = child_environment(parts.environment)
    except StationError as error:
        environment = error
    return Pyttsx3Engine(parts.reactor, settings, command=child_command(os.getpid()), environment=environment)
