"""A whole station of real processes: its memory, its processor time, its start, and how soon a board shows a change.

    python benchmarks/station.py

The sample station with a silent speech engine. Its hub keeps five days' calls, about 900.

- Two busy hours are stepped minute by minute, as the system tests do; memory is the proportional set size, children
  included, and the processor time of the hub and the subsystems includes answering the questions that stepping asks.
- A start is timed from the moment at which all processes are started, until `/api/v1/boards` of guidance has a row.
- With the clock running at rate 1 and the gateway asking the database five times a second, as in service, expected
  departures are changed in the dispatching database, one at a time, at moments unrelated to anything. The time runs
  from the return of the commit until a board's stream of states has brought the row. The baseline is the time
  that the line alone takes for the telegram with the one call; waiting for the next question (0.1 s on average)
  and for what the line is carrying just then is above that.
"""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
from measured import Measured, against, hand_on, share, told

from stationmaster.station.load import load_station
from stationmaster_base.clock import Anchor, write_anchor
from stationmaster_base.times import MINUTE, Instant, from_iso, to_iso

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.limits import memory_of  # noqa: E402 - the tests' own station, which is not installed
from support.real_station import SUBSYSTEMS, Process, RealStation, Web, real_station  # noqa: E402 - as above

SAMPLE = ROOT / "stations" / "sample"
ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = from_iso("2026-03-01T23:00:00Z")  # 07:00 at the station
HOURS = 2
CHANGES = 24
PATIENCE_S = 60.0
WATCHED_S = 20.0

MEMORY_MB = {"hub": 200.0, "gateway": 60.0}
TOGETHER_MB = 1073.7
START_S = 3.0
LATENCY_S = {115200: 1.0, 9600: 3.0}


def make(folder: Path, baud: int | None = None) -> RealStation:
    """A station in a folder; with a rate, its line and its gateway are set as in service."""
    telecode = load_station(SAMPLE).configuration.station.telecode
    tables: dict[str, dict[str, object]] = {"gateway": {"station": telecode}, "broadcast": {"engine": "silent"}}
    if baud is not None:
        tables["gateway"] |= {"baud": baud, "poll_hz": 5}
        tables |= {"hub": {"baud": baud}, "line": {"baud": baud}}
    return RealStation(folder=folder, station=SAMPLE, start=BEGIN, tables=tables)


def until(what: str, ask: Callable[[], object]) -> None:
    """The first true answer; while a process does not answer, that is none."""
    ending = time.monotonic() + PATIENCE_S
    while time.monotonic() < ending:
        try:
            if ask():
                return
        except OSError:
            pass
        time.sleep(0.005)
    raise RuntimeError(f"Not so after {PATIENCE_S} s: {what}")


def rows_shown(guidance: Process) -> int:
    """How many rows there are on all boards."""
    boards = guidance.web_json("/api/v1/boards")["boards"]
    return sum(len(board["rows"]) for board in boards.values())


def processor_s(process: Process) -> float:
    """Seconds of processor time of a process and its children, living and waited for."""
    of = psutil.Process(process.pid)
    times = [of.cpu_times(), *(child.cpu_times() for child in of.children(recursive=True))]
    return sum(each.user + each.system for each in times) + times[0].children_user + times[0].children_system


# Two busy hours.


