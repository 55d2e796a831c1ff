"""What is to be done now: commands to devices, and what people did at a subsystem's own page.

A command is for this moment: it stands in no journal, expires, and its result is told to who gave it. What a person did
at a page changes the station's day, and becomes an act like any other when the hub has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stationmaster_base.times import Instant
from stationmaster_kernel.deeds import Delay, Handle, SetTrack, Unknown
from stationmaster_protocol.scalars import Code, Identity, ShortText, Stamp, Word

__all__ = ["ActRefusal", "Command", "CommandResult", "CommandState", "LocalAct", "Parameter"]


class CommandState(StrEnum):
    """What became of a command: it was begun and more will be said, or it is over in one of these ways."""

    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One detail of a command."""

    name: Word
    value: ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that a device is to do now, and not at all after `expires` (station time).

    `id` is unique for ever; the same id again asks for its result again and for nothing else. `devices` are ids
    of the subsystem's devices, `targets` what they serve; none of both means all of them. `identity` is who
    is to do it; only a client says it, of a command that the hub is to pass on. `by` is the person who wants it.
    """

    id: str
    identity: Identity | None = None
    action: Word
    by: ShortText
    expires: Stamp
    devices: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What became of command `id`, `at` station time; `code` is a stable word where it was not done."""

    id: str
    state: CommandState
    at: Instant
    code: Code | None = None
    detail: ShortText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAct:
    """What a person did at the subsystem's own page, `at` station time; the hub makes an act of it.

    `id` is unique for ever, and the same when it is sent again.
    """

    id: str
    at: Instant
    by: ShortText
    why: ShortText = ""
    delays: tuple[Delay, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    tracks: tuple[SetTrack, ...] = ()
    handles: tuple[Handle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRefusal:
    """The hub did not make the act of this id its own: a stable word for why, and why in words for who did it."""

    id: str
    code: Code
    why: ShortText = ""
