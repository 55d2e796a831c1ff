"""A subsystem on a socket that says of announcements that they have been made, as broadcast would."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from console.fed_hub import FedHub
from stationmaster_base.times import Instant
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.task import Result
from stationmaster_kernel.values import TaskKind, TaskState
from stationmaster_protocol.client_session import ClientSession
from stationmaster_protocol.filters import Filter
from stationmaster_protocol.messages import Hello, Received, Report, Welcome

__all__ = ["Speaker", "let_speak"]

PATIENCE_S = 30.0
TOKEN = "of-broadcast"


def let_speak(hub: FedHub) -> None:
    """Have a hub that is not started yet let a speaker in, and bear with its silence: it has no heart."""
    file = _configuration(hub)
    text = file.read_text("utf-8")
    for table, line in (("[hub]\n", "heartbeat_s = 300\n"), ("[hub.subsystems]\n", f'broadcast = "{TOKEN}"\n')):
        text = text.replace(table, table + line)
    file.write_text(text, "utf-8")


def _configuration(hub: FedHub) -> Path:
    return hub.folder / "stationmaster.toml"


class Speaker:
    """Connected with a hub that was let know of it; `made` returns when the hub has committed it."""

    def __init__(self, hub: FedHub) -> None:
        found = re.search(r"protocol_port = (\d+)", _configuration(hub).read_text("utf-8"))
        assert found is not None
        self._session = ClientSession()
        self._socket = socket.create_connection(("127.0.0.1", int(found[1])), timeout=PATIENCE_S)
        self._count = 0
        hello = Hello(identity="broadcast", token=TOKEN, executes=(TaskKind.ANNOUNCEMENT,))
        self._socket.sendall(self._session.send(hello))
        self._until(Welcome)
        self._socket.sendall(self._session.subscribe(Filter(kinds=("task",)), None))

    def made(self, task: str, moment: Instant, *zones: str) -> None:
        """An announcement was made in these zones."""
        self._count += 1
        results = tuple(
            TaskResult(
                id=f"said/{task}/{zone}",
                at=moment,
                task=task,
                result=Result(target=zone, state=TaskState.DONE, at=moment),
            )
            for zone in zones
        )
        self._socket.sendall(self._session.send(Report(number=self._count, results=results)))
        self._until(Received)

    def close(self) -> None:
        self._socket.close()

    def _until(self, wanted: type) -> None:
        while True:
            data = self._socket.recv(65536)
            assert data, "the hub has hung up"
            if any(isinstance(event, wanted) for event in self._session.receive_data(data)):
                return
