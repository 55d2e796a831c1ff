"""What speaks: the interface of speech engines, and how one is found by its name.

Four come with the package; others are entry points of the group `stationmaster.speech_engines`, each a function that
takes `EngineParts` and returns a `SpeechEngine`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from twisted.internet.defer import Deferred

from stationmaster_base.configuration import Table
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_service.drivers import Drivers
from stationmaster_service.interfaces import Reactor

__all__ = ["GROUP", "EngineFactory", "EngineParts", "SpeechEngine", "degraded", "engine_factory", "engine_names"]

GROUP = "stationmaster.speech_engines"

_SHIPPED = {
    "chain": ("stationmaster_broadcast.speech.chain_engine", "chain_engine"),
    "fragments": ("stationmaster_broadcast.speech.fragments_engine", "fragments_engine"),
    "pyttsx3": ("stationmaster_broadcast.speech.pyttsx3_engine", "pyttsx3_engine"),
    "silent": ("stationmaster_broadcast.speech.silent_engine", "silent_engine"),
}

_DRIVERS = Drivers(group=GROUP, what="speech engine", shipped=_SHIPPED)


class SpeechEngine(Protocol):
    """Makes wave files of texts. It is asked for one utterance at a time."""

    @property
    def signature(self) -> str:
        """Name, version and settings: whatever would make the same text sound otherwise."""

    @property
    def problem(self) -> str:
        """Why it cannot speak at present; empty if it can."""

    def start(self) -> None:
        """Get ready; what goes wrong shows in `problem` and in what `speak` answers."""

    def speak(self, utterance: Utterance, path: Path) -> Deferred[None]:
        """Write a complete wave file (one channel, 16 bits) of `utterance` to `path`.

        Fails with a StationError (`speech-…`) whose message is fit for the log of what was played.
        """

    def stop(self) -> Deferred[None]:
        """Leave no process behind; fires when that is so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParts:
    """What an engine is made from.

    `table` holds the engine's own settings, `[broadcast.speech]`; the engine reads its keys and calls `finish`.
    `environment` is this process's.
    """

    reactor: Reactor
    environment: Mapping[str, str]
    table: Table
    folder: Path = Path()
    """What relative paths in the settings count from."""

    def at(self, key: str) -> EngineParts:
        """The same for an engine within this one, whose settings are the table `key` within this one's."""
        return replace(self, table=self.table.table(key))


def degraded(engine: SpeechEngine) -> str:
    """What is wrong although it speaks (one engine speaks for another); empty if nothing is, or nothing is known."""
    return str(getattr(engine, "degraded", ""))


EngineFactory = Callable[[EngineParts], SpeechEngine]


def engine_names() -> list[str]:
    """Every engine that can be named in the configuration."""
    return _DRIVERS.names()


def engine_factory(name: str) -> EngineFactory:
    """The engine of this name.

    Raises:
        StationError: `speech-engine-unknown`, or `speech-engine-missing` if its package cannot be loaded.

    """
    factory: EngineFactory = _DRIVERS.load(name)
    return factory
