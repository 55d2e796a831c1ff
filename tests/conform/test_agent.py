"""The kit as a hub: it passes what is built on our own agent, as processes of their own: the gong and the lamp."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conform.kit import PATIENT
from stationmaster_conform.client_scenarios.catalogue import CLIENT_SCENARIOS
from stationmaster_conform.machine import this_machine
from stationmaster_conform.options import ClientOptions
from stationmaster_conform.played_hub import PlayedHub
from stationmaster_conform.runner import chosen, play
from stationmaster_conform.verdict import Result
from support.ports import ENVIRONMENT

ROOT = Path(__file__).parents[2]

GONG = [
    "connect",
    "tasks",
    "resume",
    "hub-loss",
    "unreceived",
    "once",
    "held",
    "old-feed",
    "burst",
    "extension",
    "hostile-entities",
]
LAMP = [
    "connect",
    "updates",
    "equipment",
    "extension",
    "resume",
    "redirect",
    "command",
    "command-expired",
    "command-unknown",
    "command-foreign",
]


@contextmanager
def running(program: Path, settings: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, str(program), str(settings)],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def judged(hub: PlayedHub, names: list[str]) -> None:
    """Every scenario applies, and passes."""
    verdicts = play(chosen(CLIENT_SCENARIOS, names, quick=False), hub, this_machine(), lambda _: None)
    assert [(one.scenario, one.complaint, one.reason) for one in verdicts if one.result is not Result.PASS] == []
    assert len(verdicts) == len(names)


def played() -> PlayedHub:
    options = ClientOptions(
        port=0, identity=None, heartbeat_s=0.4, burst=200, targets=("platform-1",), patience=PATIENT
    )
    return PlayedHub(options, this_machine())


def test_the_gong_of_the_document_conforms(tmp_path: Path) -> None:
    """An executor of announcements on our agent passes what is asked of one, through outages and bursts."""
    text = (ROOT / "docs" / "agent.md").read_text("utf-8")
    (tmp_path / "gong.py").write_text(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], "utf-8")
    (settings,) = (block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[gong]" in block)
    hub = played()
    (tmp_path / "gong.toml").write_text(settings.replace("7310", str(hub.door.port)), "utf-8")
    try:
        with running(tmp_path / "gong.py", tmp_path / "gong.toml"):
            judged(hub, GONG)
    finally:
        hub.close()


def test_the_lamp_of_the_examples_conforms(tmp_path: Path) -> None:
    """A subsystem with a device on our agent answers commands as is asked, and goes where a redirection sends it."""
    hub = played()
    settings = (ROOT / "examples" / "lamp" / "lamp.toml").read_text("utf-8")
    (tmp_path / "lamp.toml").write_text(settings.replace("7310", str(hub.door.port)), "utf-8")
    try:
        with running(ROOT / "examples" / "lamp" / "lamp.py", tmp_path / "lamp.toml"):
            judged(hub, LAMP)
    finally:
        hub.close()
