"""What a kind of LED card is to guidance: the interface of drivers, and how one is found by its name.

A driver knows the card's bytes and nothing else: no socket, no clock, no station. It says what to send so that pages
are seen, and what an answer means; `link` sends, waits, repeats and gives up. Four come with the package; others are
entry points of the group `stationmaster.board_drivers`, each a function that takes `DriverParts` and gives a
`BoardDriver`. `examples/board_driver` is one of a foreign maker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from stationmaster_base.configuration import Table
from stationmaster_guidance.led.composing import PanelPage
from stationmaster_guidance.led.dots import Bitmap
from stationmaster_service.drivers import Drivers

__all__ = [
    "GROUP",
    "Answer",
    "BoardDriver",
    "DriverFactory",
    "DriverParts",
    "Exchange",
    "Frame",
    "Outcome",
    "SerialForm",
    "driver_factory",
    "driver_names",
]

GROUP = "stationmaster.board_drivers"

_SHIPPED = {
    "onbon-k": ("stationmaster_guidance.led.onbon_k", "onbon_k"),
    "onbon-q": ("stationmaster_guidance.led.onbon_q", "onbon_q"),
    "ibis": ("stationmaster_guidance.led.ibis", "ibis"),
    "alpha": ("stationmaster_guidance.led.alpha", "alpha"),
}

_DRIVERS = Drivers(group=GROUP, what="board driver", shipped=_SHIPPED)


class Outcome(StrEnum):
    """What a card's answer says: done; not done, and never will be; not now, ask again; this is what I hold."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    BUSY = "busy"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer. `detail` is for people; `held` what the card says that it holds."""

    outcome: Outcome
    detail: str = ""
    held: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Something to send, and what is to come back.

    `chunks` are sent one after the other, `gap_s` apart. With `answered`, the next exchange waits for an answer; with
    `expected`, the answer has to be what the card holds, and this.
    """

    chunks: tuple[bytes, ...]
    gap_s: float = 0.0
    answered: bool = True
    expected: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialForm:
    """How bytes go over a serial line: bits a second, data bits (7 or 8), parity (N, E, O), stop bits (1 or 2)."""

    baud: int = 57_600
    bits: int = 8
    parity: str = "N"
    stop: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One page for a driver, as words and as dots; `bitmap` only if the driver `draws`.

    `step` counts from 0 where a page is shown in steps because words are too long for their cells.
    """

    page: PanelPage
    bitmap: Bitmap | None = None
    step: int = 0


class BoardDriver(Protocol):
    """A kind of card."""

    @property
    def draws(self) -> bool:
        """Whether it needs pages as dots; without, nothing is drawn."""

    @property
    def turns_pages(self) -> bool:
        """Whether the card turns pages by itself; without, each is sent when its turn comes."""

    @property
    def refresh_s(self) -> float:
        """Seconds after which the same is sent again, so that a card that was switched off and on shows it too."""

    @property
    def serial(self) -> SerialForm:
        """How the card's serial line is set."""

    @property
    def lines(self) -> int | None:
        """Lines of text that the card has; None: as many as the font lets stand on the panel."""

    def speaks(self, text: str) -> bool:
        """Whether the card has every character of the text."""

    def steps(self, page: PanelPage) -> int:
        """In how many steps the card shows a page as words: 1 where all of it fits, or runs by itself; not asked of
        drivers that draw.
        """

    def show(self, frames: Sequence[Frame]) -> Sequence[Exchange]:
        """What to send so that these pages are seen."""

    def ask(self) -> Sequence[Exchange]:
        """What to send to learn whether the card is alive; nothing if it never answers."""

    def brightness(self, percent: int) -> Sequence[Exchange]:
        """What to send for a brightness; nothing if the card has none, 0 is dark."""

    def receive(self, data: bytes) -> Sequence[Answer]:
        """The answers that these bytes complete; what is no answer is passed over."""

    def reset(self) -> None:
        """Forget half an answer: the connection is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverParts:
    """What a driver is made from: its own settings, the panel's size in dots, and whether it has two colours.

    The driver reads its keys of `table` and leaves `finish` to whoever gave it.
    """

    table: Table
    width: int
    height: int
    two_colours: bool = False


DriverFactory = Callable[[DriverParts], BoardDriver]


def driver_names() -> list[str]:
    """Every driver that can be named in the configuration."""
    return _DRIVERS.names()


def driver_factory(name: str) -> DriverFactory:
    """The driver of this name.

    Raises:
        StationError: `board-driver-unknown`, or `board-driver-missing` if its package cannot be loaded.

    """
    factory: DriverFactory = _DRIVERS.load(name)
    return factory
