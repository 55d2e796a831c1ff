"""Speech chips as data: what each understands, byte for byte, and the frames that are built for it.

Where each number is from:

- SYN6288: frame, commands 01 to 04, 21 and 88 with their checksums, the marks `[v0]` to `[v16]` and `[t0]` to `[t5]`:
  the examples for microcontrollers that come with its modules (for one, weever560/shengdian2022, Hardware/SYN6288.c);
  status bytes: the data sheet's chapter on them as wenku.csdn.net/doc/iiv9cr4t8i quotes it; 200 bytes, 8 ms and
  music `<< 3`: the data sheet of 2010-02-22. Some examples shift the music by 4; without music, which is how we
  leave it, the two are the same. How it is woken was found in no source: a query is sent, twice if need be, which
  wakes it if any byte does.
- XFS5152CE: commands, encodings 0 to 3 and status bytes: public drivers (FaneMeng/diver-for-xfs5152ce- for the wake
  command FF; others for 88) after the maker's user development guide, from which the marks are.
- SYN8086: commands (sleep is 22 here, wake FF), encodings (3 UTF-16 big-endian, 4 little-endian, 5 UTF-8; no BIG5)
  and marks (`[s0]` to `[s30]`, `[v0]` to `[v10]`, `[t0]` to `[t10]`, `[i1]`): the header and comments of a public
  driver that quotes the data sheet; its status bytes are those of the others.

The same mark means different things on different chips (`[t5]` is the speed of one and the pitch of another), so each
has its own builder of marks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from importlib.metadata import entry_points
from operator import xor

from stationmaster_base.errors import StationError

__all__ = ["GROUP", "Chip", "ChipVoice", "Encoding", "Status", "chip_names", "chip_of"]

GROUP = "stationmaster.speech_chips"
"""Entry points of this group are `Chip` values of other makers' chips."""

HEAD = 0xFD
SPEAK, STOP, PAUSE, RESUME, QUERY = 0x01, 0x02, 0x03, 0x04, 0x21

PROMPT = 240
"""Bytes of text in one frame, where the chip would take more (4 KB): a chip begins to speak when it has the whole
frame, and at 9600 baud a byte takes a millisecond; with more, a due announcement would begin late."""


class Status(IntEnum):
    """The single bytes that a chip sends."""

    READY = 0x4A
    """It has just been switched on, or reset."""
    ACCEPTED = 0x41
    BAD_FRAME = 0x45
    BUSY = 0x4E
    IDLE = 0x4F


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How text is put into bytes: the chip's number for it, and Python's name."""

    number: int
    codec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipVoice:
    """How it shall sound. `volume` and `speed` are shares of the chip's range, from 0 (silent, slowest) to 1.

    `pitch` likewise, and `speaker` the number of the voice, where the chip has such; None leaves the chip's own.
    `music` is a background of SYN6288, 0 to 15, 0 for none.
    """

    volume: float = 0.7
    speed: float = 0.5
    pitch: float | None = None
    speaker: int | None = None
    music: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One kind of chip.

    `encodings` in the order in which they are tried: shorter ones first. `text_limit` counts bytes, marks included.
    `marks` says what is put before each frame's text; `pinyin` is the mark by which the chip reads toned pinyin within
    Chinese text, empty if it cannot. `wake` is None where any frame wakes it.
    """

    name: str
    baud: int = 9600
    checksum: bool = False
    encodings: tuple[Encoding, ...]
    text_limit: int
    marks: Callable[[ChipVoice], str]
    pinyin: str = ""
    sleep: int
    wake: int | None
    parameter: Callable[[Encoding, ChipVoice], int] = field(default=lambda encoding, _voice: encoding.number)

    def frame(self, body: bytes) -> bytes:
        """`body` (command and what belongs to it) as it goes over the line.

        Raises:
            ValueError: it is empty, or longer than the length field can say.

        """
        length = len(body) + self.checksum
        if not body or length > 0xFFFF:
            raise ValueError(f"a frame of {len(body)} bytes")
        data = bytes([HEAD, length >> 8, length & 0xFF]) + body
        return data + bytes([reduce(xor, data)]) if self.checksum else data

    def speak(self, text: str, encoding: Encoding, voice: ChipVoice) -> bytes:
        """The frame that has it speak `text`, marks included.

        Raises:
            ValueError: the text does not fit into one frame, or not into this encoding.

        """
        data = text.encode(encoding.codec)
        if len(data) > self.text_limit:
            raise ValueError(f"{len(data)} bytes of text, and {self.text_limit} are the most")
        return self.frame(bytes([SPEAK, self.parameter(encoding, voice)]) + data)

    def command(self, number: int) -> bytes:
        """A frame of a command without text: STOP, PAUSE, RESUME, QUERY, or the chip's `sleep` and `wake`."""
        return self.frame(bytes([number]))


