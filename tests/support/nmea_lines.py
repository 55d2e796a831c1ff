"""NMEA lines made by hand, and the recorded ones of `STATIONMASTER_TEST_DATA`, played at their own pace."""

from __future__ import annotations

import calendar
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from stationmaster_clock.nmea import checksum

START = 5000.0
"""Machine seconds at which every recording begins."""


def line(text: str) -> bytes:
    """A sentence with its checksum and line end."""
    body = text.encode("ascii")
    return b"$%s*%02X\r\n" % (body, checksum(body))


def rmc(at: float, *, talker: str = "GP", status: str = "A", rest: str = ",,,A") -> bytes:
    """An RMC sentence of `at`, in seconds since 1970."""
    there = time.gmtime(at)
    clock = time.strftime("%H%M%S", there) + f"{at % 1:.2f}"[1:]
    return line(f"{talker}RMC,{clock},{status},3954.00,N,11624.00,E,0.0,0.0,{time.strftime('%d%m%y', there)}{rest}")


def zda(at: float, *, talker: str = "GP") -> bytes:
    """A ZDA sentence of `at`."""
    there = time.gmtime(at)
    clock = time.strftime("%H%M%S", there) + f"{at % 1:.2f}"[1:]
    return line(f"{talker}ZDA,{clock},{time.strftime('%d,%m,%Y', there)},00,00")


def utc(*parts: int) -> float:
    """Seconds since 1970 of year, month, day, hour, minute, second."""
    return float(calendar.timegm((*parts, *(0,) * (6 - len(parts)))))


def recordings() -> dict[str, list[bytes]]:
    """The recorded logs by name, without their comments; none if there is no real data."""
    folder = os.environ.get("STATIONMASTER_TEST_DATA")
    if not folder:
        return {}
    return {
        path.stem: [each for each in path.read_bytes().splitlines(keepends=True) if not each.startswith(b"#")]
        for path in sorted((Path(folder) / "nmea").glob("*.log"))
    }


def paced(lines: list[bytes]) -> Iterator[tuple[float, bytes]]:
    """Each line with the machine time at which it came, from the times of day that the lines themselves tell."""
    machine, before = START, None
    for each in lines:
        found = re.match(rb"\$..(?:RMC|ZDA|GGA),(\d\d)(\d\d)(\d\d(?:\.\d+)?),", each)
        if found is not None:
            clock = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
            if before is not None and 0 < (clock - before) % 86400 < 60:
                machine += (clock - before) % 86400
            before = clock
        yield machine, each
