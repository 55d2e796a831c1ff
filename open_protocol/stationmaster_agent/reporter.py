"""Tells the hub: what was done, what people did here, and how the hardware is; one report of each sort at a time.

What was done goes at once. Equipment goes at most a few times a second, so that a device whose condition flickers, or a
hundred boards that are painted one after another, cost the hub one message and not a hundred.
"""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_agent.equipment import Equipment
from stationmaster_agent.outbox import Outbox
from stationmaster_protocol.commands import LocalAct
from stationmaster_protocol.messages import Report
from stationmaster_service.interfaces import DelayedCall, MachineTime

__all__ = ["Reporter"]

PACE_S = 0.2
"""Machine seconds between two reports on equipment, at least."""


class Reporter:
    """Args:
    outbox: results and acts.
    equipment: devices, readbacks, alarms.
    reactor: machine time.
    send: sends a report to the hub.

    """

    def __init__(
        self, outbox: Outbox, equipment: Equipment, *, reactor: MachineTime, send: Callable[[Report], None]
    ) -> None:
        self._outbox = outbox
        self._equipment = equipment
        self._reactor = reactor
        self._send = send
        self._connected = False
        self._number = 0
        self._durable: int | None = None
        self._live: int | None = None
        self._pace: DelayedCall | None = None

    @property
    def untold(self) -> bool:
        """Whether the hub has not taken in yet how the hardware is."""
        return self._connected and (self._live is not None or self._equipment.untold)

    def connected(self) -> None:
        """A hub has welcomed us."""
        self._connected = True
        self._equipment.connected()
        self.report()
        self._tell_equipment()

    def lost(self) -> None:
        """The session is over."""
        self._connected = False
        self._durable = self._live = None
        self._outbox.connection_lost()
        self._stop_pace()

    def report(self) -> None:
        """Send what has been done, if nothing is on its way."""
        if self._connected:
            report = self._outbox.next_report(self._number + 1)
            if report is not None:
                self._durable = self._numbered(report)

    def equipment_changed(self) -> None:
        """Something about the hardware is different."""
        if self._connected and self._pace is None and self._live is None:
            self._pace = self._reactor.callLater(0, self._tell_equipment)

    def received(self, number: int) -> tuple[LocalAct, ...]:
        """The hub has committed a report; gives the acts that were in it."""
        acts: tuple[LocalAct, ...] = ()
        if number == self._durable:
            self._durable = None
            acts = self._outbox.received()
            self.report()
        elif number == self._live:
            self._live = None
            self._stop_pace()
            self._pace = self._reactor.callLater(PACE_S, self._tell_equipment)
        return acts

    def _tell_equipment(self) -> None:
        self._stop_pace()
        report = self._equipment.next_report(self._number + 1) if self._connected else None
        if report is not None:
            self._live = self._numbered(report)

    def _numbered(self, report: Report) -> int:
        self._number = report.number
        self._send(report)
        return report.number

    def _stop_pace(self) -> None:
        if self._pace is not None and self._pace.active():
            self._pace.cancel()
        self._pace = None
