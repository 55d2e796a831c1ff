"""The operations of the web API that change something, or tell a secret, as a table."""

from __future__ import annotations

from stationmaster.hub.open_protocol import identities_api
from stationmaster.hub.open_protocol.enrolment import Secret
from stationmaster.hub.open_protocol.identities_api import IdentitiesBody, RevokedBody
from stationmaster.hub.openapi.operations import Answer, Body, Operation
from stationmaster.hub.openapi.plain import (
    CLOCK,
    COMMAND_SENT,
    HEALTH,
    IDENTITY_SENT,
)
from stationmaster.hub.reload import Difference
from stationmaster.hub.subsystems import commands_api
from stationmaster.hub.subsystems.equipment_bodies import CommandBody
from stationmaster.hub.web import acts_api
from stationmaster.hub.web.act_reading import ActRequest
from stationmaster.hub.web.bodies import ActBody

__all__ = ["ACT_IMPOSSIBLE", "ACT_REFUSED", "DOING"]

ACT_IMPOSSIBLE = ("act-of-nobody", "deed-impossible")
"""Refusals of acts that no other state of the day would change."""

ACT_REFUSED = (
    "act-id-used",
    "act-of-long-ago",
    "call-has-happened",
    "changed-meanwhile",
    "moved-on",
    "no-such-act",
    "no-such-call",
    "no-such-field",
    "no-such-plan",
    "no-such-proposal",
    "no-such-row",
    "no-such-scope",
    "no-such-task",
    "no-such-template",
    "not-configured",
    "not-fallen-due",
    "plan-locked",
    "plan-not-checked",
    "plan-not-locked",
    "quarantined",
    "row-undecided",
    "row-without-difference",
    "task-begun",
    "task-gone",
    "undone",
)
"""Refusals of acts against which the day stands."""

_WAITS = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "waits": {"type": "boolean", "const": True},
        "message": {"type": "string"},
    },
    "required": ["id", "waits", "message"],
}

DOING: tuple[Operation, ...] = (
    Operation(
        id="act",
        method="POST",
        path="/api/v1/acts",
        about="acts",
        summary="Do one act, all of it or nothing.",
        words="The id is the client's own and new for each act. An act that is sent again with its id is not done "
        "again and is answered as the first time, so who got no answer sends it again.",
        body=Body(
            kind=ActRequest,
            largest=acts_api.LARGEST_BODY,
            examples={
                "track and delay": {
                    "id": "console-1-000042",
                    "why": "points failure",
                    "deeds": [
                        {"do": "track", "call": "NDC/2026-03-01/G2402/1", "track": "5"},
                        {"do": "delay", "call": "NDC/2026-03-01/G2402/1", "event": "departure", "minutes": 10},
                    ],
                    "lock": True,
                    "lock_until": None,
                    "known": [{"kind": "call", "id": "NDC/2026-03-01/G2402/1", "revision": 4711}],
                },
                "undo": {"id": "console-1-000043", "deeds": [{"do": "undo", "act": "act/console-1-000042"}]},
            },
        ),
        answers={
            200: Answer(words="It is committed.", kind=ActBody),
            202: Answer(words="Nothing came of it within 10 seconds, or it waits for a second person.", kind=_WAITS),
        },
        problems={
            400: ("bad-act",),
            409: (*ACT_REFUSED, "confirmation-differs", "not-confirmed"),
            413: ("act-too-large",),
            429: ("too-many",),
            422: ACT_IMPOSSIBLE,
            500: ("hub-fault", "kernel-failed"),
            503: ("store-down",),
        },
    ),
    Operation(
        id="doCommand",
        method="POST",
        path="/api/v1/commands",
        about="equipment",
        summary="Have devices do something now.",
        words="The answer comes at once with what is known. A command sent again with its id is not given again.",
        body=Body(
            kind=COMMAND_SENT,
            name="SentCommand",
            largest=commands_api.LARGEST_BODY,
            examples={
                "brightness": {
                    "id": "console-1-000043",
                    "identity": "guidance",
                    "action": "brightness",
                    "devices": ["led-4"],
                    "parameters": {"percent": "40"},
                    "expires_s": 30,
                    "by": "console 1",
                }
            },
        ),
        answers={
            200: Answer(words="What is known of it.", kind=CommandBody),
            202: Answer(words="It waits for a second person.", kind=_WAITS),
        },
        problems={
            400: ("bad-command",),
            404: ("nobody-serves",),
            409: ("confirmation-differs", "not-confirmed"),
            413: ("command-too-large",),
            429: ("too-many",),
        },
    ),
    Operation(
        id="identities",
        method="GET",
        path="/api/v1/identities",
        about="accounts",
        summary="Which subsystems may connect.",
        answers={200: Answer(words="Every identity, by name.", kind=IdentitiesBody)},
    ),
    Operation(
        id="doIdentity",
        method="POST",
        path="/api/v1/identities",
        about="accounts",
        summary="Let a subsystem in, give it a new token, or revoke it.",
        words="A secret is shown once, in this answer.",
        body=Body(
            kind=IDENTITY_SENT,
            name="SentIdentity",
            largest=identities_api.LARGEST_BODY,
            examples={
                "enrol": {"do": "enrol", "identity": "guidance-2", "kind": "guidance"},
                "rotate": {"do": "rotate", "identity": "guidance-2", "grace_s": 3600},
                "revoke": {"do": "revoke", "identity": "guidance-2"},
            },
        ),
        answers={200: Answer(words="It is done.", kind=Secret | RevokedBody)},
        problems={
            400: ("bad-request", "bad-identity", "bad-kind"),
            404: ("no-identity",),
            409: ("configured", "no-certificates", "other-kind", "pki-file", "revoked", "store-damaged"),
            500: ("hub-fault",),
            503: ("store-down",),
        },
    ),
    Operation(
        id="reload",
        method="POST",
        path="/api/v1/reload",
        about="plan",
        summary="Read the station's folder again, all of it or nothing.",
        answers={200: Answer(words="What differs.", kind=Difference)},
        problems={
            409: ("hub-not-up", "reload-under-way"),
            422: ("configuration",),
            500: ("hub-fault", "reload-refused"),
        },
    ),
    Operation(
        id="acceptTime",
        method="POST",
        path="/api/v1/clock/accept",
        about="clock",
        summary="Accept the step of the clock that was refused, or the leap that is doubted.",
        answers={200: Answer(words="How the time is known now.", kind=CLOCK)},
        problems={409: ("nothing-to-accept",)},
    ),
    Operation(
        id="readClock",
        method="POST",
        path="/clock",
        about="process",
        summary="Read a shadow clock again, and do what is due.",
        answers={200: Answer(words="How the process is then.", kind=HEALTH), 503: Answer(words="Down.", kind=HEALTH)},
        problems={409: ("clock-not-shadow",), 503: ("clock-file",)},
    ),
)
"""Every `POST`, `PUT` and `DELETE`, and the `GET`s that need a token."""
