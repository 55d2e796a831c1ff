"""Wires one gateway from its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Lock, Thread

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stationmaster_base.clock import StationClock
from stationmaster_base.errors import StationError
from stationmaster_base.health import Health
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant
from stationmaster_gateway.attempts import POLL_TIMEOUTS, Attempts
from stationmaster_gateway.database import DispatchingDatabase
from stationmaster_gateway.epoch import next_epoch
from stationmaster_gateway.mirror import Mirror
from stationmaster_gateway.port import TransmitPort
from stationmaster_gateway.reader import Reader
from stationmaster_gateway.schedule import Schedule
from stationmaster_gateway.settings import GatewaySettings
from stationmaster_gateway.status import StatusServer
from stationmaster_gateway.transmit import Port, Transmitter
from stationmaster_telegram.frame import Header, payload_room
from stationmaster_telegram.keys import SigningKey, load_keyring
from stationmaster_telegram.records import DatabaseState

__all__ = ["Gateway", "build"]

_LOG = get_logger("gateway")

_LONGEST_SLEEP_S = 0.2
_JOIN_S = 1.0
_CLOCK_SET = 1_577_836_800
"""2020-01-01: a machine whose clock shows less has not been told the time since it was switched on."""


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
        unread: tuple[str, ...] = (),
    ) -> None:
        self._reader = reader
        self._transmitter = transmitter
        self._schedule = schedule
        self._mirror = mirror
        self._port = port
        self._lock = lock
        self._unread = unread
        self.status: StatusServer | None = None

    def run(self, *, stopping: Callable[[], bool], sleep: Callable[[float], None]) -> None:
        """Work until `stopping` says so; it is asked several times a second.

        Raises:
            StationError: the port must not be used, or a part of the gateway has died: better none than half of one.

        """
        stop = Event()
        reading = Thread(target=self._reader.run, args=(stop,), name="reader", daemon=True)
        _LOG.info("started", epoch=self._schedule.epoch)
        reading.start()
        if self.status is not None:
            self.status.start()
        try:
            while not stopping():
                wait = self._transmitter.step()
                if (refused := self._reader.refused) is not None:
                    raise refused
                if not reading.is_alive() or not (self.status is None or self.status.alive):
                    raise StationError("gateway-died", "A part of the gateway has died.", "The log above says why.")
                if wait > 0:
                    sleep(min(wait, _LONGEST_SLEEP_S))
        finally:
            stop.set()
            self._transmitter.close()
            if self.status is not None:
                self.status.close()
            reading.join(_JOIN_S)
        _LOG.info("stopped", epoch=self._schedule.epoch, sequence=self._schedule.sequence)

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
) -> Gateway:
    """One gateway, ready to run.

    Args:
        settings: what it is.
        clock: station time, for the status page and for the receiver to compare its own with.
        monotonic: machine seconds.
        registry: where its metrics go.
        port: another port than the settings' device.

    Raises:
        StationError: the state file, the file of keys or the status page's address cannot be used.

    """
    lock = Lock()
    key = _signing_key(settings)
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
    reader = Reader(
        database.poll,
        database.close,
        mirror=mirror,
        schedule=schedule,
        lock=lock,
        poll_hz=settings.poll_hz,
        slow_s=settings.slow_s,
        monotonic=monotonic,
    )
    device: Port = port or TransmitPort(settings.port, settings.baud, wiring=settings.wiring)
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
        unread=settings.source.unread,
    )
    gateway.status = StatusServer(
        (settings.listen, settings.status_port), health=gateway.health, clock=clock, registry=registry
    )
    registry.register(gateway)
    return gateway


def _signing_key(settings: GatewaySettings) -> SigningKey | None:
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
