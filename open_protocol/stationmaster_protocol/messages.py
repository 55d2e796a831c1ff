"""The messages of the open protocol, as values.

Each class is one XML element of the same name in lower case with hyphens (`HubHeartbeat` is `<hub-heartbeat>`); its
fields are that element's attributes and children. `docs/open-protocol.md` says what each is for; which of them
may be sent when is in `states.py`. Resources are the kernel's own values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from stationmaster_base.timekeeping import ClockState
from stationmaster_base.times import Instant
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import FeedGrade, TaskKind
from stationmaster_protocol.commands import ActRefusal, Command, CommandResult, LocalAct
from stationmaster_protocol.equipment import AlarmSign, Device, Readback
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.scalars import (
    Code,
    Count,
    DigestText,
    EpochName,
    HashText,
    Host,
    Identity,
    LongText,
    Port,
    Positive,
    ShortText,
    Stamp,
    Token,
    Version,
    Word,
)

__all__ = [
    "CLIENT_MESSAGES",
    "EITHER_MESSAGES",
    "HUB_MESSAGES",
    "NAMESPACE",
    "VERSION",
    "Ack",
    "AckOutcome",
    "Bye",
    "ByeReason",
    "ClientHeartbeat",
    "ClientMessage",
    "Command",
    "CommandResult",
    "Deletion",
    "Enrol",
    "Enrolled",
    "EquipmentStatus",
    "Error",
    "Hello",
    "HubAddress",
    "HubHeartbeat",
    "HubMessage",
    "Level",
    "Message",
    "Position",
    "Received",
    "Report",
    "Snapshot",
    "Subscribe",
    "Subscribed",
    "TimeAnswer",
    "TimeRequest",
    "Update",
    "Welcome",
]

NAMESPACE = "urn:stationmaster:open-protocol:1"
VERSION = "1.0"


class Level(StrEnum):
    """How much a client does by itself: A executes tasks as given, B runs the kernel's rules for local acts too."""

    A = "A"
    B = "B"


class AckOutcome(StrEnum):
    """What a client made of a snapshot or an update."""

    APPLIED = "applied"
    REJECTED = "rejected"


