"""The answer for devices that ask for the time and speak nothing else (SNTP, RFC 4330, section 6).

The station's clock is served as it is, with its quality: how wrong it may be as the root dispersion, and a leap
indicator that says *unsynchronised* while the station's time is free run or invalid. A device that takes time from
several servers can judge for itself then; a simple one sees that it should not set its clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from stationmaster_base.timekeeping import ClockQuality, ClockState
from stationmaster_clock.leap import LeapTable
from stationmaster_clock.ntp import LENGTH, UNSYNCHRONISED, Mode, Packet, to_stamp

__all__ = ["SntpServer", "TimeTold"]

_PRECISION = -20
"""Powers of two, in seconds: about a microsecond."""

_ADDED_SECOND = 1
_KNOWS = (ClockState.LOCKED, ClockState.HOLDOVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTold:
    """What is told of the station's time now: its quality, and the stratum of its source (0 is a receiver)."""

    quality: ClockQuality
    source_stratum: int = 0


class SntpServer:
    """Answers requests.

    Args:
        now: the station's time, in seconds since 1970.
        told: its quality.
        leaps: the leap seconds that are known.

    """

    def __init__(self, *, now: Callable[[], float], told: Callable[[], TimeTold], leaps: LeapTable) -> None:
        self.asked = 0
        self.ignored = 0
        self._now = now
        self._told = told
        self._leaps = leaps

    def answer(self, request: bytes) -> bytes | None:
        """The answer to a datagram; None for what is no request of a client, which is never answered."""
        received = self._now()
        asked = Packet.decode(request[:LENGTH]) if len(request) >= LENGTH else None
        if asked is None or asked.mode != Mode.CLIENT or not 1 <= asked.version <= 4:
            self.ignored += 1
            return None
        self.asked += 1
        told = self._told()
        quality = told.quality
        knows = quality.state in _KNOWS and quality.error_s is not None
        leap = _ADDED_SECOND if self._leaps.announced(received) else 0
        receiver = told.source_stratum == 0
        return Packet(
            leap=leap if knows else UNSYNCHRONISED,
            version=asked.version,
            mode=Mode.SERVER,
            stratum=min(told.source_stratum + 1, 15) if knows else 0,
            poll=asked.poll,
            precision=_PRECISION,
            root_dispersion_s=quality.error_s or 0.0,
            reference_id=(b"GNSS" if receiver else b"NTP\0") if knows else b"INIT",
            reference=to_stamp(math.floor(received)) if knows else 0,
            origin=asked.transmit,
            receive=to_stamp(received),
            transmit=to_stamp(max(received, self._now())),
        ).encode()
