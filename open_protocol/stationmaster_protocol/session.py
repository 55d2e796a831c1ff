"""One end of a session, without a socket and without a clock.

Bytes go in and events come out; messages go in and bytes come out. Nothing is raised for what the peer does:
it becomes a `Breach`, the last event of the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from stationmaster_protocol.codec import FrameReader, decode, encode
from stationmaster_protocol.errors import LocalProtocolError, RemoteProtocolError
from stationmaster_protocol.messages import ClientMessage, Error, HubMessage, Message
from stationmaster_protocol.scalar_codecs import cleaned
from stationmaster_protocol.shapes import message_name
from stationmaster_protocol.states import Role, SessionState, next_state

__all__ = ["Breach", "Session", "error_message"]

Incoming = TypeVar("Incoming", ClientMessage, HubMessage)
Outgoing = TypeVar("Outgoing", ClientMessage, HubMessage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """The peer broke the protocol; the session is over.

    `farewell` are the bytes of the `error` message to send before closing.
    """

    error: RemoteProtocolError
    farewell: bytes


def error_message(trouble: RemoteProtocolError | LocalProtocolError) -> Error:
    """The `error` message that tells the peer of a protocol error, its texts made fit to be sent."""
    return Error(code=trouble.code, text=cleaned(trouble.message)[:2000], hint=cleaned(trouble.hint)[:2000])


class Session(Generic[Incoming, Outgoing]):
    """What both ends have in common.

    Args:
        role: which end this is.
        largest_in: the longest document, in bytes, that is taken.
        largest_out: the longest document, in bytes, that the peer takes.

    """

    def __init__(self, role: Role, *, largest_in: int, largest_out: int) -> None:
        self.role = role
        self.state = SessionState.CONNECTED
        self.largest_out = largest_out
        self._peer = Role.CLIENT if role is Role.HUB else Role.HUB
        self._frames = FrameReader(largest_in)

    @property
    def closed(self) -> bool:
        """Whether the session is over; bytes that still come in are dropped."""
        return self.state is SessionState.CLOSED

    def accept(self, largest_in: int) -> None:
        """Take longer documents from now on."""
        self._frames.largest = largest_in

    def receive_data(self, data: bytes) -> list[Incoming | Breach]:
        """Take in what the connection gave, and give out the messages that it completes.

        Raises nothing. A breach by the peer is the last event; after it, and after `error` or `bye`, nothing comes.
        """
        events: list[Incoming | Breach] = []
        if self.closed:
            return events
        try:
            for document in self._frames.documents(data):
                message = decode(document)
                self._step(self._peer, message, RemoteProtocolError)
                events.append(cast("Incoming", message))
                if self.closed:
                    break
        except RemoteProtocolError as error:
            events.append(self.breach(error))
        return events

    def breach(self, error: RemoteProtocolError) -> Breach:
        """The peer broke the protocol in a way that the table cannot tell: the session is over."""
        self.state = SessionState.CLOSED
        return Breach(error=error, farewell=encode(error_message(error), largest=self.largest_out))

    def send(self, message: Outgoing) -> bytes:
        """The bytes to send for a message.

        Raises:
            LocalProtocolError: `unexpected-message` if it may not be sent now; `bad-value` or `too-large` if it cannot
                be sent at all. The session is as it was.

        """
        return self.sent(message, encode(message, largest=self.largest_out))

    def sent(self, message: Outgoing, frame: bytes) -> bytes:
        """The same for a message whose frame has been made already; gives the frame back.

        Raises:
            LocalProtocolError: `unexpected-message` if it may not be sent now.

        """
        self._step(self.role, message, LocalProtocolError)
        return frame

    def _step(self, sender: Role, message: Message, trouble: type[LocalProtocolError | RemoteProtocolError]) -> None:
        after = next_state(self.state, sender, type(message))
        if after is None:
            raise trouble(
                "unexpected-message",
                f"`{message_name(type(message))}` from the {sender} is not allowed in state {self.state}.",
            )
        self.state = after
