"""A server process and a headless browser for tests that look at pages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, expect, sync_playwright

from guidance.fakes import ROOT
from support.ports import free_port

CHROMIUM = os.environ.get("STATIONMASTER_CHROMIUM", "/usr/bin/chromium")

SOON_MS = 30_000
"""How long something may take before a test gives it up: a machine that runs many browsers at once is slow."""

TORN = ("ERR_CONNECTION_", "ERR_INCOMPLETE", "ERR_ABORTED", "ERR_EMPTY_RESPONSE", "ERR_NETWORK_")
"""What a browser writes of its own accord when the process at the other end has ended; which of them is chance."""

expect.set_options(timeout=SOON_MS)


class ServedBoards:
    """The process of a `serve.py`; it can be ended and started again on the same port."""

    def __init__(self, script: Path, *arguments: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, str(script), str(self.port), *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "default"}
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, cwd=ROOT, env=environment)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n", "the server did not start"

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def act(self, act: str, **given: object) -> dict[str, Any]:
        """Do something to the station."""
        request = Request(f"{self.base}/test/{act}", json.dumps(given).encode(), method="POST")
        with urlopen(request) as answer:
            result: dict[str, Any] = json.load(answer)
            return result

    def get(self, path: str) -> dict[str, Any]:
        """A JSON answer."""
        with urlopen(f"{self.base}{path}") as answer:
            result: dict[str, Any] = json.load(answer)
            return result


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def listen_for_errors(page: Page) -> list[str]:
    """Every error that the page writes to its console or throws, from now on."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors
