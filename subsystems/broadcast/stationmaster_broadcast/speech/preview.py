"""What would be said, shown to a person: each text as it stands, and exactly as an engine is given it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from stationmaster_base.configuration import Faults
from stationmaster_broadcast.speech.fragments import Fragment, Gap, Pause, read_library
from stationmaster_broadcast.speech.pronunciation import Pronunciations, read_pronunciations, shipped_pronunciations
from stationmaster_broadcast.speech.recording import Utterance, speech_texts
from stationmaster_broadcast.speech.spoken import utterances
from stationmaster_broadcast.speech_chips.chip_text import chip_frames
from stationmaster_broadcast.speech_chips.chips import ChipVoice, chip_of
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.task import Task

__all__ = ["Preview"]


class Preview:
    """Speaks as broadcast would at this station.

    Args:
        configuration: the station, with what it says of pronunciations; None: only what is shipped holds.
        own: a table of the subsystem's own, as `[broadcast] pronunciation` names it.
        languages: which languages are shown; all of the station's if empty.
        chip: a speech chip, whose frames are shown as well.
        fragments: a folder of recordings; what they are joined into is shown as well.

    Raises:
        StationError: the subsystem's own table or the recordings are wrong, or there is no such chip.

    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        own: Path | None = None,
        languages: Sequence[str] = (),
        chip: str | None = None,
        fragments: Path | None = None,
    ) -> None:
        faults = Faults()
        mine = read_pronunciations(own, faults) if own is not None else ()
        self._languages = tuple(languages) or (configuration.station.languages if configuration else ())
        self._pronunciations = Pronunciations([*mine, *shipped_pronunciations()])
        self._pronunciations.follow(configuration)
        self._chip = chip_of(chip) if chip is not None else None
        table = self._pronunciations.table
        self._recorded = read_library(fragments, table, faults) if fragments is not None else None
        faults.raise_if_any()

    def task(self, task: Task) -> Iterator[str]:
        """Two lines for each language in which the task says something: its text, and what the engine is given."""
        return self.texts(self.texts_of(task))

    def texts_of(self, task: Task) -> tuple[tuple[str, str], ...]:
        """The texts of a task that are shown, as pairs of language and final text."""
        return speech_texts(task, self._languages)

    def texts(self, texts: Iterable[tuple[str, str]]) -> Iterator[str]:
        """As `task`, of pairs of language and final text."""
        pairs = [(language, " ".join(text.split())) for language, text in texts if text.strip()]
        for (language, text), said in zip(pairs, self.spoken(pairs), strict=True):
            yield f"  {language}  {text}"
            yield f"   →  {said.text}"
            yield from self._made_of(said)

    def _made_of(self, said: Utterance) -> Iterator[str]:
        if self._chip is not None:
            for frame in chip_frames(self._chip, said.text, ChipVoice()):
                yield f"   =  {frame.data.hex(' ')}"
        if self._recorded is not None:
            for piece in self._recorded.plan(said, 0.0):
                match piece:
                    case Fragment():
                        yield f"   =  {piece.file.name}"
                    case Gap():
                        yield f"   =  spoken: {piece.text}"
                    case Pause():
                        yield f"   =  {piece.seconds} s"

    def spoken(self, texts: Iterable[tuple[str, str]]) -> tuple[Utterance, ...]:
        """What the engine is given for pairs of language and final text."""
        return utterances(texts, self._pronunciations.table)
