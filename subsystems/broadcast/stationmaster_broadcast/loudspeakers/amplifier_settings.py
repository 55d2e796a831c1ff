"""`[broadcast.amplifiers]` and `[[broadcast.routes]]`: racks, and which of their channels feed a zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stationmaster_base.configuration import IDENTIFIER, Table
from stationmaster_base.errors import StationError
from stationmaster_broadcast.loudspeakers.amplifiers import (
    AmplifierDriver,
    AmplifierParts,
    Connection,
    amplifier_factory,
    amplifier_names,
)
from stationmaster_broadcast.loudspeakers.routing import Route

__all__ = ["BAUDS", "AmplifierSettings", "read_amplifiers", "read_routes"]

BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmplifierSettings:
    """One rack: its driver, and either an address (`host`, `port`) or a `device` with its `baud`."""

    name: str
    driver: AmplifierDriver
    host: str = ""
    port: int = 0
    device: Path | None = None
    baud: int = 9600

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return str(self.device) if self.device is not None else f"{self.host}:{self.port}"


def read_amplifiers(table: Table, folder: Path) -> tuple[AmplifierSettings, ...]:
    """Every table in `table`; faults go to the table's."""
    found: list[AmplifierSettings] = []
    for name in list(table.keys()):
        if not IDENTIFIER.match(name):
            table.fault(name, f"{name!r} is not an identifier", "letters, digits, '.', '_', '-'")
        body = table.table(name)
        kind = body.choice("driver", amplifier_names(), "line")
        try:
            driver = amplifier_factory(kind)(AmplifierParts(name=name, table=body))
        except StationError as error:
            body.fault("driver", error.message, error.hint)
            continue
        before = len(body.faults)
        made = _placed(name, body, driver, folder)
        body.finish()
        if len(body.faults) == before and any(other.place == made.place for other in found):
            body.fault("address", f"{made.place} stands there twice", "each rack once")
        found.append(made)
    return tuple(found)


def _placed(name: str, body: Table, driver: AmplifierDriver, folder: Path) -> AmplifierSettings:
    if ("address" in body) == ("device" in body):
        body.fault("address", "is needed, or a device, and not both", 'address = "192.168.1.20:7900"')
    address = body.text("address", "localhost:7900")
    if "device" in body:
        baud = body.integer("baud", driver.baud)
        if baud not in BAUDS:
            body.fault("baud", f"{baud} is not possible", ", ".join(map(str, BAUDS)))
            baud = 9600
        return AmplifierSettings(name=name, driver=driver, device=folder / body.text("device"), baud=baud)
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        body.fault("address", f"{address!r} is no host and port", "192.168.1.20:7900")
        host, port = "localhost", "7900"
    return AmplifierSettings(name=name, driver=driver, host=host, port=int(port))


def read_routes(tables: Sequence[Table], amplifiers: Sequence[AmplifierSettings]) -> dict[str, tuple[Route, ...]]:
    """By zone, in the file's order; faults go to the tables'."""
    names = [amplifier.name for amplifier in amplifiers]
    found: dict[str, tuple[Route, ...]] = {}
    usual: dict[tuple[str, int], tuple[str, int]] = {}
    for table in tables:
        zone = table.text("zone")
        amplifier = table.choice("amplifier", names, names[0]) if names else table.text("amplifier")
        if not names:
            table.fault("amplifier", f"{amplifier!r} is not known", "[broadcast.amplifiers.…]")
        channel = table.integer("channel", low=1, high=9999)
        route = Route(
            amplifier=amplifier,
            connection=Connection(
                line=table.integer("line", channel, low=1, high=9999),
                channel=channel,
                input=table.integer("input", low=1, high=9999),
            ),
        )
        table.finish()
        if route in found.get(zone, ()):
            table.fault("channel", "is the same route as one before", "each once")
        if zone not in found:
            made = route.connection
            taken = usual.setdefault((amplifier, channel), (zone, made.input))
            if taken[1] != made.input:
                table.fault("channel", f"{channel} has input {taken[1]} for zone {taken[0]}", "another channel")
        found[zone] = (*found.get(zone, ()), route)
    return found
