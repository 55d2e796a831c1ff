"""A hub with people, and all that is kept of what they do: log, second factors, second persons, changes of shift."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyotp

from hub.making import MadeHub
from hub.peopled import DESK, PASSWORD, WALL, Peopled, Visitor
from stationmaster.hub.alarms.book import AlarmBook
from stationmaster.hub.audit.desk import AuditDesk
from stationmaster.hub.people.people_settings import PeopleSettings
from stationmaster.hub.settings import HubSettings
from stationmaster.hub.subsystems.command_desk import CommandDesk
from stationmaster.hub.subsystems.equipment import EquipmentBook
from stationmaster_base.clock import MachineClock
from stationmaster_kernel.account import Account
from stationmaster_service.timer import StationTimer
from support.small_station import ZONE, at

__all__ = ["Audited"]


class Audited:
    """The hub on the small station at 07:00; `key` is where secrets' key is."""

    def __init__(self, hub: MadeHub, key: Path, *accounts: Account, **people: Any) -> None:
        settings = PeopleSettings(key=key, **people)
        self.hub = hub
        self.desk = AuditDesk(
            HubSettings(station=None, database=hub.url, operators=(DESK,), people=settings),  # type: ignore[arg-type]
            hub.store,
            in_writer=hub.thread,
            in_reader=hub.thread,
            reactor=hub.reactor,
            now=lambda: float(at("07:00")),
            wall=self.wall,
            random_bytes=os.urandom,
            issuer="明泽南站",
        )
        self.peopled = Peopled(
            hub,
            *accounts,
            settings=settings,
            second=self.desk.factors,
            log=self.desk.security,
            hold=self.desk.confirming.held,
        )
        timer = StationTimer(MachineClock(lambda: float(at("07:00"))), hub.reactor)
        self.alarms = AlarmBook(lambda: float(at("07:00")), hub.reactor.seconds)
        commands = CommandDesk(router=lambda: None, timer=timer, now=lambda: float(at("07:00")), grant=lambda _: None)
        self.desk.listen(hub.pipeline, self.alarms, commands)
        self.desk.install(
            self.peopled.face,
            people=self.peopled.desk,
            pipeline=hub.pipeline,
            zone=ZONE,
            alarms=self.alarms,
            equipment=EquipmentBook(lambda: float(at("07:00"))),
        )
        self.desk.begin()

    def wall(self) -> float:
        """What the machine's clock shows."""
        return WALL + self.hub.reactor.seconds()

    def person(self, login: str) -> Visitor:
        """Somebody's browser, logged in."""
        return self.peopled.person(login)

    def app_of(self, login: str) -> pyotp.TOTP:
        """The authenticator app of somebody who has enrolled in it."""
        visitor = self.peopled.visitor()
        shown = {"login": login, "password": PASSWORD}
        status, invited = visitor.ask("POST", "/api/v1/second-factor", shown)
        assert status == 200, invited
        app = pyotp.TOTP(invited["secret"])
        code = app.at(int(self.wall()))
        assert visitor.ask("POST", "/api/v1/second-factor/confirmation", {**shown, "code": code})[0] == 200
        return app
