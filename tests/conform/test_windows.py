"""The kit's path has nothing on it that only POSIX has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.ports import ENVIRONMENT

WINDOWS = Path(__file__).with_name("windows.py")


def test_the_kit_runs_where_nothing_of_posix_is(tmp_path: Path) -> None:
    """With the `sys.platform` of Windows, and without what it lacks, a run of scenarios passes."""
    ended = subprocess.run(
        [sys.executable, str(WINDOWS), str(tmp_path / "report.md"), str(tmp_path / "report.xml")],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "6 pass, 0 fail" in ended.stdout
    assert "**conforms**" in (tmp_path / "report.md").read_text("utf-8")
    assert (tmp_path / "report.xml").read_bytes().startswith(b"<?xml")


def test_the_machine_of_the_test_is_like_windows() -> None:
    """What the test takes away is really away: a module that only POSIX has cannot be imported there, nor Twisted."""
    code = (
        "import runpy, sys; made = runpy.run_path(sys.argv[1]); made['become_windows']()\n"
        "import os, signal, socket\n"
        "for name in ('fcntl', 'termios', 'twisted.internet'):\n"
        "    try: __import__(name)\n"
        "    except ModuleNotFoundError: continue\n"
        "    raise SystemExit(name)\n"
        "assert not hasattr(os, 'fork') and not hasattr(signal, 'SIGHUP') and not hasattr(socket, 'AF_UNIX')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(WINDOWS)], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
