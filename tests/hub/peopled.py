"""A hub with people who may log in, on the small station at 07:00, and browsers that ask it for things."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from argon2 import PasswordHasher
from twisted.internet.address import IPv4Address

from hub.making import MadeHub, begin
from service.web import Browser
from stationmaster.hub.audit.confirmations import Hold, nothing_held
from stationmaster.hub.feeding.feed import FeedIntake
from stationmaster.hub.health import hub_health
from stationmaster.hub.openapi.document import OPERATIONS
from stationmaster.hub.people.guard import PermitGuard
from stationmaster.hub.people.hooks import SecondFactors, SecurityLog
from stationmaster.hub.people.people_desk import COOKIE, PeopleDesk
from stationmaster.hub.people.people_settings import PeopleSettings
from stationmaster.hub.settings import HubSettings, Operator
from stationmaster.hub.view import HubView
from stationmaster.hub.web.acts_api import ActsApi
from stationmaster.hub.web.plans_api import PlansApi
from stationmaster_base.clock import MachineClock
from stationmaster_kernel.account import Account, Role
from stationmaster_kernel.inputs import PutAccount
from stationmaster_service.face import Face
from stationmaster_service.timer import StationTimer
from support.small_station import at

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "seven cups of tea"
CHEAP_VERIFIER = CHEAP.hash(PASSWORD)
DESK = Operator(name="desk-1", token="l-secret")
WALL = 1_800_000_000.0
"""What the machine's clock shows when the reactor's is at zero."""


@dataclass
class Told:
    """What the security log was told."""

    records: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def record(self, kind: str, who: str, detail: Mapping[str, str]) -> None:
        self.records.append((kind, who, dict(detail)))

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.records]


class Peopled:
    """A hub whose people are known; `accounts` are made by the journal."""

    def __init__(
        self,
        hub: MadeHub,
        *accounts: Account,
        settings: PeopleSettings | None = None,
        second: SecondFactors | None = None,
        log: SecurityLog | None = None,
        hold: Hold = nothing_held,
    ) -> None:
        self.hub = hub
        self.told = Told()
        clock = MachineClock(lambda: float(at("07:00")))
        timer = StationTimer(clock, hub.reactor)
        view = HubView(pipeline=hub.pipeline, feed=FeedIntake(hub.pipeline, clock, "boot"), subsystems=(), clock=clock)
        self.face = Face(
            health=lambda: hub_health(view, timer), clock=clock, timer=timer, registry=hub.registry, strict=True
        )
        self.drawn = 0
        self.desk = PeopleDesk(
            settings=HubSettings(
                station=None,  # type: ignore[arg-type]
                database=hub.url,
                operators=(DESK,),
                people=settings or PeopleSettings(),
            ),
            store=hub.store,
            pipeline=hub.pipeline,
            in_writer=hub.thread,
            reactor=hub.reactor,  # type: ignore[arg-type]
            now=lambda: view.now,
            wall=lambda: WALL + hub.reactor.seconds(),
            random_bytes=self.random_bytes,
            boot="boot",
            passwords=hub.thread,
            second=second,
            log=log or self.told,
        )
        self.desk.install(self.face)
        askers = self.desk.askers
        ActsApi(view=view, pipeline=hub.pipeline, askers=askers, face=self.face, reactor=hub.reactor, hold=hold)
        PlansApi(view, self.face)
        self.face.guard(PermitGuard(self.desk.askers, OPERATIONS))
        hub.pipeline.on_commit(self.desk.committed)
        hub.pipeline.on_new_beginning(self.desk.begun_anew)
        hub.open()
        if hub.loaded[0].state is None:
            hub.put(*begin())
        for account in accounts:
            self.put(account)
        self.desk.load()

    def random_bytes(self, count: int) -> bytes:
        self.drawn += 1
        return bytes((self.drawn * 37 + number * 11) % 256 for number in range(count))

    def put(self, account: Account) -> None:
        """Have the journal hold an account."""
        count = len(self.hub.published)
        self.hub.put(PutAccount(id=f"put-{account.id}-{count}", at=at("06:30"), by="test", account=account, known=None))

    def accounts(self) -> Mapping[str, Account]:
        return self.desk.accounts()

    def visitor(self, **more: Any) -> Visitor:
        """Somebody's browser, in which nobody is logged in."""
        return Visitor(self, **more)

    def person(self, login: str, **more: Any) -> Visitor:
        """Somebody's browser, logged in."""
        visitor = Visitor(self, **more)
        assert visitor.log_in(login)[0] == 200
        return visitor


@dataclass
class Visitor:
    """A browser: its cookie and its page's proof; `headers` go with everything that it asks."""

    world: Peopled
    address: str = "127.0.0.1"
    cookie: str = ""
    proof: str = ""
    name: str = COOKIE
    headers: dict[str, str] = field(default_factory=dict)
    set_cookie: str = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """The status and the JSON of the answer; a header that is `-` is left out."""
        wanted = {"Cookie": f"{self.name}={self.cookie}"} if self.cookie else {}
        if self.proof and method != "GET":
            wanted["X-Session-Proof"] = self.proof
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if body is not None:
            wanted["Content-Type"] = "application/json"
        wanted |= self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        text = "".join(f"{name}: {value}\r\n" for name, value in wanted.items() if value != "-")
        browser = Browser(self.world.face.site())
        browser.transport.peerAddr = IPv4Address("TCP", self.address, 40000)
        status, answered, content = browser.ask(method, path, text, body=raw)
        self.set_cookie = answered.get("set-cookie", "")
        if self.set_cookie:
            self.name, _, self.cookie = self.set_cookie.split(";")[0].partition("=")
        told = json.loads(content)
        if status == 200 and isinstance(told, dict) and "proof" in told:
            self.proof = told["proof"]
        return status, told

    def log_in(self, login: str, password: str = PASSWORD, **more: str) -> tuple[int, Any]:
        return self.ask("POST", "/api/v1/session", {"login": login, "password": password, **more})

    def person(self) -> Any:
        """Who the hub says is logged in."""
        return self.ask("GET", "/api/v1/session")[1]["person"]


def account(login: str, *roles: Role, **more: Any) -> Account:
    """Somebody who may log in."""
    values: dict[str, Any] = {"id": login, "name": login.title(), "roles": roles, "verifier": CHEAP_VERIFIER}
    return Account(**(values | more))
