"""Wires one gateway from its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health, JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_gateway.attempts import POLL_TIMEOUTS, Attempts
from stationmaster_gateway.database import DispatchingDatabase
from stationmaster_gateway.epoch import next_epoch
from stationmaster_gateway.guard import Guard, Record
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.notify import Notifier
from stationmaster_gateway.port import TransmitPort
from stationmaster_gateway.port_refusals import MachinePaths
from stationmaster_gateway.reader import Reader
from stationmaster_gateway.schedule import Schedule
from stationmaster_gateway.settings import GatewaySettings
from stationmaster_gateway.source import Reading
from stationmaster_gateway.status import StatusServer
from stationmaster_gateway.transmit import Port, Transmitter
from stationmaster_gateway.vitals import Vitals
from stationmaster_gateway.watchdog import Watchdog
from stationmaster_telegram.frame import Header, payload_room
from stationmaster_telegram.keys import SigningKey, load_keyring
from stationmaster_telegram.records import DatabaseState

__all__ = ["Gateway", "Outside", "build", "signing_key"]

_LOG = get_logger("gateway")

_LONGEST_SLEEP_S = 0.2
_JOIN_S = 1.0
_CLOCK_SET = 1_577_836_800
"""2020-01-01: a machine whose clock shows less has not been told the time since it was switched on."""


def _tell_nobody(*_: object, **__: object) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a gateway tells others, and what it needs to know of its machine.

    `record` writes into the security log, `notifier` tells the init system, `perish` ends this process at once;
    `account` adds to `/healthz`; `wall` is the machine's clock, seconds since 1970; `machine` says who else is there.
    """

    wall: Callable[[], float]
    record: Record = _tell_nobody
    notifier: Notifier = field(default_factory=lambda: Notifier({}))
    perish: Callable[[str], None] = _tell_nobody
    account: Callable[[], Mapping[str, JsonValue]] = dict
    machine: MachinePaths = field(default_factory=MachinePaths)


