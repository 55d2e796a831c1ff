"""Who may do what, as tables: an operation of the web API and a deed in an act each name the roles that may.

Whoever has one of the roles may. The tables are complete: tests fail on an operation of the API's description and on a
deed of the kernel's that is in none, and what is in none is allowed to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from stationmaster_kernel.account import Role

__all__ = [
    "ANYONE",
    "AUDIT",
    "BEFORE_A_PASSWORD",
    "COMMANDS",
    "DAY",
    "DECIDE",
    "DEEDS",
    "HERE",
    "LOOK",
    "OPEN",
    "OTHER_COMMANDS",
    "PERMITS",
    "PRIVATE",
    "SECURITY",
    "SPEAK",
    "STREAMS",
    "SYSTEM",
    "TOKEN_ROLES",
    "names_permitted",
]

LOOK: frozenset[Role] = frozenset()
"""Anybody who may look: anybody on the hub's own machine, and from elsewhere whoever has any role."""

ANYONE = frozenset(Role)
"""Whoever has any role, wherever he is."""

SPEAK = frozenset({Role.ANNOUNCER, Role.CONTROLLER, Role.SUPERVISOR})
DAY = frozenset({Role.CONTROLLER, Role.SUPERVISOR})
DECIDE = frozenset({Role.SUPERVISOR})
SYSTEM = frozenset({Role.ADMINISTRATOR})
SECURITY = frozenset({Role.SECURITY})
"""While no account has this role, administrators have it; see `askers`."""

AUDIT = frozenset({Role.AUDITOR})
"""Who reads what was done does nothing himself, and gives nobody a role."""

TOKEN_ROLES = frozenset(Role) - {Role.AUDITOR}
"""What the tokens of `[hub.operators]` may: all but to read what is written about those who use them."""

PERMITS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        # The day, and what is done for it.
        "act": SPEAK,
        "acts": LOOK,
        "call": LOOK,
        "calls": LOOK,
        "conflicts": LOOK,
        "events": LOOK,
        "fallen": LOOK,
        "history": LOOK,
        "past": LOOK,
        "modes": LOOK,
        "names": LOOK,
        "plan": LOOK,
        "plans": LOOK,
        "previewAct": SPEAK,
        "told": LOOK,
        "proposals": LOOK,
        "state": LOOK,
        "station": LOOK,
        "tasks": LOOK,
        "waiting": LOOK,
        "trackPlan": LOOK,
        "trackPlanDrawing": LOOK,
        "trackPlanEvents": LOOK,
        "trackPlanLegend": LOOK,
        # The plan desk.
        "applyDraft": DECIDE,
        "checkDraft": DAY,
        "dropDraft": DECIDE,
        "dropDraftedFile": DECIDE,
        "importTimetable": DECIDE,
        "putBackVersion": DECIDE,
        "putStationFile": DECIDE,
        "stationFile": LOOK,
        "stationFiles": LOOK,
        "stationVersions": LOOK,
        "timetableImport": LOOK,
        # What the station has.
        "acknowledgeAlarm": DAY,
        "alarmHistory": LOOK,
        "alarms": LOOK,
        "board": LOOK,
        "boardPicture": LOOK,
        "boardRead": LOOK,
        "boards": LOOK,
        "broadcastListen": LOOK,
        "broadcastPlayed": LOOK,
        "broadcastPreview": SPEAK,
        "broadcastSound": LOOK,
        "broadcastWords": SPEAK,
        "broadcastZones": LOOK,
        "command": LOOK,
        "commands": LOOK,
        "conditions": LOOK,
        "devices": LOOK,
        "doCommand": SPEAK,
        "lineCalls": LOOK,
        "lines": LOOK,
        "neighbours": LOOK,
        "shelveAlarm": DECIDE,
        "subscribers": LOOK,
        "subsystems": LOOK,
        "unshelveAlarm": DECIDE,
        # The system.
        "acceptTime": SYSTEM | DECIDE,
        "clock": LOOK,
        "doIdentity": SYSTEM,
        "health": LOOK,
        "identities": SYSTEM,
        "metrics": LOOK,
        "openapi": LOOK,
        "readClock": LOOK,
        "reload": SYSTEM,
        # What was done.
        "checkLog": AUDIT,
        "exportLog": AUDIT,
        "log": AUDIT,
        # What needs two persons, and changes of shift.
        "confirmations": LOOK,
        "decideConfirmation": SPEAK,
        "giveHandover": SPEAK,
        "handover": LOOK,
        "handoverSheet": LOOK,
        "handovers": LOOK,
        "takeHandover": SPEAK,
        # People.
        "accounts": SECURITY,
        "changePassword": ANYONE,
        "confirmFactor": LOOK,
        "deleteAccount": SECURITY,
        "factors": SECURITY,
        "inviteFactor": LOOK,
        "resetFactor": SECURITY,
        "deletePreference": ANYONE,
        "endSession": ANYONE,
        "logIn": LOOK,
        "logOut": ANYONE,
        "preferences": ANYONE,
        "putPreference": ANYONE,
        "session": LOOK,
        "sessions": ANYONE,
        "stillHere": ANYONE,
        "putAccount": SECURITY,
    }
)
"""By the operation's id in the description of the API."""

