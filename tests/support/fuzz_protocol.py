"""What holds of the open protocol for any bytes at all, at both ends of a connection."""

from __future__ import annotations

from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.client_session import ClientSession
from stationmaster_protocol.codec import LARGEST_TO_CLIENT, FrameReader, decode, encode
from stationmaster_protocol.errors import ERROR_CODES, RemoteProtocolError
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import (
    EITHER_MESSAGES,
    Error,
    Hello,
    Message,
    Position,
    Snapshot,
    Subscribe,
    Subscribed,
    Welcome,
)
from stationmaster_protocol.scalars import stamp_of
from stationmaster_protocol.server_session import ServerSession
from stationmaster_protocol.session import Breach
from stationmaster_protocol.states import Role, senders

__all__ = ["protocol"]

_LARGEST = 64 * 1024
_HELLO = Hello(identity="a", token="t", executes=(TaskKind.DISPLAY,))
_WELCOME = Welcome(epoch="e", heartbeat=1, largest=_LARGEST, station_time=stamp_of(1772348400))
_WHOLE = Snapshot(position=Position(epoch="e", sequence=1, hash=""), part=1, last=True, digest="0" * 32)


def protocol(data: bytes) -> None:
    """Bytes as they come at both ends in each of their states, one document, and one document in its frame."""
    framed = len(data).to_bytes(4, "big") + data
    for stream in (data, framed):
        for step in range(4):
            assert _heard_by_hub(stream, step, len(stream) or 1) == _heard_by_hub(stream, step, 7)
            assert _heard_by_client(stream, step, len(stream) or 1) == _heard_by_client(stream, step, 7)
    message = _read(data)
    if message is not None:
        written = encode(message, largest=LARGEST_TO_CLIENT)
        (document,) = FrameReader(LARGEST_TO_CLIENT).documents(written)
        assert decode(document) == message


def _read(document: bytes) -> Message | None:
    try:
        return decode(document)
    except RemoteProtocolError:
        return None


def _heard_by_hub(stream: bytes, step: int, piece: int) -> list[object]:
    session = ServerSession(largest_in=_LARGEST)
    if step > 0:
        assert session.receive_data(encode(_HELLO, largest=_LARGEST)) == [_HELLO]
        session.send(_WELCOME)
    if step > 1:
        session.receive_data(encode(Subscribe(filter=Filter()), largest=_LARGEST))
    if step > 2:
        session.send(Subscribed(number=1))
        session.send(_WHOLE)
    return _heard(session, stream, piece, Role.CLIENT)


def _heard_by_client(stream: bytes, step: int, piece: int) -> list[object]:
    session = ClientSession(largest_in=_LARGEST)
    if step > 0:
        session.send(_HELLO)
        assert session.receive_data(encode(_WELCOME, largest=_LARGEST)) == [_WELCOME]
    if step > 1:
        session.subscribe(Filter(), None)
    if step > 2:
        session.receive_data(encode(Subscribed(number=1), largest=_LARGEST) + encode(_WHOLE, largest=_LARGEST))
    return _heard(session, stream, piece, Role.HUB)


def _heard(session: ServerSession | ClientSession, stream: bytes, piece: int, sender: Role) -> list[object]:
    """What came of a stream; nothing comes after the end, and a breach is said in a right message."""
    heard: list[object] = []
    for at in range(0, len(stream), piece):
        ended = session.closed
        events = session.receive_data(stream[at : at + piece])
        assert not (ended and events)
        heard += events
    for event in heard[:-1]:
        assert not isinstance(event, Breach)
    for event in heard:
        if isinstance(event, Breach):
            assert session.closed
            (farewell,) = FrameReader(_LARGEST).documents(event.farewell)
            message = decode(farewell)
            assert isinstance(message, Error)
            assert message.code == event.error.code
            assert message.code in ERROR_CODES
        elif isinstance(event, EITHER_MESSAGES):
            assert sender in senders(type(event))
    return [str(event) for event in heard]
