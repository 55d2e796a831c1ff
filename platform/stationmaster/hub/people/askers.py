"""Who asks something of the hub over the web, and whether he may: the one place that is asked, by every operation.

A program shows the token of one of `[hub.operators]`; a person's browser shows the cookie of his session and, for all
that is more than to look, the proof that his page was given. Whoever shows a token is taken for what it says, and no
cookie is looked at then. What who asks may do is in the tables of `permits`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stationmaster.hub.people.here import on_this_machine
from stationmaster.hub.people.hooks import NoLog, SecurityLog
from stationmaster.hub.people.permits import BEFORE_A_PASSWORD, HERE, OPEN, PERMITS, PRIVATE, TOKEN_ROLES
from stationmaster.hub.settings import Operator
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Role
from stationmaster_people.doorway import Doorway
from stationmaster_people.logins import Login
from stationmaster_people.ways import Way, browser_of, header_of, same_origin, way_of
from stationmaster_service.answers import problem_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["Asker", "Askers", "People", "check_roles", "refusal"]

_LOG = get_logger("askers")

_SCHEME = "bearer"
_LOOKING = (b"GET", b"HEAD")
_OTHER_SITES = ("cross-site", "same-site")

_STATUS: Mapping[str, int] = {
    "code-needed": 401,
    "hub-starting": 503,
    "login-refused": 401,
    "login-too-often": 429,
    "logins-busy": 503,
    "not-allowed": 403,
    "not-an-operator": 401,
    "not-encrypted": 403,
    "not-logged-in": 401,
    "not-this-page": 403,
    "password-to-change": 403,
}
"""What a refusal is answered with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: the name under which he acts, his login (empty where a program shows a token), and his roles.

    `session` is the key of his session, empty without one. `new` means that he has to choose a password first.
    """

    name: str
    login: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)
    session: str = ""
    new: bool = False

    def may(self, *roles: Role) -> bool:
        """Whether he has any of these roles."""
        return not self.roles.isdisjoint(roles)


NOBODY = Asker(name="")
"""Somebody who does not have to say who he is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How people are known who are logged in: their doorway, the roles that count of theirs, who is new.

    `ready`: whether it is known yet who is logged in.
    """

    doorway: Doorway
    roles: Callable[[tuple[Role, ...]], frozenset[Role]]
    new: Callable[[Login], bool]
    ready: Callable[[], bool] = lambda: True


class Askers:
    """Everyone who may ask.

    Args:
        operators: those of the settings, with their tokens.
        people: those who log in; None: nobody does.
        log: hears of who may not.

    """

    def __init__(
        self, operators: Sequence[Operator] = (), people: People | None = None, log: SecurityLog | None = None
    ) -> None:
        self._operators = tuple((operator.name, operator.token.encode()) for operator in operators)
        self._people = people
        self._log = log or NoLog()
        self._followed: dict[str, set[WebRequest]] = {}

    @property
    def names(self) -> Iterable[str]:
        """The names of the settings' operators."""
        return tuple(name for name, _ in self._operators)

    def who(self, request: WebRequest) -> str | None:
        """The name of who asks; None if he has not shown it."""
        asker = self.asker(request)
        return None if asker is None else asker.name

    def asker(self, request: WebRequest) -> Asker | None:
        """Who asks; None if he has not shown it. What he may do is for `permit` to say."""
        if _shown(request):
            name = self._operator(request)
            return None if name is None else Asker(name=name, roles=TOKEN_ROLES)
        if self._people is None or header_of(request, "sec-fetch-site") in _OTHER_SITES:
            return None
        session = self._people.doorway.session(request)
        if session is None:
            return None
        login = session.login
        return Asker(
            name=login.name,
            login=login.id,
            roles=self._people.roles(login.roles),
            session=session.key,
            new=self._people.new(login),
        )

    def permit(self, request: WebRequest, operation: str) -> Asker:
        """Who asks, if he may have this operation of the API's description done; nobody's name where all may.

        Raises:
            StationError: `not-encrypted`, `hub-starting`, `not-an-operator`, `not-logged-in`, `not-this-page`,
                `password-to-change`, `not-allowed`.

        """
        if operation in OPEN:
            return self.asker(request) or NOBODY
        try:
            return self._permit(request, operation)
        except StationError as error:
            asker = self.asker(request)
            if asker is not None or error.code == "not-an-operator":
                self.record(error.code, request, "" if asker is None else asker.name, operation=operation)
            raise

    def permit_act(self, request: WebRequest, asker: Asker, check: Callable[[Asker], None]) -> None:
        """See to it that what somebody wants done passes a check of what he may; it is taken down if it does not.

        Raises:
            StationError: as the check does.

        """
        try:
            check(asker)
        except StationError as error:
            self.record(error.code, request, asker.name, why=error.message)
            raise

    def follow(self, request: WebRequest, asker: Asker) -> None:
        """End this request, whose answer goes on and on, when the session of who asks ends."""
        if not asker.session:
            return
        followed = self._followed.setdefault(asker.session, set())
        followed.add(request)

        def gone(_: object) -> None:
            followed.discard(request)
            if not followed:
                self._followed.pop(asker.session, None)

        request.notifyFinish().addBoth(gone)

    def session_ended(self, key: str) -> None:
        """A session is over: so is everything that it still listens to."""
        for request in tuple(self._followed.get(key, ())):
            wire: Any = request
            wire.loseConnection()

    def record(self, kind: str, request: WebRequest, who: str, **detail: str) -> None:
        """Have it taken down that somebody tried something, and from where."""
        self._log.record(kind, who, {"address": browser_of(request), **detail})

    def _permit(self, request: WebRequest, operation: str) -> Asker:
        roles = PERMITS.get(operation)
        if roles is None:  # nobody has said who may
            raise StationError("not-allowed", f"{operation} is allowed to nobody.", "Report this to the maker.")
        if operation in PRIVATE and not self._encrypted(request):
            raise StationError(
                "not-encrypted",
                "This connection is not encrypted, and secrets must not go over it.",
                "Use the hub's own machine, or a proxy with TLS on it (docs/security.md).",
            )
        if operation in PRIVATE and not same_origin(request):
            raise StationError("not-this-page", "This was asked by a page of another site.", "Ask from here.")
        asker = self.asker(request)
        if asker is None:
            self._check_ready(request)
            if (not roles or operation in HERE) and not _shown(request) and on_this_machine(request):
                return NOBODY
            raise _nobody(request, operation)
        if asker.session and self._people is not None and request.method not in _LOOKING:
            self._people.doorway.doer(request, json=False)
        if asker.new and operation not in BEFORE_A_PASSWORD:
            raise StationError(
                "password-to-change", "The password is one that you were given.", "Choose one of your own first."
            )
        check_roles(asker, roles, operation)
        return asker

    def _check_ready(self, request: WebRequest) -> None:
        people = self._people
        if people is not None and not people.ready() and people.doorway.secret(request) and not _shown(request):
            raise StationError("hub-starting", "The hub does not know yet who is there.", "Ask again in a moment.")

    def _encrypted(self, request: WebRequest) -> bool:
        if self._people is not None:
            return self._people.doorway.encrypted(request)
        return way_of(request) is not Way.PLAIN

    def _operator(self, request: WebRequest) -> str | None:
        """The operator whose token the request bears; each token is compared, in the same time for any of a length."""
        scheme, _, given = _shown(request).partition(" ")
        token = given.strip().encode("utf-8", "surrogateescape")
        found = None
        for name, known in self._operators:
            if hmac.compare_digest(known, token):
                found = name
        return found if scheme.lower() == _SCHEME and token else None


