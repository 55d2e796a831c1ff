"""A subsystem's real process for tests: started from its `main`, ended by a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

COMMAND = "import sys, pathlib; from {package}.main import main; sys.exit(main(pathlib.Path(sys.argv[1])))"


class RunningProcess:
    """The process of `package`, configured by the file `config`; `lines` is what it wrote to standard error so far."""

    def __init__(self, package: str, config: Path) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(package=package), str(config)],
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.lines: list[str] = []

    def wait_for(self, event: str) -> None:
        """Read the log until this event."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.lines.append(line)
            if f'"event": "{event}"' in line:
                return
        raise AssertionError(f"ended without {event}: {self.lines}")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; its exit code."""
        self._process.send_signal(number)
        return self.result()

    def result(self) -> int:
        """Its exit code once it has ended."""
        _, rest = self._process.communicate(timeout=60)
        self.lines += rest.splitlines(keepends=True)
        return self._process.returncode