class Gateway(Collector):
    """The appliance: a reader, a transmitter and a status page over one mirror."""

    def __init__(
        self,
        *,
        reader: Reader,
        transmitter: Transmitter,
        schedule: Schedule,
        mirror: Mirror,
        port: Port,
        lock: Lock,
        vitals: Vitals,
        unread: tuple[str, ...] = (),
        account: Callable[[], Mapping[str, JsonValue]] = dict,
    ) -> None:
        self._reader = reader
        self._transmitter = transmitter
        self._schedule = schedule
        self._mirror = mirror
        self._port = port
        self._lock = lock
        self._vitals = vitals
        self._unread = unread
        self._account = account
        self.status: StatusServer | None = None
        self.guard: Guard | None = None
        self.watchdog: Watchdog | None = None

    def run(self, *, stopping: Callable[[], bool], sleep: Callable[[float], None]) -> None:
        """Work until `stopping` says so; it is asked several times a second.

        Raises:
            StationError: the port must not be used, or a part of the gateway has died: better none than half of one.

        """
        stop = Event()
        parts = self._parts(stop)
        _LOG.info("started", epoch=self._schedule.epoch)
        if self.status is not None:
            self.status.start()
        for part in parts:
            part.start()
        try:
            while not stopping():
                self._vitals.beat("transmitter")
                wait = self._transmitter.step()
                refused = self._reader.refused or (None if self.guard is None else self.guard.refused)
                if refused is not None:
                    raise refused
                if not all(part.is_alive() for part in parts) or not (self.status is None or self.status.alive):
                    raise StationError("gateway-died", "A part of the gateway has died.", "The log above says why.")
                if wait > 0:
                    sleep(min(wait, _LONGEST_SLEEP_S))
        finally:
            stop.set()
            self._transmitter.close()
            if self.status is not None:
                self.status.close()
            for part in parts:
                part.join(_JOIN_S)
        _LOG.info("stopped", epoch=self._schedule.epoch, sequence=self._schedule.sequence)

    def counters(self) -> dict[str, int]:
        """What was counted since the start, for the exit report; takes no lock, so it answers whatever hangs."""
        counters = self._transmitter.counters
        return {
            "epoch": self._schedule.epoch,
            "sequence": self._schedule.sequence,
            "calls": len(self._mirror.calls),
            "polls": self._reader.polls,
            "poll_failures": self._reader.failures,
            "telegrams": counters.telegrams,
            "bytes": counters.bytes,
            "port_openings": counters.openings,
            "port_losses": counters.losses,
            "port_stalls": counters.stalls,
        }

    def _parts(self, stop: Event) -> list[Thread]:
        """The threads beside this one, which transmits, and the status page's."""
        runs: dict[str, Callable[[Event], None]] = {"reader": self._reader.run}
        if self.guard is not None:
            runs["guard"] = self.guard.run
        if self.watchdog is not None:
            runs["watchdog"] = self.watchdog.run
        return [Thread(target=run, args=(stop,), name=name, daemon=True) for name, run in runs.items()]

    def health(self) -> Health:
        """What the gateway says of itself; `polls`, `epoch`, `sequence` and `backlog` are of one moment."""
        with self._lock:
            state, age = self._reader.database()
            mirror, schedule, counters = self._mirror, self._schedule, self._transmitter.counters
            good = state is DatabaseState.GOOD and self._port.is_open
            return Health(
                process="gateway",
                status="ok" if good and not mirror.faulty and not mirror.held else "degraded",
                quiet=mirror.loaded and schedule.backlog == 0,
                more={
                    "polls": self._reader.polls,
                    "epoch": schedule.epoch,
                    "key": schedule.key_id,
                    "sequence": schedule.sequence,
                    "backlog": schedule.backlog,
                    "calls": len(mirror.calls),
                    "database": {
                        "state": state.name.lower(),
                        "age_s": round(age, 3),
                        "failures": self._reader.failures,
                        "faults": list(self._reader.faults[:50]),
                    },
                    "port": {"open": self._port.is_open, "losses": counters.losses, "stalls": counters.stalls},
                    "faulty": mirror.faulty,
                    "faults": {str(run): reason for run, reason in sorted(mirror.faults.items())[:50]},
                    "strays": list(mirror.strays[:50]),
                    "held": mirror.held,
                    "withheld": mirror.withheld,
                    "unread": list(self._unread),
                    **self._account(),
                },
            )

    def collect(self) -> Iterator[Metric]:
        """The gateway's figures for Prometheus."""
        with self._lock:
            state, age = self._reader.database()
            counters, mirror = self._transmitter.counters, self._mirror
            counts = (
                ("polls", "Completed reads of the database.", self._reader.polls),
                ("poll_failures", "Reads of the database that failed.", self._reader.failures),
                ("telegrams", "Telegrams transmitted.", counters.telegrams),
                ("bytes", "Bytes transmitted.", counters.bytes),
                ("port_losses", "Times that the serial device went away.", counters.losses),
                ("port_stalls", "Times that the serial device took nothing for seconds.", counters.stalls),
            )
            gauges = (
                ("epoch", "The epoch of this start.", float(self._schedule.epoch)),
                ("sequence", "The last telegram transmitted.", float(self._schedule.sequence)),
                ("backlog", "Changes that were not yet transmitted once.", float(self._schedule.backlog)),
                ("calls", "Calls in the mirror.", float(len(mirror.calls))),
                ("faulty", "Rows that cannot be understood.", float(mirror.faulty)),
                ("held", "Calls that vanished too suddenly to be believed.", float(mirror.held)),
                ("withheld", "Runs whose trains are not to be transmitted.", float(mirror.withheld)),
                ("database_good", "1 while the database is read in time.", float(state is DatabaseState.GOOD)),
                ("database_age_seconds", "Seconds since the database was read.", age),
                ("port_open", "1 while there is a device to transmit on.", float(self._port.is_open)),
            )
        for name, what, count in counts:
            yield CounterMetricFamily(f"stationmaster_gateway_{name}", what, value=count)
        for name, what, value in gauges:
            yield GaugeMetricFamily(f"stationmaster_gateway_{name}", what, value=value)


