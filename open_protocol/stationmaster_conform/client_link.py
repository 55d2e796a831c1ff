"""One session of the played hub with a client: the sans-I/O session on a wire, and all that was heard."""

from __future__ import annotations

from dataclasses import dataclass, field

from stationmaster_conform.wire import Wire
from stationmaster_protocol.messages import ClientMessage, Hello, HubMessage, Position, Subscribe
from stationmaster_protocol.server_session import ServerEvent, ServerSession

__all__ = ["ClientLink"]


@dataclass(eq=False, kw_only=True)
class ClientLink:
    """`since` is the machine time at which it connected and `heard_at` that at which something came last.

    `version` is what was agreed, empty before the welcome. `subscribe` is the latest subscription and `count` how many
    there were. `proved` is the last position at which the client has shown the right digest. `over` says how the
    session ended; empty while it goes on. `last_report` is the number of the last report. While `held_back`
    is there, what is said is put there and not sent.
    """

    wire: Wire
    since: float
    heard_at: float
    session: ServerSession = field(default_factory=ServerSession)
    hello: Hello | None = None
    version: str = ""
    subscribe: Subscribe | None = None
    count: int = 0
    heard: list[ClientMessage] = field(default_factory=list)
    proved: Position | None = None
    last_report: int = 0
    over: str = ""
    held_back: bytearray | None = None

    @property
    def alive(self) -> bool:
        """Whether the session goes on."""
        return not self.over and self.wire.open and not self.session.closed

    @property
    def subscribed(self) -> bool:
        """Whether the client has subscribed, and so is owed heartbeats."""
        return self.alive and self.subscribe is not None

    def read(self, until: float) -> list[ServerEvent]:
        """What the client says until then."""
        return self.session.receive_data(self.wire.read(until))

    def send(self, message: HubMessage) -> None:
        """Say something; what the session does not allow now is a mistake of the scenario."""
        frame = self.session.send(message)
        if self.held_back is None:
            self.wire.write(frame)
        else:
            self.held_back += frame
