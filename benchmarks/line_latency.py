"""How soon a change in the dispatching database is at the station, and what real time makes of a bad line.

    python benchmarks/line_latency.py [--changes CHANGES] [--seconds SECONDS]

The gateway is a process that asks an SQLite file five times a second, as in service; the line is another process that
relays between two pseudo-terminals at the baud rate; the receiver is the station's own. The database holds the real
day's calls where STATIONMASTER_TEST_DATA names its folder, else as many of the sample station's.

- Latency: `--changes` calls change, one at a time, at moments unrelated to anything. The time runs from the return of
  the commit until the hub is told. The baseline is half a question's interval and the time that the line takes for a
  telegram of one call; waiting for what the line is carrying just then is above that. What the hub then does is in
  `station.py`, up to the board.
- A bad line, for `--seconds`, with a change each second: wrong values that were told, and the ages of all calls, looked
  at each half second; where a fault falls every 10,000 bits, and on a line that is well.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from measured import Measured, against, hand_on, share, told

from stationmaster_base.logging import configure_logging

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.line_calls import changed, day_rows, timetable
from support.line_processes import LineProcesses

CALLS = 135
POLL_HZ = 5
BAUDS = (2400, 9600, 19200, 115200)
ONE_CALL_BYTES = 54
"""Bytes of a telegram with one changed call, as `line.py` measures them."""
FAULTS = {"none": None, "independent": {"flip": 1e-4}, "cuts": {"cuts": 1e-3, "cut_bytes": 200.0}}


def main() -> None:
    """Measure, print, hand on."""
    parser = argparse.ArgumentParser(description="latency from commit to hub, and a bad line in real time")
    parser.add_argument("--changes", type=int, default=20, help="at each rate")
    parser.add_argument("--seconds", type=float, default=6.0, help="on each bad line")
    wanted = parser.parse_args()
    configure_logging("line_latency", level=logging.WARNING)
    results: list[Measured] = []
    print(f"timetable: {timetable().name}, {CALLS} calls; from commit to hub, seconds")
    print("  baud  median    p95  longest")
    for baud in BAUDS:
        results += latency(baud, wanted.changes)
    print("\nin real time, a change each second; a call's age: median/95 of 100/longest, seconds")
    print("  baud  faults       telegrams  refused  wrong  complete after  age of a call      news after")
    for baud in BAUDS[1:]:
        for name, faults in FAULTS.items():
            results += bad_line(baud, name, faults, wanted.seconds)
    print("baseline of a latency: half a question's interval, and the telegram's time on the line")
    print(told(results))
    hand_on(results)


def latency(baud: int, changes: int) -> list[Measured]:
    """From commit to hub at one rate."""
    dice = random.Random(baud)
    rows = day_rows(timetable(), CALLS, reported=True)
    with tempfile.TemporaryDirectory() as folder:
        line = LineProcesses(Path(folder), baud, poll_hz=POLL_HZ)
        try:
            line.write(rows)
            line.start()
            if not line.until(lambda: line.receiver.complete, 120):
                raise RuntimeError(f"not complete: {line.receiver.status()}")
            waits = []
            for _ in range(changes):
                line.until(lambda: False, 0.3 + dice.random() * 0.4)
                news = changed(rows, dice, 1)
                (record,) = line.write(news)
                begun = time.monotonic()
                rows |= news
                if not line.until(lambda record=record: record in line.arrived, 60):  # type: ignore[misc]  # no lambda takes its type from a default
                    raise RuntimeError(f"not told: {record}")
                waits.append(line.arrived[record] - begun)
        finally:
            line.close()
    print(f"{baud:6}  {share(waits, 0.5):6.3f} {share(waits, 0.95):6.3f}  {max(waits):7.3f}", flush=True)
    baseline = 0.5 / POLL_HZ + ONE_CALL_BYTES * 10 / baud
    return [
        against(f"from commit to hub at {baud}, median", share(waits, 0.5), "s", baseline),
        against(f"from commit to hub at {baud}, p95", share(waits, 0.95), "s", baseline),
    ]


def bad_line(baud: int, name: str, faults: dict[str, float] | None, seconds: float) -> list[Measured]:
    """Wrong values and ages at one rate, with faults of a kind."""
    dice = random.Random(baud)
    rows = day_rows(timetable(), CALLS, reported=True)
    with tempfile.TemporaryDirectory() as folder:
        line = LineProcesses(Path(folder), baud, faults=faults, poll_hz=POLL_HZ)
        try:
            line.write(rows)
            line.start()
            begun = time.monotonic()
            if not line.until(lambda: line.receiver.complete, 120):
                raise RuntimeError(f"not complete: {line.receiver.status()}")
            complete = time.monotonic() - begun
            ages: list[float] = []
            commits = {}
            for number in range(int(2 * seconds)):
                if number % 2 == 0:
                    news = changed(rows, dice, 1)
                    rows |= news
                    commits[line.write(news)[0]] = time.monotonic()
                line.until(lambda: False, 0.5)
                ages += [age for _, age in line.receiver.ages()]
            line.until(lambda: all(record in line.arrived for record in commits), 5)  # some are overtaken by newer ones
            counters = line.receiver.status().lines[0].counters
            waits = [line.arrived[record] - at for record, at in commits.items() if record in line.arrived]
        finally:
            line.close()
    refused = counters.crc_errors + counters.framing_errors + counters.malformed
    print(
        f"{baud:6}  {name:11}  {counters.frames:9}  {refused:7}  {len(line.wrong):5}  {complete:14.2f}"
        f"  {share(ages, 0.5):5.2f}/{share(ages, 0.95):5.2f}/{max(ages):5.2f}"
        f"  {share(waits, 0.5):4.2f}/{share(waits, 0.95):4.2f}",
        flush=True,
    )
    wrong = float(len(line.wrong))
    return [
        Measured(
            name=f"{baud}, real time, faults: {name}: wrong values", value=wrong, unit="", budget="none", ok=not wrong
        )
    ]


if __name__ == "__main__":
    main()
