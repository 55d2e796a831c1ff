"""The settings of the masters of time: table `[clock]` of the configuration file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stationmaster_base.configuration import Table
from stationmaster_clock.judge import SYSTEM, JudgeSettings
from stationmaster_clock.nmea import TALKERS
from stationmaster_clock.nmea_master import NmeaSettings
from stationmaster_clock.ntp_master import NtpSettings
from stationmaster_clock.rollover import YearWindow

__all__ = ["ClockSettings", "SerialSource", "ServeSettings"]

_BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialSource:
    """A master of time on a serial port."""

    device: Path
    baud: int
    nmea: NmeaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Where the station answers devices that ask for the time."""

    listen: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSettings:
    """The masters of time, and how they are judged.

    `start_wait_s` is how many machine seconds the day's work waits at the start for a time that is locked.
    """

    serial: tuple[SerialSource, ...] = ()
    ntp: tuple[NtpSettings, ...] = ()
    serve: ServeSettings | None = None
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    start_wait_s: float = 10.0

    @property
    def used(self) -> bool:
        """Whether there is anything to do: a master to listen to, or devices to answer."""
        return bool(self.serial or self.ntp or self.serve)

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> ClockSettings:
        """Read `[clock]`; faults go to the table. Relative paths count from `folder`.

        With `file` the clock is a demo's or a drill's: the rest is read, so that faults in it are found, and not used.
        """
        shadow = bool(table.text("file", ""))
        window = YearWindow(
            first=table.integer("first_year", 2020, low=1980, high=2100),
            last=table.integer("last_year", 2037, low=1980, high=2100),
        )
        if window.last < window.first:
            table.fault("last_year", f"is before {window.first}", "the first year or a later one")
        voice = table.number("system_error_s", 0.0, high=3600.0)
        settings = cls(
            serial=tuple(_serial(each, folder) for each in table.tables("serial")),
            ntp=tuple(_ntp(each) for each in table.tables("ntp")),
            serve=_serve(table.table("serve")) if "serve" in table else None,
            judge=JudgeSettings(
                window=window,
                max_step_s=table.number("max_step_s", 2.0, low=0.01, high=86400.0),
                start_step_s=table.number("start_step_s", 3600.0, low=0.01),
                holdover_error_s=table.number("holdover_error_s", 30.0, low=0.01, high=3600.0),
                drift=table.number("drift_ppm", 50.0, low=0.001, high=1000.0) * 1e-6,
                system_error_s=voice or None,
            ),
            start_wait_s=table.number("start_wait_s", 10.0, high=600.0),
        )
        names = [SYSTEM, *(each.nmea.name for each in settings.serial), *(each.name for each in settings.ntp)]
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            table.fault("name", f"{name!r} is the name of two sources", f"a name of its own, and not {SYSTEM!r}")
        table.finish()
        return cls() if shadow else settings


def _serial(table: Table, folder: Path) -> SerialSource:
    talkers = table.texts("talkers", sorted(TALKERS))
    source = SerialSource(
        device=folder / table.text("device"),
        baud=table.integer("baud", 9600),
        nmea=NmeaSettings(
            name=table.identifier("name"),
            error_s=table.number("error_s", 0.5, low=0.001, high=60.0),
            delay_s=table.number("delay_s", 0.0, high=10.0),
            silent_s=table.number("silent_s", 5.0, low=1.0, high=3600.0),
            zda_alone=table.flag("zda_alone"),
            talkers=frozenset(talkers) or TALKERS,
        ),
    )
    if source.baud not in _BAUDS:
        table.fault("baud", f"{source.baud} is no rate of a serial port", ", ".join(map(str, _BAUDS)))
    table.finish()
    return source


def _ntp(table: Table) -> NtpSettings:
    settings = NtpSettings(
        name=table.identifier("name"),
        host=table.text("host"),
        port=table.integer("port", 123, low=1, high=65535),
        poll_s=table.number("poll_s", 64.0, low=1.0, high=4096.0),
    )
    table.finish()
    return settings


def _serve(table: Table) -> ServeSettings:
    settings = ServeSettings(
        listen=table.text("listen", "127.0.0.1"), port=table.integer("port", 123, low=1, high=65535)
    )
    table.finish()
    return settings
