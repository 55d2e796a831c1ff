"""The packet of the Network Time Protocol, version 4 (RFC 5905, section 7.3), as a client and a simple server need it.

48 bytes: leap indicator, version and mode in the first, stratum, poll, precision, root delay, root dispersion,
reference identifier, then four stamps. A stamp is 64 bits: seconds since 1900 modulo 2**32, and a fraction.
It rolls over on 2036-02-07, within the years that we accept; as RFC 4330, section 3, has it, a stamp whose first bit
is 0 is after that. Extension fields and authenticators after the 48 bytes are not read.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "LENGTH",
    "UNSYNCHRONISED",
    "Answer",
    "Mode",
    "Packet",
    "Refusal",
    "from_stamp",
    "read_answer",
    "to_stamp",
]

LENGTH = 48
VERSION = 4
UNSYNCHRONISED = 3
"""The leap indicator of a server that does not know the time."""

_LAYOUT = struct.Struct("!BBbbII4sQQQQ")
_1900_TO_1970 = 2_208_988_800
_ERA = 2**32
_MAXIMUM_DISTANCE = 1.5
"""Seconds: a server whose own time may be more wrong than this is not followed (MAXDIST and what ntpd grants)."""

_LATEST_STRATUM = 15


class Mode:
    """The modes that we know of."""

    CLIENT = 3
    SERVER = 4


class Refusal(StrEnum):
    """Why a packet is no answer that can be used.

    - `short`: less than 48 bytes, or not whole words.
    - `wrong-mode`: no server's answer, or of an unknown version.
    - `bogus`: not an answer to our last request: an old one, a repeated one, or a forged one.
    - `rate`, `deny`, `kiss`: a kiss-o'-death: ask less often, do not ask again, or something else.
    - `unsynchronised`: the server does not know the time itself.
    - `distant`: the server's time may be too wrong.
    - `impossible`: its stamps contradict each other.
    """

    SHORT = "short"
    WRONG_MODE = "wrong-mode"
    BOGUS = "bogus"
    RATE = "rate"
    DENY = "deny"
    KISS = "kiss"
    UNSYNCHRONISED = "unsynchronised"
    DISTANT = "distant"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet. Stamps are the 64 bits as they are; delay and dispersion are seconds."""

    mode: int
    leap: int = 0
    version: int = VERSION
    stratum: int = 0
    poll: int = 0
    precision: int = 0
    root_delay_s: float = 0.0
    root_dispersion_s: float = 0.0
    reference_id: bytes = b"\0\0\0\0"
    reference: int = 0
    origin: int = 0
    receive: int = 0
    transmit: int = 0

    def encode(self) -> bytes:
        """Its 48 bytes."""
        return _LAYOUT.pack(
            self.leap << 6 | self.version << 3 | self.mode,
            self.stratum,
            self.poll,
            self.precision,
            _short(self.root_delay_s),
            _short(self.root_dispersion_s),
            self.reference_id,
            self.reference,
            self.origin,
            self.receive,
            self.transmit,
        )

    @classmethod
    def decode(cls, data: bytes) -> Packet | None:
        """The packet in `data`; None if it is too short for one, or not whole words of four bytes."""
        if len(data) < LENGTH or len(data) % 4:
            return None
        first, stratum, poll, precision, delay, dispersion, identifier, *stamps = _LAYOUT.unpack_from(data)
        reference, origin, receive, transmit = stamps
        return cls(
            leap=first >> 6,
            version=first >> 3 & 7,
            mode=first & 7,
            stratum=stratum,
            poll=poll,
            precision=precision,
            root_delay_s=delay / 65536,
            root_dispersion_s=dispersion / 65536,
            reference_id=identifier,
            reference=reference,
            origin=origin,
            receive=receive,
            transmit=transmit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server's good answer says: its two stamps in seconds since 1970, and how wrong it may be itself."""

    received: float
    answered: float
    error_s: float
    stratum: int
    leap: int


def to_stamp(at: float) -> int:
    """Seconds since 1970 as 64 bits."""
    whole = math.floor(at)
    return (whole + _1900_TO_1970) % _ERA << 32 | min(int((at - whole) * _ERA), _ERA - 1)


def from_stamp(stamp: int) -> float:
    """64 bits as seconds since 1970, from 1968 to 2104."""
    seconds, fraction = stamp >> 32, (stamp & _ERA - 1) / _ERA
    era = 0 if seconds >> 31 else _ERA
    return seconds + era - _1900_TO_1970 + fraction


def read_answer(data: bytes, nonce: int) -> Answer | Refusal:
    """What came back for a request whose transmit stamp was `nonce`; the checks of RFC 5905, section 8, in their order.

    A kiss-o'-death counts only if it answers our request, so that nobody else can silence a server.
    """
    packet = Packet.decode(data)
    if packet is None:
        return Refusal.SHORT
    if packet.mode != Mode.SERVER or packet.version not in (3, 4):
        return Refusal.WRONG_MODE
    if packet.origin != nonce:
        return Refusal.BOGUS
    if packet.stratum == 0:
        return _kiss(packet)  # its other stamps are often copies of ours
    if packet.transmit in (0, nonce):
        return Refusal.BOGUS
    if packet.leap == UNSYNCHRONISED or packet.stratum > _LATEST_STRATUM:
        return Refusal.UNSYNCHRONISED
    received, answered = from_stamp(packet.receive), from_stamp(packet.transmit)
    if not packet.receive or answered < received or (packet.reference and from_stamp(packet.reference) > answered + 1):
        return Refusal.IMPOSSIBLE
    error_s = packet.root_delay_s / 2 + packet.root_dispersion_s + 2.0 ** min(packet.precision, 0)
    if error_s > _MAXIMUM_DISTANCE:
        return Refusal.DISTANT
    return Answer(received=received, answered=answered, error_s=error_s, stratum=packet.stratum, leap=packet.leap)


def _kiss(packet: Packet) -> Refusal:
    """Section 7.4; a server that is only starting says INIT, or nothing, and leap indicator 3."""
    code = packet.reference_id
    if code == b"RATE":
        return Refusal.RATE
    if code in (b"DENY", b"RSTR"):
        return Refusal.DENY
    return Refusal.UNSYNCHRONISED if packet.leap == UNSYNCHRONISED else Refusal.KISS


def _short(seconds: float) -> int:
    """Seconds as 16 bits and 16 bits of fraction."""
    return min(max(round(seconds * 65536), 0), _ERA - 1)
