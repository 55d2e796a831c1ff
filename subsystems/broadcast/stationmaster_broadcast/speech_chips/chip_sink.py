"""A speech chip as broadcast sees it: it makes the sound and it is the loudspeaker, so it is engine and sink in one.

There is no recording of what a chip says: nothing to keep, to measure or to prove by its hash. What is proved is what
the chip was given, that it accepted it, and that it was idle again at the end. Machine time rules here, as it does for
every real loudspeaker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from twisted.python.failure import Failure

from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_broadcast.loudspeakers.sinks import Sounding
from stationmaster_broadcast.speech.normalise import normalise
from stationmaster_broadcast.speech.pronunciation import Pronunciations
from stationmaster_broadcast.speech.recording import Utterance
from stationmaster_broadcast.speech_chips.chip_port import ChipPort
from stationmaster_broadcast.speech_chips.chip_session import ChipSession, Stopped
from stationmaster_broadcast.speech_chips.chip_text import ChipFrame, chip_frames
from stationmaster_broadcast.speech_chips.chips import ChipVoice, chip_names, chip_of
from stationmaster_service.interfaces import DelayedCall, Reactor

__all__ = ["ChipSettings", "ChipSink", "SpeakingSink"]

_LOG = get_logger("chip")

CHECK_S = 5.0
"""Machine seconds between two questions whether it is there, while there is nothing to say."""


class SpeakingSink(Protocol):
    """A sink that is given words and not sounds."""

    @property
    def problem(self) -> str:
        """Why it cannot speak at present; empty if it can."""

    def wording(self, texts: Sequence[tuple[str, str]]) -> tuple[Utterance, ...]:
        """What it will be given to say of these pairs of language and final text."""

    def say(self, utterances: Sequence[Utterance], ended: Callable[[str], None], gain_db: float = 0.0) -> Sounding:
        """Begin to speak at once, so much louder or softer than usual.

        `ended` is called with why it did not come to its end, or with nothing.
        """

    def start(self) -> None:
        """Get ready."""

    def stop(self) -> None:
        """Be silent and let go of the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipSettings:
    """Which chip, where, and how it shall sound. `encoding` is empty for whichever holds the text.

    The chip is sent to sleep after `sleep_s` machine seconds without anything to say; 0 leaves it awake.
    """

    chip: str
    device: Path
    baud: int
    encoding: str = ""
    voice: ChipVoice = field(default_factory=ChipVoice)
    sleep_s: float = 0.0

    @staticmethod
    def from_table(table: Table, folder: Path) -> ChipSettings:
        """Read `chip`, `device`, `baud`, `encoding`, `volume`, `speed`, `pitch`, `speaker`, `music` and `sleep_s`.

        Faults go to the table's; volume, speed and pitch are shares from 0 to 1.
        """
        names = chip_names()
        name = table.choice("chip", names, names[0])
        chip = chip_of(name)
        settings = ChipSettings(
            chip=name,
            device=folder / table.text("device", "/dev/ttyS0"),
            baud=table.integer("baud", chip.baud, low=1200, high=115200),
            encoding=table.choice("encoding", ("", *(each.codec for each in chip.encodings)), ""),
            voice=ChipVoice(
                volume=table.number("volume", 0.7, high=1.0),
                speed=table.number("speed", 0.5, high=1.0),
                pitch=table.number("pitch", high=1.0) if "pitch" in table else None,
                speaker=table.integer("speaker", high=99) if "speaker" in table else None,
                music=table.integer("music", 0, high=15),
            ),
            sleep_s=table.number("sleep_s", 0.0, high=86400.0),
        )
        table.finish()
        return settings