def check_roles(asker: Asker, roles: frozenset[Role], what: str) -> None:
    """See to it that who asks has one of these roles; no roles at all: any will do.

    Raises:
        StationError: `not-allowed`.

    """
    if asker.may(*(roles or frozenset(Role))):
        return
    _LOG.warning("not-allowed", by=asker.name, what=what, todo="nothing, unless it happens often")
    wanted = ", ".join(role.value for role in Role if role in roles)
    raise StationError("not-allowed", f"{asker.name} may not do this ({what}).", f"It needs the role {wanted}.")


def refusal(request: WebRequest, error: StationError) -> bytes:
    """The answer to who may not, as a problem with the right status."""
    status = _STATUS.get(error.code, 403)
    if error.code in ("not-an-operator", "not-logged-in"):
        request.setHeader(b"WWW-Authenticate", b'Bearer realm="stationmaster"')
    if status == 503:
        request.setHeader(b"Retry-After", b"1")
    return problem_answer(request, status, error.code, error.message, error.hint)


def _shown(request: WebRequest) -> str:
    return header_of(request, "authorization").strip()


def _nobody(request: WebRequest, operation: str) -> StationError:
    if _shown(request):
        _LOG.warning("not-an-operator", what=operation, todo="see who asks with a token that is nobody's")
        return StationError("not-an-operator", "No operator has this token.", "See [hub.operators].")
    return StationError("not-logged-in", "Nobody is logged in here.", "Log in, or send Authorization: Bearer.")
