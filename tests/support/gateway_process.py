"""A gateway as its init system starts it: a process of its own, with a configuration file and a status page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from support.ports import free_port

START = (
    "import sys; from pathlib import Path; from stationmaster_gateway.main import main;"
    " sys.exit(main(Path(sys.argv[1])))"
)


class GatewayProcess:
    """One gateway on the database `d.db` in `folder`.

    Args:
        folder: where its files are.
        port: its serial device.
        baud: the rate.
        poll_hz: how often it asks the database.
        tables: more lines for the configuration file, after `[gateway]`'s own.
        environment: more variables.
        prelude: statements to run in the process before the gateway starts, to make it go wrong.

    """

    def __init__(
        self,
        folder: Path,
        port: str,
        *,
        baud: int = 9600,
        poll_hz: float = 20,
        tables: str = "",
        environment: Mapping[str, str] | None = None,
        prelude: str = "",
    ) -> None:
        self.web: int = free_port()
        self.config = folder / "station.toml"
        self.config.write_text(
            f'[gateway]\ndatabase = "sqlite:///d.db"\nport = "{port}"\nstation = "QHD"\nbaud = {baud}\n'
            f'state = "gateway.json"\npoll_hz = {poll_hz}\nstatus_port = {self.web}\n{tables}'
        )
        path = ":".join(entry for entry in sys.path if entry)
        self._environment = {**os.environ, "PYTHONPATH": path, **(environment or {})}
        self._code = f"{prelude}\n{START}"
        self.process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", self._code, str(self.config)],
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )

    def health(self) -> dict[str, Any]:
        """What `/healthz` says; nothing while it does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.web}/healthz", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except URLError:
            return {}

    def ended(self) -> tuple[int, str]:
        """Wait for its end; exit code and what it wrote."""
        assert self.process is not None
        process, self.process = self.process, None
        _, said = process.communicate(timeout=30)
        return process.returncode, said

    def stop(self) -> tuple[int, str]:
        """End it as an init system does; exit code and what it wrote."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def close(self) -> None:
        """End it, however it is."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
