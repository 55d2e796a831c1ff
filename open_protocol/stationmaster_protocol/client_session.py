"""The client's end of a session: puts snapshots together and sees to it that updates lead on from what is held."""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_kernel.changes import Resource
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    VERSION,
    Bye,
    ClientMessage,
    Command,
    CommandResult,
    Enrolled,
    EquipmentStatus,
    Error,
    Hello,
    HubHeartbeat,
    HubMessage,
    Position,
    Received,
    Report,
    Snapshot,
    Subscribe,
    Subscribed,
    TimeAnswer,
    Update,
    Welcome,
)
from stationmaster_protocol.session import Breach, Session
from stationmaster_protocol.states import Role
from stationmaster_protocol.versions import agreed

__all__ = ["Applicable", "ClientEvent", "ClientSession", "Gap", "Part", "Repeated", "Whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part `number` of a snapshot has come, and more is to follow: nothing to do, but a sign of life."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A snapshot with all its parts: the replica becomes exactly this. To be acknowledged."""

    position: Position
    digest: str
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicable:
    """An update that leads on from what is held; once applied, the replica is at `position`. To be acknowledged."""

    position: Position
    update: Update


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """An update to a sequence that is held already: nothing to do but to acknowledge `position` again."""

    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An update that does not lead on from what is held: something is missing, and a new subscription is due."""

    held: Position
    update: Update


ClientEvent = (
    Enrolled
    | Welcome
    | Subscribed
    | Part
    | Whole
    | Applicable
    | Repeated
    | Gap
    | HubHeartbeat
    | Received
    | EquipmentStatus
    | TimeAnswer
    | Command
    | CommandResult
    | Error
    | Bye
    | Breach
)


class ClientSession:
    """Args:
    largest_in: the longest document, in bytes, that is taken; no less than `LARGEST_TO_CLIENT`.

    `held` is the position of the replica if every event so far has been applied; None before the first snapshot.
    `version` is the one that is spoken, from `welcome` on.
    """

    def __init__(self, *, largest_in: int = LARGEST_TO_CLIENT) -> None:
        self._session = Session[HubMessage, ClientMessage](
            Role.CLIENT, largest_in=largest_in, largest_out=LARGEST_TO_HUB
        )
        self.held: Position | None = None
        self.version = VERSION
        self._number = 0
        self._subscribed = 0
        self._parts: list[Snapshot] = []
        self._reported = 0

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self._session.closed

    @property
    def current(self) -> bool:
        """Whether what comes now is for the latest subscription."""
        return 0 < self._number == self._subscribed

    def receive_data(self, data: bytes) -> list[ClientEvent]:
        """Take in what the connection gave, and give out what it means. Raises nothing."""
        events: list[ClientEvent] = []
        for message in self._session.receive_data(data):
            if isinstance(message, Breach):
                events.append(message)
                break
            try:
                event = self._meaning(message)
            except RemoteProtocolError as error:
                events.append(self._session.breach(error))
                break
            if event is not None:
                events.append(event)
        return events

    def send(self, message: ClientMessage) -> bytes:
        """The bytes to send for a message other than `subscribe`.

        Raises:
            LocalProtocolError: it may not be sent now, or cannot be sent at all.

        """
        frame = self._session.send(message)
        if isinstance(message, Report):
            self._reported = max(self._reported, message.number)
        elif isinstance(message, Hello):
            self.version = message.version
        return frame

    def subscribe(self, wanted: Filter, held: Position | None) -> bytes:
        """The bytes to send for a (new) subscription; what is still coming for an earlier one is let pass.

        Raises:
            LocalProtocolError: the session is not welcome yet, or over.

        """
        frame = self._session.send(Subscribe(number=self._number + 1, filter=wanted, held=held))
        self._number += 1
        self.held = held
        self._parts = []
        return frame

    def _meaning(self, message: HubMessage) -> ClientEvent | None:
        match message:
            case Welcome():
                if agreed(self.version, message.version) != message.version:
                    raise RemoteProtocolError("version", f"{message.version} was not offered; {self.version} was.")
                self.version = message.version
                self._session.largest_out = message.largest
            case Subscribed():
                return self._on_subscribed(message)
            case Snapshot():
                return self._on_snapshot(message) if self.current else None
            case Update():
                return self._on_update(message) if self.current else None
            case HubHeartbeat() | EquipmentStatus():
                return message if self.current else None
            case Received():
                if message.number > self._reported:
                    raise RemoteProtocolError("unknown-sequence", f"Report {message.number} was never sent.")
        return message

    def _on_subscribed(self, message: Subscribed) -> Subscribed | None:
        if not self._subscribed < message.number <= self._number:
            raise RemoteProtocolError("unknown-sequence", f"Subscription {message.number} is not waiting.")
        self._subscribed = message.number
        if not self.current:
            return None
        if not message.resumed:
            self.held = None
        elif self.held is None:
            raise RemoteProtocolError("unknown-sequence", "The hub resumes from a position that was never given.")
        return message

    def _on_snapshot(self, part: Snapshot) -> Whole | Part:
        if part.part == 1:
            # A snapshot may be given up for a newer one at any point.
            self._parts = []
        before = self._parts[-1] if self._parts else None
        follows = (
            part.part == 1
            if before is None
            else (before.part + 1, before.position, before.digest) == (part.part, part.position, part.digest)
        )
        if not follows:
            raise RemoteProtocolError("snapshot-order", f"Part {part.part} does not follow.")
        self._parts.append(part)
        if not part.last:
            return Part(number=part.part)
        resources = tuple(resource for one in self._parts for resource in one.resources)
        self._parts = []
        self.held = part.position
        return Whole(position=part.position, digest=part.digest, resources=resources)

    def _on_update(self, update: Update) -> Applicable | Repeated | Gap | None:
        if self.held is None:
            raise RemoteProtocolError("unexpected-message", "An update came before the snapshot.")
        if update.since >= update.to:
            raise RemoteProtocolError("bad-value", f"An update leads from {update.since} back to {update.to}.")
        if update.to <= self.held.sequence:
            return Repeated(position=Position(epoch=self.held.epoch, sequence=update.to, hash=update.hash))
        if update.since > self.held.sequence:
            return Gap(held=self.held, update=update)
        self.held = Position(epoch=self.held.epoch, sequence=update.to, hash=update.hash)
        return Applicable(position=self.held, update=update)
