"""What a request at the page for people has to bring: a way that nobody listens on, a session, and proof of the page.

Plain HTTP does not leave the machine with a password in it: from elsewhere a login comes through a proxy with TLS on
this machine, or not at all, unless the operator has written that he wants it so. What is asked to be done has to come
from the page itself: as JSON, from the same origin, and with the session's proof, so that another site in the same
browser can do nothing in somebody's name.
"""

from __future__ import annotations

from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_people.sessions import Session, Sessions
from stationmaster_people.ways import Way, address_of, header_of, same_origin, way_of
from stationmaster_service.interfaces import WebRequest

__all__ = ["PROOF_HEADER", "Doorway"]

_LOG = get_logger("doorway")

PROOF_HEADER = "X-Session-Proof"

_ENCRYPTED_ONLY = "__Host-"
"""Before a cookie's name: browsers take it over TLS from this very host alone, so no other can have set it."""


class Doorway:
    """Lets requests in.

    Args:
        sessions: who is there.
        cookie: the cookie's name; browsers do not tell ports of a machine apart, so each subsystem has its own.
        plain: whether plain HTTP from elsewhere will do.
        guide: where it is written how it may be encrypted.

    """

    def __init__(self, sessions: Sessions, *, cookie: str, plain: bool, guide: str = "docs/local-pages.md") -> None:
        self._sessions = sessions
        self._cookie = cookie
        self._plain = plain
        self._guide = guide

    def session(self, request: WebRequest) -> Session | None:
        """Whose request this is; None: nobody's who is logged in."""
        secret = self.secret(request)
        return self._sessions.of(secret) if secret and self.encrypted(request) else None

    def secret(self, request: WebRequest) -> str:
        """The secret that the request's cookie holds; empty without one."""
        wanted = self._name(request)
        for part in header_of(request, "cookie").split(";"):
            name, _, value = part.strip().partition("=")
            if name == wanted:
                return value
        return ""

    def encrypted(self, request: WebRequest) -> bool:
        """Whether a password may go this way."""
        return self._plain or way_of(request) is not Way.PLAIN

    def give(self, request: WebRequest, secret: str) -> None:
        """Have the browser keep a secret, or forget it if it is empty."""
        parts = [f"{self._name(request)}={secret}", "Path=/", "HttpOnly", "SameSite=Strict"]
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

    def doer(self, request: WebRequest, *, json: bool = True) -> Session:
        """Who wants something to be done: a request of the page itself; he is there.

        Args:
            request: what he asks.
            json: whether only JSON will do; the proof alone keeps other sites out as well.

        Raises:
            StationError: `not-logged-in`, `not-this-page`, `not-encrypted`.

        """
        self.check_page(request, json=json)
        session = self.looker(request)
        if not session.proved_by(header_of(request, PROOF_HEADER)):
            _LOG.warning("no-proof", login=session.login.id, address=address_of(request), todo="see who asks there")
            raise StationError("not-this-page", "This was not asked by the page.", "Load the page anew.")
        self._sessions.used(self.secret(request))
        return session

    def check_page(self, request: WebRequest, *, json: bool = True) -> None:
        """See to it that another site's page has not sent this, and that it may go this way.

        A form of another site can send no JSON, and no script of one may without being let.

        Raises:
            StationError: `not-this-page`, `not-encrypted`.

        """
        if not self.encrypted(request):
            raise StationError(
                "not-encrypted",
                "This connection is not encrypted, and a password must not go over it.",
                f"Use this process's own machine, or a proxy with TLS on it ({self._guide}).",
            )
        kind = header_of(request, "content-type").partition(";")[0].strip().lower()
        if (json and kind != "application/json") or not same_origin(request):
            _LOG.warning("not-this-page", address=address_of(request), todo="see which site asks")
            raise StationError("not-this-page", "This was not asked by the page.", "Load the page anew.")

    def _name(self, request: WebRequest) -> str:
        return f"{_ENCRYPTED_ONLY}{self._cookie}" if way_of(request) is Way.ENCRYPTED else self._cookie
