"""What the one-way line carries: bytes per call, seconds for the full state, a storm, and what it costs processors.

    python benchmarks/line.py [TIMETABLE.csv]

The calls are those of the timetable: unless told the real day's, where STATIONMASTER_TEST_DATA names its folder, else
the sample station's. They are repeated on following days where they are too few. Every telegram is made by the
gateway's own schedule and read by the receiver's own decoder and ledger.

The same calls are written as one piece of JSON and one of XML, without what has its usual value, plain and deflated at
level 9; these have no frames, no checks and no proof, and one damaged byte would lose all of a deflated piece. The
line's limit is the time that each call's telegram takes once at the line's rate, with nothing else on the line.
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree as ET

from measured import Measured, against, hand_on, share, told

from stationmaster_dmis.ledger import Ledger
from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Schedule
from stationmaster_simulator.line_faults import LineFaults
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Header, Telegram
from stationmaster_telegram.records import CallRecord, Calls, DatabaseState

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.line_calls import day_rows, timetable
from support.line_trial import Trial

BYTES_PER_S = {9600: 960, 19200: 1920, 115200: 11520}
"""Bytes per second at a rate: ten bits for each, with start and stop bit."""


def transmit(rows: dict[int, Rows]) -> tuple[int, int, int, list[CallRecord]]:
    """Send the full state once: bytes and telegrams of calls, all bytes until it is proven complete, the calls."""
    mirror = Mirror()
    schedule = Schedule(mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
    decoder, ledger = Decoder("QHD"), Ledger()
    schedule.changed(mirror.apply(Reading(whole=True, runs=rows)))
    schedule.database(DatabaseState.GOOD, 0.0)
    now, call_bytes, telegrams, all_bytes = 0.0, 0, 0, 0
    while not ledger.complete:
        outgoing = schedule.next_telegram(now)
        now += len(outgoing.frame) / 11520
        schedule.sent(outgoing, now)
        all_bytes += len(outgoing.frame)
        if isinstance(outgoing.content, Calls):
            telegrams += 1
            call_bytes += len(outgoing.frame)
        decoder.receive_data(outgoing.frame)
        while (event := decoder.next_event()) is not None:
            if isinstance(event, Telegram):
                ledger.take(event, now)
    return call_bytes, telegrams, all_bytes, sorted(mirror.calls.values(), key=lambda call: call.run)


def plain(calls: Sequence[CallRecord]) -> list[dict[str, object]]:
    """Names and values, without what has its usual value."""
    return [{name: value for name, value in asdict(call).items() if value not in (None, "", False)} for call in calls]


def as_json(calls: Sequence[CallRecord]) -> bytes:
    """The calls as compact JSON."""
    return json.dumps(plain(calls), ensure_ascii=False, separators=(",", ":"), default=str).encode()


def as_xml(calls: Sequence[CallRecord]) -> bytes:
    """The calls as XML: an element each, a value an attribute, no white space."""
    top = ET.Element("calls")
    for call in plain(calls):
        values = {
            name: " ".join(value) if isinstance(value, tuple) else str(int(value) if isinstance(value, int) else value)
            for name, value in call.items()
        }
        ET.SubElement(top, "call", values)
    return ET.tostring(top, encoding="utf-8")


def one_change(rows: dict[int, Rows]) -> int:
    """Bytes of the telegram that carries one changed call."""
    run, call = next(iter(rows.items()))
    mirror = Mirror()
    schedule = Schedule(mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
    schedule.changed(mirror.apply(Reading(whole=True, runs={run: call})))
    schedule.database(DatabaseState.GOOD, 0.0)
    while True:
        outgoing = schedule.next_telegram(0.0)
        schedule.sent(outgoing, 0.0)
        if isinstance(outgoing.content, Calls):
            return len(outgoing.frame)


def main() -> None:
    """Measure, print, hand on."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else timetable()
    results: list[Measured] = []
    print(f"timetable: {source.name}")
    print("calls  reported  telegrams  bytes  per call  until proven  JSON   deflated  XML     deflated")
    for count, reported in ((135, False), (135, True), (400, False), (400, True), (900, True)):
        results += full_state(source, count, reported=reported)
    rows = day_rows(source, 400, reported=True)
    results.append(Measured(name="one changed call alone", value=one_change(rows), unit="bytes"))
    for count in (135, 900):
        results += storm(day_rows(source, count, reported=True))
    results += working_time(rows)
    print("baselines: for bytes per call, the same calls as said; for seconds, the line's limit; for a storm, the time")
    print(
        "that a telegram of each call takes at this rate; for a telegram's working time, its time on the line at 115200"
    )
    print(told(results))
    hand_on(results)


