"""As much of MQTT 3.1.1 as a subscriber and a publisher at quality 0 need, to compare with a broker.

OASIS MQTT 3.1.1, sections 2.2 (fixed header), 3.1 (CONNECT), 3.3 (PUBLISH), 3.8 (SUBSCRIBE).
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["PUBLISH", "Packets", "connect", "publish", "subscribe"]

CONNECT, CONNACK, PUBLISH, SUBSCRIBE, SUBACK = 1, 2, 3, 8, 9
TOPIC = b"station/update"


def connect(name: str) -> bytes:
    """CONNECT: a clean session, no keep-alive."""
    return _packet(CONNECT << 4, _text(b"MQTT") + b"\x04\x02\x00\x00" + _text(name.encode()))


def subscribe() -> bytes:
    """SUBSCRIBE to the one topic, at quality 0."""
    return _packet(SUBSCRIBE << 4 | 2, b"\x00\x01" + _text(TOPIC) + b"\x00")


def publish(payload: bytes) -> bytes:
    """PUBLISH on the one topic, at quality 0."""
    return _packet(PUBLISH << 4, _text(TOPIC) + payload)


class Packets:
    """Cuts what comes into packets."""

    def __init__(self) -> None:
        self._held = bytearray()

    def take(self, data: bytes) -> Iterator[tuple[int, int]]:
        """The type and the length in bytes of each packet that is complete now."""
        self._held += data
        while True:
            length, at = 0, 1
            while True:
                if at >= len(self._held):
                    return
                length |= (self._held[at] & 0x7F) << 7 * (at - 1)
                at += 1
                if not self._held[at - 1] & 0x80:
                    break
            if len(self._held) < at + length:
                return
            kind = self._held[0] >> 4
            del self._held[: at + length]
            yield kind, length


def _text(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _packet(head: int, body: bytes) -> bytes:
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([head, *digits]) + body
