"""A hub's open protocol with a small day in it, as a process of its own: `python hub.py PORT RECORD`.

It prints `ready` when it listens, and writes each task result that it is told as a line of JSON to RECORD. A line of
JSON on its standard input is a command for broadcast; what is known of it is printed. Or it moves a train of that day
to another platform.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineOnlyReceiver

from stationmaster_base.times import Instant
from stationmaster_kernel.call import Call, Event
from stationmaster_kernel.changes import Resource
from stationmaster_kernel.inputs import TaskResult
from stationmaster_kernel.values import CallKind
from stationmaster_protocol.commands import Command, CommandResult, Parameter
from stationmaster_protocol.hub_side import ProtocolSettings
from stationmaster_protocol.messages import Report
from stationmaster_protocol.scalars import stamp_of
from stationmaster_protocol.server import ProtocolServer
from support.fake_broadcast import CONFIGURATION, DAY_OF_SPEECH, START
from support.fake_hub import FakeHub

D7 = Call(
    id="QHD/2026-03-01/D7/1",
    service_date=date(2026, 3, 1),
    number="D7",
    numbers=("D7",),
    train_class="动车",
    kind=CallKind.ORIGIN,
    origin="试验",
    destination="别处",
    departure=Event(planned=Instant(START + 400)),
    track="1",
    platform="1",
)
"""The one train of the day that is known itself: its announcement is at 300."""


def _resource(kind: str, name: str, value: Any) -> Resource:
    return Resource(kind=kind, id=name, revision=value.revision, value=value)


class RecordingHub(FakeHub):
    """Writes down what it is told."""

    def __init__(self, record: Path) -> None:
        super().__init__()
        self.tokens = {"broadcast": "secret"}
        self.fresh_at = START
        self._record = record
        self._seen: set[str] = set()

    def results(self, identity: str, results: Sequence[TaskResult]) -> Deferred[None]:
        with self._record.open("a", encoding="utf-8") as file:
            for given in results:
                if given.id not in self._seen:
                    self._seen.add(given.id)
                    result = given.result
                    line = [result.at, result.state.value, given.task, result.target, result.detail]
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return super().results(identity, results)

    def command_result(self, identity: str, result: CommandResult) -> None:
        super().command_result(identity, result)
        told = {"id": result.id, "state": result.state.value, "code": result.code, "detail": result.detail}
        print(json.dumps(told, ensure_ascii=False), flush=True)  # noqa: T201 - whoever commanded it waits

    def observed(self, identity: str, report: Report) -> None:
        super().observed(identity, report)
        with self._record.with_name("alarms.jsonl").open("a", encoding="utf-8") as file:
            for alarm in report.alarms:
                file.write(json.dumps({"alarm": alarm.id, "texts": dict(alarm.texts)}, ensure_ascii=False) + "\n")
            for gone in report.gone:
                file.write(json.dumps({"gone": gone.id}) + "\n")


class Hand(LineOnlyReceiver):
    """Gives broadcast the commands that come in on standard input."""

    delimiter = b"\n"

    def __init__(self, server: ProtocolServer, hub: RecordingHub) -> None:
        self._server = server
        self._hub = hub

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        given = json.loads(line)
        if "platform" in given:
            call = replace(D7, platform=given["platform"], revision=len(self._hub.world) + 1)
            self._server.publish([self._hub.commit([_resource("call", call.id, call)])])
            return
        command = Command(
            id=given["id"],
            action=given["action"],
            by=given["by"],
            expires=stamp_of(given["expires"]),
            targets=tuple(given["targets"]),
            parameters=tuple(Parameter(name=name, value=value) for name, value in given["parameters"].items()),
        )
        if not self._server.command("broadcast", command):
            print(json.dumps({"id": command.id, "state": "not connected"}), flush=True)  # noqa: T201 - likewise


def main(port: int, record: Path) -> None:
    """Serve until killed."""
    hub = RecordingHub(record)
    world = [
        ("station", CONFIGURATION.station.telecode, CONFIGURATION.station),
        *(("zone", zone.id, zone) for zone in CONFIGURATION.zones),
        *(("task", task.id, task) for task in DAY_OF_SPEECH),
        ("call", D7.id, D7),
    ]
    hub.commit(
        [_resource(kind, name, replace(value, revision=number)) for number, (kind, name, value) in enumerate(world, 1)]
    )
    server = ProtocolServer(hub=hub, settings=ProtocolSettings(heartbeat_s=0.2), reactor=reactor)
    reactor.listenTCP(port, server, interface="127.0.0.1")
    StandardIO(Hand(server, hub))
    reactor.callWhenRunning(lambda: print("ready", flush=True))  # noqa: T201 - whoever started us waits for it
    reactor.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
