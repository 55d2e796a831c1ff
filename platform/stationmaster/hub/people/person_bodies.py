"""What the web API tells of people: who is there, and the sessions that go on."""

from __future__ import annotations

from dataclasses import dataclass, field

from stationmaster.hub.people.request_reading import LONGEST_TEXT
from stationmaster.hub.web.act_reading import SCHEMA

__all__ = ["LoginRequest", "PasswordRequest", "PersonBody", "SessionBody", "SessionInfo", "SessionsBody"]

_TEXT = {SCHEMA: {"maxLength": LONGEST_TEXT}}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBody:
    """Who is logged in, with the roles that count of his; `change_password`: he has to choose one first."""

    login: str
    name: str
    roles: tuple[str, ...]
    change_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBody:
    """Whose the browser's session is, if there is one.

    `proof` goes into the header `X-Session-Proof` of all that is more than to look. `way` is how the browser reaches
    the hub (`near`, `encrypted`, `plain`), `way_good` whether a password may go that way. `ends_in_s`: seconds until
    the session ends if the person does nothing. `apart`: whether the administrations are kept apart. `permits` are the
    ids of the operations and the names of the deeds that the person may do, for a page that shows only these.
    """

    person: PersonBody | None
    proof: str
    way: str
    way_good: bool
    ends_in_s: int | None
    apart: bool
    permits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """A session: whose, since when, when its person last did something, from where and with what.

    Times are the machine's, in seconds since 1970. `mine`: it is the one that asks.
    """

    id: str
    login: str
    name: str
    begun: int
    used: int
    address: str
    program: str
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsBody:
    """The sessions that go on, the one that began last first."""

    sessions: tuple[SessionInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """Who wants to be let in; `code` is what a second factor shows."""

    login: str = field(metadata=_TEXT)
    password: str = field(metadata=_TEXT)
    code: str = field(default="", metadata=_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRequest:
    """The password that somebody has, and the one that he wants."""

    old: str = field(metadata=_TEXT)
    new: str = field(metadata=_TEXT)
