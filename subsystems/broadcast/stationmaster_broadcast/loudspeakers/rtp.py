"""Sound in packets: RTP (RFC 3550) with the audio formats of RFC 3551 that loudspeakers on a network know.

G.711 in A-law and mu-law, 8000 samples a second in a byte each, and L16, whole samples in network order. Pure: samples
go in, bytes come out; when and whereto is for `rtp_output`. Sender reports tell listeners which packet belongs to which
moment, and a goodbye tells them that no more will come.
"""

from __future__ import annotations

import ipaddress
import struct
import sys
from array import array
from dataclasses import dataclass
from functools import cache

__all__ = [
    "FORMATS",
    "RATES",
    "AudioFormat",
    "RtpStream",
    "audio_format",
    "goodbye",
    "sender_report",
    "session_description",
]

PCMU, PCMA, L16_44100 = 0, 8, 11
"""Payload types that RFC 3551, table 4, fixes."""

DYNAMIC = 96
"""The first payload type that has no fixed meaning."""

FORMATS = ("pcma", "pcmu", "l16")
RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Samples a second of L16; each has a whole number of samples in 10 ms or in 20 ms."""

LARGEST = 1400
"""Bytes of sound in a packet, so that it goes through any network whole."""

_NTP_ERA = 2_208_988_800
"""Seconds from 1900, where RFC 3550's clock begins, to 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    """How samples become bytes: `rate` of them a second, `samples` in a packet, each of `width` bytes."""

    name: str
    payload_type: int
    rate: int
    samples: int
    width: int

    @property
    def packet_s(self) -> float:
        """Seconds of sound in a packet."""
        return self.samples / self.rate

    def encode(self, samples: array[int]) -> bytes:
        """Samples of 16 bits as the payload of a packet."""
        if self.name == "l16":
            if sys.byteorder == "little":
                samples = array("h", samples)
                samples.byteswap()
            return samples.tobytes()
        table = _a_law() if self.name == "pcma" else _mu_law()
        return bytes([table[sample] for sample in samples])


