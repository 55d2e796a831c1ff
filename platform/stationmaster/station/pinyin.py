"""The English name of a station for which nobody has given one: its pinyin, as tickets and platform signs write it.

One word, capital first, an apostrophe before a syllable that begins with a, e or o: Xi'an, Beijingxi.
It is a guess: some characters have several readings, and names from Mongolian, Uyghur or Tibetan have spellings of
their own. Whoever uses it says so, and `names.csv` overrides it.
"""

from __future__ import annotations

from pypinyin import lazy_pinyin

__all__ = ["pinyin_name"]

PLACE_READINGS = {"长": "chang", "朝": "chao", "都": "du", "堡": "bao", "什": "shi", "勒": "le", "漯": "luo"}
"""Characters that pypinyin often reads otherwise, and that in names of places are read like this."""


def pinyin_name(name: str) -> str:
    """The name in Latin letters; what is not Chinese stays as it is."""
    syllables = lazy_pinyin(name, v_to_u=True)
    if len(syllables) == len(name):
        syllables = [PLACE_READINGS.get(sign, said) for sign, said in zip(name, syllables, strict=True)]
    word = syllables[0] if syllables else ""
    for syllable in syllables[1:]:
        word += f"'{syllable}" if syllable[:1] in "aeo" else syllable
    return word[:1].upper() + word[1:]
