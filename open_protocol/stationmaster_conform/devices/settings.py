"""What a simulated device is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from stationmaster_conform.devices.faults import Fault
from stationmaster_conform.devices.hardware import DeviceKind

__all__ = ["DeviceSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """Which device, where its hub is, who it is there, and in which way it is wrong; None: in none."""

    kind: DeviceKind
    host: str
    port: int
    identity: str
    token: str = field(repr=False)
    fault: Fault | None = None
