"""What a bad line does to the feed: whether a wrong value is ever taken, how soon all is known, how old it is.

    python benchmarks/line_errors.py [--bits BITS] [--seconds SECONDS] [--starts STARTS]

First, without pacing: `--bits` bits (2e7 unless told; `make soak` sends 1e9) for each kind of fault at each rate of
faults, through a UART in which start and stop bits are damaged too. Every telegram that the decoder takes is compared
with the one that was sent; one that was never sent so is a wrong value, of which there may be none.

Then in simulated time, at 9600, 19200 and 115200 baud, with the gateway's own schedule and the receiver's own ledger:
`--starts` receivers that begin in the middle of the stream, `--seconds` of life in which four calls change every five
seconds, and as many cuts of five seconds within a frame, with news meanwhile. No start or cut is waited for more than
five minutes; those that took longer are counted as never.

The calls are those of the real day where STATIONMASTER_TEST_DATA names its folder, else the sample station's.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from measured import Measured, hand_on, share, told

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from stationmaster_gateway.rows import Rows
from support.line_calls import day_rows, timetable
from support.line_trial import KINDS, RATES, ErrorResult, Stream, StreamResult, run_errors

BAUDS = (9600, 19200, 115200)
CALLS = 135
LIMIT_S = 300.0
TELEGRAMS = 20_000
"""Different telegrams that the stream repeats."""


def main() -> None:
    """Measure, print, hand on."""
    parser = argparse.ArgumentParser(description="what a bad line does to the feed")
    parser.add_argument("--bits", type=float, default=2e7, help="for each kind and rate")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the line's time, with news")
    parser.add_argument("--starts", type=int, default=10, help="receivers that start, and cuts")
    told_to = parser.parse_args()
    rows = day_rows(timetable(), CALLS, reported=True)
    print(f"timetable: {timetable().name}, {CALLS} calls")
    results = bits(Stream(rows, min(TELEGRAMS, max(500, int(told_to.bits / 2e3)))), int(told_to.bits))
    for baud in BAUDS:
        results += ages(rows, baud, told_to.seconds, told_to.starts)
    print(told(results))
    hand_on(results)


def bits(stream: Stream, count: int) -> list[Measured]:
    """Many bits for each kind and rate: nothing wrong may be taken."""
    print(f"\nwithout pacing, {len(stream.frames)} different telegrams")
    print("faults per bit  kind                        bits       taken    refused   wrong  by CRC alone  seconds")
    results = []
    for number, rate in enumerate(RATES):
        total = StreamResult()
        for kind in KINDS:
            begun = time.process_time()
            found = stream.send(count, kind, rate, seed=number + 1)
            print(
                f"{rate:14.0e}  {kind:20}  {found.bits:10.3g}  {found.taken:10}  {found.refused:9}"
                f"  {found.wrong:6}  {found.undetected:12.1e}  {time.process_time() - begun:7.1f}",
                flush=True,
            )
            total.bits += found.bits
            total.wrong += found.wrong
        name = f"wrong values taken in {total.bits:.2g} bits, a fault every {1 / rate:,.0f} bits"
        results.append(
            Measured(name=name, value=float(total.wrong), unit="telegrams", budget="none", ok=not total.wrong)
        )
    print("by CRC alone: how many wrong ones are to be expected of as many refused ones, were CRC-32 the only check")
    return results


def ages(rows: dict[int, Rows], baud: int, seconds: float, starts: int) -> list[Measured]:
    """One table: what a receiver at this rate knows, and when."""
    print(f"\n{baud} baud; seconds: median/longest, or median/95 of 100/longest")
    print("faults per bit  kind                       complete       age of a call      news arrives after", end="")
    print("    after a cut  never")
    results = []
    for rate in RATES:
        for kind in KINDS:
            found = run_errors(rows, kind, rate, baud, seconds=seconds, limit_s=LIMIT_S, times=starts)
            print(
                f"{rate:14.0e}  {kind:20}  {two(found.complete_s)}  {three(found.ages_s)}  {three(found.news_s)}"
                f"  {two(found.recovery_s)}  {found.never:5}",
                flush=True,
            )
            results += figures(found, kind, rate, baud)
    return results


def figures(found: ErrorResult, kind: str, rate: float, baud: int) -> list[Measured]:
    """What comes into the tables: independent errors, which are the worst to have; and wrong values, of all."""
    where = f"at {baud}, a fault every {1 / rate:,.0f} bits"
    results = []
    if found.wrong:
        name = f"{kind} {where}: wrong values taken"
        results.append(Measured(name=name, value=float(found.wrong), unit="telegrams", budget="none", ok=False))
    if kind == "independent":
        for what, times in (
            ("complete after a start, median", found.complete_s),
            ("complete after a cut, median", found.recovery_s),
        ):
            if times:
                results.append(Measured(name=f"{where}: {what}", value=share(times, 0.5), unit="s"))
        results.append(Measured(name=f"{where}: age of a call, p95", value=share(found.ages_s, 0.95), unit="s"))
    return results


def two(times: Sequence[float]) -> str:
    """Median and longest."""
    return f"{share(times, 0.5):6.2f}/{max(times):6.2f}" if times else "     –/     –"


def three(times: Sequence[float]) -> str:
    """Median, 95 of 100, longest."""
    return f"{share(times, 0.5):5.2f}/{share(times, 0.95):6.2f}/{max(times):6.2f}" if times else "–"


if __name__ == "__main__":
    main()