def busy_hours(folder: Path) -> list[Measured]:
    """Memory at the end and at most, and processor time."""
    results = []
    with real_station(make(folder)) as station:
        calls = station.processes["hub"].health()["calls"]
        before = {name: processor_s(process) for name, process in station.processes.items()}
        most: dict[str, float] = {}
        together = 0.0

        def look(now: Instant) -> None:
            nonlocal together
            if now % (15 * MINUTE) == 0:
                used = {name: memory_of([process.pid]) / 1e6 for name, process in station.processes.items()}
                most.update({name: max(size, most.get(name, 0.0)) for name, size in used.items()})
                together = max(together, sum(used.values()))

        begun = time.monotonic()
        station.run_to(Instant(BEGIN + HOURS * 60 * MINUTE), look)
        print(f"{HOURS} busy hours with {calls} calls known took {time.monotonic() - begun:.1f} s of machine time")
        for name, process in station.processes.items():
            spent = (processor_s(process) - before[name]) / HOURS
            if name in ("hub", *SUBSYSTEMS):
                results.append(Measured(name=f"{name}: processor time for a busy hour, stepped", value=spent, unit="s"))
        for name, size in most.items():
            budget = MEMORY_MB.get(name)
            results.append(
                Measured(
                    name=f"{name}: memory",
                    value=size,
                    unit="MB",
                    budget="" if budget is None else f"< {budget:g} MB",
                    ok=budget is None or size < budget,
                )
            )
        results.append(
            Measured(
                name="all processes: memory", value=together, unit="MB", budget="≤ 1 GiB", ok=together <= TOGETHER_MB
            )
        )
    return results


# Starting.


def started(station: RealStation, names: tuple[str, ...]) -> float:
    """Start these processes; the seconds until guidance shows a row."""
    guidance = station.processes["guidance"]
    begun = time.monotonic()
    for name in names:
        station.processes[name].start()
    until("guidance shows rows", lambda: rows_shown(guidance))
    return time.monotonic() - begun


def starts(folder: Path) -> list[Measured]:
    """Nothing there yet; all there from before; and guidance alone, with the hub running and with no hub at all."""
    station = make(folder, 115200)
    everything = tuple(station.processes)

    def stop(names: tuple[str, ...]) -> None:
        for name in names:
            station.processes[name].stop()

    def answering() -> bool:
        return all(process.web is None or process.health() for process in station.processes.values())

    try:
        cold = started(station, everything)
        until("all answer", answering)
        station.settle()
        stop(everything)
        warm = started(station, everything)
        until("all answer", answering)
        stop(("guidance",))
        guidance = started(station, ("guidance",))
        stop(tuple(name for name in everything if name != "line"))
        alone = started(station, ("guidance",))
        stop(("guidance", "line"))
    finally:
        station.kill()
    budget = f"< {START_S:g} s"
    return [
        Measured(name=name, value=value, unit="s", budget=budget, ok=value < START_S)
        for name, value in (
            ("first rows, all processes started with empty databases", cold),
            ("first rows, all processes started again", warm),
            ("first rows, guidance alone started again", guidance),
            ("first rows, guidance started again without a hub", alone),
        )
    ]


# From a commit to a board.


