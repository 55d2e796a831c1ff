"""A vendor's device, simulated: a client of its own on the protocol's sans-I/O core, with plain sockets.

It is what a vendor might write, and shares nothing with the agent. It can be wrong in the ways of `Fault`, one at a
time; where it is, the fault stands by name.
"""

from __future__ import annotations

from collections.abc import Callable

from stationmaster_base.times import MINUTE
from stationmaster_conform.devices.duties import Duties
from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.devices.session import DeviceSession
from stationmaster_conform.devices.settings import DeviceSettings
from stationmaster_conform.machine import Machine
from stationmaster_conform.wire import knock
from stationmaster_protocol.messages import ByeReason

__all__ = ["Device"]

TURN_S = 0.02
FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 20.0
REFUSED_S = 1.0


class Device:
    """Args:
    settings: which, and where.
    machine: clocks.
    go_on: asked again and again: whether it is still to run.
    """

    def __init__(self, settings: DeviceSettings, machine: Machine, go_on: Callable[[], bool]) -> None:
        self._settings = settings
        self._machine = machine
        self._go_on = go_on
        self._fault = settings.fault
        self._duties = Duties(settings.kind, settings.fault, boot=machine.new_id())
        self._hub = (settings.host, settings.port)
        self._waits = 0
        self._refusals = 0
        self._shift = machine.wall() - machine.monotonic()
        self._floor = 0.0

    def run(self) -> None:
        """Look for the hub, serve it, and begin again, until it is to end."""
        while self._go_on():
            wire = knock(*self._hub, self._machine, 2.0)
            if wire is None:
                self._hub = (self._settings.host, self._settings.port)
                self._stand_by(self._wait())
                continue
            session = DeviceSession(
                self._settings,
                self._duties,
                wire=wire,
                machine=self._machine,
                now=self.now,
                set_time=self._set_time,
            )
            try:
                session.run(self._go_on)
            finally:
                wire.part(0.2)
            if self._fault is Fault.NEVER_RETURNS and session.proved:
                return
            self._after(session)

    def now(self) -> float:
        """Station time as it is known here; it never runs backwards."""
        if self._fault is Fault.OWN_CLOCK:
            return self._machine.wall() + 20 * MINUTE
        self._floor = max(self._floor, self._machine.monotonic() + self._shift)
        return self._floor

    def _set_time(self, shift: float) -> None:
        self._shift = shift

    def _after(self, session: DeviceSession) -> None:
        if session.proved:
            self._waits = self._refusals = 0
        if session.redirected is not None and self._fault is not Fault.IGNORES_REDIRECT:
            self._hub = session.redirected
            return
        self._hub = (self._settings.host, self._settings.port)
        wait = self._wait()
        if session.reason is ByeReason.REPLACED and session.proved:
            self._waits = 1
        if session.refused:
            self._refusals += 1
            wait = max(wait, REFUSED_S * 2**self._refusals / 2)
        self._stand_by(0.0 if self._fault is Fault.RETURNS_AT_ONCE else wait)

    def _wait(self) -> float:
        wait: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 1.5 ** min(self._waits, 15))
        self._waits += 1
        return wait

    def _stand_by(self, seconds: float) -> None:
        """Go on alone, without a hub."""
        until = self._machine.monotonic() + seconds
        while self._go_on() and (left := until - self._machine.monotonic()) > 0:
            if self._fault is not Fault.IDLE_WHEN_ALONE:
                self._duties.do(self.now(), alone=True)
            self._machine.pause(min(TURN_S, left))
