"""What a request at the page for people has to bring: a way that nobody listens on, a session, and proof of the page.

Plain HTTP does not leave the machine with a password in it: from elsewhere a login comes through a proxy with TLS on
this machine, or not at all, unless the operator has written that he wants it so. What is asked to be done has to come
from the page itself: as JSON, from the same origin, and with the session's proof, so that another site in the same
browser can do nothing in somebody's name.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from stationmaster_agent.sessions import Session, Sessions
from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Role
from stationmaster_service.face import json_answer
from stationmaster_service.interfaces import WebRequest

__all__ = [
    "LARGEST",
    "PROOF_HEADER",
    "Doorway",
    "Way",
    "address_of",
    "body_of",
    "check_role",
    "error_answer",
    "way_of",
]

_LOG = get_logger("doorway")

LARGEST = 20_000
"""Bytes of a request's body."""

PROOF_HEADER = "X-Session-Proof"

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "via")
"""Headers that a proxy adds."""

_STATUS = {
    "login-refused": 401,
    "not-logged-in": 401,
    "not-allowed": 403,
    "not-encrypted": 403,
    "not-this-page": 403,
    "login-too-often": 429,
    "logins-busy": 503,
    "no-replica": 503,
}
"""What a refusal is answered with; all others are 409."""


class Way(StrEnum):
    """How a request came: from this machine, encrypted through a proxy, or over a network in plain text."""

    NEAR = "near"
    ENCRYPTED = "encrypted"
    PLAIN = "plain"


class Doorway:
    """Lets requests in.

    Args:
        sessions: who is there.
        cookie: the cookie's name; browsers do not tell ports of a machine apart, so each subsystem has its own.
        plain: whether plain HTTP from elsewhere will do.

    """

    def __init__(self, sessions: Sessions, *, cookie: str, plain: bool) -> None:
        self._sessions = sessions
        self._cookie = cookie
        self._plain = plain

    def session(self, request: WebRequest) -> Session | None:
        """Whose request this is; None: nobody's who is logged in."""
        secret = self.secret(request)
        return self._sessions.of(secret) if secret and self.encrypted(request) else None

    def secret(self, request: WebRequest) -> str:
        """The secret that the request's cookie holds; empty without one."""
        for part in _header(request, "cookie").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self._cookie:
                return value
        return ""

    def encrypted(self, request: WebRequest) -> bool:
        """Whether a password may go this way."""
        return self._plain or way_of(request) is not Way.PLAIN

    def give(self, request: WebRequest, secret: str) -> None:
        """Have the browser keep a secret, or forget it if it is empty."""
        parts = [f"{self._cookie}={secret}", "Path=/", "HttpOnly", "SameSite=Strict"]
        if not secret:
            parts.append("Max-Age=0")
        if way_of(request) is Way.ENCRYPTED:
            parts.append("Secure")
        request.setHeader(b"Set-Cookie", "; ".join(parts).encode("ascii"))

    def looker(self, request: WebRequest) -> Session:
        """Who wants to look.

        Raises:
            StationError: `not-logged-in`.

        """
        session = self.session(request)
        if session is None:
            raise StationError("not-logged-in", "Nobody is logged in here.", "Log in; a session may have ended.")
        return session

    def doer(self, request: WebRequest) -> Session:
        """Who wants something to be done: a request of the page itself; he is there.

        Raises:
            StationError: `not-logged-in`, `not-this-page`.

        """
        self.check_page(request)
        session = self.looker(request)
        if not session.proved_by(_header(request, PROOF_HEADER)):
            _LOG.warning("no-proof", login=session.login.id, address=address_of(request), todo="see who asks there")
            raise StationError("not-this-page", "This was not asked by the page.", "Load the page anew.")
        self._sessions.used(self.secret(request))
        return session

    def check_page(self, request: WebRequest) -> None:
        """See to it that another site's page has not sent this, and that it may go this way.

        Raises:
            StationError: `not-this-page`, `not-encrypted`.

        """
        if not self.encrypted(request):
            raise StationError(
                "not-encrypted",
                "This connection is not encrypted, and a password must not go over it.",
                "Use the subsystem's own machine, or a proxy with TLS on it (docs/local-pages.md).",
            )
        kind = _header(request, "content-type").partition(";")[0].strip().lower()
        site = _header(request, "sec-fetch-site")
        if kind != "application/json" or (site not in ("", "same-origin")) or not _same_origin(request):
            _LOG.warning("not-this-page", address=address_of(request), todo="see which site asks")
            raise StationError("not-this-page", "This was not asked by the page.", "Load the page anew.")


def check_role(session: Session, roles: tuple[Role, ...]) -> None:
    """See to it that who is there has one of these roles; no roles: everybody may.

    Raises:
        StationError: `not-allowed`.

    """
    if roles and not session.login.may(*roles):
        wanted = ", ".join(role.value for role in roles)
        raise StationError("not-allowed", f"{session.login.name} may not do this.", f"It needs the role {wanted}.")


def body_of(request: WebRequest) -> Table:
    """The request's body, a JSON object, to be read as a table is.

    Raises:
        StationError: `bad-request`.

    """
    body = request.content.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise StationError("bad-request", f"It is larger than {LARGEST} bytes.", "Say less.")
    try:
        plain = json.loads(body.decode("utf-8"))
        json.dumps(plain, ensure_ascii=False).encode("utf-8")  # a lone half of a character is none
    except (ValueError, RecursionError) as error:
        raise StationError("bad-request", f"It is no JSON: {error}", "Send a JSON object in UTF-8.") from error
    if not isinstance(plain, dict):
        raise StationError("bad-request", "It is no JSON object.", "Send a JSON object in UTF-8.")
    return Table(plain, "request", Faults())


def error_answer(request: WebRequest, error: StationError) -> bytes:
    """A refusal as JSON: code, message, hint, and each fault where there are several."""
    body: dict[str, JsonValue] = {"error": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, ConfigurationError):
        body["error"] = "bad-request"
        body["message"] = "; ".join(f"{fault.place} {fault.problem} ({fault.allowed})" for fault in error.faults)
        return json_answer(request, body, 400)
    return json_answer(request, body, 400 if error.code == "bad-request" else _STATUS.get(error.code, 409))


def way_of(request: WebRequest) -> Way:
    """How a request came; what a proxy says is believed from this machine alone."""
    wire: Any = request
    if wire.isSecure():
        return Way.ENCRYPTED
    host = address_of(request)
    near = host == "::1" or host.startswith(("127.", "::ffff:127.")) or host == str(wire.getHost().host)
    if not near:
        return Way.PLAIN
    if not any(_header(request, name) for name in FORWARDED):
        return Way.NEAR
    said = _header(request, "x-forwarded-proto").rpartition(",")[2].strip().lower()
    return Way.ENCRYPTED if said == "https" else Way.PLAIN


def address_of(request: WebRequest) -> str:
    """Whose connection it is: the browser's, or the proxy's."""
    wire: Any = request
    return str(wire.getClientAddress().host)


def _same_origin(request: WebRequest) -> bool:
    """Whether the page that asks was loaded from here; a program that is no browser says nothing of it."""
    origin = _header(request, "origin")
    if not origin:
        return True
    hosts = {_header(request, "host")}
    if way_of(request) is Way.ENCRYPTED:
        hosts.add(_header(request, "x-forwarded-host"))
    try:
        return urlsplit(origin).netloc.lower() in {host.lower() for host in hosts if host}
    except ValueError:
        return False


def _header(request: WebRequest, name: str) -> str:
    value = request.getHeader(name)
    if value is None:
        return ""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