OPEN = frozenset({"confirmFactor", "health", "inviteFactor", "logIn", "metrics", "openapi", "readClock", "session"})
"""Operations that ask nobody who he is: what keeps an eye on processes and what reads the description is no person, and
who logs in is nobody yet."""

BEFORE_A_PASSWORD = frozenset({"changePassword", "logIn", "logOut", "session"})
"""Operations that somebody may have done whose password is still the one that he was given."""

PRIVATE = frozenset(
    {
        "accounts",
        "changePassword",
        "confirmFactor",
        "deleteAccount",
        "doIdentity",
        "inviteFactor",
        "identities",
        "logIn",
        "putAccount",
    }
)
"""Operations with secrets in what is sent or answered: on the hub's own machine, or encrypted."""

STREAMS = frozenset({"events", "trackPlanEvents"})
"""Operations whose answer does not end: it ends with the session of who asked."""

HERE = frozenset({"acceptTime", "reload"})
"""Operations that any program on the hub's own machine may do: who is there could edit the hub's files as well."""

DEEDS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "acceptance": DECIDE,
        "actual": DAY,
        "add": DAY,
        "announce": SPEAK,
        "check_in": DAY,
        "check_rows": DAY,
        "decide": DAY,
        "decide_rows": DAY,
        "delay": DAY,
        "expect": DAY,
        "formation": DAY,
        "handle": SPEAK,
        "lock": DAY,
        "lock_plan": DECIDE,
        "mode": DECIDE,
        "places": DAY,
        "replan": DAY,
        "running": DAY,
        "show": SPEAK,
        "track": DAY,
        "turnaround": DAY,
        "undo": SPEAK,
        "unknown": DAY,
    }
)
"""By the deed's tag. What else a deed asks for, such as whose act may be undone, is in `deed_permits`."""

COMMANDS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "emergency": DECIDE,
        "emergency-end": DECIDE,
        "hold": SPEAK,
        "release": SPEAK,
        "skip": SPEAK,
        "stop": SPEAK,
        "text": SPEAK,
        "text-end": SPEAK,
        "volume": SPEAK,
    }
)
"""By the command's action; `OTHER_COMMANDS` for those that are not here."""

OTHER_COMMANDS = DAY


def names_permitted(roles: Iterable[Role]) -> tuple[str, ...]:
    """The operations and deeds that somebody with these roles may do; what else they hang on is not known here."""
    has = frozenset(roles)
    return tuple(sorted(name for name, may in {**PERMITS, **DEEDS}.items() if not may or not has.isdisjoint(may)))
