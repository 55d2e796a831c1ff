"""The lines of the configuration file: `[[hub.lines]]`, or the short form for one serial line."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from stationmaster_base.configuration import Table

__all__ = ["FolderPlace", "LineSettings", "Place", "SerialPlace", "UdpPlace", "lines_from_table"]

_MOST_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialPlace:
    """A serial port."""

    device: Path
    baud: int = 115200


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpPlace:
    """An address of this machine at which datagrams come; `senders` are those who may send, empty: anybody."""

    host: str
    port: int
    senders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPlace:
    """A folder into which files come."""

    folder: Path


Place = SerialPlace | UdpPlace | FolderPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """One line: its name, where it comes in, its format.

    `keys` is the file of the keys of its telegrams; None: they come without tags. `seen` remembers which have come.
    """

    name: str
    place: Place
    format: str = "telegram"
    keys: Path | None = None
    seen: Path = Path("line-seen.json")


def lines_from_table(table: Table, folder: Path) -> tuple[LineSettings, ...]:
    """Read `line`, `baud`, `line_keys`, `line_seen` (one serial line) or `lines` (a list of tables) of `[hub]`.

    Faults go to the table; relative paths count from `folder`.
    """
    one = table.text("line", "")
    baud = table.integer("baud", 115200, low=300, high=4_000_000)
    keys = table.text("line_keys", "")
    seen = table.text("line_seen", "line-seen.json")
    shared = folder / keys if keys else None
    several = table.tables("lines")
    if one and several:
        table.fault("line", "stands there as well as [[hub.lines]]", "one of them")
    if len(several) > _MOST_LINES:
        table.fault("lines", f"{len(several)} lines are too many", f"at most {_MOST_LINES}")
    lines: list[LineSettings] = []
    for number, each in enumerate(several, 1):
        line = _line(each, folder, number, shared)
        if any(line.name == other.name for other in lines):
            each.fault("name", f"{line.name!r} stands there twice", "a name each")
        elif any(line.seen == other.seen for other in lines):
            each.fault("seen", f"{line.seen.name!r} is another line's memory", "a file each")
        lines.append(line)
    if one:
        place = SerialPlace(device=folder / one, baud=baud)
        lines = [LineSettings(name="line", place=place, keys=shared, seen=folder / seen)]
    return tuple(lines)


def _line(table: Table, folder: Path, number: int, shared: Path | None) -> LineSettings:
    name = table.identifier("name") if "name" in table else f"line-{number}"
    keys = table.text("keys", "")
    settings = LineSettings(
        name=name,
        place=_place(table, folder),
        format=table.text("format", "telegram"),
        keys=folder / keys if keys else shared,
        seen=folder / table.text("seen", f"line-seen-{name}.json"),
    )
    table.finish()
    return settings


def _place(table: Table, folder: Path) -> Place:
    device, address, drop = table.text("port", ""), table.text("udp", ""), table.text("folder", "")
    if sum(map(bool, (device, address, drop))) != 1:
        table.fault("port", "one of port, udp and folder says where the line comes in", 'port = "/dev/ttyS0"')
        return SerialPlace(device=folder)
    if device:
        return SerialPlace(device=folder / device, baud=table.integer("baud", 115200, low=300, high=4_000_000))
    if drop:
        return FolderPlace(folder=folder / drop)
    host, _, port = address.rpartition(":")
    senders = table.texts("senders")
    for key, addresses in (("udp", (host,)), ("senders", senders)):
        for each in addresses:
            if not _is_address(each):
                table.fault(key, f"{each!r} is no IPv4 address", "an address such as 192.0.2.1")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        table.fault("udp", f"{address!r} has no port", 'an address and a port such as "192.0.2.1:7320"')
        return UdpPlace(host=host, port=1)
    return UdpPlace(host=host, port=int(port), senders=senders)


def _is_address(text: str) -> bool:
    try:
        return ip_address(text).version == 4
    except ValueError:
        return False
