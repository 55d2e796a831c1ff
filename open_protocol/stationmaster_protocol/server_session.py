"""The hub's end of one session: checks versions, numbers of subscriptions and acknowledgements."""

from __future__ import annotations

from stationmaster_protocol.codec import LARGEST_TO_CLIENT, LARGEST_TO_HUB
from stationmaster_protocol.errors import RemoteProtocolError
from stationmaster_protocol.messages import (
    VERSION,
    Ack,
    ClientMessage,
    Hello,
    HubMessage,
    Position,
    Snapshot,
    Subscribe,
    Subscribed,
    Update,
)
from stationmaster_protocol.session import Breach, Session
from stationmaster_protocol.states import Role, SessionState
from stationmaster_protocol.versions import agreed

__all__ = ["ServerEvent", "ServerSession"]

ServerEvent = ClientMessage | Breach
"""What a client said, or how it broke the protocol. Acknowledgements of an epoch that is over are left out."""


class ServerSession:
    """Args:
        largest_in: the longest document, in bytes, that is taken.
        largest_out: the longest document, in bytes, that is sent.
        version: the highest that this hub speaks.

    `version` is the one that is spoken, from the client's hello on.
    `acked` is the sequence that the client has acknowledged under its present subscription, in the present epoch.
    """

    def __init__(
        self, *, largest_in: int = LARGEST_TO_HUB, largest_out: int = LARGEST_TO_CLIENT, version: str = VERSION
    ) -> None:
        self._session = Session[ClientMessage, HubMessage](Role.HUB, largest_in=largest_in, largest_out=largest_out)
        self.version = version
        self.acked = -1
        self._sent = -1
        self._epoch = ""
        self._epochs_over: set[str] = set()
        self._number = 0
        self._held: Position | None = None

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self._session.closed

    @property
    def subscribed(self) -> bool:
        """Whether the client has subscribed."""
        return self._session.state is SessionState.SUBSCRIBED

    def accept(self, largest_in: int) -> None:
        """Take longer documents from now on, from a client that is known."""
        self._session.accept(largest_in)

    def receive_data(self, data: bytes) -> list[ServerEvent]:
        """Take in what the connection gave, and give out what the client said. Raises nothing."""
        events: list[ServerEvent] = []
        for message in self._session.receive_data(data):
            if isinstance(message, Breach):
                events.append(message)
                break
            try:
                heard = self._heard(message)
            except RemoteProtocolError as error:
                events.append(self._session.breach(error))
                break
            if heard:
                events.append(message)
        return events

    def send(self, message: HubMessage) -> bytes:
        """The bytes to send for a message.

        Raises:
            LocalProtocolError: it may not be sent now, or cannot be sent at all.

        """
        frame = self._session.send(message)
        self._note(message)
        return frame

    def sent(self, message: HubMessage, frame: bytes) -> bytes:
        """The same for a message whose frame has been made already, for all of its filter class.

        Raises:
            LocalProtocolError: it may not be sent now.

        """
        self._session.sent(message, frame)
        self._note(message)
        return frame

    def _note(self, message: HubMessage) -> None:
        match message:
            case Subscribed():
                self.acked = self._sent = -1
                if message.resumed and self._held is not None:
                    # What is held already is as good as acknowledged.
                    self._enter(self._held.epoch)
                    self.acked = self._sent = self._held.sequence
            case Snapshot() if message.last:
                self._enter(message.position.epoch)
                self._sent = message.position.sequence
                self.acked = -1
            case Update():
                self._sent = message.to

    def _enter(self, epoch: str) -> None:
        if epoch != self._epoch:
            self._epochs_over.add(self._epoch)
            self._epoch = epoch

    def _heard(self, message: ClientMessage) -> bool:
        match message:
            case Hello():
                self.version = agreed(self.version, message.version)
            case Subscribe():
                if message.number <= self._number:
                    raise RemoteProtocolError("unknown-sequence", f"Subscription {message.number} was there before.")
                self._number = message.number
                self._held = message.held
            case Ack():
                return self._on_ack(message)
        return True

    def _on_ack(self, ack: Ack) -> bool:
        if ack.epoch != self._epoch:
            if ack.epoch in self._epochs_over:
                return False
            raise RemoteProtocolError("unknown-sequence", f"Nothing of epoch {ack.epoch!r} was sent.")
        if ack.sequence > self._sent:
            raise RemoteProtocolError("unknown-sequence", f"Sequence {ack.sequence} was never sent.")
        if ack.outcome == "applied":
            self.acked = max(self.acked, ack.sequence)
        return True
