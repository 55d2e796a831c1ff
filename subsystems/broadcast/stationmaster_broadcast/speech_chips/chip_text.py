"""From a text to the frames of one chip: in an encoding that holds it, in pieces that the chip takes.

A piece ends where a sentence ends, so that the short pause between two frames is where a speaker would pause; only
what is longer than a frame without any such place is cut between words, and a word only where there is no other way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from stationmaster_base.errors import StationError
from stationmaster_broadcast.speech_chips.chips import Chip, ChipVoice, Encoding

__all__ = ["ChipFrame", "chip_frames", "split_text"]

_PLACES = (
    re.compile(r"(?<=[。！？!?；;])|(?<=\.)(?=\s|\Z)"),
    re.compile(r"(?<=[，、,：:])"),
    re.compile(r"(?<=\s)"),
    re.compile(r"(?<=.)", re.DOTALL),
)
"""Where a text may be cut, best places first."""

_TONED = re.compile(r"[a-zü]+[1-5]")
_SPOKEN = re.compile(r"\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipFrame:
    """One frame and how many characters it has the chip say."""

    data: bytes
    text: str


def split_text(text: str, fits: Callable[[str], bool]) -> list[str]:
    """`text` in the fewest pieces that fit, cut at the best places; joined they are the text.

    Raises:
        ValueError: not even one character fits.

    """
    return _split(text, fits, 0)


def _split(text: str, fits: Callable[[str], bool], place: int) -> list[str]:
    if fits(text):
        return [text] if text else []
    if place == len(_PLACES):
        raise ValueError("not even one character fits into a frame")
    pieces: list[str] = []
    for part in filter(None, _PLACES[place].split(text)):
        if pieces and fits(pieces[-1] + part):
            pieces[-1] += part
        elif fits(part):
            pieces.append(part)
        else:
            pieces += _split(part, fits, place + 1)
    return pieces


def chip_frames(chip: Chip, text: str, voice: ChipVoice, codec: str = "") -> list[ChipFrame]:
    """The frames that have `chip` say `text`; `codec` names the encoding, otherwise the first that holds the text.

    Brackets are the chip's own, so that those in the text are left out, and whatever no encoding holds is as well.

    Raises:
        StationError: `speech-no-text` if nothing is left to say, `chip-encoding` if the chip has no such encoding.

    """
    plain = " ".join(re.sub(r"[\[\]\x00-\x1f\x7f]", " ", text).split())
    encoding = _encoding(chip, plain, codec)
    plain = plain.encode(encoding.codec, "ignore").decode(encoding.codec)
    if not _SPOKEN.search(plain):
        raise StationError("speech-no-text", "There is nothing to say.")
    marks = chip.marks(voice) + (chip.pinyin if _TONED.search(plain) else "")

    def fits(piece: str) -> bool:
        return len((marks + piece).encode(encoding.codec)) <= chip.text_limit

    pieces = (piece.strip() for piece in split_text(plain, fits))
    return [
        ChipFrame(data=chip.speak(marks + piece, encoding, voice), text=piece)
        for piece in pieces
        if _SPOKEN.search(piece)
    ]


def _encoding(chip: Chip, text: str, codec: str) -> Encoding:
    if codec:
        for encoding in chip.encodings:
            if encoding.codec == codec:
                return encoding
        known = ", ".join(each.codec for each in chip.encodings)
        raise StationError("chip-encoding", f"{chip.name} has no encoding {codec}.", f"It has: {known}.")
    for encoding in chip.encodings:
        try:
            text.encode(encoding.codec)
        except UnicodeEncodeError:
            continue
        return encoding
    return chip.encodings[-1]
