"""What an engine is given for final texts: one way from text to utterance, for the studio and for previews alike."""

from __future__ import annotations

from collections.abc import Iterable

from stationmaster_broadcast.speech.normalise import normalise
from stationmaster_broadcast.speech.pronunciation import PronunciationTable
from stationmaster_broadcast.speech.recording import Utterance

__all__ = ["spoken", "utterances"]


def utterances(texts: Iterable[tuple[str, str]], table: PronunciationTable) -> tuple[Utterance, ...]:
    """What the pairs of language and final text are spoken as; a blank text is not spoken."""
    return tuple(
        Utterance(language=language, text=spoken(text, language, table)) for language, text in texts if text.strip()
    )


def spoken(text: str, language: str, table: PronunciationTable) -> str:
    """One text with its numbers written out, and its names as the table says.

    Names with letters or digits of their own (VIP室) are looked up first, since afterwards nothing is left of them.
    """
    parts = [
        part if is_name else normalise(part, language, edges=True) for part, is_name in table.divided(text, language)
    ]
    return table.apply(" ".join("".join(parts).split()), language)
