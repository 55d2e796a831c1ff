"""What goes into the studio and what comes out: utterances, the recipe made of them, the finished recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster_broadcast.zones.chimes import Chime
from stationmaster_kernel.task import Task

__all__ = ["Recipe", "Recording", "Utterance", "speech_texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One text in one language, normalised and with names as they are to be spoken."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What an announcement's sound is made of: a chime, then the utterances, `times` times; `key` is the hash of it."""

    key: str
    utterances: tuple[Utterance, ...]
    chime: Chime = Chime.FALLING
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A finished sound: its file in the cache, its length and the SHA-256 of the file.

    `marks` are the seconds at which something begins after a pause: a sentence, a language, the first word after the
    chime. There it can go on after an interruption.
    """

    key: str
    path: Path
    seconds: float
    sha256: str
    marks: tuple[float, ...] = ()


def speech_texts(task: Task, languages: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What the task has to say, as pairs of language and final text, in the order of `languages`.

    Without languages (no configuration has come yet) all that the task has, in its own order. A text that is the same
    in every language is said once, in the first.
    """
    found: list[tuple[str, str]] = []
    for language in languages or [text.language for text in task.texts if text.name == "speech"]:
        text = task.text("speech", language)
        if text.strip() and text not in (said for _, said in found):
            found.append((language, text))
    return tuple(found)
