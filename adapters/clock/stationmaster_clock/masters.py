"""The masters of time as a Twisted service: it listens to them, has them judged every second, and steers the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_base.steering import SteeredClock
from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.judge import Judge, Trouble, Verdict
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.nmea_master import NmeaMaster
from stationmaster_clock.ntp_master import NtpMaster
from stationmaster_clock.settings import ClockSettings, SerialSource
from stationmaster_clock.sntp_server import SntpServer, TimeTold
from stationmaster_clock.udp import NtpClient, SntpPort, UdpReactor
from stationmaster_service.interfaces import DelayedCall, ListeningPort
from stationmaster_service.serial_input import OpenDevice, ReadingReactor, SerialInput

__all__ = ["ClockMasters", "ClockReactor", "Machine"]

_LOG = get_logger("clock")

LOOK_S = 1.0
"""Machine seconds from one judgement to the next."""

_A_STEP_S = 0.01


class ClockReactor(UdpReactor, ReadingReactor, Protocol):
    """What the service asks of its reactor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine's own time, and its randomness: `nonce` gives a number of 64 bits that is not 0."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]
    nonce: Callable[[], int]


class _Port:
    """A master on a serial port."""

    def __init__(
        self,
        source: SerialSource,
        leaps: LeapTable,
        reactor: ReadingReactor,
        machine: Machine,
        open_device: OpenDevice | None,
    ) -> None:
        self.master = NmeaMaster(source.nmea, leaps)
        self.input = SerialInput(
            source.device,
            source.baud,
            reactor=reactor,
            received=lambda data: self.master.receive_data(data, machine.monotonic()),
            lost=self.master.interrupted,
            open_device=open_device,
        )


