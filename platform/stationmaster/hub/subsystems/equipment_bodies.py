"""The web API's answers about subsystems, devices, boards and commands: what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster.hub.subsystems.board_intent import DueRow
from stationmaster.hub.subsystems.board_watch import Noticed
from stationmaster.hub.subsystems.command_desk import Order
from stationmaster_base.times import Instant
from stationmaster_kernel.configuration import Words
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.equipment import Device, Readback
from stationmaster_protocol.messages import Level

__all__ = [
    "BoardBody",
    "BoardGlance",
    "BoardsBody",
    "CommandBody",
    "CommandsBody",
    "DevicesBody",
    "SubscriberBody",
    "SubscribersBody",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesBody:
    """Devices, by subsystem.

    `revision` is the number of the last change; asked with it, only devices that are different since are told, and as
    `gone` those (`<subsystem>/<device>`) that are no more, unless `whole` says that these are all that there are.
    """

    now: Instant
    revision: int
    whole: bool
    devices: tuple[Device, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardGlance:
    """How a board is.

    `read_by` is the subsystem that read it back, empty if none has; `at` when that was; `proved`: more is known than
    that it was sent. `lasting` are the differences that have lasted too long, of `differences` in all.
    """

    id: str
    names: Words
    read_by: str
    at: Instant | None
    proved: bool
    due: int
    shown: int
    differences: int
    lasting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardsBody:
    """Every board, in the station's order."""

    now: Instant
    boards: tuple[BoardGlance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardBody:
    """One board: what it should show (`should`, people's texts in `texts`) and what it shows (`shown`), if known."""

    now: Instant
    board: BoardGlance
    should: tuple[DueRow, ...]
    texts: tuple[DueRow, ...]
    shown: Readback | None
    differences: tuple[Noticed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberBody:
    """A subsystem, whether it is there or not.

    `since` is the station time since which it is there, or away; None: since before the hub first looked. `behind` are
    sequences that it has not acknowledged, `ack_ms` how long its last acknowledgement took. `digest` is `whole`,
    `differs` or `unproved`. `devices` are those it has told of, `trouble` the names of those and of boards that are not
    well.
    """

    identity: str
    connected: bool
    since: Instant | None
    kind: str = ""
    version: str = ""
    level: Level | None = None
    executes: tuple[TaskKind, ...] = ()
    address: str = ""
    secure: bool = False
    behind: int = 0
    queued: int = 0
    ack_ms: int | None = None
    digest: str = "unproved"
    snapshots: int = 0
    heard_s: float | None = None
    rejected: str = ""
    devices: int = 0
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribersBody:
    """Everyone who may connect, or is connected."""

    now: Instant
    subscribers: tuple[SubscriberBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandBody:
    """One command, and what each subsystem made of it."""

    now: Instant
    command: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsBody:
    """Commands, the newest first."""

    now: Instant
    commands: tuple[Order, ...]
