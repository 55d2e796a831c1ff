"""What would be said, shown to a person: each text as it stands, and exactly as an engine is given it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from stationmaster_base.configuration import Faults
from stationmaster_broadcast.pronunciation import Pronunciations, read_pronunciations, shipped_pronunciations
from stationmaster_broadcast.recording import Utterance, speech_texts
from stationmaster_broadcast.spoken import utterances
from stationmaster_kernel.configuration import Configuration
from stationmaster_kernel.task import Task

__all__ = ["Preview"]


class Preview:
    """Speaks as broadcast would at this station.

    Args:
        configuration: the station, with what it says of pronunciations; None: only what is shipped holds.
        own: a table of the subsystem's own, as `[broadcast] pronunciation` names it.
        languages: which languages are shown; all of the station's if empty.

    Raises:
        ConfigurationError: the subsystem's own table is wrong.

    """

    def __init__(
        self, configuration: Configuration | None = None, *, own: Path | None = None, languages: Sequence[str] = ()
    ) -> None:
        faults = Faults()
        mine = read_pronunciations(own, faults) if own is not None else ()
        faults.raise_if_any()
        self._languages = tuple(languages) or (configuration.station.languages if configuration else ())
        self._pronunciations = Pronunciations([*mine, *shipped_pronunciations()])
        self._pronunciations.follow(configuration)

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

    def spoken(self, texts: Iterable[tuple[str, str]]) -> tuple[Utterance, ...]:
        """What the engine is given for pairs of language and final text."""
        return utterances(texts, self._pronunciations.table)