class ClockMasters(Service):
    """Keeps the station's clock right.

    Args:
        settings: the masters, and how they are judged.
        clock: what is steered.
        reactor: ports, datagrams, and the machine's time.
        machine: the machine's own time.
        stepped: called after the clock was moved at once, so that whatever is due is done.
        leaps: the leap seconds that are known.
        open_device: opens serial ports.

    """

    name = "clock"

    def __init__(
        self,
        settings: ClockSettings,
        *,
        clock: SteeredClock,
        reactor: ClockReactor,
        machine: Machine,
        stepped: Callable[[], object] = lambda: None,
        leaps: LeapTable | None = None,
        open_device: OpenDevice | None = None,
    ) -> None:
        self.leaps = LeapTable.shipped() if leaps is None else leaps
        self.verdict = Verdict(state=ClockState.FREE_RUN)
        self.steps = 0
        """Times that the clock was moved at once."""
        self._settings = settings
        self._clock = clock
        self._reactor = reactor
        self._machine = machine
        self._stepped = stepped
        self._judge = Judge(settings.judge, self.leaps)
        self._ports = [_Port(each, self.leaps, reactor, machine, open_device) for each in settings.serial]
        self._clients = [
            NtpClient(NtpMaster(each, machine.nonce), reactor=reactor, monotonic=machine.monotonic)
            for each in settings.ntp
        ]
        self.server = SntpServer(now=clock.now, told=self._told, leaps=self.leaps)
        self._serving: ListeningPort | None = None
        self._looking: DelayedCall | None = None
        self._waiting: list[Deferred[None]] = []
        self._wait_ends: float | None = None
        self._may_step = True
        self._said: dict[str, str] = {}

    @property
    def serial(self) -> list[tuple[NmeaMaster, bool]]:
        """The masters on serial ports, and whether their device is there."""
        return [(each.master, each.input.is_open) for each in self._ports]

    @property
    def ntp(self) -> list[NtpMaster]:
        """The time servers."""
        return [each.master for each in self._clients]

    def quality(self) -> ClockQuality:
        """How good the station's time is now; what is still to be slewed away counts as error."""
        verdict = self.verdict
        error_s = None if verdict.error_s is None else verdict.error_s + abs(self._clock.wrong)
        return ClockQuality(state=verdict.state, error_s=error_s, source=verdict.source)

    def ready(self) -> Deferred[None]:
        """Fires when the day's work may begin: the time is locked, or has been waited for long enough."""
        if self._clock.begun:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def accept_step(self) -> bool:
        """A person says that what the sources agree on is right; False if there is nothing to accept."""
        if not self._judge.accept_step():
            return False
        self._may_step = True
        _LOG.warning("clock-step-accepted", todo="nothing; a person has decided it")
        self._decide()
        return True

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        super().startService()  # type: ignore[no-untyped-call]  # Twisted has no types here
        for port in self._ports:
            port.input.start()
        serve = self._settings.serve
        if serve is not None:
            self._serving = self._listen(serve.listen, serve.port)
        now = self._machine.wall()
        if self.leaps.expired(now):
            _LOG.warning("leap-table-expired", todo="install a newer version; until then new leap seconds are unknown")
        self._wait_ends = self._machine.monotonic() + self._settings.start_wait_s
        self._look()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted has no types here
        if self._looking is not None and self._looking.active():
            self._looking.cancel()
        for port in self._ports:
            port.input.stop()
        for client in self._clients:
            client.stop()
        if self._serving is not None:
            self._serving.stopListening()
            self._serving = None

    def _listen(self, listen: str, port: int) -> ListeningPort:
        try:
            return self._reactor.listenUDP(port, SntpPort(self.server), interface=listen)
        except OSError as error:
            raise StationError(
                "clock-port",
                f"The time cannot be served at {listen}:{port}: {error}.",
                "Stop the other time server of this machine, allow this one the port, or give [clock.serve] another.",
            ) from error

    def _look(self) -> None:
        self._looking = self._reactor.callLater(LOOK_S, self._look)
        for client in self._clients:
            client.poll()
        self._decide()

    def _decide(self) -> None:
        machine = self._machine.monotonic()
        readings = [each.master.reading(machine) for each in self._ports]
        readings += [each.master.reading(machine) for each in self._clients]
        system = self._machine.wall() - machine
        verdict = self._judge.decide(readings, machine, shown=self._clock.base, system=system)
        before, self.verdict = self.verdict, verdict
        if verdict.base is not None and verdict.state is ClockState.LOCKED:
            self._steer(verdict.base)
        self._say(before)
        if verdict.state is ClockState.LOCKED or (self._wait_ends is not None and machine >= self._wait_ends):
            self._begin()

    def _steer(self, base: float) -> None:
        """Steer to `base`; the first time, and after a person has said so, forwards at once."""
        before = self._clock.now()
        self._clock.steer(base, step=self._may_step)
        self._may_step = False
        moved = self._clock.now() - before
        if abs(moved) > _A_STEP_S:
            self.steps += 1
            _LOG.info("clock-set", seconds=round(moved, 3))
            self._stepped()

    def _begin(self) -> None:
        self._wait_ends = None
        self._clock.begin()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    def _say(self, before: Verdict) -> None:
        verdict = self.verdict
        if verdict.state is not before.state:
            log = _LOG.info if verdict.state is ClockState.LOCKED else _LOG.warning
            todo = "nothing" if verdict.state is ClockState.LOCKED else "look at the masters of time"
            log("clock-state", state=verdict.state.value, before=before.state.value, source=verdict.source, todo=todo)
        if verdict.trouble is not before.trouble and verdict.trouble is not Trouble.NONE:
            _LOG.warning("clock-trouble", trouble=verdict.trouble.value, todo="see docs/clock.md; a person must decide")
        for each in verdict.sources:
            if self._said.get(each.name) != each.condition.value:
                self._said[each.name] = each.condition.value
                _LOG.info("clock-source", source=each.name, condition=each.condition.value, gps_time=each.gps_time)

    def _told(self) -> TimeTold:
        stratum = next((each.stratum for each in self.ntp if each.name == self.verdict.source), 0)
        return TimeTold(quality=self.quality(), source_stratum=stratum)
