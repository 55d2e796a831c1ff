"""Who asks something of the hub over the web, and whether he may: the one place that is asked, by every operation.

A program shows the token of one of `[hub.operators]`. What who asks may do is in the tables of `permits`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stationmaster.hub.people.here import on_this_machine
from stationmaster.hub.people.permits import HERE, OPEN, PERMITS, PRIVATE, TOKEN_ROLES
from stationmaster.hub.settings import Operator
from stationmaster_base.errors import StationError
from stationmaster_base.logging import get_logger
from stationmaster_kernel.account import Role
from stationmaster_service.answers import problem_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["Asker", "Askers", "check_roles", "refusal"]

_LOG = get_logger("askers")

_SCHEME = "bearer"

_STATUS: Mapping[str, int] = {
    "not-allowed": 403,
    "not-an-operator": 401,
    "not-encrypted": 403,
    "not-logged-in": 401,
    "not-this-page": 403,
}
"""What a refusal is answered with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: the name under which he acts, his login (empty where a program shows a token), and his roles."""

    name: str
    login: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)

    def may(self, *roles: Role) -> bool:
        """Whether he has any of these roles."""
        return not self.roles.isdisjoint(roles)


NOBODY = Asker(name="")
"""Somebody who does not have to say who he is."""


class Askers:
    """Everyone who may ask.

    Args:
        operators: those of the settings, with their tokens.

    """

    def __init__(self, operators: Sequence[Operator] = ()) -> None:
        self._operators = tuple((operator.name, operator.token.encode()) for operator in operators)

    def who(self, request: WebRequest) -> str | None:
        """The name of who asks; None if he has not shown it."""
        asker = self.asker(request)
        return None if asker is None else asker.name

    def asker(self, request: WebRequest) -> Asker | None:
        """Who asks; None if he has not shown it. What he may do is for `permit` to say."""
        name = self._operator(request)
        return None if name is None else Asker(name=name, roles=TOKEN_ROLES)

    def permit(self, request: WebRequest, operation: str) -> Asker:
        """Who asks, if he may have this operation of the API's description done; nobody's name where all may.

        Raises:
            StationError: `not-encrypted`, `not-an-operator`, `not-logged-in`, `not-allowed`.

        """
        if operation in OPEN:
            return self.asker(request) or NOBODY
        roles = PERMITS.get(operation)
        if roles is None:  # nobody has said who may
            raise StationError("not-allowed", f"{operation} is allowed to nobody.", "Report this to the maker.")
        if operation in PRIVATE and not on_this_machine(request):
            raise StationError(
                "not-encrypted", "This goes over no connection that is not encrypted.", "Ask on the hub's own machine."
            )
        asker = self.asker(request)
        if asker is None:
            if (not roles or operation in HERE) and not _shown(request) and on_this_machine(request):
                return NOBODY
            raise _nobody(request, operation)
        check_roles(asker, roles, operation)
        return asker

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
    if status == 401:
        request.setHeader(b"WWW-Authenticate", b'Bearer realm="stationmaster"')
    return problem_answer(request, status, error.code, error.message, error.hint)


def _shown(request: WebRequest) -> str:
    return (request.getHeader("authorization") or "").strip()


def _nobody(request: WebRequest, operation: str) -> StationError:
    if _shown(request):
        _LOG.warning("not-an-operator", what=operation, todo="see who asks with a token that is nobody's")
        return StationError("not-an-operator", "No operator has this token.", "See [hub.operators].")
    return StationError("not-logged-in", "Nobody is logged in here.", "Log in, or send Authorization: Bearer.")
