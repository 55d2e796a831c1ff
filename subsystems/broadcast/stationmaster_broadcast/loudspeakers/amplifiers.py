"""What a kind of amplifier rack is to broadcast: the interface of drivers, and how one is found by its name.

A rack takes sound at its inputs, has amplifiers (channels), and connects lines of loudspeakers to them. A driver knows
its bytes and nothing else: no socket, no clock, no station. It says what to ask and what to send so that lines are
connected as wanted, and reads what the rack says of itself; `amplifier_link` sends, waits, repeats and gives up. One
comes with the package; others are entry points of the group `stationmaster.amplifier_drivers`, each a function that
takes `AmplifierParts` and gives an `AmplifierDriver`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from stationmaster_base.configuration import Table
from stationmaster_service.drivers import Drivers

__all__ = [
    "GROUP",
    "AmplifierDriver",
    "AmplifierFactory",
    "AmplifierParts",
    "Connection",
    "Stirred",
    "UnitState",
    "amplifier_factory",
    "amplifier_names",
]

GROUP = "stationmaster.amplifier_drivers"

_SHIPPED = {"line": ("stationmaster_broadcast.loudspeakers.amplifier_line", "line_amplifier")}

_DRIVERS = Drivers(group=GROUP, what="amplifier driver", shipped=_SHIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A line of loudspeakers that is fed by an amplifier channel, which amplifies an input; numbers are the rack's."""

    line: int
    channel: int
    input: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """What a rack says of itself at one moment: what is wrong with which channel and line, and what is connected.

    `channels` and `lines` are pairs of number and fault, in words; what is well does not stand there. `unit` is what is
    wrong with the rack as a whole.
    """

    connections: frozenset[Connection] = frozenset()
    channels: tuple[tuple[int, str], ...] = ()
    lines: tuple[tuple[int, str], ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Stirred:
    """The rack says that something is different now: it is to be asked at once."""


class AmplifierDriver(Protocol):
    """A kind of rack."""

    @property
    def baud(self) -> int:
        """Bits a second of its serial line (8N1), unless the settings say otherwise."""

    def ask(self) -> bytes:
        """What to send to learn the rack's whole state; it is sent each second."""

    def change(self, now: frozenset[Connection], wanted: frozenset[Connection]) -> bytes:
        """What to send so that the lines of `now` and `wanted` are connected as in `wanted`; others stay."""

    def receive(self, data: bytes) -> Sequence[UnitState | Stirred]:
        """What these bytes complete; what cannot be understood is passed over."""

    def reset(self) -> None:
        """Forget half an answer: the connection is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmplifierParts:
    """What a driver is made from: its table of settings, of which it reads its keys and leaves `finish` to others."""

    name: str
    table: Table


AmplifierFactory = Callable[[AmplifierParts], AmplifierDriver]


def amplifier_names() -> list[str]:
    """Every driver that can be named in the configuration."""
    return _DRIVERS.names()


def amplifier_factory(name: str) -> AmplifierFactory:
    """The driver of this name.

    Raises:
        StationError: `amplifier-driver-unknown`, or `amplifier-driver-missing` if its package cannot be loaded.

    """
    factory: AmplifierFactory = _DRIVERS.load(name)
    return factory