def build(
    settings: GatewaySettings,
    *,
    clock: StationClock,
    monotonic: Callable[[], float],
    registry: CollectorRegistry,
    port: Port | None = None,
    outside: Outside | None = None,
) -> Gateway:
    """One gateway, ready to run.

    Args:
        settings: what it is.
        clock: station time, for the status page and for the receiver to compare its own with.
        monotonic: machine seconds.
        registry: where its metrics go.
        port: another port than the settings' device.
        outside: what it tells others; unless given, it tells nobody.

    Raises:
        StationError: the state file, the file of keys or the status page's address cannot be used.

    """
    outside = outside or Outside(wall=clock.now)
    lock, vitals, kept = Lock(), Vitals(monotonic), settings.appliance
    key = signing_key(settings)
    mirror = Mirror(payload_room(key is not None), allow=settings.source.allow, meaning=settings.source.meaning)
    header = Header(station=settings.station, gateway=settings.gateway, epoch=next_epoch(settings.state), sequence=1)
    schedule = Schedule(
        mirror,
        header,
        lambda: next_epoch(settings.state),
        key=key,
        shares=settings.carousel,
        gateway_time=lambda: _gateway_time(clock),
    )
    database = Attempts(
        lambda: DispatchingDatabase(
            settings.database,
            timeout_s=settings.timeout_s,
            whole_read_s=settings.whole_read_s,
            monotonic=monotonic,
            source=settings.source,
        ),
        POLL_TIMEOUTS * settings.timeout_s,
    )

    def poll() -> Reading:
        vitals.beat("reader")
        return database.poll()

    reader = Reader(
        poll,
        database.close,
        mirror=mirror,
        schedule=schedule,
        lock=lock,
        poll_hz=settings.poll_hz,
        slow_s=settings.slow_s,
        monotonic=monotonic,
    )
    ours = TransmitPort(settings.port, settings.baud, machine=outside.machine, wiring=settings.wiring)
    device: Port = port or ours
    transmitter = Transmitter(
        device, settings.baud, schedule=schedule, lock=lock, database=reader.database, monotonic=monotonic
    )
    gateway = Gateway(
        reader=reader,
        transmitter=transmitter,
        schedule=schedule,
        mirror=mirror,
        port=device,
        lock=lock,
        vitals=vitals,
        unread=settings.source.unread,
        account=outside.account,
    )
    gateway.status = StatusServer(
        (settings.listen, settings.status_port),
        health=gateway.health,
        clock=clock,
        registry=registry,
        alive=lambda: vitals.beat("status"),
    )
    gateway.guard = guard = Guard(
        gateway.health,
        port=ours if device is ours else None,
        record=outside.record,
        alive=lambda: vitals.beat("guard"),
        check_s=kept.check_s,
        wall=outside.wall,
        monotonic=monotonic,
    )
    gateway.watchdog = Watchdog(vitals, notifier=outside.notifier, perish=outside.perish, status=lambda: guard.status)
    # A poll may take several statements' time, and polls may be far apart; the others go round all the time.
    vitals.expect("reader", kept.hung_s + 2 * POLL_TIMEOUTS * settings.timeout_s + 1 / settings.poll_hz)
    for part in ("transmitter", "status", "guard"):
        vitals.expect(part, kept.hung_s)
    registry.register(gateway)
    return gateway


def signing_key(settings: GatewaySettings) -> SigningKey | None:
    """The key that telegrams are signed with; None if they are not.

    Raises:
        StationError: `line-keys`: the file of keys cannot be used, or does not have it.

    """
    if settings.key is None:
        return None
    ring = load_keyring(settings.key.file)
    key = ring.key(settings.key.send)
    if key is None:
        raise StationError(
            "line-keys",
            f"The file of keys {settings.key.file} has no key {settings.key.send}; it has {ring.ids}.",
            "Add it there, or name another one as gateway.key.send.",
        )
    return key


def _gateway_time(clock: StationClock) -> Instant | None:
    now = clock.now()
    return Instant(int(now)) if now >= _CLOCK_SET else None
