"""A hub in a process of its own: one announcement is due now; it prints its port, then what is reported."""

from __future__ import annotations

import sys
import time

from twisted.internet import reactor

from agent.making import announcement, resource
from stationmaster_base.times import Instant
from stationmaster_kernel.task import Task
from stationmaster_protocol.hub_side import ProtocolSettings
from stationmaster_protocol.server import ProtocolServer
from support.fake_hub import FakeHub


def due_now() -> Task:
    task = announcement(targets=("hall", "platform-1"))
    now = Instant(int(time.time()))
    fields = {name: getattr(task, name) for name in Task.__dataclass_fields__}
    return Task(**(fields | {"due": now, "valid_until": Instant(now + 600)}))


class Hub(FakeHub):
    def station_time(self):
        return time.time()

    def results(self, identity, results):
        for given in results:
            sys.stdout.write(f"{given.result.target} {given.result.state}\n")
        sys.stdout.flush()
        return super().results(identity, results)


hub = Hub()
hub.tokens = {"gong": "secret"}
hub.commit([resource(due_now())])
server = ProtocolServer(hub=hub, settings=ProtocolSettings(heartbeat_s=0.5), reactor=reactor)
port = reactor.listenTCP(0, server, interface="127.0.0.1")
sys.stdout.write(f"{port.getHost().port}\n")
sys.stdout.flush()
reactor.run()
