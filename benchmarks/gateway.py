"""The gateway as an appliance: its memory, its processor time, and what a flood from the far side changes.

    python benchmarks/gateway.py [SECONDS]

One gateway process asks a database of 400 runs five times a second and keeps a paced line busy, at 115200 and at 9600
baud. After it has sent everything once it is watched for SECONDS (20 unless told), and for as long again while the far
side floods its port with XOFF, control characters, what BREAKs turn into, and noise. Memory is the proportional set
size; the rate is what leaves the device, whose limit is a tenth of the baud rate.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psutil
from measured import Measured, against, hand_on, told

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.dispatching import run  # noqa: E402 - the tests' own database, which is not installed
from support.flooded import Flood, Watched  # noqa: E402 - as above
from support.limits import memory_of  # noqa: E402 - as above

RUNS = 400
BAUDS = (115200, 9600)
MEMORY_MB = 60.0
PROCESSOR = 3.0
CHANGED = 0.01


def watch(folder: Path, baud: int, seconds: float) -> list[Measured]:
    """One gateway, quiet and flooded."""
    with closing(Watched(folder, baud)) as watched:
        config = watched.gateway.config
        config.write_text(config.read_text().replace("poll_hz = 20", "poll_hz = 5"))
        watched.dispatching.commit(*(run(number, number % 24) for number in range(1, RUNS + 1)))
        watched.gateway.start()
        watched.until(lambda: watched.ledger.complete)
        process = psutil.Process(watched.gateway.pid)
        rates, busy = [], []
        for flood in (None, Flood(1)):
            watched.flood = flood
            watched.rate(1.0)
            before = sum(process.cpu_times()[:2])
            rates.append(watched.rate(seconds))
            busy.append((sum(process.cpu_times()[:2]) - before) / seconds * 100)
        memory = memory_of([watched.gateway.pid]) / 1e6
        counters = watched.decoder.counters
        broken = counters.framing_errors + counters.crc_errors + counters.malformed
        watched.gateway.stop()
    quiet, flooded = rates
    kept = f"within {CHANGED:.0%}"
    return [
        Measured(
            name=f"gateway at {baud}: memory",
            value=memory,
            unit="MB",
            budget=f"< {MEMORY_MB:g} MB",
            ok=memory < MEMORY_MB,
        ),
        Measured(
            name=f"gateway at {baud}: processor at 5 polls a second",
            value=busy[0],
            unit="% of a core",
            budget=f"< {PROCESSOR:g} %",
            ok=busy[0] < PROCESSOR,
        ),
        against(f"gateway at {baud}: rate against the line's", quiet, "bytes/s", baud / 10),
        against(
            f"gateway at {baud}: rate under a flood against without",
            flooded,
            "bytes/s",
            quiet,
            kept,
            ok=abs(flooded / quiet - 1) <= CHANGED,
        ),
        Measured(
            name=f"gateway at {baud}: broken frames under a flood",
            value=broken,
            unit="frames",
            budget="0",
            ok=not broken,
        ),
    ]


def main(seconds: float) -> None:
    """Measure, print, hand on."""
    results: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for baud in BAUDS:
            place = Path(folder) / str(baud)
            place.mkdir()
            results += watch(place, baud, seconds)
    print(told(results))
    hand_on(results)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