class ChipSink:
    """One chip on one serial line; a `SpeakingSink`.

    Args:
        reactor: the line and machine time.
        settings: which chip and how.
        pronunciations: how names are said; used for a chip that reads pinyin.

    """

    def __init__(self, reactor: Reactor, settings: ChipSettings, pronunciations: Pronunciations) -> None:
        self._reactor = reactor
        self._settings = settings
        self._chip = chip_of(settings.chip)
        self._pronunciations = pronunciations
        self._port = ChipPort(settings.device, settings.baud, reactor=reactor, received=self._received, lost=self._lost)
        self.session = ChipSession(self._chip, reactor, self._port.write, settings.baud)
        self._check: DelayedCall | None = None
        self._spoke = reactor.seconds()

    @property
    def problem(self) -> str:
        """Why it cannot speak now."""
        return self.session.problem

    @property
    def signature(self) -> str:
        """The chip and how it is set, for the proof of what was said."""
        return f"{self._chip.name} {self._chip.marks(self._settings.voice)} {self._settings.encoding}".strip()

    def start(self) -> None:
        """Open the line and ask the chip whether it is there; it is asked again and again."""
        self._port.start()
        self._look()

    def stop(self) -> None:
        """Be silent and let go of the line."""
        if self._check is not None:
            self._check.cancel()
            self._check = None
        if self.session.busy:
            self.session.stop()
        self._port.stop()

    def wording(self, texts: Sequence[tuple[str, str]]) -> tuple[Utterance, ...]:
        """Numbers written out, and names in pinyin only where the chip reads it."""
        found = []
        for language, text in texts:
            spoken = normalise(text, language)
            if self._chip.pinyin:
                spoken = self._pronunciations.table.apply(spoken, language)
            if spoken:
                found.append(Utterance(language=language, text=spoken))
        return tuple(found)

    def frames(self, utterances: Sequence[Utterance], gain_db: float = 0.0) -> list[ChipFrame]:
        """What goes over the line for them. A chip's steps of volume are no decibels: `gain_db` is met roughly.

        Raises:
            StationError: `speech-no-text`.

        """
        voice = self._settings.voice
        voice = replace(voice, volume=min(1.0, voice.volume * 10 ** (gain_db / 20)))
        return [
            frame
            for utterance in utterances
            for frame in chip_frames(self._chip, utterance.text, voice, self._settings.encoding)
        ]

    def say(self, utterances: Sequence[Utterance], ended: Callable[[str], None], gain_db: float = 0.0) -> Sounding:
        """Speak; see `SpeakingSink`.

        Raises:
            StationError: `speech-no-text`, or `chip-busy`: a chip says one thing at a time.

        """
        frames = self.frames(utterances, gain_db)
        if self.session.busy:
            raise StationError("chip-busy", "The speech chip is speaking already.")
        saying = _Saying(self.session, ended)
        self.session.speak(frames).addCallbacks(saying.done, saying.failed).addBoth(self._rested)
        return saying

    def _received(self, data: bytes) -> None:
        self.session.received(data)

    def _lost(self) -> None:
        self.session.lost()

    def _rested(self, _result: object) -> None:
        self._spoke = self._reactor.seconds()

    def _look(self) -> None:
        self._check = self._reactor.callLater(CHECK_S, self._look)
        settings = self._settings
        if self.session.busy or self.session.asleep:
            return
        if settings.sleep_s and not self.problem and self._reactor.seconds() - self._spoke >= settings.sleep_s:
            self.session.sleep()
        else:
            self.session.check()


class _Saying:
    """What is being said; a `Sounding`."""

    def __init__(self, session: ChipSession, ended: Callable[[str], None]) -> None:
        self._session = session
        self._ended: Callable[[str], None] | None = ended

    def stop(self) -> None:
        """Be silent now; its end is not told."""
        if self._ended is not None:
            self._ended = None
            self._session.stop()

    def done(self, _result: object) -> None:
        self._end("")

    def failed(self, failure: Failure) -> None:
        if failure.check(Stopped) is not None:
            self._end("stopped")
            return
        failure.trap(StationError)
        problem = failure.value.message if isinstance(failure.value, StationError) else failure.getErrorMessage()
        _LOG.warning("chip-did-not-speak", problem=problem, todo="see the chip and its line")
        self._end(problem)

    def _end(self, problem: str) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(problem)
