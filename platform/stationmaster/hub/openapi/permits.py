"""What the description of the web API says of who may: made of the tables of permits, so that it cannot differ."""

from __future__ import annotations

from stationmaster.hub.openapi.operations import Operation
from stationmaster.hub.openapi.schemas import Schema
from stationmaster.hub.people.permits import HERE, OPEN, PERMITS, PRIVATE
from stationmaster_kernel.account import Role

__all__ = ["SCHEMES", "refusals_of", "security_of", "words_of"]

SCHEMES: Schema = {
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of one of [hub.operators]. It has every role but the auditor's.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "stationmaster-hub",
        "description": "The cookie of a session, which POST /api/v1/session sets; over TLS its name begins with "
        "__Host-. For all but GET the header X-Session-Proof has to come with it, as the login's answer has it.",
    },
}
"""By what who asks can be known."""

_PRIVATE = "Only on the hub's own machine, or over an encrypted connection."
_HERE = "A program on the hub's own machine, which is no page and comes through no proxy, need show nothing."


def security_of(item: str) -> list[Schema]:
    """What has to be shown for an operation."""
    if item in OPEN:
        return []
    without: list[Schema] = [{}] if not PERMITS[item] or item in HERE else []
    return [{"operator": []}, {"session": []}, *without]


def words_of(item: str) -> tuple[str, ...]:
    """Who may have an operation done, in words."""
    private = _PRIVATE if item in PRIVATE else ""
    if item in OPEN:
        return (private,)
    wanted = PERMITS[item]
    roles = "any" if not wanted or wanted == frozenset(Role) else ", ".join(each for each in Role if each in wanted)
    here = _HERE if not wanted or item in HERE else ""
    return (f"Roles: {roles}.", private, here)


def refusals_of(operation: Operation) -> dict[int, tuple[str, ...]]:
    """What who may not is answered with."""
    if operation.id in OPEN:
        return {}
    private = ("not-encrypted",) if operation.id in PRIVATE else ()
    page = () if operation.method == "GET" else ("not-this-page",)
    return {
        401: ("not-an-operator", "not-logged-in"),
        403: ("not-allowed", "password-to-change", *private, *page),
        503: ("hub-starting",),
    }
