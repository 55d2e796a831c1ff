"""Several engines, one after the other: where the first cannot speak the next does, and somebody is told.

An engine that hung, died or could not do a text is out for a while: the next takes the text over at once, and those
that follow are not kept waiting for the broken one. After the while it is tried again. An engine that merely has no
voice for a language stays in for the others.

The signature is that of the engine whose turn it is, so that what a stand-in has made is kept apart from what the first
would have made, and is not used once the first speaks again.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, inlineCallbacks

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.speech.engine import EngineParts, SpeechEngine, engine_factory, engine_names
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_service.interfaces import MachineTime

__all__ = ["ChainEngine", "chain_engine"]

_LOG = get_logger("speech")

NAME = "chain"

OUT_S = 60.0
"""Machine seconds for which an engine that failed is not tried."""

_NOT_ITS_FAULT = frozenset({"speech-no-text", "speech-no-voice", "speech-file"})
"""Failures that say nothing of the engine: the text, its language, the disk."""


@dataclass(slots=True)
class _Link:
    name: str
    engine: SpeechEngine
    out_until: float = 0.0
    why: str = ""


class ChainEngine:
    """See the module; a `SpeechEngine`.

    Args:
        reactor: machine time.
        engines: by name, the first is the one that shall speak.
        out_s: how long one that failed is out.

    """

    def __init__(self, reactor: MachineTime, engines: Sequence[tuple[str, SpeechEngine]], out_s: float = OUT_S) -> None:
        if not engines:
            raise ValueError("a chain of no engines")
        self.taken_over = 0
        """How many texts another than the first has spoken."""
        self._reactor = reactor
        self._out_s = out_s
        self._links = [_Link(name, engine) for name, engine in engines]

    @property
    def signature(self) -> str:
        """Of the engine whose turn it is."""
        return self._in_turn()[0].engine.signature

    @property
    def problem(self) -> str:
        """Why nobody can speak; empty if one can."""
        problems = [link.why if self._out(link) else link.engine.problem for link in self._links]
        if not all(problems):
            return ""
        return "; ".join(f"{link.name}: {why}" for link, why in zip(self._links, problems, strict=True))

    @property
    def degraded(self) -> str:
        """Which engines are out, and why: the alarm while others speak for them. Empty if none is."""
        return "; ".join(f"{link.name}: {link.why}" for link in self._links if self._out(link))

    def start(self) -> None:
        """Start all, so that each is ready when its turn comes."""
        for link in self._links:
            link.engine.start()

    def stop(self) -> Deferred[None]:
        """Stop all."""
        return gatherResults([link.engine.stop() for link in self._links]).addCallback(lambda _: None)

    @inlineCallbacks
    def speak(self, utterance: Utterance, path: Path) -> Generator[Deferred[Any], Any, None]:
        """The first that can; fails as the first failed if none can."""
        failed: StationError | None = None
        for link in self._in_turn():
            try:
                yield link.engine.speak(utterance, path)
            except StationError as error:
                failed = failed or error
                self._failed(link, error)
                if error.code in ("speech-no-text", "speech-file"):
                    break
            else:
                link.out_until, link.why = 0.0, ""
                if link is not self._links[0]:
                    self.taken_over += 1
                return
        if failed is None:
            raise StationError("speech-down", "There is no speech engine.")
        raise failed

    def _failed(self, link: _Link, error: StationError) -> None:
        if error.code in _NOT_ITS_FAULT:
            return
        link.out_until = self._reactor.seconds() + self._out_s
        link.why = error.message
        _LOG.error(
            "speech-engine-out", engine=link.name, problem=error.message, todo="see the engine; the next one speaks"
        )

    def _in_turn(self) -> list[_Link]:
        """Those that are not out, in order; then those that are, for want of better."""
        return sorted(self._links, key=self._out)

    def _out(self, link: _Link) -> bool:
        return self._reactor.seconds() < link.out_until


def chain_engine(parts: EngineParts) -> ChainEngine:
    """The engines that `engines` names, each with the settings of its own table; `out_s` as of `ChainEngine`.

    For example `engine = "chain"` and `[broadcast.speech] engines = ["fragments", "pyttsx3"]`.
    """
    names = parts.table.texts("engines", [name for name in engine_names() if name != NAME])
    if not names:
        parts.table.fault("engines", "names no engine", '["pyttsx3", "silent"]')
        names = ("silent",)
    out_s = parts.table.number("out_s", OUT_S, low=1.0, high=86400.0)
    engines = [
        (name, engine_factory(name)(parts.at(name))) for name in names if name != NAME and name in engine_names()
    ]
    parts.table.finish()
    return ChainEngine(parts.reactor, engines or [("silent", engine_factory("silent")(parts.at("silent")))], out_s)
