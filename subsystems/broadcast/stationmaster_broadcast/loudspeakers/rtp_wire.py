"""Where a stream goes, and the sockets that it goes through."""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from stationmaster_base.configuration import Table
from stationmaster_broadcast.loudspeakers.rtp import DYNAMIC, FORMATS, RATES, AudioFormat, audio_format

__all__ = ["RtpSettings", "RtpWire", "UdpWire"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpSettings:
    """Where to and how. `interface` is a network card's name or address, empty for whichever the routes say.

    `hops` is the packets' time to live, `dscp` their class of service (46: expedited, for sound).
    """

    address: str
    port: int
    audio: AudioFormat = field(default_factory=lambda: audio_format("pcma"))
    interface: str = ""
    hops: int = 8
    dscp: int = 46

    @staticmethod
    def from_table(table: Table) -> RtpSettings:
        """Read `address`, `port`, `format`, `rate`, `payload_type`, `interface`, `hops` and `dscp`; finish is left."""
        address = table.text("address")
        try:
            ipaddress.IPv4Address(address)
        except ValueError:
            if address:
                table.fault("address", f"{address!r} is no IPv4 address", "such as 239.192.0.1")
        port = table.integer("port", 5004, low=1024, high=65534)
        if port % 2:
            table.fault("port", f"{port} is odd", "an even number; the next one is for reports")
        name = table.choice("format", FORMATS, "pcma")
        if name != "l16":
            for key in ("rate", "payload_type"):
                if key in table:
                    table.fault(key, "is for l16 alone", 'format = "l16"')
        rate = table.integer("rate", 22050, low=RATES[0], high=RATES[-1])
        if rate not in RATES:
            table.fault("rate", f"{rate} is not possible", ", ".join(map(str, RATES)))
            rate = 8000
        given = table.integer("payload_type", DYNAMIC, low=DYNAMIC, high=127) if "payload_type" in table else None
        return RtpSettings(
            address=address,
            port=port,
            audio=audio_format(name, rate, given),
            interface=table.text("interface", ""),
            hops=table.integer("hops", 8, low=0, high=255),
            dscp=table.integer("dscp", 46, low=0, high=63),
        )


class RtpWire(Protocol):
    """What an RTP output sends through; `UdpWire` is the real one. Each raises OSError if it cannot be done."""

    def check(self) -> None:
        """See whether packets could be sent now."""

    def send(self, packet: bytes) -> None:
        """Sound."""

    def report(self, packet: bytes) -> None:
        """To the next port."""

    def close(self) -> None:
        """Let go; it opens again by itself when something is sent."""


class UdpWire:
    """Sockets for sound and for reports."""

    def __init__(self, settings: RtpSettings, networks: Path = Path("/sys/class/net")) -> None:
        self._settings = settings
        self._networks = networks
        self._sound: socket.socket | None = None
        self._reports: socket.socket | None = None

    def check(self) -> None:
        """Look for the interface, its cable and a route, with a socket of its own."""
        name = self._settings.interface
        carrier = self._networks / name / "carrier"
        if name and not _is_address(name) and carrier.exists() and not _has_link(carrier):
            raise OSError(errno.ENETDOWN, f"{name} has no link")
        self._open(self._settings.port).close()

    def send(self, packet: bytes) -> None:
        if self._sound is None:
            self._sound = self._open(self._settings.port)
        self._sound.send(packet)

    def report(self, packet: bytes) -> None:
        if self._reports is None:
            self._reports = self._open(self._settings.port + 1)
        self._reports.send(packet)

    def close(self) -> None:
        for each in (self._sound, self._reports):
            if each is not None:
                each.close()
        self._sound = self._reports = None

    def _open(self, port: int) -> socket.socket:
        settings = self._settings
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, settings.dscp << 2)
            if ipaddress.IPv4Address(settings.address).is_multicast:
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, settings.hops)
                if settings.interface:
                    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, _interface(settings.interface))
            else:
                made.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, max(1, settings.hops))
                if _is_address(settings.interface):
                    made.bind((settings.interface, 0))
            made.connect((settings.address, port))
        except BaseException:
            made.close()
            raise
        return made


def _has_link(carrier: Path) -> bool:
    """Linux' word for it; of an interface that is switched off it has none."""
    try:
        return carrier.read_text("ascii").strip() != "0"
    except OSError as error:
        if error.errno == errno.EINVAL:
            return False
        raise


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _interface(text: str) -> bytes:
    """Linux' `struct ip_mreqn`: group, own address, number of the interface."""
    if _is_address(text):
        return struct.pack("@4s4si", b"", socket.inet_aton(text), 0)
    return struct.pack("@4s4si", b"", b"", socket.if_nametoindex(text))
