"""Runs the benchmarks one after another and writes `results.json` and `RESULTS.md`.

    python benchmarks/run.py [NAME …]

Each `benchmarks/<name>.py` is a program of its own: what it prints is kept word for word, and the figures that it hands
on (`measured.hand_on`) come into the tables. Without names all are run; with names only those, and the last run of each
other one stays, with its date. Each run is kept in `benchmarks/runs`, from which both files are made.
The exit code is 1 if one failed or a budget was not kept.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measured import OUT

HERE = Path(__file__).parent
RUNS = HERE / "runs"
RESULTS = HERE / "results.json"
REPORT = HERE / "RESULTS.md"
SOAK = HERE / "soak.md"
"""What the last `make soak` showed, written by whoever ran it; it stands at the report's end."""
NOT_BENCHMARKS = {"run", "measured", "procedures", "station_day", "crowd", "crowd_mqtt", "crowd_servers", "crowd_storm"}
LIMIT_S = 1800


def main(names: list[str]) -> int:
    """Run the benchmarks with these names, or all; the exit code."""
    known = sorted(file.stem for file in HERE.glob("*.py") if file.stem not in NOT_BENCHMARKS)
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.stderr.write(f"There is no benchmark {', '.join(unknown)}; there are: {', '.join(known)}\n")
        return 2
    RUNS.mkdir(exist_ok=True)
    runs = []
    for name in names or known:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        runs.append(run(name))
        sys.stdout.write(runs[-1]["printed"] + "\n")
        record = json.dumps(runs[-1], ensure_ascii=False, indent=1)
        (RUNS / f"{name}.json").write_text(record + "\n", "utf-8")
        write(known)
    results = [result for each in runs for result in each["results"]]
    failed = [each["benchmark"] for each in runs if each["exit_code"]]
    broken = [result["name"] for result in results if not result["ok"]]
    for what, which in (("failed", failed), ("budget not kept", broken)):
        if which:
            sys.stdout.write(f"{what}: {', '.join(which)}\n")
    return 1 if failed or broken else 0


def write(known: list[str]) -> None:
    """Make both files of the last run of each benchmark."""
    kept = [RUNS / f"{name}.json" for name in known]
    runs = [json.loads(file.read_text("utf-8")) for file in kept if file.exists()]
    results = [result for each in runs for result in each["results"]]
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
    REPORT.write_text(report(runs), "utf-8")


def run(name: str) -> dict[str, Any]:
    """One benchmark: what it printed, what it handed on, how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        begun = time.monotonic()
        load = os.getloadavg()[0]
        date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        try:
            ended = subprocess.run(
                [sys.executable, str(HERE / f"{name}.py")],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, OUT: str(out)},
                timeout=LIMIT_S,
                check=False,
            )
            printed, code = ended.stdout.decode("utf-8", "replace"), ended.returncode
        except subprocess.TimeoutExpired as error:
            printed, code = (error.stdout or b"").decode("utf-8", "replace") + f"\n(ended after {LIMIT_S} s)", 124
        results = json.loads(out.read_text("utf-8")) if out.exists() else []
        return {
            "benchmark": name,
            "machine": machine(),
            "date": date,
            "load": load,
            "seconds": round(time.monotonic() - begun, 1),
            "exit_code": code,
            "results": results,
            "printed": printed.rstrip(),
        }


def machine() -> str:
    """What it ran on: `2 × AMD EPYC …, Linux 6.1, Python 3.11.2`."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        if line.startswith("model name")
    ]
    cores = len(os.sched_getaffinity(0))
    return f"{cores} × {models[0] if models else platform.machine()}, Python {platform.python_version()}"


def report(runs: list[dict[str, Any]]) -> str:
    """The document."""
    lines = ["# Benchmarks", "", "Made by `make bench`. A ratio is against the baseline measured in the same run.", ""]
    for each in runs:
        lines += [f"## {each['benchmark']}", ""]
        lines += [f"`python benchmarks/{each['benchmark']}.py`, {each['date']}, {each['seconds']} s."]
        lines += [f"{each['machine']}; load of the machine before: {each['load']:.1f}.", ""]
        if each["exit_code"]:
            lines += [f"**Failed with exit code {each['exit_code']}.**", ""]
        if each["results"]:
            lines += ["| what | value | baseline | ratio | budget | kept |", "| --- | --- | --- | --- | --- | --- |"]
            lines += [row(result) for result in each["results"]]
            lines += [""]
        if each["printed"]:
            lines += ["```", each["printed"], "```", ""]
    if SOAK.exists():
        lines += [SOAK.read_text("utf-8")]
    return "\n".join(lines)


def row(result: dict[str, Any]) -> str:
    """One line of a table."""
    unit = result["unit"]
    baseline = "" if result["baseline"] is None else f"{figure(result['baseline'])} {unit}"
    ratio = "" if result["ratio"] is None else f"{figure(result['ratio'])}×"
    kept = "" if not result["budget"] else "yes" if result["ok"] else "**no**"
    return (
        f"| {result['name']} | {figure(result['value'])} {unit} | {baseline} | {ratio} | {result['budget']} | {kept} |"
    )


def figure(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
