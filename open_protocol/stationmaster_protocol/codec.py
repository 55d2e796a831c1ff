"""Messages as bytes on a connection: a 4-byte big-endian length, then one XML document in UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from stationmaster_protocol.errors import LocalProtocolError, RemoteProtocolError
from stationmaster_protocol.messages import Message
from stationmaster_protocol.reading import read_document
from stationmaster_protocol.writing import Fragment, document_text

__all__ = ["LARGEST_TO_CLIENT", "LARGEST_TO_HUB", "LENGTH_BYTES", "FrameReader", "decode", "encode"]

LENGTH_BYTES = 4

TLS_RECORDS = (0x15, 0x16)
TLS_MAJOR = 3
"""With what a TLS alert or handshake begins: the type, and the version's first byte. No frame can be so long."""

LARGEST_TO_HUB = 256 * 1024
"""The longest document, in bytes, that a hub takes unless its settings say otherwise."""

LARGEST_TO_CLIENT = 4 * 1024 * 1024
"""The longest document, in bytes, that a hub ever sends, and so what every client must be able to take."""


def encode(message: Message, *, largest: int, fragment: Fragment | None = None) -> bytes:
    """The frame of a message.

    Args:
        message: what to send.
        largest: the longest document, in bytes, that the receiver takes.
        fragment: gives the XML of resources, where it has been made already.

    Raises:
        LocalProtocolError: `bad-value` if the message cannot be sent as it is, `too-large` if it is too long.

    """
    document = document_text(message, fragment).encode()
    if len(document) > largest:
        raise LocalProtocolError(
            "too-large", f"{type(message).__name__} has {len(document)} bytes; the receiver takes {largest}."
        )
    return len(document).to_bytes(LENGTH_BYTES, "big") + document


def decode(document: bytes) -> Message:
    """The message in a document, without its length.

    Raises:
        RemoteProtocolError: the document is not a valid message; the code says why.

    """
    return _known(document) if document.startswith(_ACK) and len(document) <= _SHORT else read_document(document)


_ACK, _SHORT = b"<ack ", 256
"""What a thousand clients say of one update in the same bytes is read once. Nothing with a secret in it is kept so."""

_known = lru_cache(maxsize=256)(read_document)


class FrameReader:
    """Cuts what comes in into documents, and keeps at most one unfinished document.

    Args:
        largest: the longest document, in bytes, that is taken.

    """

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self._buffer = bytearray()

    @property
    def waiting(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)

    def documents(self, data: bytes) -> Iterator[bytes]:
        """Take bytes in and give out every document that they complete.

        Raises:
            RemoteProtocolError: `too-large` or `empty-message`, as soon as a frame's length says so.

        """
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= LENGTH_BYTES:
                body = start + LENGTH_BYTES
                length = int.from_bytes(self._buffer[start:body], "big")
                if length > self.largest:
                    if self._buffer[start] in TLS_RECORDS and self._buffer[start + 1] == TLS_MAJOR:
                        raise RemoteProtocolError(
                            "too-large", "This is TLS, where plain text was expected.", "Set TLS at both ends."
                        )
                    raise RemoteProtocolError(
                        "too-large", f"A message of {length} bytes is announced; the limit is {self.largest}."
                    )
                if not length:
                    raise RemoteProtocolError("empty-message", "A message of 0 bytes is announced.")
                if len(self._buffer) - body < length:
                    return
                start = body + length
                yield bytes(self._buffer[body:start])
        finally:
            del self._buffer[:start]
