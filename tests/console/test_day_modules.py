"""What the table of calls shows, finds and takes: its modules without a page, in Node.js."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "platform" / "stationmaster" / "console" / "static"
PANES = STATIC / "panes"
LIBRARIES = STATIC / "lib"


def test_what_the_table_shows_finds_and_takes() -> None:
    """Every fact in `day_modules.test.mjs` and `day_typed.test.mjs` holds."""
    ran = subprocess.run(
        ["node", "--test", "--test-reporter=tap", *map(str, Path(__file__).parent.glob("day_*.test.mjs"))],
        env={**os.environ, "PANES": PANES.as_uri(), "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert int(re.findall(r"^# pass (\d+)$", ran.stdout, re.MULTILINE)[0]) >= 15


def test_readings_are_those_of_the_table() -> None:
    """`day_readings.js` is what its tool makes: every common character with all of its readings."""
    made = subprocess.run(
        [sys.executable, "-c", "import pinyin_table; print(pinyin_table.text(), end='')"],
        cwd=ROOT / "tools",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert made == (PANES / "day_readings.js").read_text("utf-8")
    for name in ("呼和浩特东", "重庆", "厦门", "六安", "乌鲁木齐"):
        assert all(sign in made for sign in name)


def test_libraries_are_as_their_authors_published_them() -> None:
    """Each vendored file has the sum that `README.md` gives, none is unlisted, and each library has its licence."""
    listed = dict(re.findall(r"`([^`]+)` \| `([0-9a-f]{64})`", (LIBRARIES / "README.md").read_text("utf-8")))
    files = {str(file.relative_to(LIBRARIES)): file for file in LIBRARIES.rglob("*") if file.is_file()}
    del files["README.md"]
    assert files.keys() <= listed.keys()
    for name, file in files.items():
        assert sha256(file.read_bytes()).hexdigest() == listed[name], name
    for folder in {file.parent for file in files.values()}:
        assert any("LICENSE" in file.name for file in folder.iterdir()), folder
