"""What an emergency sounds like: the tone, the messages made ready before anybody needs them, and what stands in.

Nothing here waits. Whoever asks gets what is there now: the words as they shall be said, in the best form that there
is (recorded by people, made by the engine, made by it before the last start), or nothing. So an engine that hangs and a
disk that is full cost the freshest form and never the emergency.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.emergencies.control import EmergencyMessage
from stationmaster_broadcast.emergencies.emergency_settings import (
    STAND_IN,
    STAND_IN_TEXTS,
    EmergencySettings,
    MessageSettings,
)
from stationmaster_broadcast.emergencies.emergency_tone import CYCLE_S, emergency_tone
from stationmaster_broadcast.emergencies.held_sound import HeldSound
from stationmaster_broadcast.speech.recording import Recording
from stationmaster_broadcast.speech.studio import LATER, NOW
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.templates import Texts
from stationmaster_kernel.topics import BLANK_FIELDS
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["EmergencySounds", "Words"]

_LOG = get_logger("emergency")

Words = tuple[tuple[str, str], ...]
"""Pairs of language and final text, in the order in which they are said."""

MakeSpeech = Callable[[Words, int], Deferred[Recording]]
"""Has words spoken, without a chime, as urgently as `studio` has it."""

AGAIN_S = 60.0
"""Machine seconds after which what could not be made ready is tried again."""


class EmergencySounds:
    """All sounds of emergencies.

    Args:
        settings: the messages, the tone's length, where recordings are kept.
        make: has words spoken.
        reactor: machine time.
        shipped: a recording of `STAND_IN_TEXTS` that comes with the package; None for none.
        usual: whether the engine that speaks at present is the one that shall.

    """

    def __init__(
        self,
        settings: EmergencySettings,
        make: MakeSpeech,
        reactor: MachineTime,
        shipped: Path | None = None,
        usual: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._make = make
        self._reactor = reactor
        kept = settings.kept
        self._tone = HeldSound.of(kept / "tone.wav", emergency_tone(settings.tone_s))
        self._more = HeldSound.of(kept / "tone-more.wav", emergency_tone(CYCLE_S))
        self._spoken: dict[str, HeldSound] = {}  # by the words
        self._recorded: dict[str, HeldSound] = {}  # by the message, made by people
        self._shipped = _read(shipped, kept / "shipped.wav")
        self._words: dict[str, Words] = {each.id: each.texts for each in settings.messages}
        self._fresh: set[str] = set()  # words that the engine that shall speak has spoken since the start
        self._usual = usual
        self._asked: dict[str, int] = {}
        self._again: DelayedCall | None = None
        for message in settings.messages:
            recorded = _read(message.recording, kept / f"recorded-{message.id}.wav")
            if recorded is not None:
                self._recorded[message.id] = recorded

    def start(self) -> None:
        """Put the tone where it is played from, and make ready what can be."""
        self._tone.put()
        self._more.put()
        self._look()

    def stop(self) -> None:
        """Make no more."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        for held in (self._tone, self._more, *self._spoken.values(), *self._recorded.values()):
            held.close()

    def follow(self, configuration: Configuration | None) -> None:
        """The station says so much of itself: its languages, and its own words for messages."""
        if configuration is None:
            return
        templates = Texts(configuration.templates)
        languages = configuration.station.languages
        words = {each.id: _words_of(each, templates, languages) for each in self._settings.messages}
        if words != self._words:
            self._words = words
            self._prepare_messages()

    def tone(self) -> Recording:
        """The emergency tone."""
        return self._tone.recording()

    def more_tone(self) -> Recording:
        """Two seconds more of it, for as long as nobody can speak."""
        return self._more.recording()

    def messages(self) -> tuple[EmergencyMessage, ...]:
        """What can be chosen, the usual one first."""
        return tuple(
            EmergencyMessage(id=name, texts=words, ready=self._held(words, name) is not None)
            for name, words in self._words.items()
        )

    def words(self, message: str) -> Words:
        """What a message says.

        Raises:
            StationError: `no-such-message`.

        """
        if message not in self._words:
            known = ", ".join(self._words)
            raise StationError("no-such-message", f"There is no emergency message {message!r}.", f"There are: {known}.")
        return self._words[message]

    @property
    def not_ready(self) -> tuple[str, ...]:
        """The messages that could only be spoken while an emergency is under way already."""
        return tuple(name for name, words in self._words.items() if self._held(words, name) is None)

    def prepare(self, words: Words, urgency: int = NOW) -> None:
        """Have the words made, if they are not being made as urgently already."""
        key = _key(words)
        if not words or self._asked.get(key, LATER + 1) <= urgency:
            return
        self._asked[key] = urgency
        making = maybeDeferred(self._make, words, urgency)  # whatever it raises, the tone goes on
        making.addCallback(self._made, key).addErrback(self._not_made, key).addBoth(
            lambda _: self._asked.pop(key, None)
        )

    def speech(self, words: Words, message: str = "") -> Recording | None:
        """The words as they can be said now; None if they cannot. `message` is what they are of, if of one."""
        held = self._held(words, message)
        return None if held is None else held.recording()

    def stand_in(self) -> tuple[Words, Recording] | None:
        """What is true of every emergency, as it can be said now; None if not even that can be."""
        words = self._words[STAND_IN]
        held = self._held(words, STAND_IN)
        if held is not None:
            return words, held.recording()
        return None if self._shipped is None else (STAND_IN_TEXTS, self._shipped.recording())

    def keep_only(self, others: Iterable[Words]) -> None:
        """Let go of what was kept for emergencies that are over; messages, and these words, stay."""
        keys = {_key(words) for words in (*self._words.values(), *others)}
        try:
            for path in self._settings.kept.glob("spoken-*.wav"):
                if path.stem.removeprefix("spoken-") not in keys:
                    path.unlink(missing_ok=True)
        except OSError as error:
            folder = str(self._settings.kept)
            _LOG.warning("emergency-sounds-not-tidied", folder=folder, problem=str(error), todo="see the disk")
        for key in set(self._spoken).difference(keys):
            self._spoken.pop(key).close()

    def _look(self) -> None:
        self._again = self._reactor.callLater(AGAIN_S, self._look)
        self._prepare_messages()

    def _prepare_messages(self) -> None:
        for name, words in self._words.items():
            if name not in self._recorded and _key(words) not in self._fresh:
                self.prepare(words, LATER)

    def _held(self, words: Words, message: str) -> HeldSound | None:
        if message in self._recorded and self._words.get(message) == words:
            return self._recorded[message]
        key = _key(words)
        if key not in self._spoken:
            kept = self._kept(key)
            if kept.is_file():
                self._hold(kept, key)
        return self._spoken.get(key)

    def _kept(self, key: str) -> Path:
        return self._settings.kept / f"spoken-{key}.wav"

    def _made(self, made: Recording, key: str) -> None:
        self._hold(made.path, key)
        if self._usual():
            self._fresh.add(key)

    def _hold(self, source: Path, key: str) -> None:
        held = _read(source, self._kept(key))
        if held is not None:
            held.put()
            self._spoken[key] = held

    def _not_made(self, failure: Failure, key: str) -> None:
        if failure.check(StationError) is None:
            _LOG.error("emergency-not-spoken", words=key[:12], problem=failure.getTraceback(), todo="tell the maker")
            return
        _LOG.warning(
            "emergency-not-spoken",
            words=key[:12],
            problem=failure.getErrorMessage(),
            todo="see the speech engine; what was made ready before is said, or else the stand-in",
        )


def _words_of(message: MessageSettings, templates: Texts, languages: Iterable[str]) -> Words:
    """What a message says at a station of these templates and languages."""
    own = dict(message.texts)
    found = []
    for language in languages:
        said = templates.render(message.template, language, BLANK_FIELDS)
        if said.startswith(f"[{message.template}: "):  # a template that fails: its error is nothing to be said
            said = ""
        said = said or own.get(language, "")
        if said:
            found.append((language, said))
    return tuple(found) or message.texts


def _key(words: Words) -> str:
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()


def _read(source: Path | None, path: Path) -> HeldSound | None:
    """The sound of a file; None if there is none, or it cannot be used."""
    if source is None:
        return None
    try:
        return HeldSound.read(source, path)
    except (OSError, StationError) as error:
        _LOG.warning("emergency-sound-unusable", file=str(source), problem=str(error), todo="see the file")
        return None
