"""How long a minute's tick and a report take with their commit: the kernel's step, and the hub's store on SQLite.

    python benchmarks/kernel_tick.py [HOURS]

The day is that of `station_day.py`: the sample station's rules, boards and zones; the simulator makes the day's
reports; each announcement is reported as done when it is due; calls that are over are dropped while it runs.
Each tick is a batch of its own for the hub's writer, and so is each report between ticks: one record of one train.
The days are run side by side, a minute of each in turn, so a ratio between them is of one and the same machine.
Beside each tick one row is changed in another SQLite file with the same durability: less than that no commit can cost.

A tick's cost is to grow with what is due and not with the day's size. That is asked in two ways:

- *10,000 calls known, 900 a day*: as much is due in a minute as with 900 calls. So it shows what existing calls cost.
- *10,000 calls in one day*: everything as it comes; eleven times as much is due in a minute as with 900.

Memory is that of a process of its own for each size, after the day has been planned and run for half an hour.
"""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from measured import Measured, against, hand_on, resident_mb, share, told
from station_day import StationDay, Ticks, sample_days

from stationmaster.hub.storage.database import database_url
from stationmaster_base.times import MINUTE, Instant

BEGIN_HOUR, HOURS = 9, 4
WARM_UP = 30
"""Minutes before `BEGIN_HOUR` that are run through and not counted."""
KEEP = 240
"""Minutes for which a call is kept after its end, so that calls are dropped in the hours that are measured."""
BUDGET_MS = 1.0
GROWTH = 1.3
SIZES: Mapping[str, Sequence[int]] = {
    "135 calls a day": [135],
    "900 calls a day": [900],
    "10,000 calls in one day": [10_000],
    "10,000 calls known, 900 a day": [900] * 11 + [100],
}
"""How many calls each date has."""
USUAL = "900 calls a day"
LARGE = ("10,000 calls known, 900 a day", "10,000 calls in one day")


class EmptyTransaction:
    """One row, changed in a transaction of its own, as durable as the hub's."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "empty.db", isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE one (n INTEGER)"):
            self._connection.execute(statement)
        self._connection.execute("INSERT INTO one VALUES (0)")

    def __call__(self) -> float:
        """Do it; the milliseconds that it took."""
        begun = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("UPDATE one SET n = n + 1")
        self._connection.execute("COMMIT")
        return (time.perf_counter() - begun) * 1000


def make_day(counts: Sequence[int], folder: Path) -> StationDay:
    """A day about to be run, with its database in `folder`."""
    day = sample_days(counts, KEEP)
    counted_from = day.at(BEGIN_HOUR)
    start = Instant(counted_from - WARM_UP * MINUTE)
    url = database_url("sqlite:///hub.db", folder)
    return StationDay(day, url, made_at=start, start=start, counted_from=counted_from)


def measure(hours: int) -> tuple[dict[str, Ticks], list[float]]:
    """Run the days side by side, a minute of each in turn; what was measured, and the empty transactions."""
    empty_taken = []
    with tempfile.TemporaryDirectory() as root, ExitStack() as ending:
        empty = EmptyTransaction(Path(root))
        running = {}
        for number, (name, counts) in enumerate(SIZES.items()):
            folder = Path(root) / str(number)
            folder.mkdir()
            running[name] = make_day(counts, folder)
            ending.callback(running[name].end)
        gc.collect()
        for _ in range(WARM_UP + hours * 60):
            for day in running.values():
                day.minute()
                empty_taken.append(empty())
        return {name: day.ticks for name, day in running.items()}, empty_taken


def show_memory(name: str) -> None:
    """Print the memory of this process before and after it has run a while of a day."""
    before = resident_mb()
    with tempfile.TemporaryDirectory() as folder:
        day = make_day(SIZES[name], Path(folder))
        for _ in range(WARM_UP):
            day.minute()
        print(before, resident_mb())
        day.end()


def memory(name: str) -> Measured:
    """The memory of a process that has this day, beside the same before it has any."""
    command = [sys.executable, __file__, "--memory", name]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    before, after = (float(word) for word in said.split())
    return against(f"kernel and store: memory, {name}", after, "MB", before)


def results_of(taken: Mapping[str, Ticks], empty: Sequence[float]) -> list[Measured]:
    """The figures of ticks and reports."""
    results = []
    medians = {name: share(ticks.whole, 0.5) for name, ticks in taken.items()}
    for name, ticks in taken.items():
        for what, values in (("tick", ticks.whole), ("report", ticks.reports)):
            judged = what == "tick" and name == USUAL
            median = share(values, 0.5)
            budget, kept = (f"≤ {BUDGET_MS:g} ms", median <= BUDGET_MS) if judged else ("", True)
            label = f"{what} with commit, {name}"
            results.append(against(f"{label}, median", median, "ms", share(empty, 0.5), budget, ok=kept))
            results.append(against(f"{label}, p95", share(values, 0.95), "ms", share(empty, 0.95)))
    for name in LARGE:
        label = f"tick, {name}, median against that of {USUAL}"
        results.append(against(label, medians[name], "ms", medians[USUAL], f"≤ {GROWTH}×", ratio=GROWTH))
    return results


def main(arguments: Sequence[str]) -> None:
    """Measure, print, hand on."""
    if arguments and arguments[0] == "--memory":
        show_memory(arguments[1])
        return
    taken, empty = measure(int(arguments[0]) if arguments else HOURS)
    print("                                  at the start            marked by a tick       tick's medians, ms")
    print("day                               calls  tasks   ticks    median    p95          kernel   commit  reports")
    for name, ticks in taken.items():
        print(
            f"{name:30} {ticks.calls:8} {ticks.tasks:6} {len(ticks.whole):7} {share(ticks.marks, 0.5):9}"
            f" {share(ticks.marks, 0.95):6} {share(ticks.kernel, 0.5):15.3f} {share(ticks.commit, 0.5):8.3f}"
            f" {len(ticks.reports):8}",
            flush=True,
        )
    results = results_of(taken, empty)
    results += [memory(name) for name in SIZES if name != LARGE[0]]
    print("baseline: one row changed in an SQLite transaction of its own, WAL, synchronous=FULL, beside each tick;")
    print("for memory, the same process before it has a station")
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main(sys.argv[1:])
