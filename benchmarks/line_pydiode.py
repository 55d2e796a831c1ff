"""Goodput and loss of the line against the published algorithm of pydiode, on the same simulated line.

    python benchmarks/line_pydiode.py [--transfers TRANSFERS]

pydiode (PyPI, 1.0.0) sends a stream through a data diode. It cuts data into chunks and a chunk into packets of one
length, each with the chunk's colour (red and blue in turn), the number of the chunk's packets, and its own place; the
packets of a chunk are sent `redundancy` times over. A receiver that has each packet at least once has the chunk. What
is here was written after that algorithm, since the package itself speaks UDP and keeps time by the wall clock: it is
not used. pydiode takes it that packets come whole or not at all; so that this is so on a serial line, its packets are
given what our telegrams have, which is delimiters, COBS and a CRC-32, within the same 240 bytes.

Compared is the full state of a day. As pydiode's users would, one writes it as JSON, deflates it in one piece, and
sends that as a chunk, `redundancy` times over; then the next state, which differs. Ours is a gateway that has just
started, and a receiver, for as many bytes on the line.

- loss: the share of the calls that are not there after these bytes. A chunk with a hole gives none of its calls, since
  a deflated piece cannot be read past a hole; of ours those calls are missing whose telegrams never came.
- goodput: bytes of deflated JSON's worth of calls that came, for a byte on the line.
- wrong: chunks that were put together of packets of two chunks and handed on; pydiode keeps packets of a chunk that was
  not completed for the next chunk of this colour, and finds it out at the end of the stream, by a digest.
"""

from __future__ import annotations

import argparse
import json
import math
import struct
import sys
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from measured import Measured, against, hand_on, told

from stationmaster_dmis.ledger import Ledger
from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.rows import Rows, merge
from stationmaster_gateway.schedule import Schedule
from stationmaster_simulator.line_faults import LineFaults
from stationmaster_telegram import cobs
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import LONGEST_FRAME, Header, Telegram
from stationmaster_telegram.records import DatabaseState

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.line_calls import day_rows, timetable
from support.line_trial import RATES, faults_of

HEADER = struct.Struct("<cHHH")
"""pydiode's: colour, packets of the chunk, which of them, bytes of payload."""
PAYLOAD = LONGEST_FRAME - 3 - 4 - HEADER.size
REDUNDANCY = (2, 4)
"""Twice, and as often as our gateway tells a change: once, and three repeats."""
KINDS = ("independent", "bursts", "lost and added bytes")
CALLS = (135, 400)


class PydiodeSender:
    """One chunk after another, as frames."""

    def __init__(self, redundancy: int) -> None:
        self._redundancy = redundancy
        self._colour = b"R"

    def frames(self, chunk: bytes) -> list[bytes]:
        """The frames of a chunk, `redundancy` times over."""
        count = math.ceil(len(chunk) / PAYLOAD)
        frames = []
        for number in range(count):
            payload = chunk[number * PAYLOAD : (number + 1) * PAYLOAD]
            body = HEADER.pack(self._colour, count, number, len(payload)) + payload.ljust(PAYLOAD, b"\0")
            frames.append(b"\0" + cobs.stuff(body + zlib.crc32(body).to_bytes(4, "big")) + b"\0")
        self._colour = b"B" if self._colour == b"R" else b"R"
        return frames * self._redundancy


