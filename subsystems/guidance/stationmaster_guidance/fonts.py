"""Fonts on this machine: which file a family is, how wide a text is in it, and which signs it lacks.

The check and the SVG picture ask before a board is hung up. A board's screen may have other fonts than the machine
where the check is run; so the check is worth most on the board's own computer, and says which files it looked into.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from stationmaster_base.logging import get_logger

__all__ = ["FOLDERS", "USUAL_FAMILIES", "Face", "FontBook", "lacking", "text_width"]

_LOG = get_logger("fonts")

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
"""Where Linux keeps fonts."""

USUAL_FAMILIES = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei")
"""What the pages' style sheet asks for, in its order; the same names stand in `base.css`."""

SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"})
BOLD = 700
WIDE = frozenset({"W", "F", "A"})
BLANKS = frozenset({"\u3000", "\u00a0", "\u2009", "\u202f"})


@dataclass(slots=True, kw_only=True, eq=False)
class Face:
    """One face of a font file. Its tables are read when they are first asked for."""

    file: Path
    number: int
    family: str
    weight: int
    _signs: dict[int, str] | None = field(default=None)
    _widths: dict[str, tuple[int, int]] = field(default_factory=dict)
    _em: int = 1000

    def has(self, sign: str) -> bool:
        """Whether the face can draw this sign."""
        return ord(sign) in self._read()

    def width(self, sign: str) -> float:
        """How wide the sign is, in type sizes; 0 for one that the face lacks."""
        glyph = self._read().get(ord(sign))
        return 0.0 if glyph is None else self._widths[glyph][0] / self._em

    def _read(self) -> dict[int, str]:
        if self._signs is None:
            with TTFont(self.file, fontNumber=self.number, lazy=True) as font:
                self._signs = dict(font.getBestCmap() or {})
                self._widths = dict(font["hmtx"].metrics)
                self._em = font["head"].unitsPerEm
        return self._signs


class FontBook:
    """The fonts of some folders.

    Args:
        folders: where to look, with all folders below; one that does not exist is passed over.

    """

    def __init__(self, folders: Iterable[Path] = FOLDERS) -> None:
        self._folders = tuple(folders)
        self._faces: dict[str, list[Face]] | None = None

    def faces(self, families: Sequence[str]) -> tuple[Face, ...]:
        """The faces of those of the families that are here, in their order, each as near to bold as there is."""
        known = self._known()
        found = (known.get(family.casefold(), []) for family in families)
        return tuple(min(faces, key=lambda face: abs(face.weight - BOLD)) for faces in found if faces)

    def _known(self) -> dict[str, list[Face]]:
        if self._faces is None:
            self._faces = {}
            for folder in self._folders:
                for file in sorted(folder.rglob("*")):
                    if file.suffix.lower() in SUFFIXES:
                        for face in _faces_of(file):
                            self._faces.setdefault(face.family.casefold(), []).append(face)
        return self._faces


def _faces_of(file: Path) -> list[Face]:
    """The upright faces of a file; none of one that is broken."""
    faces = []
    try:
        with file.open("rb") as stream:  # ours, for a broken file would be left open
            if file.suffix.lower() in {".ttc", ".otc"}:
                for number, font in enumerate(TTCollection(stream, lazy=True).fonts):
                    faces += _named(file, number, font)
            else:
                faces += _named(file, 0, TTFont(stream, lazy=True))
    except (TTLibError, OSError, KeyError, ValueError) as error:
        _LOG.warning("font-broken", file=str(file), reason=str(error), todo="install the font again")
    return faces


def _named(file: Path, number: int, font: TTFont) -> list[Face]:
    family = font["name"].getBestFamilyName() or ""
    style = (font["name"].getBestSubFamilyName() or "").casefold()
    if not family or "italic" in style or "oblique" in style:
        return []
    return [Face(file=file, number=number, family=family, weight=font["OS/2"].usWeightClass)]


def text_width(text: str, faces: Sequence[Face]) -> float:
    """How wide a text is, in type sizes; a sign that no face has counts as a box: 1 for a wide one, else 0.6."""
    return sum(_sign_width(sign, faces) for sign in text)


def lacking(text: str, faces: Sequence[Face]) -> str:
    """The signs of a text that none of the faces has, each once, in order; marks that are never drawn do not count."""
    wanted = (sign for sign in text if sign not in BLANKS and unicodedata.category(sign) not in {"Cc", "Cf", "Zs"})
    return "".join(dict.fromkeys(sign for sign in wanted if not any(face.has(sign) for face in faces)))


def _sign_width(sign: str, faces: Sequence[Face]) -> float:
    for face in faces:
        if face.has(sign):
            return face.width(sign)
    if unicodedata.combining(sign) or unicodedata.category(sign) in {"Cf", "Mn"}:
        return 0.0
    return 1.0 if unicodedata.east_asian_width(sign) in WIDE else 0.6
