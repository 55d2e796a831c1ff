"""Where announcements are made: from final texts to one finished sound file each, ahead of time where there is time.

An announcement is a chime, then each language's text with a pause between, and that again where it is said several
times. What is needed now is made before what will be needed later; what was made before is found in the cache. One
utterance is with the engine at a time.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.python.failure import Failure

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.speech.cache import SoundCache
from stationmaster_broadcast.speech.engine import SpeechEngine
from stationmaster_broadcast.speech.pronunciation import Pronunciations
from stationmaster_broadcast.speech.recording import Recipe, Recording
from stationmaster_broadcast.speech.sound import (
    Sound,
    equal_loudness,
    join,
    measure,
    read_wave,
    silence,
    starts,
    trim,
    write_wave,
)
from stationmaster_broadcast.speech.spoken import utterances
from stationmaster_broadcast.zones.chimes import Chime, chime
from stationmaster_service.interfaces import MachineTime

__all__ = ["LATER", "NOW", "Offload", "Studio", "StudioFigures"]

_LOG = get_logger("studio")
_T = TypeVar("_T")

Offload = Callable[[Callable[[], Any]], Deferred[Any]]
"""Runs a function away from the reactor (a thread), or at once in tests."""

NOW, LATER = 0, 1
"""Urgency of what is due, and of what will be."""

RECIPE_VERSION = 3
"""Goes up when sounds are put together in another way, so that older ones are not used."""

BEFORE_SPEECH = 0.25
BETWEEN_LANGUAGES = 0.7
BETWEEN_TIMES = 1.2
AT_END = 0.4
"""Seconds of silence."""


@dataclass(slots=True, kw_only=True)
class StudioFigures:
    """Counts for the metrics: sounds made, found and failed, and machine seconds spent on making."""

    made: int = 0
    found: int = 0
    failed: int = 0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Order:
    """One sound that is wanted, and everybody who waits for it."""

    recipe: Recipe
    urgency: int
    waiting: list[Deferred[Recording]] = field(default_factory=list)


class Studio:
    """Makes and keeps sounds.

    Args:
        engine: speaks.
        cache: keeps.
        pronunciations: how names are said.
        reactor: measures how long things take.
        offload: runs what takes long away from the reactor.

    """

    def __init__(
        self,
        *,
        engine: SpeechEngine,
        cache: SoundCache,
        pronunciations: Pronunciations,
        reactor: MachineTime,
        offload: Offload,
    ) -> None:
        self.figures = StudioFigures()
        self._engine = engine
        self._cache = cache
        self._pronunciations = pronunciations
        self._reactor = reactor
        self._offload = offload
        self._orders: dict[str, _Order] = {}
        self._heap: list[tuple[int, int, str]] = []
        self._count = 0
        self._working = False
        self._chimes: dict[tuple[int, Chime], Sound] = {}
        self._recordings: dict[str, Recording] = {}
        self._stand_ins: dict[
            str, str
        ] = {}  # sounds that another engine spoke, and by whose signature they are asked for

    @property
    def problem(self) -> str:
        """Why nothing can be made at present; empty if it can."""
        return self._engine.problem

    @property
    def signature(self) -> str:
        """Of the engine that speaks at present."""
        return self._engine.signature

    @property
    def waiting(self) -> int:
        """How many sounds are still to be made."""
        return len(self._orders)

    def recipe(self, texts: Sequence[tuple[str, str]], *, which: Chime = Chime.FALLING, times: int = 1) -> Recipe:
        """What the pairs of language and final text are made into: this is exactly what the engine is given."""
        spoken = utterances(texts, self._pronunciations.table)
        said = [[item.language, item.text] for item in spoken]
        body = [RECIPE_VERSION, self._engine.signature, which.value, times, said]
        key = hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()
        return Recipe(key=key, utterances=spoken, chime=which, times=times)

    def has(self, recipe: Recipe) -> bool:
        """Whether its sound is there."""
        return self._cache.find(recipe.key) is not None

    def ready(self, recipe: Recipe) -> Recording | None:
        """The recording, if it can be had without waiting."""
        if self._stand_ins.get(recipe.key) == self._engine.signature:  # the right engine speaks again
            del self._stand_ins[recipe.key]
            self._cache.drop(recipe.key)
        if self._cache.find(recipe.key) is None:
            self._recordings.pop(recipe.key, None)
            return None
        return self._recordings.get(recipe.key)

    def prepare(self, recipe: Recipe, urgency: int = NOW) -> Deferred[Recording]:
        """The recording, made if it is not there.

        Fails with a StationError that says why there is no sound.
        """
        ready = self.ready(recipe)
        if ready is not None:
            self.figures.found += 1
            return succeed(ready)
        done: Deferred[Recording] = Deferred()
        order = self._orders.get(recipe.key)
        if order is None:
            order = self._orders[recipe.key] = _Order(recipe=recipe, urgency=urgency)
            self._push(order)
        elif urgency < order.urgency:
            order.urgency = urgency
            self._push(order)
        order.waiting.append(done)
        self._work()
        return done

    def _push(self, order: _Order) -> None:
        self._count += 1
        heapq.heappush(self._heap, (order.urgency, self._count, order.recipe.key))

    def _work(self) -> None:
        if self._working:
            return
        while self._heap:
            urgency, _, key = heapq.heappop(self._heap)
            order = self._orders.get(key)
            if order is not None and order.urgency == urgency:  # else: done, or pushed again as more urgent
                self._working = True
                self._make(order.recipe).addBoth(self._made, order)
                return

    def _made(self, result: Recording | Failure, order: _Order) -> None:
        self._working = False
        del self._orders[order.recipe.key]
        if isinstance(result, Failure):
            self.figures.failed += 1
            if result.check(StationError) is None:
                _LOG.error("sound-not-made", problem=result.getTraceback(), todo="report this to the maker")
                result = Failure(StationError("sound-not-made", f"No sound: {result.getErrorMessage()}."))
            else:
                _LOG.warning("sound-not-made", problem=result.getErrorMessage(), todo="see what the speech engine says")
        else:
            self._recordings[result.key] = result
        for waiting in order.waiting:
            if isinstance(result, Failure):
                waiting.errback(Failure(result.value))
            else:
                waiting.callback(result)
        self._work()

    @inlineCallbacks
    def _make(self, recipe: Recipe) -> Generator[Deferred[Any], Any, Recording]:
        key = recipe.key
        if not recipe.utterances:
            raise StationError("no-text", "The announcement has no text in any language of the station.")
        if self._cache.find(key) is not None:
            try:
                described: Recording = yield self._offload(lambda: _describe(key, self._cache.path(key)))
            except (OSError, StationError) as error:
                _LOG.warning("sound-unreadable", file=key, problem=str(error), todo="none; it is made again")
            else:
                self.figures.found += 1
                return described
        began = self._reactor.seconds()
        signature = self._engine.signature
        drafts: list[Path] = []
        try:
            for number, utterance in enumerate(recipe.utterances):
                draft = self._cache.draft(key, number)
                drafts.append(draft)
                yield self._engine.speak(utterance, draft)
            made: Recording = yield self._offload(lambda: self._put_together(drafts, recipe, self._cache.path(key)))
            self._cache.keep(key, passing=self._engine.signature != signature)
        except OSError as error:
            raise StationError(
                "sound-file", f"The sound cannot be written: {error}.", "See that the disk has room."
            ) from error
        finally:
            for draft in drafts:
                draft.unlink(missing_ok=True)
        if self._engine.signature != signature:
            self._stand_ins[key] = signature
        self.figures.made += 1
        self.figures.seconds += self._reactor.seconds() - began
        return made

    def _put_together(self, drafts: Sequence[Path], recipe: Recipe, path: Path) -> Recording:
        """In a thread: make the finished file of what the engine made."""
        speech: list[Sound] = []
        for draft in drafts:
            sound = read_wave(draft)
            measured = measure(sound)
            if speech:
                speech.append(silence(sound.rate, BETWEEN_LANGUAGES))
            speech.append(equal_loudness(trim(sound, measured), measured))
        rate = speech[0].rate
        parts = [self._chime(rate, recipe.chime), silence(rate, BEFORE_SPEECH)]
        for number in range(recipe.times):
            parts += [*([silence(rate, BETWEEN_TIMES)] if number else []), *speech]
        parts.append(silence(rate, AT_END))
        write_wave(path, join(parts))
        return _describe(recipe.key, path)

    def _chime(self, rate: int, which: Chime) -> Sound:
        if (rate, which) not in self._chimes:
            self._chimes[rate, which] = chime(rate, which)
        return self._chimes[rate, which]


def _describe(key: str, path: Path) -> Recording:
    """What there is to know of a finished file."""
    sound = read_wave(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Recording(key=key, path=path, seconds=sound.seconds, sha256=digest, marks=starts(sound))
