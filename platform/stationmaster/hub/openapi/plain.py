"""Schemas of what the web API gives and takes without a class of ours: by hand, and held to the code by tests."""

from __future__ import annotations

from stationmaster.hub.openapi.schemas import Schema
from stationmaster_base.timekeeping import ClockState
from stationmaster_kernel.account import LONGEST_NAME, Role
from stationmaster_people.passwords import LEAST, MOST
from stationmaster_protocol.hub_side import SUBSYSTEM_KINDS

__all__ = ["ACCOUNT", "ACCOUNTS", "ACCOUNT_SENT", "CLOCK", "COMMAND_SENT", "HEALTH", "IDENTITY_SENT", "NAMES"]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_WHOLE: Schema = {"type": "integer"}
_SECONDS_OR_NOT: Schema = {"type": ["number", "null"]}
_ROLES: Schema = {"type": "array", "items": {"type": "string", "enum": [role.value for role in Role]}, "minItems": 1}
_KINDS: Schema = {"type": "array", "items": {"type": "string", "enum": list(SUBSYSTEM_KINDS)}}
_SENDABLE: Schema = {"type": "string", "maxLength": 2000, "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*$"}
"""Text that XML can carry."""

_WORD: Schema = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"}


def _whole(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _sent(properties: dict[str, Schema], *needed: str) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(needed)} if needed else schema


_SOURCE = _whole(
    {
        "name": _TEXT,
        "condition": _TEXT,
        "ahead_s": _SECONDS_OR_NOT,
        "error_s": _SECONDS_OR_NOT,
        "eras": _WHOLE,
        "gps_time": _FLAG,
    }
)
_KNOWN_BY = _whole(
    {
        "state": {"type": "string", "enum": [state.value for state in ClockState]},
        "error_s": _SECONDS_OR_NOT,
        "source": {"type": ["string", "null"]},
        "trouble": _TEXT,
        "sources": {"type": "array", "items": _SOURCE},
    }
)
CLOCK: Schema = _whole({"clock": {"anyOf": [_KNOWN_BY, {"type": "null"}]}})
"""How the time is known."""

HEALTH: Schema = _whole(
    {
        "process": _TEXT,
        "status": {"type": "string", "enum": ["ok", "degraded", "down"]},
        "station_time": {"type": "string", "format": "date-time"},
        "shadow": _FLAG,
        "rate": {"type": "number"},
        "quiet": _FLAG,
        "next_at": {"type": ["string", "null"], "format": "date-time"},
        "epoch": _TEXT,
        "head": _WHOLE,
        "feed": _whole({"state": _TEXT, "age_s": _SECONDS_OR_NOT}),
        "calls": _WHOLE,
        "subscribers": _WHOLE,
        "line": _whole(
            {"epoch": {"type": ["integer", "null"]}, "sequence": {"type": ["integer", "null"]}, "complete": _FLAG}
        ),
        "clock": {"anyOf": [_KNOWN_BY, {"type": "null"}]},
        "alarms": {"type": "array", "items": _TEXT},
        "settled": _FLAG,
        "trouble": _TEXT,
    }
)
"""What a hub says of itself."""

_IN_EACH_LANGUAGE: Schema = {"type": "object", "additionalProperties": _TEXT}
NAMES: Schema = _whole({"names": {"type": "object", "additionalProperties": _IN_EACH_LANGUAGE}})
"""By name as timetables write it and by language."""

_ACCOUNT = _whole(
    {
        "login": _TEXT,
        "name": _TEXT,
        "roles": _ROLES,
        "subsystems": _KINDS,
        "locked": _FLAG,
        "one_time": _FLAG,
        "revision": _WHOLE,
    }
)
ACCOUNT: Schema = _whole({"account": {"anyOf": [_ACCOUNT, {"type": "null"}]}})
"""An account after a change, without its verifier; null when it is gone."""

ACCOUNTS: Schema = _whole({"accounts": {"type": "array", "items": _ACCOUNT}})
"""All accounts."""

ACCOUNT_SENT: Schema = _sent(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
        "roles": {**_ROLES, "uniqueItems": True},
        "subsystems": {**_KINDS, "uniqueItems": True},
        "password": {"type": "string", "minLength": LEAST, "maxLength": MOST, "format": "password"},
        "one_time": _FLAG,
        "locked": _FLAG,
    }
)
"""What is absent stays as it was; a new account needs name, roles and password."""

COMMAND_SENT: Schema = {
    **_sent(
        {
            "id": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
            "identity": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"},
            "action": _WORD,
            "devices": {"type": "array", "items": _SENDABLE, "maxItems": 500},
            "targets": {"type": "array", "items": _SENDABLE, "maxItems": 500},
            "parameters": {
                "type": "object",
                "propertyNames": _WORD,
                "additionalProperties": _SENDABLE,
                "maxProperties": 500,
            },
            "expires_s": {"type": "integer", "minimum": 1, "maximum": 86400},
            "by": _SENDABLE,
        },
        "id",
        "action",
    ),
    "anyOf": [{"required": ["identity"]}, {"required": ["targets"], "properties": {"targets": {"minItems": 1}}}],
}
"""A command to the devices of one subsystem, or of whoever serves the targets."""

_VALID: Schema = {"type": "integer", "minimum": 1, "maximum": 400 * 86400}
_IDENTITY: Schema = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"}
IDENTITY_SENT: Schema = {
    "oneOf": [
        _sent(
            {
                "do": {"type": "string", "const": "enrol"},
                "identity": _IDENTITY,
                "kind": {"type": "string", "enum": list(SUBSYSTEM_KINDS)},
                "certificate": _FLAG,
                "valid_s": _VALID,
            },
            "do",
            "identity",
            "kind",
        ),
        _sent(
            {
                "do": {"type": "string", "const": "rotate"},
                "identity": _IDENTITY,
                "grace_s": {**_VALID, "minimum": 0},
            },
            "do",
            "identity",
        ),
        _sent({"do": {"type": "string", "const": "revoke"}, "identity": _IDENTITY}, "do", "identity"),
    ]
}
"""What is to be done with whom."""
