"""A desk of a real agent with a real kernel's station behind its hub, and browsers that ask it for things."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from argon2 import PasswordHasher
from immutables import Map
from prometheus_client import CollectorRegistry
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred

from agent.real_hub import RealHub
from agent.world import World
from service.web import Browser
from stationmaster_agent.desk import Desk, DeskSettings
from stationmaster_agent.machine import AgentState
from stationmaster_agent.view import AgentHealth, View
from stationmaster_base.health import Health
from stationmaster_kernel.account import Account, Role
from stationmaster_kernel.changes import Resource
from stationmaster_service.face import Face

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"
CALL = "QHD/2026-03-01/G1/1"
TASK = f"{CALL}/open/1"
COOKIE = "stationmaster-broadcast"
EVIL = "<script>alert('\"&')</script>"


def account(login: str, *roles: Role, **more: Any) -> Account:
    """Somebody who may log in at broadcast."""
    values: dict[str, Any] = {
        "id": login,
        "revision": 1,
        "name": login.title(),
        "roles": roles,
        "subsystems": ("broadcast",),
        "verifier": CHEAP.hash(PASSWORD),
    }
    return Account(**(values | more))


WANG = account("wang", Role.CONTROLLER)


@dataclass
class Answer:
    """What came back."""

    code: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The JSON of it."""
        return json.loads(self.text)


@dataclass
class Person:
    """One browser: its cookie and its page's proof; `headers` go with everything that it asks."""

    desk: Any
    cookie: str = ""
    prefix: str = ""
    proof: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    address: str = "127.0.0.1"

    def get(self, path: str) -> Answer:
        """Ask for something."""
        return self._ask("GET", f"/api/v1/local/{path}", {}, b"")

    def post(self, path: str, body: object, **headers: str) -> Answer:
        """Want something done."""
        more = {"Content-Type": "application/json", "X-Session-Proof": self.proof}
        given = more | {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._ask("POST", f"/api/v1/local/{path}", given, raw)

    def login(self, login: str = "wang", password: str = PASSWORD) -> Answer:
        """Log in; the browser keeps what it is given."""
        answer = self.post("login", {"login": login, "password": password})
        if answer.code == 200:
            name, _, self.cookie = answer.headers["set-cookie"].split(";")[0].partition("=")
            self.prefix = name.removesuffix(f"stationmaster-{self.desk.kind}")
            self.proof = answer.body["proof"]
        return answer

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        wanted = {**headers, **self.headers}
        if self.cookie:
            wanted["Cookie"] = f"other=1; {self.prefix}stationmaster-{self.desk.kind}={self.cookie}"
        browser = Browser(self.desk.face.site())
        browser.transport.peerAddr = IPv4Address("TCP", self.address, 40000)
        browser.transport.hostAddr = IPv4Address("TCP", "127.0.0.1", 8083)
        lines = "".join(f"{name}: {value}\r\n" for name, value in wanted.items() if value)
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        browser.send(method, path, lines + length)
        browser.protocol.dataReceived(body)
        if not browser.transport.value():
            return Answer(0, {}, "")  # it is not answered yet
        return Answer(*_text(browser.take()))


def _text(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, str], str]:
    code, headers, body = answer
    return code, headers, body.decode()


class StillAgent:
    """An agent that holds what a test gives it, and has no hub."""

    def __init__(self, view: View, *accounts: Account) -> None:
        held = {each.id: Resource(kind="account", id=each.id, revision=1, value=each) for each in accounts}
        self.view = replace(view, held=Map({"account": held}))
        self.told = AgentHealth(state=AgentState.ALONE, position=1, unreported=0, quiet=True, next_at=None)

    def health(self) -> AgentHealth:
        return self.told

    def on_change(self, listener) -> None:
        """Nothing changes by itself."""


class StillDesk:
    """A desk on an agent that stands still: for what a subsystem adds to it."""

    def __init__(self, kind: str, agent: StillAgent, *, clock, timer, reactor) -> None:
        self.kind = kind
        self.face = Face(health=lambda: Health(process=kind), clock=clock, timer=timer, registry=CollectorRegistry())
        self.desk = Desk(
            DeskSettings(identity=kind, kind=kind, logins=True),
            face=self.face,
            agent=agent,
            clock=clock,
            reactor=reactor,
            offload=maybeDeferred,
            new_secret=lambda: f"secret-{len(self.desk._sessions)}",
            boot="boot1",
        )

    def person(self, login: str) -> Person:
        """Somebody who has logged in."""
        made = Person(self)
        assert made.login(login).code == 200
        return made


class DeskWorld:
    """Broadcast's agent, online, with two trains and some accounts, and its desk."""

    kind = "broadcast"

    def __init__(self, folder, *accounts: Account, plain_http: bool = False, logins: bool = True) -> None:
        self.hub = RealHub(60, 90)
        self.world = World(folder, hub=self.hub, accounts=True)
        self.hub.run(self.world.reactor)
        self.put(*(accounts or (WANG,)))
        self.world.start()
        self.checks: list[Deferred[bool]] | None = None
        self.secrets = 0
        self.face = Face(
            health=lambda: Health(process="broadcast"),
            clock=self.world.clock,
            timer=self.world.timer,
            registry=CollectorRegistry(),
        )
        self.desk = Desk(
            DeskSettings(identity="broadcast", kind="broadcast", logins=logins, plain_http=plain_http),
            face=self.face,
            agent=self.world.agent,
            clock=self.world.clock,
            reactor=self.world.reactor,
            offload=self.offload,
            new_secret=self.secret,
            boot="boot1",
        )

    def put(self, *accounts: Account) -> None:
        """The hub has these accounts; the agent hears of it if it is there."""
        resources = []
        for each in accounts:
            revision = max((one.revision for one in self.hub.side.resources()), default=0) + 1 + len(resources)
            resources.append(
                Resource(kind="account", id=each.id, revision=revision, value=replace(each, revision=revision))
            )
        self.commit(resources)

    def remove(self, login: str) -> None:
        """The hub has this account no more."""
        self.commit([], [("account", login)])

    def commit(self, puts, deletes=()) -> None:
        self.hub.side.commit(puts, deletes)
        if self.hub.server is not None:
            self.hub.publish()
            self.world.settle()

    def secret(self) -> str:
        self.secrets += 1
        return f"secret-{self.secrets}"

    def offload(self, function) -> Deferred[bool]:
        if self.checks is not None:
            self.checks.append(Deferred())
            return self.checks[-1]
        return maybeDeferred(function)

    def person(self, login: str = "wang", **more: Any) -> Person:
        """Somebody who has logged in."""
        made = Person(self, **more)
        assert made.login(login).code == 200
        return made

    def alone(self) -> None:
        """The hub dies, and the agent goes on alone."""
        self.hub.die()
        self.world.machine(17)
        assert self.world.state == "alone"

    def back(self) -> None:
        """The hub is back."""
        self.hub.run(self.world.reactor)
        self.world.machine(3)

    @property
    def call(self):
        """The train, as it is known here."""
        return self.world.agent.view.calls[CALL]

    @property
    def task(self):
        """Its announcement, as it is known here."""
        return self.world.agent.view.tasks[TASK]


def delay(minutes: int = 25, **more: Any) -> dict[str, Any]:
    """What a page sends for a delay."""
    return {"delay": {"call": CALL, "events": ["departure"], "minutes": minutes, **more}}


def hand(how: str, *tasks: str) -> dict[str, Any]:
    """What a page sends for tasks."""
    return {"handle": {"tasks": list(tasks or (TASK,)), "how": how}}
