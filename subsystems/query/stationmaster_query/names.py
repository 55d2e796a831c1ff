"""Finding a station by what people type: its name in any language, its pinyin, or initials of either.

北京西 is found by `北京`, `beijing west`, `beijingxi`, `bjx` and `bw`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from pypinyin import lazy_pinyin

from stationmaster_kernel.configuration import Name

__all__ = ["PlaceIndex", "folded", "keys_of"]


def folded(text: str) -> str:
    """Text as it is compared: full-width and accented letters made plain, no spaces, no punctuation, lower case."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain.casefold() if letter.isalnum())


def keys_of(key: str, names: Mapping[str, str]) -> frozenset[str]:
    """Everything by whose beginning a station is found.

    Args:
        key: the name as the timetable writes it.
        names: its names by language.

    """
    syllables = [folded(part) for part in lazy_pinyin(key)]
    keys = {folded(key), "".join(syllables), "".join(part[:1] for part in syllables)}
    for name in names.values():
        keys.add(folded(name))
        words = [folded(word) for word in name.replace("-", " ").split()]
        if len(words) > 1:
            keys.add("".join(word[:1] for word in words))
    return frozenset(keys - {""})


class PlaceIndex:
    """The stations that a timetable names, ready to be searched.

    Args:
        names: the stations that have names in other languages.

    """

    def __init__(self, names: Iterable[Name]) -> None:
        self._names = {name.id: dict(name.names) for name in names}
        self._keys: dict[str, frozenset[str]] = {}

    def matches(self, key: str, typed: str) -> bool:
        """Whether `typed` may mean the station `key`: one of its keys begins so, or its Chinese name holds it."""
        wanted = folded(typed)
        keys = self._keys.get(key)
        if keys is None:
            keys = self._keys[key] = keys_of(key, self._names.get(key, {}))
        return bool(wanted) and (wanted in folded(key) or any(each.startswith(wanted) for each in keys))
