"""The fonts of LED panels: 16, 24 and 32 dots high, with Chinese.

16 and 32 are GNU Unifont, which is drawn in dots of a sixteenth of its height, so that nothing is left to rounding; 24
is Noto Sans CJK, cut off at half grey. Both come from the system (Debian's `fonts-unifont` and `fonts-noto-cjk`), and
a station may name other files. Every character takes a whole (Chinese) or half (Latin) square of Unifont; Noto's own
widths are used at 24.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from stationmaster_base.errors import StationError
from stationmaster_guidance.led.dots import Bitmap, Ink

__all__ = ["Canvas", "Fonts"]

_UNIFONT = Path("/usr/share/fonts/opentype/unifont/unifont.otf")
_NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_SHIPPED = {16: (_UNIFONT, "fonts-unifont"), 24: (_NOTO, "fonts-noto-cjk"), 32: (_UNIFONT, "fonts-unifont")}
_GREY = 128
"""A dot lights from this of 255 on."""
_CACHED = 20_000
"""Words that are kept drawn; with 200 boards some hundred differ."""


class Fonts:
    """Draws words in dots.

    Args:
        files: fonts to use instead of the system's, by size.

    """

    def __init__(self, files: Mapping[int, Path] | None = None) -> None:
        self._files = dict(files or {})
        self._fonts: dict[int, ImageFont.FreeTypeFont] = {}
        self._words: dict[tuple[str, int], Image.Image] = {}

    def word(self, text: str, size: int) -> Image.Image:
        """The words as dots, `size` high and as wide as they are.

        Raises:
            StationError: `led-font-missing`: the font is not there or cannot be read.

        """
        known = self._words.get((text, size))
        if known is None:
            if len(self._words) >= _CACHED:
                self._words.clear()
            known = self._words[text, size] = self._drawn(text, size)
        return known

    def width(self, text: str, size: int) -> int:
        """How many dots wide the words are."""
        return self.word(text, size).width

    def _drawn(self, text: str, size: int) -> Image.Image:
        font = self._font(size)
        width = max(1, round(font.getlength(text)))
        grey = Image.new("L", (width, size))
        draw = ImageDraw.Draw(grey)
        if size == 24:  # its em is higher than its square
            draw.text((0, 11), text, fill=255, font=font, anchor="lm")
        else:
            draw.fontmode = "1"
            draw.text((0, size * 7 // 8), text, fill=255, font=font, anchor="ls")
        return grey.point([255 if value >= _GREY else 0 for value in range(256)], "1")

    def _font(self, size: int) -> ImageFont.FreeTypeFont:
        if size not in self._fonts:
            file, package = _SHIPPED[size]
            file = self._files.get(size, file)
            try:
                self._fonts[size] = ImageFont.truetype(str(file), size if size != 24 else 20)
            except OSError as error:
                raise StationError(
                    "led-font-missing",
                    f"The font of {size} dots for LED panels cannot be read: {file}: {error}.",
                    f"Install the package {package}, or name a font in `[guidance.led_fonts]`.",
                ) from error
        return self._fonts[size]


class Canvas:
    """A picture being drawn, `width` × `height` dots."""

    def __init__(self, fonts: Fonts, width: int, height: int) -> None:
        self._fonts = fonts
        self._red = Image.new("1", (width, height))
        self._green = Image.new("1", (width, height))

    def put(self, text: str, size: int, x: int, y: int, ink: Ink, *, room: int) -> None:
        """Draw words from (x, y) on, to the right and down; what does not go into `room` dots is cut."""
        word = self._fonts.word(text, size)
        if word.width > room:
            word = word.crop((0, 0, room, word.height))
        if ink.value & Ink.RED.value:
            self._red.paste(word, (x, y))
        if ink.value & Ink.GREEN.value:
            self._green.paste(word, (x, y))

    def bitmap(self) -> Bitmap:
        """What has been drawn."""
        return Bitmap(
            width=self._red.width, height=self._red.height, red=self._red.tobytes(), green=self._green.tobytes()
        )
