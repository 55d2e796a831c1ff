"""The hub's settings: table `[hub]` of the configuration file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL

from stationmaster.hub.day import DAYS_AHEAD
from stationmaster.hub.neighbours.settings import ConsoleSettings
from stationmaster.hub.open_protocol.door_settings import DoorSettings, Subsystem, subsystems_from_table
from stationmaster.hub.people.people_settings import PeopleSettings
from stationmaster.hub.storage.database import database_url
from stationmaster.hub.subsystems.watch_settings import WatchSettings
from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_dmis.settings import LineSettings, lines_from_table
from stationmaster_protocol.tls import is_loopback

__all__ = ["DoorSettings", "HubSettings", "Operator", "Subsystem"]

_PLACEHOLDER = "sqlite:///hub.db"

LOG_DAYS = 183
"""Logs are kept for six months at least (Cybersecurity Law of the People's Republic of China, article 21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who may act, under which name, and with which secret."""

    name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSettings:
    """Where the hub finds what it needs, and where it listens.

    `lines` are where the dispatching feed comes in, in the order in which they are preferred; none: it does not.
    `feed_late_s` and `feed_lost_s` are seconds of machine time without telegrams after which the feed is late and
    lost; `heartbeat_s` is the time between heartbeats.
    `plan_days` are the service dates after today that have a plan. `watch`: for how long what may be wrong.
    `console` says where the subsystems' own pages are. With `drill` nothing outside is reached, and nobody connects.
    """

    station: Path
    database: URL
    listen: str = "127.0.0.1"
    port: int = 8080
    protocol_listen: str = "127.0.0.1"
    protocol_port: int = 7310
    lines: tuple[LineSettings, ...] = ()
    feed_late_s: float = 10.0
    feed_lost_s: float = 60.0
    heartbeat_s: float = 5.0
    keep_days: int = 90
    log_days: int = LOG_DAYS
    plan_days: int = DAYS_AHEAD
    subsystems: tuple[Subsystem, ...] = ()
    operators: tuple[Operator, ...] = ()
    door: DoorSettings = field(default_factory=DoorSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
    people: PeopleSettings = field(default_factory=PeopleSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    drill: bool = False

    @classmethod
    def from_table(cls, table: Table, folder: Path) -> HubSettings:
        """Read `[hub]`; faults go to the table. Relative paths count from `folder`."""
        text = table.text("database", _PLACEHOLDER)
        try:
            database = database_url(text, folder)
        except StationError as error:
            table.fault("database", error.message, error.hint)
            database = database_url(_PLACEHOLDER, folder)
        operators = table.table("operators")
        who = operators.keys()
        people = tuple(Operator(name=name, token=operators.text(name)) for name in who)
        for operator in people:
            if not all("!" <= character <= "~" for character in operator.token):
                operators.fault(operator.name, "is no token", "ASCII letters, digits and signs, without spaces")
            if operator.token and any(operator.token == other.token for other in people if other is not operator):
                operators.fault(operator.name, "has the same token as another operator", "a secret of his own")
        settings = cls(
            station=folder / table.text("station"),
            database=database,
            listen=table.text("listen", "127.0.0.1"),
            port=table.integer("port", 8080, high=65535),
            protocol_listen=table.text("protocol_listen", "127.0.0.1"),
            protocol_port=table.integer("protocol_port", 7310, high=65535),
            lines=lines_from_table(table, folder),
            feed_late_s=table.number("feed_late_s", 10.0, low=0.1, high=3600),
            feed_lost_s=table.number("feed_lost_s", 60.0, low=0.1, high=86400),
            heartbeat_s=table.number("heartbeat_s", 5.0, low=0.05, high=300),
            keep_days=table.integer("keep_days", 90, low=1, high=36500),
            log_days=table.integer("log_days", LOG_DAYS, low=LOG_DAYS, high=36500),
            plan_days=table.integer("plan_days", DAYS_AHEAD, low=1, high=60),
            subsystems=subsystems_from_table(table.table("subsystems")),
            operators=people,
            door=DoorSettings.from_table(table.table("protocol"), folder),
            watch=WatchSettings.from_table(table.table("watch")),
            people=PeopleSettings.from_table(table.table("people"), folder),
            console=ConsoleSettings.from_table(table.table("console")),
            drill=table.flag("drill"),
        )
        if settings.drill and (settings.lines or settings.subsystems or settings.console != ConsoleSettings()):
            table.fault("drill", "has a line, subsystems or their pages", "none of them: a drill reaches nothing")
        if settings.door.tls is None and not is_loopback(settings.protocol_listen):
            table.fault(
                "protocol_listen",
                f"{settings.protocol_listen!r} can be reached from elsewhere, and there is no TLS",
                "127.0.0.1; or [hub.protocol] certificate and key, as docs/security.md says",
            )
        if settings.feed_lost_s <= settings.feed_late_s:
            table.fault("feed_lost_s", "is not more than feed_late_s", f"more than {settings.feed_late_s:g}")
        table.finish()
        return settings
