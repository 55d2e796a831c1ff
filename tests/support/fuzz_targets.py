"""What holds for any bytes at all that come from outside: a target takes them, and raises if it does not hold.

The tests give them the corpus in `tests/fuzz/corpus` and what hypothesis makes of it; `tools/fuzz.py` lets a fuzzer
loose on them. A check sum keeps almost everything that a fuzzer makes out of what is behind it, so each target also
takes the bytes for what stands within a right check sum.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path

from stationmaster_clock.nmea import Fix, NmeaReader, Sentence, checksum
from stationmaster_clock.ntp import Answer, Packet, read_answer
from stationmaster_telegram import cobs
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import LONGEST_FRAME, Header, Rejected, Telegram, compress, encode, payload_room
from stationmaster_telegram.payload import TelegramType, pack, unpack
from stationmaster_telegram.words import inflate
from support.fuzz_protocol import protocol

__all__ = ["CORPUS", "TARGETS", "nmea", "ntp", "protocol", "telegram"]

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"
_HEADER = b"QHD\0\x01\0\0\0\x01\0\0\0\x02"
_LONGEST_HELD = LONGEST_FRAME - 2
_YEARS = 3.2e11
"""Seconds: more than any sentence can name."""


def telegram(data: bytes) -> None:
    """The decoder of the line: bytes as they come, one frame's body, and one payload of each type."""
    whole = _events(data, len(data) or 1)
    assert whole == _events(data, 1), "pieces make a difference"
    body = b"\x01" + (data[:1] or b"\x01") + _HEADER + data[1:]
    if len(body) + 7 <= LONGEST_FRAME:
        framed = b"\0" + cobs.stuff(body + zlib.crc32(body).to_bytes(4, "big")) + b"\0"
        (event,) = _events(framed, 7)
        if isinstance(event, Telegram):
            _same_again(event)
    for kind in TelegramType:
        try:
            content = unpack(kind, data)
        except ValueError:
            continue
        stream = compress(content, payload_room())
        if stream is not None:
            assert unpack(kind, inflate(stream)) == content
            assert unpack(kind, pack(content)) == content


def nmea(data: bytes) -> None:
    """The reader of time sentences: bytes as they come, and a sentence with its check sum."""
    assert _sentences(data, len(data) or 1) == _sentences(data, 1), "pieces make a difference"
    body = data.translate(None, b"$*\r\n\0")
    for text in (body, b"GPRMC," + body, b"GNZDA," + body):
        _sentences(b"$%s*%02X\r\n" % (text, checksum(text)), 5)


def ntp(data: bytes) -> None:
    """The packet of the time protocol, and a server's answer to whatever question it answers."""
    packet = Packet.decode(data)
    if packet is None:
        assert len(data) < 48 or len(data) % 4
        return
    assert Packet.decode(packet.encode()) == packet
    for nonce in (packet.origin, 1):
        answer = read_answer(data, nonce)
        if isinstance(answer, Answer):
            assert nonce == packet.origin
            assert math.isfinite(answer.received)
            assert answer.received <= answer.answered < _YEARS
            assert 0 <= answer.error_s < 2


TARGETS: dict[str, Callable[[bytes], None]] = {"telegram": telegram, "nmea": nmea, "ntp": ntp, "protocol": protocol}


def _events(data: bytes, piece: int) -> list[Telegram | Rejected]:
    decoder = Decoder("QHD")
    events: list[Telegram | Rejected] = []
    for at in range(0, len(data), piece):
        decoder.receive_data(data[at : at + piece])
        assert len(decoder._held) <= _LONGEST_HELD
        events += iter(decoder.next_event, None)
    assert decoder.counters.bytes == len(data)
    assert decoder.counters.frames == sum(isinstance(event, Telegram) for event in events)
    return events


def _same_again(telegram: Telegram) -> None:
    """What was taken can be said in our own words, and is then the same."""
    header = Header(station="QHD", gateway=1, epoch=1, sequence=2)
    assert telegram.header == header
    frame = encode(header, telegram.content)
    if frame is not None:
        assert _events(frame, len(frame)) == [telegram]


def _sentences(data: bytes, piece: int) -> list[Fix | Sentence]:
    reader = NmeaReader()
    events: list[Fix | Sentence] = []
    for at in range(0, len(data), piece):
        reader.receive_data(data[at : at + piece], 7.0)
        events += iter(reader.next_event, None)
    for event in events:
        if isinstance(event, Fix):
            assert math.isfinite(event.at)
            assert abs(event.at) < _YEARS
    return events