class ByeReason(StrEnum):
    """Why a peer closes a session that is in order."""

    LEAVING = "leaving"
    STOPPING = "stopping"
    REPLACED = "replaced"
    REDIRECTED = "redirected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A point in a hub's history. `hash` is that of the journal entry `sequence`; 0 is before the first entry."""

    epoch: EpochName
    sequence: Count
    hash: HashText


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """A client that has no secret yet asks for one with the one-time code that the operator gave for it.

    `request` is a certificate signing request in PEM, if it wants a certificate and not a token.
    """

    identity: Identity
    code: Token = field(repr=False)
    request: LongText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The client's secret: a token, or the certificate that it asked for with those of the authority, in PEM."""

    token: Token = field(repr=False, default="")
    certificate: LongText = ""
    authority: LongText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """A client's first message, but for `enrol`.

    `token` is empty where the client's certificate says who it is. `executes` are the kinds of task that it does;
    `capabilities` free words about it; `held` the position of its replica, None without one.
    """

    identity: Identity
    token: Token = field(repr=False, default="")
    version: Version = VERSION
    level: Level = Level.A
    executes: tuple[TaskKind, ...] = ()
    capabilities: tuple[Word, ...] = ()
    held: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The hub's answer to a hello that it accepts.

    `heartbeat` is the time between heartbeats, both ways, in milliseconds of machine time.
    `largest` is the longest message, in bytes, that the hub takes. `clock` says how station time is known and
    `clock_error` how wrong it may be, in milliseconds; None if the hub has nothing to say of it.
    """

    version: Version = VERSION
    epoch: EpochName
    heartbeat: Positive
    largest: Positive
    station_time: Stamp
    clock: ClockState | None = None
    clock_error: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """What the client wants, and what it holds of exactly that; without `held` it gets a snapshot.

    Sent again, it replaces the subscription: with another filter, or to get a fresh snapshot. `number` counts a
    session's subscriptions from 1, so that what still comes for an earlier one can be told apart.
    """

    number: Positive = 1
    filter: Filter
    held: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """Everything after this is for subscription `number`.

    `resumed`: the held position is part of the hub's history, and updates lead on from it; else a snapshot follows.
    """

    number: Positive
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One part of the whole set at `position`. Parts count from 1; `digest` is that of the whole set, in every part."""

    position: Position
    part: Positive
    last: bool = False
    digest: DigestText
    resources: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A resource that is gone, or that the filter no longer admits."""

    kind: Word
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is different at sequence `to` for a client that holds any sequence from `since` up to, not including, `to`.

    `hash` is that of entry `to`. Puts replace what has the same kind and id; deletions of what is not held are nothing.
    """

    since: Count
    to: Positive
    hash: HashText
    puts: tuple[Resource, ...] = ()
    deletes: tuple[Deletion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """The client has made a snapshot (all parts) or an update its own, or says why it could not."""

    epoch: EpochName
    sequence: Count
    outcome: AckOutcome = AckOutcome.APPLIED
    reason: ShortText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubHeartbeat:
    """The hub is alive, and this is what a client of this filter class holds when it holds everything.

    `position` is the hub's head; `last` the sequence of the last change that concerned this filter class, and `digest`
    the digest of its set since then. A client that holds `last` or later, with this digest, is whole and
    may call `position` its own. `grade` is that of the dispatching feed, `fresh_at` the station time at which it was
    last fresh. While `stored` is false the hub cannot write its database; what it is told waits until it can.
    `clock` and `clock_error` as in `Welcome`.
    """

    position: Position
    last: Count
    digest: DigestText
    station_time: Stamp
    grade: FeedGrade
    fresh_at: Instant | None = None
    stored: bool = True
    clock: ClockState | None = None
    clock_error: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHeartbeat:
    """The client is alive, and this is what it holds; both None before its first snapshot."""

    position: Position | None = None
    digest: DigestText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the client has done, and how things are there. `number` is its own, counted up.

    It keeps results and acts until they are received. Devices, readbacks and alarms replace what was told of them
    before; `gone` names those that are no more (kinds `device`, `readback`, `alarm`); with `whole`, what is not in this
    report is gone.
    """

    number: Positive
    whole: bool = False
    results: tuple[TaskResult, ...] = ()
    acts: tuple[LocalAct, ...] = ()
    devices: tuple[Device, ...] = ()
    readbacks: tuple[Readback, ...] = ()
    alarms: tuple[AlarmSign, ...] = ()
    gone: tuple[Deletion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The hub has committed report `number`; the client may forget it.

    What stands in `refusals` of its acts was looked at and not done.
    """

    number: Positive
    refusals: tuple[ActRefusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentStatus:
    """Devices and alarms as they are now, for who asked for these kinds: replaces what was told of them before.

    `gone` names those that are no more; with `whole`, what is not in this message is gone. Not acknowledged: the latest
    is all that counts. Items are told apart by their kind, identity and id, and `gone` names them
    `<identity>/<id>`, with nothing before the stroke for the hub's own.
    """

    whole: bool = False
    devices: tuple[Device, ...] = ()
    alarms: tuple[AlarmSign, ...] = ()
    gone: tuple[Deletion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRequest:
    """`sent` is the client's clock when it sent this; the hub only gives it back."""

    sent: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAnswer:
    """Three of the four stamps; the fourth is the client's clock when this comes in.

    `asked` is the request's `sent`; `received` and `sent` are station time at the hub. `clock` and `clock_error` as in
    `Welcome`.
    """

    asked: Stamp
    received: Stamp
    sent: Stamp
    clock: ClockState | None = None
    clock_error: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """The peer did something that ends the session: a stable code, what was wrong, and what to do."""

    code: Code
    text: ShortText = ""
    hint: ShortText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAddress:
    """Where another hub listens."""

    host: Host
    port: Port


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """The sender closes; nothing was wrong. `hubs` is where a client that is `redirected` is to go, the first first."""

    reason: ByeReason
    text: ShortText = ""
    hubs: tuple[HubAddress, ...] = ()


ClientMessage = (
    Enrol | Hello | Subscribe | Ack | ClientHeartbeat | Report | TimeRequest | Command | CommandResult | Error | Bye
)
HubMessage = (
    Enrolled
    | Welcome
    | Subscribed
    | Snapshot
    | Update
    | HubHeartbeat
    | Received
    | EquipmentStatus
    | TimeAnswer
    | Command
    | CommandResult
    | Error
    | Bye
)
Message = ClientMessage | HubMessage

EITHER_MESSAGES: tuple[type, ...] = (Command, CommandResult, Error, Bye)
CLIENT_MESSAGES: tuple[type, ...] = (Enrol, Hello, Subscribe, Ack, ClientHeartbeat, Report, TimeRequest)
HUB_MESSAGES: tuple[type, ...] = (
    Enrolled,
    Welcome,
    Subscribed,
    Snapshot,
    Update,
    HubHeartbeat,
    Received,
    EquipmentStatus,
    TimeAnswer,
)
