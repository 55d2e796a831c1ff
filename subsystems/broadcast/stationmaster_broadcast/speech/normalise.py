"""From the final text of an announcement to what an engine is given to speak.

Text is written for the eye: G2402, 08:05, 1A检票口. Announcers read it in their own way, and synthesisers in none
that a passenger would understand, so every number and code is written out before an engine sees it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from stationmaster_broadcast.speech.chinese import normalise_chinese
from stationmaster_broadcast.speech.english import normalise_english

__all__ = ["normalise"]

_READERS: dict[str, Callable[[str], str]] = {"zh": normalise_chinese, "en": normalise_english}

_FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_FULL_WIDTH_COLON = re.compile(r"(?<=\d)：(?=\d)")


def normalise(text: str, language: str, *, edges: bool = False) -> str:
    """`text` as it is to be read aloud.

    Letters and digits that are full-width or in a circle (Ａ, ⑧, Ⅲ) become plain, control characters and doubled blanks
    go; then numbers, times and codes are written out as `language` (`zh`, `en`) reads them. A language without a reader
    of its own keeps its numbers. The result holds no digits for `zh` and `en`, and for `zh` no letters but those of
    words that are written as words; normalising it again changes nothing.
    With `edges` a blank at either end stays, for what is joined to more text.
    """
    plain = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Cf", "Co", "Cn") else char for char in text)
    plain = "".join(
        unicodedata.normalize("NFKC", char) if unicodedata.category(char) in ("No", "Nl") else char for char in plain
    )
    plain = _FULL_WIDTH_COLON.sub(":", plain.translate(_FULL_WIDTH))
    reader = _READERS.get(language)
    spoken = reader(plain) if reader else plain
    words = " ".join(spoken.split())
    if edges and words:
        return f"{' ' * spoken[:1].isspace()}{words}{' ' * spoken[-1:].isspace()}"
    return words