def audio_format(name: str, rate: int = 8000, payload_type: int | None = None) -> AudioFormat:
    """One of `FORMATS`; `rate` and `payload_type` count for L16 alone, whose type is fixed for 44100 Hz only.

    20 ms a packet, as RFC 3551 has it, or 10 ms where that would be longer than `LARGEST`.
    """
    if name != "l16":
        return AudioFormat(name=name, payload_type=PCMA if name == "pcma" else PCMU, rate=8000, samples=160, width=1)
    if payload_type is None:
        payload_type = L16_44100 if rate == 44100 else DYNAMIC
    per_second = 50 if 2 * rate // 50 <= LARGEST else 100
    return AudioFormat(name=name, payload_type=payload_type, rate=rate, samples=rate // per_second, width=2)


class RtpStream:
    """One source's packets: numbers them, and stamps them with the moment of their first sample.

    A spurt is sound without a pause; its first packet bears the marker. Between spurts nothing is sent and the
    timestamp goes on with machine time, so that a listener knows how long it was silent.

    Args:
        audio: the format.
        ssrc: who sends: any 32 bits that no other source has.
        sequence: the first packet's number, 16 bits, and
        timestamp: what the stamp counts from, 32 bits; both any, so that nobody can guess them.

    """

    def __init__(self, audio: AudioFormat, *, ssrc: int, sequence: int, timestamp: int) -> None:
        self.audio = audio
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self._sequence = sequence & 0xFFFF
        self._offset = timestamp & 0xFFFFFFFF
        self._next = 0
        self._first = True

    def spurt(self, at: float) -> None:
        """Sound begins at machine time `at`; never before the end of the last spurt."""
        self._next = max(self._next, self.stamp_of(at))
        self._first = True

    def stamp_of(self, at: float) -> int:
        """The timestamp of the machine time `at`, not yet cut to 32 bits and without the offset."""
        return round(at * self.audio.rate)

    def packet(self, payload: bytes) -> bytes:
        """The next packet. RFC 3550, 5.1: version 2, no padding, extension or contributing sources."""
        header = struct.pack(
            ">BBHII",
            0x80,
            (0x80 if self._first else 0) | self.audio.payload_type,
            self._sequence,
            (self._offset + self._next) & 0xFFFFFFFF,
            self.ssrc,
        )
        self._first = False
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._next += len(payload) // self.audio.width
        self.packets += 1
        self.octets += len(payload)
        return header + payload

    def report(self, *, machine: float, unix: float, name: str) -> bytes:
        """A sender report for this moment, given in machine time and as the time of day."""
        stamp = (self._offset + self.stamp_of(machine)) & 0xFFFFFFFF
        return sender_report(self.ssrc, unix=unix, timestamp=stamp, packets=self.packets, octets=self.octets, name=name)


def sender_report(ssrc: int, *, unix: float, timestamp: int, packets: int, octets: int, name: str) -> bytes:
    """RFC 3550, 6.4.1 and 6.5: a sender report without report blocks, and who it is (CNAME)."""
    ntp = round((unix + _NTP_ERA) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
    report = struct.pack(">BBHIQIII", 0x80, 200, 6, ssrc, ntp, timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    text = name.encode()[:255]
    items = struct.pack(">IBB", ssrc, 1, len(text)) + text + b"\0"
    items += bytes(-len(items) % 4)
    return report + struct.pack(">BBH", 0x81, 202, len(items) // 4) + items


def goodbye(ssrc: int) -> bytes:
    """RFC 3550, 6.6, after an empty receiver report, with which each compound packet has to begin."""
    return struct.pack(">BBHI", 0x80, 201, 1, ssrc) + struct.pack(">BBHI", 0x81, 203, 1, ssrc)


def session_description(audio: AudioFormat, *, name: str, address: str, port: int, hops: int) -> str:
    """What a listener needs to know of a stream (SDP, RFC 8866); any player opens it as a file `….sdp`."""
    where = f"{address}/{hops}" if ipaddress.IPv4Address(address).is_multicast else address
    encoding = {"pcma": "PCMA", "pcmu": "PCMU", "l16": "L16"}[audio.name]
    lines = (
        "v=0",
        "o=- 0 0 IN IP4 0.0.0.0",
        f"s={name}",
        f"c=IN IP4 {where}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {audio.payload_type}",
        f"a=rtpmap:{audio.payload_type} {encoding}/{audio.rate}/1",
        f"a=ptime:{round(audio.packet_s * 1000)}",
        "a=recvonly",
    )
    return "".join(f"{line}\r\n" for line in lines)


@cache
def _a_law() -> bytes:
    """The code of every sample; a negative one is found from the end, as Python counts.

    G.711, table 1: the sign, the segment's number and four bits within it, every other bit turned over.
    """
    codes = bytearray(65536)
    for value in range(0, 32768, 16):
        size = value >> 3  # 12 bits and the sign are what A-law knows
        segment = max(0, size.bit_length() - 5)
        code = (segment << 4 | (size >> max(1, segment)) & 0x0F) ^ 0x55
        codes[value : value + 16] = bytes([code | 0x80]) * 16
        codes[65536 - value - 16 : 65536 - value] = bytes([code]) * 16
    return bytes(codes)


@cache
def _mu_law() -> bytes:
    """The same for mu-law. G.711, table 2: 33 is added to 14 bits, and every bit turned over."""
    codes = bytearray(65536)
    for value in range(0, 32768, 4):
        size = min(value >> 2, 8158) + 33
        segment = size.bit_length() - 6
        code = ~(segment << 4 | (size >> (segment + 1)) & 0x0F) & 0x7F
        codes[value : value + 4] = bytes([code | 0x80]) * 4
        codes[65536 - value - 4 : 65536 - value] = bytes([code]) * 4
    return bytes(codes)