class PydiodeReceiver:
    """Gathers packets; a chunk is complete when each of its packets came."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self._held = b""
        self._completed = {b"R": False, b"B": False}
        self._packets: dict[bytes, dict[int, bytes]] = {b"R": {}, b"B": {}}

    def receive_data(self, data: bytes) -> None:
        """Take bytes off the line."""
        *ended, self._held = (self._held + data).split(b"\0")
        for stuffed in ended:
            try:
                whole = cobs.unstuff(stuffed)
            except ValueError:
                continue
            body, check = whole[:-4], whole[-4:]
            if len(body) == HEADER.size + PAYLOAD and zlib.crc32(body).to_bytes(4, "big") == check:
                self._packet(body)

    def _packet(self, body: bytes) -> None:
        colour, count, number, length = HEADER.unpack_from(body)
        if self._completed[colour]:
            return
        packets = self._packets[colour]
        packets[number] = body[HEADER.size : HEADER.size + length]
        if len(packets) == count:
            self.chunks.append(b"".join(packets.get(each, b"") for each in range(count)))
            self._completed[colour] = True
            self._packets[colour] = {}
            self._completed[b"B" if colour == b"R" else b"R"] = False


def pydiode(chunks: Sequence[bytes], redundancy: int, faults: LineFaults) -> tuple[float, int, int]:
    """The share of the chunks that came whole, how many came wrong, and the bytes on the line for one."""
    sender, receiver = PydiodeSender(redundancy), PydiodeReceiver()
    size = 0
    for chunk in chunks:
        for frame in sender.frames(chunk):
            size += len(frame)
            receiver.receive_data(faults.pass_on(frame))
    receiver.receive_data(b"\0")
    came = sum(each in chunks for each in receiver.chunks)
    return came / len(chunks), len(receiver.chunks) - came, size // len(chunks)


def ours(rows: dict[int, Rows], size: int, transfers: int, faults: LineFaults) -> float:
    """The share of the calls that a receiver has after `size` bytes, in the mean of so many starts of a gateway."""
    had = 0
    for _ in range(transfers):
        mirror = Mirror()
        schedule = Schedule(mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
        schedule.changed(mirror.apply(Reading(whole=True, runs=rows)))
        schedule.database(DatabaseState.GOOD, 0.0)
        decoder, ledger, passed = Decoder("QHD"), Ledger(), 0
        while passed < size:
            now = passed / 960
            outgoing = schedule.next_telegram(now)
            schedule.sent(outgoing, now)
            passed += len(outgoing.frame)
            decoder.receive_data(faults.pass_on(outgoing.frame))
            for event in iter(decoder.next_event, None):
                if isinstance(event, Telegram):
                    ledger.take(event, now)
        had += ledger.calls
    return had / transfers / len(rows)


def main() -> None:
    """Measure, print, hand on."""
    parser = argparse.ArgumentParser(description="goodput and loss against pydiode's algorithm")
    parser.add_argument("--transfers", type=int, default=30)
    transfers = parser.parse_args().transfers
    results: list[Measured] = []
    print(f"timetable: {timetable().name}; {transfers} transfers each; loss and goodput: ours, pydiode")
    print(
        "calls  redundancy  faults per bit  kind                  bytes    loss            goodput         wrong chunks"
    )
    for count in CALLS:
        rows = day_rows(timetable(), count, reported=True)
        states = [{"state": number, "calls": as_plain(rows)} for number in range(transfers)]
        chunks = [zlib.compress(json.dumps(state, ensure_ascii=False).encode(), 9) for state in states]
        for redundancy in REDUNDANCY:
            for rate in RATES:
                for kind in KINDS:
                    theirs, wrong, size = pydiode(chunks, redundancy, faults_of(kind, rate, 1))
                    share = ours(rows, size, transfers, faults_of(kind, rate, 1))
                    worth = len(chunks[0]) / size
                    print(
                        f"{count:5}  {redundancy:10}  {rate:14.0e}  {kind:20}  {size:5}"
                        f"  {1 - share:7.2%} {1 - theirs:7.2%}  {share * worth:6.3f}  {theirs * worth:6.3f}  {wrong:5}",
                        flush=True,
                    )
                    if kind == "independent":
                        what = f"{count} calls, redundancy {redundancy}, a fault every {1 / rate:,.0f} bits"
                        results.append(figure(f"{what}: goodput against pydiode's", share * worth, theirs * worth))
    print(told(results))
    hand_on(results)


def figure(name: str, value: float, baseline: float) -> Measured:
    """A figure against pydiode's, which may be none at all."""
    unit = "bytes a byte"
    return against(name, value, unit, baseline) if baseline else Measured(name=f"{name}, 0", value=value, unit=unit)


def as_plain(rows: dict[int, Rows]) -> list[dict[str, object]]:
    """The calls as JSON has them, without what has its usual value."""
    calls = (asdict(merge(row)) for row in rows.values())
    return [
        {name: str(value) if name == "day" else value for name, value in call.items() if value not in (None, "", False)}
        for call in calls
    ]


if __name__ == "__main__":
    main()
