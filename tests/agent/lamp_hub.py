"""A hub in a process of its own with one light's task; it prints its port and what the lamp says, and has it tested.

What is said on its standard input it does: `off` ends the task, `test` and `dance` are commands.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineReceiver

from agent.making import resource
from stationmaster_base.logging import configure_logging
from stationmaster_base.times import Instant
from stationmaster_kernel.task import Task
from stationmaster_kernel.values import TaskKind
from stationmaster_protocol.commands import Command
from stationmaster_protocol.hub_side import ProtocolSettings
from stationmaster_protocol.scalars import stamp_of
from stationmaster_protocol.server import ProtocolServer
from stationmaster_protocol.tls import TlsFiles, tls_factory
from support.fake_hub import FakeHub


def say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


class Hub(FakeHub):
    """Tells of what it is told."""

    def station_time(self):
        return time.time()

    def observed(self, identity, report):
        super().observed(identity, report)
        for device in report.devices:
            say(identity, device.id, device.condition, device.detail, "whole" if report.whole else "changed")

    def enrol(self, request, peer):
        say("enrolled", request.identity, "secure" if peer.secure else "open")
        return super().enrol(request, peer)

    def command_result(self, identity, result):
        super().command_result(identity, result)
        say(identity, result.id, result.state, result.code)


class Orders(LineReceiver):
    delimiter = b"\n"

    def lineReceived(self, line):  # noqa: N802 - Twisted's name
        order = line.decode()
        if order == "off":
            over = replace(light, revision=2, end=Instant(now - 30))
            server.publish([hub.commit([resource(over)])])
        else:
            expires = stamp_of(time.time() + 60)
            server.command("lamp", Command(id=order, action=order.split("-")[0], by="controller", expires=expires))


configure_logging("hub")  # to standard error
now = Instant(int(time.time()))
light = Task(
    id="light",
    revision=1,
    call="QHD/2026-03-01/G1/1",
    rule="light",
    occurrence=1,
    kind=TaskKind.LIGHTING,
    targets=("platform-1",),
    start=Instant(now - 60),
    end=Instant(now + 3600),
    order=now,
)
hub = Hub()
hub.tokens = {"lamp": "secret"}
hub.commit([resource(light)])
server = ProtocolServer(hub=hub, settings=ProtocolSettings(heartbeat_s=0.5), reactor=reactor)
hub.codes = {"lamp": "one-time"}
factory = server
if sys.argv[1:]:
    certificate, key = map(Path, sys.argv[1:])
    factory = tls_factory(reactor, server, TlsFiles(certificate=certificate, key=key))
port = reactor.listenTCP(0, factory, interface="127.0.0.1")
StandardIO(Orders())
say(port.getHost().port)
reactor.run()
