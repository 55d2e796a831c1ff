"""The simplest right client: it holds a replica, acknowledges, and subscribes anew where something is missing."""

from __future__ import annotations

from dataclasses import dataclass, field

from stationmaster_kernel.changes import Resource
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.client import ClientConnection
from stationmaster_protocol.client_session import Applicable, ClientEvent, Gap, Repeated, Whole
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    Ack,
    AckOutcome,
    ClientHeartbeat,
    Hello,
    HubHeartbeat,
    Position,
    Welcome,
)


@dataclass
class Follower:
    """A `ClientListener`; `heard_events` is everything that it heard, `acknowledges` and `applies` how it behaves."""

    number: int = 0
    wanted: Filter = field(default_factory=Filter)
    executes: tuple[TaskKind, ...] = ()
    token: str | None = None
    acknowledges: bool = True
    rejects: str = ""
    subscribes: bool = True
    replica: dict[tuple[str, str], Resource] = field(default_factory=dict)
    held: Position | None = None
    connection: ClientConnection | None = None
    heard_events: list[ClientEvent] = field(default_factory=list)
    whole_proofs: int = 0
    ended: list[str] = field(default_factory=list)

    def connect(self) -> ClientConnection:
        """A new connection, to be joined to a hub's."""
        return ClientConnection(self)

    def kinds_heard(self) -> list[str]:
        return [type(event).__name__ for event in self.heard_events]

    def beat(self) -> None:
        assert self.connection is not None
        digest = digest_of(self.replica.values()) if self.held else None
        self.connection.send(ClientHeartbeat(position=self.held, digest=digest))

    def want(self, wanted: Filter) -> None:
        """Another filter: what is held is of no use."""
        self.wanted, self.held = wanted, None
        if self.connection is not None:
            self.connection.subscribe(wanted, None)

    def made(self, connection: ClientConnection) -> None:
        self.connection = connection
        token = f"token-{self.number}" if self.token is None else self.token
        connection.send(Hello(identity=f"client-{self.number}", token=token, executes=self.executes, held=self.held))

    def gone(self, connection: ClientConnection, reason: str) -> None:
        if connection is self.connection:
            self.connection = None
        self.ended.append(reason)

    def heard(self, connection: ClientConnection, event: ClientEvent) -> None:
        self.heard_events.append(event)
        match event:
            case Welcome() if self.subscribes:
                connection.subscribe(self.wanted, self.held)
            case Whole():
                self.replica = {(one.kind, one.id): one for one in event.resources}
                assert len(self.replica) == len(event.resources)
                assert digest_of(self.replica.values()) == event.digest
                self._hold(connection, event.position)
            case Applicable():
                for one in event.update.deletes:
                    self.replica.pop((one.kind, one.id), None)
                for resource in event.update.puts:
                    self.replica[resource.kind, resource.id] = resource
                self._hold(connection, event.position)
            case Repeated():
                self._hold(connection, event.position, again=True)
            case Gap():
                self.held = None
                connection.subscribe(self.wanted, None)
            case HubHeartbeat() if not self.rejects:
                assert self.held is not None
                assert event.last <= self.held.sequence
                assert event.digest == digest_of(self.replica.values())
                self.held = event.position
                self.whole_proofs += 1

    def _hold(self, connection: ClientConnection, position: Position, *, again: bool = False) -> None:
        if self.rejects:
            connection.send(
                Ack(
                    epoch=position.epoch,
                    sequence=position.sequence,
                    outcome=AckOutcome.REJECTED,
                    reason=self.rejects,
                )
            )
            return
        if not again:
            self.held = position
        if self.acknowledges:
            connection.send(Ack(epoch=position.epoch, sequence=position.sequence))
