"""The desk: what every subsystem's page for people has in common, whether or not there is a hub.

Logging in with the station's own accounts, how this subsystem stands with its hub and its feed, the next trains, and
what a person may do with them. A subsystem adds what its own hardware needs with `look` and `action`, which have the
same door. Its page takes the scripts and styles under `/desk`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationmaster_agent.acting import Acting, Done, Worker
from stationmaster_agent.outlook import differences_json, outlook
from stationmaster_agent.page_requests import body_of, check_role, error_answer
from stationmaster_agent.view import AgentHealth
from stationmaster_agent.wishes import MAY_HANDLE, MAY_WORK_THE_DAY, Wish, wish_from
from stationmaster_base.clock import StationClock
from stationmaster_base.configuration import Table
from stationmaster_base.errors import StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_base.times import Instant, to_iso
from stationmaster_kernel.account import Role
from stationmaster_people.doorway import Doorway
from stationmaster_people.logins import Login, Logins, Offload
from stationmaster_people.sessions import IDLE_S, Session, Sessions
from stationmaster_people.ways import address_of, browser_of, way_of
from stationmaster_service.events import EventStream
from stationmaster_service.face import Face, json_answer
from stationmaster_service.interfaces import DelayedCall, MachineTime, WebRequest

__all__ = ["Action", "Desk", "DeskAgent", "DeskSettings", "Look"]

_LOG = get_logger("desk")

PACE_S = 0.15
"""Machine seconds between two states that are sent to pages."""

Look = Callable[[Login], JsonValue]
"""What somebody who is logged in sees."""

Action = Callable[[Login, Table], "JsonValue | Deferred[JsonValue]"]
"""Does what somebody wants, as his page's words say; raises StationError, or adds faults to the table."""


