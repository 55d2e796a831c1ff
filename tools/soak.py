"""Runs the demo for hours at speed and watches its processes: `make soak ARGS="--minutes 240 --speed 60"`.

Every few seconds each process is asked for its health and measured. At the end there is a table, and the exit code is 1
if a process ended by itself, if one was not well for a minute, or if one's memory was still growing in the second half.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
EVERY_S = 5.0
UNWELL_S = 60.0
GROWTH = 1.15
"""The most by which a process's memory may grow from the third to the last quarter."""
FACES = {"hub": 0, "guidance": 2, "query": 3, "broadcast": 4, "simulate": 5, "gateway": 6}


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen of one process."""

    memory: list[int] = field(default_factory=list)
    processor_s: float = 0.0
    unwell_since: float | None = None
    longest_unwell_s: float = 0.0
    last_status: str = ""

    def quarter(self, number: int) -> float:
        """Mean memory, in MB, of the first to fourth quarter (0…3)."""
        size = max(1, len(self.memory) // 4)
        part = self.memory[number * size : (number + 1) * size] or self.memory[-1:] or [0]
        return sum(part) / len(part) / 1e6

    def grew(self) -> bool:
        """Whether memory still grew in the second half."""
        return len(self.memory) >= 40 and self.quarter(3) > self.quarter(2) * GROWTH + 2


def main() -> int:
    """Run and watch; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--speed", default="60", help="station seconds per second (default: 60)")
    parser.add_argument("--station", default=str(ROOT / "stations" / "sample"), help="the station's folder")
    parser.add_argument("--folder", default=str(ROOT / "var" / "soak"), help="where the demo keeps everything")
    parser.add_argument("--ports-from", type=int, default=24_000, help="the first of its ports")
    chosen = parser.parse_args()
    words = ["--station", chosen.station, "--folder", chosen.folder, "--ports-from", str(chosen.ports_from), "--fresh"]
    demo = subprocess.Popen(  # noqa: S603 - our own command with a person's own words
        [sys.executable, "-P", "-m", "stationmaster.cli", "run", *words, "--speed", chosen.speed],
        stdout=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    ready = threading.Event()
    threading.Thread(target=_listen, args=(demo, said, ready), daemon=True).start()
    seen: dict[str, Seen] = {}
    between = threading.Event()
    try:
        ready.wait()
        until = time.monotonic() + chosen.minutes * 60
        while demo.poll() is None and time.monotonic() < until:
            _look(demo.pid, chosen.ports_from, seen)
            between.wait(EVERY_S)
    except KeyboardInterrupt:
        sys.stdout.write("Ended early.\n")
    finally:
        if demo.poll() is None:
            demo.send_signal(signal.SIGINT)
        code = demo.wait(timeout=60)
    return _report(seen, said, code)


def _listen(demo: subprocess.Popen[str], said: list[str], ready: threading.Event) -> None:
    """Pass on what the demo says; the last line of where to look, or its end, means that it is ready."""
    if demo.stdout is not None:
        for line in demo.stdout:
            sys.stdout.write(line)
            said.append(line.rstrip("\n"))
            if line.startswith("to stop"):
                ready.set()
    ready.set()


def _look(supervisor: int, first_port: int, seen: dict[str, Seen]) -> None:
    now = time.monotonic()
    for child in psutil.Process(supervisor).children():
        try:
            name = child.cmdline()[5]
            family = [child, *child.children(recursive=True)]
            used = sum(process.memory_info().rss for process in family)
            times = child.cpu_times()
        except (psutil.NoSuchProcess, IndexError):  # it ended, or is only just starting
            continue
        found = seen.setdefault(name, Seen())
        found.memory.append(used)
        found.processor_s = times.user + times.system
        found.last_status = _status(first_port + FACES[name]) if name in FACES else "ok"
        if found.last_status == "ok":
            found.unwell_since = None
        else:
            found.unwell_since = now if found.unwell_since is None else found.unwell_since
            found.longest_unwell_s = max(found.longest_unwell_s, now - found.unwell_since)


def _status(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return str(json.load(answer)["status"])
    except (OSError, ValueError, KeyError) as error:
        return f"no answer: {error}"


def _report(seen: dict[str, Seen], said: list[str], code: int) -> int:
    ended = [line for line in said if " ended (" in line]
    problems = [*ended, *([f"the demo ended with code {code}"] if code else []), *([] if seen else ["nothing ran"])]
    sys.stdout.write("\nprocess      MB first  second   third    last   max    CPU s  longest unwell s  status\n")
    for name, found in seen.items():
        quarters = "".join(f"{found.quarter(number):8.1f}" for number in range(4))
        most = max(found.memory) / 1e6
        sys.stdout.write(
            f"{name:12} {quarters} {most:8.1f} {found.processor_s:8.1f} {found.longest_unwell_s:10.0f}"
            f"        {found.last_status}\n"
        )
        if found.grew():
            problems.append(f"{name} grew from {found.quarter(2):.1f} to {found.quarter(3):.1f} MB")
        if found.longest_unwell_s > UNWELL_S:
            problems.append(f"{name} was not well for {found.longest_unwell_s:.0f} s")
    total = sum(max(found.memory) for found in seen.values()) / 1e6
    sys.stdout.write(f"all together at most {total:.0f} MB\n")
    for problem in problems:
        sys.stdout.write(f"PROBLEM: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
