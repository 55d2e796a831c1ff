"""One connection of the played client to a hub: the session, the replica, and all that was heard."""

from __future__ import annotations

from dataclasses import dataclass, field

from stationmaster_conform.wire import Wire
from stationmaster_kernel.changes import Resource
from stationmaster_protocol.client_session import ClientEvent, ClientSession
from stationmaster_protocol.digest import digest_of
from stationmaster_protocol.messages import ClientMessage, HubHeartbeat, Position, Welcome

__all__ = ["HubLine"]


@dataclass(eq=False, kw_only=True)
class HubLine:
    """`position` and `replica` are what has been applied; `proofs` counts heartbeats that agreed with them.

    `over` says how the session ended, empty while it goes on. `beat` is the hub's last heartbeat.
    """

    wire: Wire
    session: ClientSession = field(default_factory=ClientSession)
    welcome: Welcome | None = None
    heard: list[ClientEvent] = field(default_factory=list)
    position: Position | None = None
    replica: dict[tuple[str, str], Resource] = field(default_factory=dict)
    beat: HubHeartbeat | None = None
    beat_due: float = 0.0
    proofs: int = 0
    updates: int = 0
    over: str = ""

    @property
    def digest(self) -> str:
        """Of the replica."""
        return digest_of(self.replica.values())

    @property
    def alive(self) -> bool:
        """Whether the session goes on."""
        return not self.over and self.wire.open and not self.session.closed

    def read(self, until: float) -> list[ClientEvent]:
        """What the hub says until then."""
        return self.session.receive_data(self.wire.read(until))

    def send(self, message: ClientMessage) -> None:
        """Say something that the session allows."""
        self.wire.write(self.session.send(message))
