"""A gateway as a process, its line on real devices with real time, and the station's own receiver at the other end.

The line is the simulator's relay, which drains at the baud rate and may be bad, or `socat` between two
pseudo-terminals, which is another program's idea of a port and has no rate of its own.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock

from stationmaster_dmis.line import Line
from stationmaster_dmis.receiver import LineReceiver
from stationmaster_dmis.records import feed_record
from stationmaster_dmis.settings import SerialPlace
from stationmaster_gateway.rows import Rows, merge
from stationmaster_kernel.inputs import FeedRecord
from stationmaster_kernel.values import FeedGrade
from stationmaster_telegram.decoder import Decoder
from support.dispatching import Dispatching, Statement
from support.gateway_process import GatewayProcess

__all__ = ["LineProcesses"]

_RELAY = (
    "import sys; from pathlib import Path; from stationmaster_simulator.line_main import main;"
    " sys.exit(main(Path(sys.argv[1])))"
)
_WAIT_S = 0.05


class LineProcesses:
    """One gateway, one line, one receiver.

    Args:
        folder: where their files are.
        baud: the rate.
        faults: `[line.faults]` of the relay.
        socat: the line is `socat`.
        poll_hz: how often the gateway asks the database.

    """

    def __init__(
        self,
        folder: Path,
        baud: int,
        *,
        faults: Mapping[str, float] | None = None,
        socat: bool = False,
        poll_hz: float = 20,
    ) -> None:
        self.told: dict[tuple[str, ...], FeedRecord] = {}
        self.arrived: dict[FeedRecord, float] = {}
        """When each record was first told; machine seconds."""
        self.wrong: list[FeedRecord] = []
        self._possible: set[FeedRecord] = set()
        self._readers: list[Any] = []
        self._calls = Clock()
        self._folder = folder
        self._socat = socat
        self._written = Dispatching(folder / "d.db")
        lines = [f'[line]\ngateway = "gateway-end"\nhub = "hub-end"\nbaud = {baud}\n']
        if faults is not None:
            lines += ["[line.faults]\n", *(f"{name} = {value}\n" for name, value in faults.items())]
        self.gateway = GatewayProcess(folder, "gateway-end", baud=baud, poll_hz=poll_hz, tables="".join(lines))
        self.receiver = LineReceiver(
            [(Line("line", Decoder("QHD")), SerialPlace(device=folder / "hub-end", baud=baud))],
            sink=self,
            reactor=self,
            station_time=time.time,
            wall=time.time,
        )
        self._line: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything."""
        self.start_line()
        self.gateway.start()
        self.receiver.startService()

    def start_line(self) -> None:
        """Start the line, and wait until it is there."""
        command = [sys.executable, "-c", _RELAY, str(self.gateway.config)]
        if self._socat:
            command = ["socat", "pty,raw,echo=0,link=gateway-end", "pty,raw,echo=0,link=hub-end"]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._line = subprocess.Popen(
            command, cwd=self._folder, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}
        )
        self.until((self._folder / "hub-end").exists)

    def end_line(self) -> None:
        """Take the line away: both devices vanish."""
        assert self._line is not None
        self._line.terminate()
        self._line.wait(20)
        self._line = None

    def write(self, rows: Mapping[int, Rows]) -> list[FeedRecord]:
        """Write rows to the database in one transaction; gives what the hub is to be told of them."""
        records = [feed_record(merge(row)) for row in rows.values()]
        self._possible |= set(records)
        statements: list[Statement] = []
        for row in rows.values():
            assert row.base is not None
            statements.append((_insert("base_timetable", 10), tuple(row.base)))
            if row.stage is not None:
                statements.append((_insert("stage_plan", 8), tuple(row.stage)))
            statements += [(_insert("report", 3), tuple(report)) for report in row.reports]
        self._written.commit(*statements)
        return records

    def until(self, done: Callable[[], bool], limit_s: float = 30.0) -> bool:
        """Let time pass until something holds; False: it did not within the limit."""
        end = time.monotonic() + limit_s
        before = time.monotonic()
        while not done():
            if before >= end:
                return False
            ready, _, _ = select.select(self._readers, [], [], min(_WAIT_S, end - before))
            for reader in ready:
                reader.doRead()
            now = time.monotonic()
            self._calls.advance(now - before)
            before = now
        return True

    def close(self) -> None:
        """End everything."""
        self.receiver.stopService()
        self.gateway.close()
        if self._line is not None:
            self.end_line()
        self._written.close()

    def news(self, records: Sequence[FeedRecord]) -> None:
        """What the hub would be told."""
        for record in records:
            self.told[record.numbers] = record
            self.arrived.setdefault(record, time.monotonic())
            if record not in self._possible:
                self.wrong.append(record)

    def graded(self, grade: FeedGrade) -> None: ...

    def seconds(self) -> float:
        return time.monotonic()

    def callLater(self, delay: float, call: Any, *args: Any) -> Any:  # noqa: N802 - Twisted's name
        return self._calls.callLater(delay, call, *args)

    def addReader(self, reader: Any) -> None:  # noqa: N802 - Twisted's name
        self._readers.append(reader)

    def removeReader(self, reader: Any) -> None:  # noqa: N802 - Twisted's name
        self._readers.remove(reader)


def _insert(table: str, columns: int) -> str:
    return f"INSERT OR REPLACE INTO {table} VALUES ({'?,' * columns}:changed)"
