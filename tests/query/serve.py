"""Query's real pages over a fake agent, as a process of its own: what browser tests look at.

`python serve.py PORT CLOCK_FILE HH:MM` with the test roots on the path; it prints `ready` when it listens.
`POST /test/<act>` changes what the station does, as a hub would.
"""

from __future__ import annotations

import json
import sys
import time as machine_time
from datetime import time
from pathlib import Path

from prometheus_client import CollectorRegistry
from twisted.internet import reactor

from guidance.believable import BelievableDay
from query.making import FakeSource
from stationmaster_base.clock import Anchor, FileClock, write_anchor
from stationmaster_base.health import Health
from stationmaster_base.times import MINUTE, Instant
from stationmaster_kernel.values import FeedGrade
from stationmaster_query.kiosk import Kiosk
from stationmaster_query.pages import Pages
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import WebRequest
from stationmaster_service.timer import StationTimer


class Server:
    """Wires it all; `acts` are what tests can do to the station."""

    def __init__(self, port: int, clock_file: Path, clock: time) -> None:
        self.clock = clock
        self.day = BelievableDay(clock)
        if not clock_file.exists():
            write_anchor(clock_file, Anchor(station=self.day.now, machine=machine_time.time(), rate=1.0))
        station_clock = FileClock(clock_file, machine_time.time)
        self.source = FakeSource()
        kiosk = Kiosk(self.source, clock=station_clock, reactor=reactor, boot=f"{machine_time.time_ns():x}")
        face = Face(
            health=lambda: Health(process="query"),
            clock=station_clock,
            timer=StationTimer(station_clock, reactor),
            registry=CollectorRegistry(),
        )
        Pages(face, kiosk)
        face.app.route("/test/<act>", methods=["POST"])(self._act)
        self.source.adopt(self.day)
        kiosk.start()
        reactor.listenTCP(port, face.site(), interface="127.0.0.1")

    def _act(self, request: WebRequest, act: str) -> bytes:
        given = json.loads(request.content.read() or b"{}")
        answer = getattr(self, f"act_{act}")(**given)
        self.source.adopt(self.day)
        return json_answer(request, answer)

    def act_reset(self) -> dict[str, str]:
        """Everything is as at the start."""
        self.day = BelievableDay(self.clock)
        self.source.view.grade = FeedGrade.FRESH
        return {}

    def act_late(self, minutes: int) -> dict[str, str]:
        """The next departure will be late."""
        call = self.day.next_departure()
        self.day.report(call.number, expected_departure=Instant(call.departure + minutes * MINUTE))
        return {"number": call.number}

    def act_lost(self) -> dict[str, str]:
        """Nothing has come from the dispatching system for an hour."""
        self.source.view.grade = FeedGrade.LOST
        self.day.now = Instant(self.day.now - 3600)
        return {}


if __name__ == "__main__":
    Server(int(sys.argv[1]), Path(sys.argv[2]), time.fromisoformat(sys.argv[3]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    reactor.run()
