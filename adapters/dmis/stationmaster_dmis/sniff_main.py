"""Reading a port or a file for the sniffer, as the command `stationmaster line-sniff` does."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stationmaster_base.errors import StationError
from stationmaster_dmis.device import open_receiver
from stationmaster_dmis.sniff import Sniffer
from stationmaster_telegram.authenticate import Verifier
from stationmaster_telegram.decoder import Decoder
from stationmaster_telegram.frame import is_station
from stationmaster_telegram.keys import load_keyring
from stationmaster_telegram.replay import ReplayGuard, SeenFile, Sender

__all__ = ["SniffOptions", "sniff"]

NOTHING_UNDERSTOOD = 1
_CHUNK = 65536
_WAIT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SniffOptions:
    """What to read, and how: a port at a rate, or a file.

    `station` is whose telegrams are wanted, None: everybody's. `keys` is the file of the keys, None: no tags.
    `seconds` is for how long a port is read, None: until Ctrl-C. `zone` is that in which times are shown.
    """

    port: Path | None = None
    baud: int = 115200
    file: Path | None = None
    station: str | None = None
    keys: Path | None = None
    seconds: float | None = None
    zone: str = "Asia/Shanghai"


class _Unkept(SeenFile):
    """Remembers nothing when the command has ended, and takes nothing from what the hub remembers."""

    def read(self) -> dict[Sender, tuple[int, int]]:
        return {}

    def write(self, seen: dict[Sender, tuple[int, int]]) -> None:
        """Nowhere."""


def sniff(options: SniffOptions, out: Callable[[str], object]) -> int:
    """Give every line, then the summary, to `out`; 0 if any telegram was understood, else 1.

    Raises:
        StationError: the port, the file, the keys, the station or the zone cannot be used.

    """
    if options.station is not None and not is_station(options.station):
        raise StationError("sniff-station", f"{options.station!r} is no station.", "1 to 4 ASCII letters and digits.")
    try:
        zone = ZoneInfo(options.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise StationError("sniff-zone", f"{options.zone!r} is no time zone.", "One such as Asia/Shanghai.") from error
    verifier = None
    if options.keys is not None:
        verifier = Verifier(load_keyring(options.keys), ReplayGuard(_Unkept(Path(os.devnull)), time.monotonic))
    sniffer = Sniffer(Decoder(options.station, verifier), zone)
    try:
        for data in _file(options.file) if options.file is not None else _port(options):
            _show(sniffer.receive(data, time.monotonic()), out)
    except KeyboardInterrupt:
        out("")
    _show(sniffer.end(time.monotonic()), out)
    _show(("-- " + line for line in sniffer.summary()), out)
    return 0 if sniffer.telegrams else NOTHING_UNDERSTOOD


def _show(lines: Iterable[str], out: Callable[[str], object]) -> None:
    for line in lines:
        out(line)


def _file(path: Path) -> Iterable[bytes]:
    try:
        with path.open("rb") as opened:
            while data := opened.read(_CHUNK):
                yield data
    except OSError as error:
        raise StationError(
            "sniff-file", f"{path} cannot be read: {error.strerror}.", "Name a file of bytes of the line."
        ) from error


def _port(options: SniffOptions) -> Iterable[bytes]:
    if options.port is None:
        raise StationError("sniff-nothing", "There is nothing to read.", "Name a file, or a port with --port.")
    try:
        device = open_receiver(options.port, options.baud)
    except (OSError, AttributeError) as error:
        raise StationError(
            "sniff-port", f"{options.port} cannot be read at {options.baud} baud: {error}.", "See its name and rate."
        ) from error
    end = None if options.seconds is None else time.monotonic() + options.seconds
    try:
        while end is None or time.monotonic() < end:
            if not select.select([device], [], [], _WAIT_S)[0]:
                continue
            try:
                data = os.read(device, _CHUNK)
            except BlockingIOError:
                continue
            except OSError:
                return  # it was unplugged
            if not data:
                return
            yield data
    finally:
        os.close(device)