class DeskAgent(Worker, Protocol):
    """The agent, as far as the desk needs it."""

    def health(self) -> AgentHealth:
        """How it is."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """`identity` and `kind` of the subsystem; `logins`: whether there are any (`accounts` of the agent's settings).

    `plain_http`: people may log in over a network without encryption. `idle_s`: machine seconds.
    """

    identity: str
    kind: str
    logins: bool
    plain_http: bool = False
    idle_s: float = IDLE_S

    @staticmethod
    def from_table(table: Table, *, identity: str, kind: str, logins: bool) -> DeskSettings:
        """Read the table `desk` of a subsystem's own; faults go to it."""
        settings = DeskSettings(
            identity=identity,
            kind=kind,
            logins=logins,
            plain_http=table.flag("plain_http", False),
            idle_s=60.0 * table.integer("idle_minutes", round(IDLE_S / 60), low=1, high=24 * 60),
        )
        table.finish()
        return settings


class Desk:
    """The routes under `/api/v1/local/`, and the files under `/desk`.

    Args:
        settings: whose desk it is.
        face: where the routes go.
        agent: the subsystem's.
        clock: station time.
        reactor: machine time.
        offload: where passwords are checked.
        new_secret: gives text that nobody can guess, another each time.
        boot: an id of this start of the process.

    """

    def __init__(
        self,
        settings: DeskSettings,
        *,
        face: Face,
        agent: DeskAgent,
        clock: StationClock,
        reactor: MachineTime,
        offload: Offload,
        new_secret: Callable[[], str],
        boot: str,
    ) -> None:
        self._settings = settings
        self._face = face
        self._agent = agent
        self._clock = clock
        self._reactor = reactor
        self._logins = Logins(
            lambda account: settings.kind in account.subsystems, self._accounts, reactor=reactor, offload=offload
        )
        self._sessions = Sessions(self._accounts, reactor=reactor, new_secret=new_secret, idle_s=settings.idle_s)
        self._door = Doorway(self._sessions, cookie=f"stationmaster-{settings.identity}", plain=settings.plain_http)
        self._acting = Acting(agent, clock)
        self._boot = boot
        self._count = 0
        self._telling: DelayedCall | None = None
        self._events = EventStream(whole=self._whole, reactor=reactor, name="state")
        if settings.plain_http:
            _LOG.warning("plain-http", todo="put a proxy with TLS before the page, and take plain_http out")
        face.static("/desk", "stationmaster_agent")
        app = face.app
        app.route("/api/v1/local/events", methods=["GET"], endpoint="desk events")(self._events.subscribe)
        app.route("/api/v1/local/state", methods=["GET"], endpoint="desk state")(self._get_state)
        app.route("/api/v1/local/who", methods=["GET"], endpoint="desk who")(self._get_who)
        app.route("/api/v1/local/login", methods=["POST"], endpoint="desk login")(self._post_login)
        app.route("/api/v1/local/logout", methods=["POST"], endpoint="desk logout")(self._post_logout)
        app.route("/api/v1/local/calls", methods=["GET"], endpoint="desk calls")(self._get_calls)
        self.action("/api/v1/local/here", (), lambda _by, _words: {})
        self.action("/api/v1/local/try", (), self._try)
        self.action("/api/v1/local/acts", (), self._act)
        self.action("/api/v1/local/undo", (), self._undo)
        self.look("/api/v1/local/acts", lambda _: self._acts())
        agent.on_change(self.changed)

    def look(self, path: str, show: Look) -> None:
        """Answer `GET path` to who is logged in."""

        def get(request: WebRequest) -> bytes:
            try:
                return json_answer(request, show(self._door.looker(request).login))
            except StationError as error:
                return error_answer(request, error)

        self._face.app.route(path, methods=["GET"], endpoint=f"desk look {path}")(get)

    def action(self, path: str, roles: tuple[Role, ...], do: Action) -> None:
        """Answer `POST path` by doing what somebody with one of these roles wants; no roles: whoever is logged in."""

        def post(request: WebRequest) -> bytes | Deferred[bytes]:
            try:
                session = self._door.doer(request)
                check_role(session, roles)
                words = body_of(request)
                done = do(session.login, words)
                words.faults.raise_if_any()
            except StationError as error:
                return error_answer(request, error)
            if isinstance(done, Deferred):
                return done.addCallbacks(
                    lambda body: json_answer(request, body), lambda failure: _failed(request, failure)
                )
            return json_answer(request, done)

        self._face.app.route(path, methods=["POST"], endpoint=f"desk action {path}")(post)

    def changed(self) -> None:
        """Something that pages show has changed."""
        if self._telling is None and self._events.readers:
            self._telling = self._reactor.callLater(PACE_S, self._tell)

    def stop(self) -> None:
        """Let the pages go."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._events.close()

    # How it is.

    def _tell(self) -> None:
        self._telling = None
        self._count += 1
        event_id, data = self._whole()
        self._events.publish(event_id, "state", data)

    def _whole(self) -> tuple[str, str]:
        body = json.dumps(self._state(), ensure_ascii=False, separators=(",", ":"))
        return f"{self._boot}.{self._count}", body

    def _state(self) -> JsonValue:
        """What everybody may see: names nobody."""
        view, health = self._agent.view, self._agent.health()
        station = None if view.configuration is None else view.configuration.station
        return {
            "change": self._count,
            "boot": self._boot,
            "kind": self._settings.kind,
            "identity": self._settings.identity,
            "station": {} if station is None else dict(station.names),
            "zone": "UTC" if station is None else station.zone,
            "known": station is not None,
            "state": health.state.value,
            "since": None if health.since is None else to_iso(health.since),
            "hub": None if health.hub is None else str(health.hub),
            "feed": {
                "grade": view.grade.value,
                "fresh_at": None if view.fresh_at is None else to_iso(view.fresh_at),
            },
            "stored": health.stored,
            "hub_stores": health.hub_stores,
            "clock": None if health.clock is None else health.clock.state.value,
            "acts_waiting": health.acts_waiting,
            "alarms": len(health.alarms),
            "station_time": to_iso(Instant(int(self._clock.now()))),
        }

    def _get_state(self, request: WebRequest) -> bytes:
        return json_answer(request, self._state())

    def _get_calls(self, request: WebRequest) -> bytes:
        try:
            self._door.looker(request)
        except StationError as error:
            return error_answer(request, error)
        find, call = (request.args.get(name, [b""])[0].decode("utf-8", "replace") for name in (b"find", b"call"))
        return json_answer(request, outlook(self._agent.view, self._clock.now(), find.strip()[:40], call))

    # Who it is.

    def _get_who(self, request: WebRequest) -> bytes:
        return json_answer(request, self._told(request, self._door.session(request)))

    def _told(self, request: WebRequest, session: Session | None) -> JsonValue:
        person: JsonValue = None
        if session is not None:
            login = session.login
            person = {
                "login": login.id,
                "name": login.name,
                "roles": [role.value for role in login.roles],
                "may_handle": login.may(*MAY_HANDLE),
                "may_work_the_day": login.may(*MAY_WORK_THE_DAY),
            }
        return {
            "person": person,
            "proof": "" if session is None else session.proof,
            "logins": self._settings.logins,
            "way": way_of(request).value,
            "way_good": self._door.encrypted(request),
        }

    def _post_login(self, request: WebRequest) -> bytes | Deferred[bytes]:
        try:
            self._door.check_page(request)
            words = body_of(request)
            login, password = words.text("login"), words.text("password")
            words.finish()
            words.faults.raise_if_any()
            if not self._settings.logins:
                raise StationError("login-refused", "Nobody can log in here.", "Set accounts = true; see the guide.")
        except StationError as error:
            return error_answer(request, error)
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)
        return (
            self._logins.check(login[:64], password[:1024], browser_of(request))
            .addCallback(lambda known: self._let_in(request, known, gone))
            .addErrback(lambda failure: _failed(request, failure))
        )

    def _let_in(self, request: WebRequest, login: Login, gone: list[object]) -> bytes:
        if gone:
            return b""
        self._sessions.close(self._door.secret(request))
        opened = self._sessions.open(login)
        self._door.give(request, opened.secret)
        _LOG.info("logged-in", login=login.id, address=address_of(request), way=way_of(request).value)
        return json_answer(request, self._told(request, opened.session))

    def _post_logout(self, request: WebRequest) -> bytes:
        try:
            self._door.doer(request)
        except StationError as error:
            return error_answer(request, error)
        self._sessions.close(self._door.secret(request))
        self._door.give(request, "")
        return json_answer(request, self._told(request, None))

    def _accounts(self) -> tuple[object, ...]:
        return self._agent.view.values("account")

    # What he does.

    def _try(self, by: Login, words: Table) -> JsonValue:
        tried = self._acting.tried(by, self._wish(by, words))
        return {"changes": differences_json(tried.changes), "undo": tried.back is not None}

    def _act(self, by: Login, words: Table) -> JsonValue:
        done = self._acting.do(by, self._wish(by, words))
        self.changed()
        return self._done(done)

    def _undo(self, by: Login, words: Table) -> JsonValue:
        act = words.text("act")
        words.finish()
        words.faults.raise_if_any()
        found = next((each for each in self._acting.done if each.id == act), None)
        if found is not None and found.back is not None:
            _check_wish(by, found.back)
        done = self._acting.undo(by, act)
        self.changed()
        return self._done(done)

    def _wish(self, by: Login, words: Table) -> Wish:
        wish = wish_from(words)
        words.faults.raise_if_any()
        _check_wish(by, wish)
        return wish

    def _acts(self) -> JsonValue:
        health = self._agent.health()
        refused: list[JsonValue] = [
            {"id": each.act.id, "at": to_iso(each.act.at), "by": each.act.by, "problem": each.problem}
            for each in reversed(health.acts_refused)
        ]
        return {"done": [self._done(each) for each in self._acting.done], "refused": refused}

    def _done(self, done: Done) -> JsonValue:
        return {
            "id": done.id,
            "at": to_iso(done.at),
            "by": done.by,
            "why": done.why,
            "changes": differences_json(done.changes),
            "undone": done.undone,
            "can_undo": self._acting.can_undo(done),
        }


def _check_wish(by: Login, wish: Wish) -> None:
    if not by.may(*wish.roles):
        wanted = ", ".join(role.value for role in wish.roles)
        raise StationError("not-allowed", f"{by.name} may not do this.", f"It needs the role {wanted}.")


def _failed(request: WebRequest, failure: Failure) -> bytes:
    if isinstance(failure.value, StationError):
        return error_answer(request, failure.value)
    _LOG.error("desk-failed", problem=repr(failure.value), todo="report this to the maker of the subsystem")
    return json_answer(request, {"error": "internal", "message": "It failed.", "hint": "Look at the log."}, 500)