def full_state(source: Path, count: int, *, reported: bool) -> list[Measured]:
    """Bytes per call, and the seconds until the receiver has proof that it has everything, at each rate."""
    call_bytes, telegrams, all_bytes, calls = transmit(day_rows(source, count, reported=reported))
    others = {}
    for name, text in (("JSON", as_json(calls)), ("XML", as_xml(calls))):
        others[name] = len(text)
        others[f"{name}, deflated"] = len(zlib.compress(text, 9))
    print(
        f"{count:5}  {'noon' if reported else 'none':8}  {telegrams:9}  {call_bytes:5}  {call_bytes / count:8.1f}"
        f"  {all_bytes:12}  " + "  ".join(f"{size:6}" for size in others.values())
    )
    what = f"{count} calls, {'half of them reported' if reported else 'none reported'}"
    results = [
        against(f"{what}: bytes per call, against {name}", call_bytes / count, "bytes", size / count)
        for name, size in others.items()
    ]
    for baud, per_second in BYTES_PER_S.items():
        name = f"{what}: full state, proven, at {baud}, against the line's limit"
        results.append(against(name, all_bytes / per_second, "s", call_bytes / per_second))
    return results


def storm(rows: dict[int, Rows]) -> list[Measured]:
    """Every call changes at once, on a line at 9600 baud that is well: when the receiver has what is new of each."""
    trial = Trial(rows, 9600, LineFaults(1))
    trial.live(30)
    waits, oldest = trial.storm(600)
    limit = transmit(dict(trial.rows))[0] / BYTES_PER_S[9600]
    what = f"storm of {len(rows)} calls at 9600"
    print(f"{what}: told {len(waits)}, median after {share(waits, 0.5):.1f} s")
    return [
        against(f"{what}: all are told after", waits[-1], "s", limit, ok=len(waits) == len(rows)),
        Measured(name=f"{what}: half of them are told after", value=share(waits, 0.5), unit="s"),
        Measured(name=f"{what}: oldest age of a call meanwhile", value=oldest, unit="s"),
    ]


def working_time(rows: dict[int, Rows]) -> list[Measured]:
    """What a telegram costs the processors at both ends, against the time that the line takes for it."""
    count = 20_000
    mirror = Mirror()
    schedule = Schedule(mirror, Header(station="QHD", gateway=1, epoch=1, sequence=1), lambda: 2)
    schedule.changed(mirror.apply(Reading(whole=True, runs=rows)))
    begun = time.process_time()
    frames = []
    for number in range(count // 10):
        outgoing = schedule.next_telegram(number / 48)
        schedule.sent(outgoing, number / 48)
        frames.append(outgoing.frame)
    made = (time.process_time() - begun) / len(frames) * 1e6
    decoder = Decoder("QHD")
    begun = time.process_time()
    for _ in range(10):
        for frame in frames:
            decoder.receive_data(frame)
            decoder.next_event()
    read = (time.process_time() - begun) / count * 1e6
    on_line = sum(map(len, frames)) / len(frames) / BYTES_PER_S[115200] * 1e6
    return [
        against("making one telegram", made, "µs", on_line),
        against("reading one telegram", read, "µs", on_line),
    ]


if __name__ == "__main__":
    main()