GB2312, GBK = Encoding(number=0, codec="gb2312"), Encoding(number=1, codec="gbk")
BIG5, UTF16 = Encoding(number=2, codec="big5"), Encoding(number=3, codec="utf-16-be")
UTF16LE, UTF8 = Encoding(number=4, codec="utf-16-le"), Encoding(number=5, codec="utf-8")


def _share(share: float, most: int) -> int:
    return round(min(1.0, max(0.0, share)) * most)


def _syn6288_marks(voice: ChipVoice) -> str:
    """`[v0]` to `[v16]` volume, `[t0]` to `[t5]` speed; it has one pitch and one voice."""
    return f"[v{_share(voice.volume, 16)}][t{_share(voice.speed, 5)}]"


def _ten(voice: ChipVoice, speeds: int) -> str:
    pitch = "" if voice.pitch is None else f"[t{_share(voice.pitch, 10)}]"
    speaker = "" if voice.speaker is None else f"[m{voice.speaker}]"
    return f"{speaker}[v{_share(voice.volume, 10)}][s{_share(voice.speed, speeds)}]{pitch}"


SYN6288 = Chip(
    name="syn6288",
    checksum=True,
    encodings=(GB2312, GBK, BIG5, UTF16),
    text_limit=200,
    marks=_syn6288_marks,
    sleep=0x88,
    wake=None,
    parameter=lambda encoding, voice: voice.music << 3 | encoding.number,
)

XFS5152CE = Chip(
    name="xfs5152ce",
    encodings=(GB2312, GBK, BIG5, UTF16),
    text_limit=PROMPT,
    marks=lambda voice: _ten(voice, 10),
    pinyin="[i1]",
    sleep=0x88,
    wake=0xFF,
)

SYN8086 = Chip(
    name="syn8086",
    encodings=(GB2312, GBK, UTF16, UTF16LE, UTF8),
    text_limit=PROMPT,
    marks=lambda voice: _ten(voice, 30),
    pinyin="[i1]",
    sleep=0x22,
    wake=0xFF,
)

_SHIPPED: Mapping[str, Chip] = {chip.name: chip for chip in (SYN6288, XFS5152CE, SYN8086)}


def chip_names() -> list[str]:
    """Every chip that can be named in the configuration."""
    return sorted({*_SHIPPED, *(point.name for point in entry_points(group=GROUP))})


def chip_of(name: str) -> Chip:
    """The chip of this name.

    Raises:
        StationError: `speech-chip-unknown`, or `speech-chip-missing` if its package cannot be loaded.

    """
    if name in _SHIPPED:
        return _SHIPPED[name]
    try:
        for point in entry_points(group=GROUP, name=name):
            chip: Chip = point.load()
            return chip
    except ImportError as error:
        raise StationError(
            "speech-chip-missing", f"The speech chip {name} cannot be loaded: {error}.", "Install its package."
        ) from error
    raise StationError(
        "speech-chip-unknown", f"There is no speech chip {name}.", f"There are: {', '.join(chip_names())}."
    )