def states(port: int, board: str) -> Iterator[dict[str, object]]:
    """The states that a board's page is sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", f"/board/{board}/events")
    with connection.getresponse() as answer:
        for line in answer:
            if line.startswith(b"data:"):
                yield json.loads(line[5:])


class Dispatchers:
    """Changes expected departures in the dispatching database."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, isolation_level=None, timeout=10)

    def run_of(self, call: str) -> int | None:
        """The run of a call, by its id; None if its times are not to be touched."""
        _, day, number, _ = call.split("/")
        found = self._database.execute(
            "SELECT base_timetable.run_id FROM base_timetable LEFT JOIN stage_plan USING (run_id)"
            " WHERE service_date = ? AND (train = ? OR train LIKE ?)"
            " AND COALESCE(running, 'scheduled') = 'scheduled' AND NOT COALESCE(departure_unknown, 0)",
            (day, number, f"{number}/%"),
        ).fetchone()
        return None if found is None else found[0]

    def expect(self, run: int, late: int) -> str:
        """Let a run depart so many minutes after its planned time; the local HH:MM of that."""
        execute = self._database.execute
        execute("BEGIN IMMEDIATE")
        (planned,) = execute("SELECT departure FROM base_timetable WHERE run_id = ?", (run,)).fetchone()
        (counter,) = execute("SELECT value + 1 FROM change_counter").fetchone()
        departure = datetime.fromisoformat(planned) + timedelta(minutes=late)
        text = to_iso(Instant(int(departure.timestamp())))
        there = execute(
            "UPDATE stage_plan SET departure = ?, changed = ? WHERE run_id = ?", (text, counter, run)
        ).rowcount
        if not there:
            execute(
                "INSERT INTO stage_plan"
                " (run_id, departure, arrival_unknown, departure_unknown, running, reason, changed)"
                " VALUES (?, ?, 0, 0, 'scheduled', '', ?)",
                (run, text, counter),
            )
        execute("UPDATE change_counter SET value = ?", (counter,))
        execute("COMMIT")
        return departure.astimezone(ZONE).strftime("%H:%M")

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def latency(folder: Path, baud: int) -> list[Measured]:
    """Change departures and wait for each on the board; then watch what a quiet station costs."""
    chance = random.Random(7)
    taken = []
    board = "hall-1"
    with real_station(make(folder, baud)) as station, closing(Dispatchers(folder / "dispatching.db")) as dispatchers:
        write_anchor(station.clock_file, Anchor(station=station.now, machine=time.time(), rate=1.0))
        for name in ("hub", *SUBSYSTEMS, "simulator"):
            Web(station.ports[name]).json("/clock", "POST")
        sent = states(station.ports["guidance"], board)
        rows = next(sent)["rows"]
        runs = [(row["call"], run) for row in rows if (run := dispatchers.run_of(row["call"])) is not None]
        for number in range(CHANGES):
            time.sleep(chance.uniform(0.3, 1.3))
            call, run = runs[number % len(runs)]
            clock = dispatchers.expect(run, 11 + number // len(runs) * 3)
            committed = time.monotonic()
            for state in sent:
                fields = next((row["fields"] for row in state["rows"] if row["call"] == call), {})
                if clock in json.dumps(fields):
                    break
            taken.append(time.monotonic() - committed)
        print(f"{len(taken)} changes of {len(runs)} trains on board {board} at {baud} baud: ", end="")
        print(" ".join(f"{each:.2f}" for each in sorted(taken)))
        before = {name: processor_s(process) for name, process in station.processes.items()}
        begun = time.monotonic()
        time.sleep(WATCHED_S)
        watched = time.monotonic() - begun
        busy = {
            name: (processor_s(process) - before[name]) / watched * 100 for name, process in station.processes.items()
        }
    return latency_results(baud, taken) + (busy_results(busy) if baud == max(LATENCY_S) else [])


def latency_results(baud: int, taken: list[float]) -> list[Measured]:
    """Median and 95th percentile against the line's own time for one call's telegram."""
    from line import BYTES_PER_S, one_change  # noqa: PLC0415 - as above
    from support.line_calls import day_rows, timetable  # noqa: PLC0415 - only for the baseline's figure

    line_s = one_change(day_rows(timetable(), 1, reported=False)) / BYTES_PER_S[baud]
    budget = LATENCY_S[baud]
    worst = share(taken, 0.95)
    return [
        against(f"commit to row on a board at {baud}, median", share(taken, 0.5), "s", line_s),
        against(f"commit to row on a board at {baud}, p95", worst, "s", line_s, f"< {budget:g} s", ok=worst < budget),
    ]


def busy_results(busy: dict[str, float]) -> list[Measured]:
    """Processor time in service, with no change but the minute's, as a share of one core."""
    together = sum(busy.values())
    return [
        *(Measured(name=f"{name}: processor, clock running", value=used, unit="%") for name, used in busy.items()),
        Measured(
            name="all processes: processor, clock running",
            value=together,
            unit="%",
            budget="≤ one core",
            ok=together <= 100,
        ),
    ]


def main() -> None:
    """Measure, print, hand on."""
    results: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("start", "busy", *map(str, LATENCY_S)):
            (root / name).mkdir()
        results += starts(root / "start")
        results += busy_hours(root / "busy")
        for baud in LATENCY_S:
            results += latency(root / str(baud), baud)
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main()
