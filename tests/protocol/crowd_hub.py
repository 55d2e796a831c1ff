"""A hub in a process of its own, in front of which a crowd gathers: it has news every 50 ms, and prints its port."""

from __future__ import annotations

import os
import resource
import sys

from twisted.internet import reactor
from twisted.internet.task import LoopingCall

from stationmaster_kernel.changes import Resource
from stationmaster_kernel.configuration import Name
from stationmaster_protocol.hub_side import ProtocolSettings
from stationmaster_protocol.server import ProtocolServer
from support.fake_hub import FakeHub

_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
hub = FakeHub()
settings = ProtocolSettings(connections=int(sys.argv[1]), handshake_s=float(sys.argv[2]), closing_s=1.0)
server = ProtocolServer(hub=hub, settings=settings, reactor=reactor)  # type: ignore[arg-type]  # it is a module to mypy
REVISIONS = iter(range(1, 1 << 30))


def news() -> None:
    """One name in a new revision, committed and published."""
    revision = next(REVISIONS)
    name = Name(id="news", revision=revision, names=(("zh", str(revision)),))
    server.publish([hub.commit([Resource(kind="name", id="news", revision=revision, value=name)])])


port = reactor.listenTCP(0, server, backlog=4096, interface="127.0.0.1")  # type: ignore[attr-defined]  # as above
LoopingCall(news).start(0.05, now=False)
sys.stdout.write(f"{port.getHost().port}\n")
sys.stdout.flush()
# Ten thousand lines of log are to hold nobody up.
os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
reactor.run()  # type: ignore[attr-defined]  # as above
