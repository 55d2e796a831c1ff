"""What the page for people sends and is answered: a JSON object to be read, a refusal to be told, a role to be had."""

from __future__ import annotations

import json

from stationmaster_base.configuration import Faults, Table
from stationmaster_base.errors import ConfigurationError, StationError
from stationmaster_base.health import JsonValue
from stationmaster_kernel.account import Role
from stationmaster_people.sessions import Session
from stationmaster_service.face import json_answer
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST", "body_of", "check_role", "error_answer"]

LARGEST = 20_000
"""Bytes of a request's body."""

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
