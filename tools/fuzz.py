"""Lets atheris, a fuzzer that sees which code it reaches, loose on what reads bytes from outside.

    python tools/fuzz.py telegram|nmea|ntp|protocol [--seconds SECONDS] [--keep FOLDER]

atheris is needed for this alone and is no part of the development environment: `pip install atheris` into an
environment that has Stationmaster. It begins with the corpus in `tests/fuzz/corpus`; what reaches new code is kept in
the folder `--keep`, and an input for which something does not hold is written to the present folder as `crash-…`. Such
an input goes into the corpus together with its mending, so that the ordinary tests replay it for ever.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

READERS = ["stationmaster_telegram", "stationmaster_clock", "stationmaster_protocol"]
with atheris.instrument_imports(include=[*READERS, "support.fuzz_targets", "support.fuzz_protocol"]):
    from support.fuzz_targets import CORPUS, TARGETS


def main() -> None:
    """Fuzz one target."""
    parser = argparse.ArgumentParser(description="fuzz what reads bytes from outside")
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, default=None, help="a folder for inputs that reach new code")
    wanted = parser.parse_args()
    keep = wanted.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    keep.mkdir(parents=True, exist_ok=True)
    arguments = [str(keep), str(CORPUS / wanted.target), f"-max_total_time={wanted.seconds}", "-max_len=1024"]
    atheris.Setup([sys.argv[0], *arguments], TARGETS[wanted.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
