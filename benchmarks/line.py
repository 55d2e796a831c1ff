"""What the one-way line carries: bytes per call, and seconds for the full state at each rate.

    python benchmarks/line.py [TIMETABLE.csv]

The calls are those of the timetable (the sample station's unless told), repeated on following days where they are
too few. Every telegram is made by the gateway's own schedule and read by the receiver's own decoder.
"""

from __future__ import annotations

import csv
import json
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from measured import Measured, against, hand_on, told

from stationmaster_base.times import Instant
from stationmaster_dmis.ledger import Ledger
from stationmaster_gateway.database import Reading
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.rows import Rows
from stationmaster_gateway.schedule import Schedule
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import Header, Telegram
from stationmaster_telegram.records import CallRecord, Calls, DatabaseState, day_start

SAMPLE = Path(__file__).parent.parent / "stations" / "sample" / "timetable.csv"
BYTES_PER_S = {9600: 960, 115200: 11520}
"""Bytes per second at a rate: ten bits for each, with start and stop bit."""

FIRST_DAY = date(2026, 3, 1)
UTC_AHEAD = 8 * 3600
NOW = 12 * 3600


def runs(timetable: Path, count: int, *, reported: bool) -> dict[int, Rows]:
    """Database rows for `count` calls; with `reported`, those before noon of the first day have come and gone."""
    with timetable.open(encoding="utf-8-sig", newline="") as file:
        calls = list(csv.DictReader(file))
    rows: dict[int, Rows] = {}
    for number in range(count):
        day = FIRST_DAY + timedelta(days=number // len(calls))
        call = calls[number % len(calls)]
        run = day.toordinal() % 1000 * 10_000 + number % len(calls) + 1
        arrival, departure = (utc(day, call[name]) for name in ("arr", "dep"))
        late = number % 3 * 60
        actual = [
            (run, event, iso(planned + late))
            for event, planned in (("arrival", arrival), ("departure", departure))
            if planned is not None and reported and planned < day_start(FIRST_DAY) + NOW - UTC_AHEAD
        ]
        texts = [call[name] for name in ("train", "train_class", "kind", "origin", "destination")]
        times = [None if planned is None else iso(planned) for planned in (arrival, departure)]
        track = call.get("track") or str(number % 14 + 1)
        rows[run] = Rows(run=run, base=(run, day.isoformat(), *texts, *times, track), reports=tuple(actual))
    return rows


def utc(day: date, clock: str) -> Instant | None:
    """The instant of a local HH:MM."""
    if not clock:
        return None
    hours, minutes = clock.split(":")
    return Instant(day_start(day) + int(hours) * 3600 + int(minutes) * 60 - UTC_AHEAD)


def iso(instant: int) -> str:
    """As the database writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


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


def as_json(calls: Sequence[CallRecord]) -> bytes:
    """The same calls as compact JSON, without what has its usual value."""
    plain = [{name: value for name, value in asdict(call).items() if value not in (None, "", False)} for call in calls]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=str).encode()


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
    timetable = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    results: list[Measured] = []
    print(f"timetable: {timetable.name}")
    print("calls  reported  telegrams  bytes  per call  until proven  9600 Bd  115200 Bd   JSON  JSON deflated")
    for count, reported in ((135, False), (400, False), (400, True), (900, True)):
        rows = runs(timetable, count, reported=reported)
        call_bytes, telegrams, all_bytes, calls = transmit(rows)
        text = as_json(calls)
        deflated = len(zlib.compress(text, 9))
        print(
            f"{count:5}  {'noon' if reported else 'none':8}  {telegrams:9}  {call_bytes:5}  {call_bytes / count:8.1f}"
            f"  {all_bytes:12}  {all_bytes / 960:6.2f}s  {all_bytes / 11520:8.2f}s"
            f"  {len(text):5}  {deflated:13}"
        )
        results += full_state(
            f"{count} calls, {'half of them reported' if reported else 'none reported'}",
            count,
            call_bytes,
            all_bytes,
            deflated,
        )
    rows = runs(timetable, 400, reported=True)
    results.append(Measured(name="one changed call alone", value=one_change(rows), unit="bytes"))
    results += working_time(rows)
    print("baselines: the same calls as one piece of JSON, deflated at level 9; for seconds, that piece at the line's")
    print("rate, without frames, checks or proof; for a telegram's working time, its time on the line at 115200")
    print(told(results))
    hand_on(results)


def full_state(what: str, count: int, call_bytes: int, all_bytes: int, json_bytes: int) -> list[Measured]:
    """Bytes per call, and the seconds until the receiver has proof that it has everything, at both rates."""
    results = [against(f"{what}: bytes per call", call_bytes / count, "bytes", json_bytes / count)]
    for baud, per_second in BYTES_PER_S.items():
        name = f"{what}: full state, proven, at {baud}"
        results.append(against(name, all_bytes / per_second, "s", json_bytes / per_second))
    return results


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
