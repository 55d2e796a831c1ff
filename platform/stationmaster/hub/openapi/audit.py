"""The operations of the web API about the log, second factors, second persons and changes of shift, as a table."""

from __future__ import annotations

from typing import Any

from stationmaster.hub.audit import confirmations_api, handover_api
from stationmaster.hub.audit.confirmations_api import ConfirmationsBody, DecidedBody
from stationmaster.hub.audit.handover_api import HandoverBody, HandoversBody, NowBody
from stationmaster.hub.audit.log_api import MOST_RECORDS, USUAL_RECORDS, LogBody, LogCheckBody
from stationmaster.hub.audit.second_factor_api import FactorsBody, RecoveryBody
from stationmaster.hub.audit.totp import Invitation
from stationmaster.hub.openapi.operations import Answer, Body, Operation, Parameter
from stationmaster.hub.people.request_reading import LARGEST_BODY as LARGEST_SHOWN

__all__ = ["AUDIT_OPERATIONS"]

_TIME = "The station's time, or with an offset such as `Z`."
_SEQUENCE = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_WANTED = (
    Parameter(name="since", words=f"From this time on. {_TIME}", example="2026-03-01T14:06"),
    Parameter(name="until", words=f"Before this time. {_TIME}", example="2026-03-01T15:00"),
    Parameter(name="who", words="By this person or program: name or login, in whatever letters.", example="li"),
    Parameter(name="kind", words="Of this kind.", many=True, example=["act", "login"]),
    Parameter(name="text", words="With this text anywhere in it, in whatever letters.", example="G2402"),
)
_GONE = {"type": "object", "properties": {"login": {"type": "string"}}, "required": ["login"]}
_PROBLEMS = {400: ("bad-argument",), 503: ("busy", "log-unreadable", "no-database")}


def _operation(item: str, path: str, says: tuple[str, str], query: tuple[Parameter, ...], answer: Any) -> Operation:
    return Operation(
        id=item,
        method="GET",
        path=path,
        about="log",
        summary=says[0],
        words=says[1],
        query=query,
        answers={200: answer},
        problems=_PROBLEMS,
    )


_READING: tuple[Operation, ...] = (
    _operation(
        "log",
        "/api/v1/log",
        (
            "Everything that was done, the newest first.",
            "Who, when, from what to what, and why. Nobody can change or delete a record.",
        ),
        (
            *_WANTED,
            Parameter(name="before", words="Records before this one only: `next` of the last page.", schema=_SEQUENCE),
            Parameter(
                name="limit",
                words=f"The most records; {USUAL_RECORDS} if it is not given.",
                schema={"type": "integer", "minimum": 1, "maximum": MOST_RECORDS},
            ),
        ),
        Answer(words="A page.", kind=LogBody),
    ),
    _operation(
        "exportLog",
        "/api/v1/log/export",
        (
            "The log as a file, the oldest first.",
            "CSV has one line for each field that was changed. JSON lines have one record each, as in a page.",
        ),
        (
            *_WANTED,
            Parameter(
                name="format",
                words="`csv` if it is not given.",
                schema={"type": "string", "enum": ["csv", "jsonl"]},
            ),
        ),
        Answer(words="The file; JSON lines as `application/jsonl`.", kind={"type": "string"}, media="text/csv"),
    ),
    _operation(
        "checkLog",
        "/api/v1/log/check",
        (
            "Whether the log is whole and as it was written.",
            "Every record's hash, the chain, its beginning and its end are looked at.",
        ),
        (
            Parameter(
                name="known",
                words="A place that was written down: sequence, colon, hash.",
                schema={"type": "string", "pattern": "^[0-9]{1,18}:[0-9a-f]{64}$"},
                many=True,
            ),
        ),
        Answer(words="What was found.", kind=LogCheckBody),
    ),
)
"""Reading the log."""

_NO_PERSON = ("not-a-person", "not-yourself")
_PASSWORD = {
    400: ("bad-login",),
    401: ("login-refused",),
    403: ("not-encrypted", "not-this-page"),
    413: ("login-too-large",),
    429: ("login-too-often",),
    503: ("key-file", "logins-busy", "store-down"),
}
_LOGIN = Parameter(name="login", words="The login name.", example="li")


def _shown(more: tuple[str, ...], example: dict[str, str]) -> Body:
    """A password, and what is shown with it."""
    names = ("login", "password", *more)
    schema = {
        "type": "object",
        "properties": {name: {"type": "string", "maxLength": 1000} for name in names},
        "required": list(names),
        "additionalProperties": False,
    }
    return Body(kind=schema, name=f"Shown{len(names)}", largest=LARGEST_SHOWN, examples={"one": example})


_FACTORS: tuple[Operation, ...] = (
    Operation(
        id="inviteFactor",
        method="POST",
        path="/api/v1/second-factor",
        about="accounts",
        summary="Get a secret for an authenticator app (TOTP, RFC 6238).",
        words="It counts once a code of it was shown. Whoever has one already is refused.",
        body=_shown((), {"login": "li", "password": "seven cups of tea"}),
        answers={200: Answer(words="The secret, told once.", kind=Invitation)},
        problems={**_PASSWORD, 409: ("second-factor-there",)},
    ),
    Operation(
        id="confirmFactor",
        method="POST",
        path="/api/v1/second-factor/confirmation",
        about="accounts",
        summary="Show a code of the new secret: from now on codes are asked for.",
        body=_shown(("code",), {"login": "li", "password": "seven cups of tea", "code": "287082"}),
        answers={200: Answer(words="Recovery codes, told once.", kind=RecoveryBody)},
        problems={**_PASSWORD, 409: ("not-invited", "second-factor-there"), 422: ("code-refused",)},
    ),
    Operation(
        id="factors",
        method="GET",
        path="/api/v1/second-factors",
        about="accounts",
        summary="Who has a second factor.",
        answers={200: Answer(words="Everybody who has an account.", kind=FactorsBody)},
    ),
    Operation(
        id="resetFactor",
        method="DELETE",
        path="/api/v1/second-factors/{login}",
        about="accounts",
        summary="Take somebody's second factor away; nobody does so with his own.",
        place=(_LOGIN,),
        answers={200: Answer(words="He has none any more.", kind=_GONE)},
        problems={403: ("not-yourself",), 404: ("no-such-factor",), 503: ("key-file", "store-down")},
    ),
)

_CONFIRMING: tuple[Operation, ...] = (
    Operation(
        id="confirmations",
        method="GET",
        path="/api/v1/confirmations",
        about="acts",
        summary="What waits for a second person, and what became of the last ones.",
        answers={200: Answer(words="The requests, the oldest first.", kind=ConfirmationsBody)},
    ),
    Operation(
        id="decideConfirmation",
        method="POST",
        path="/api/v1/confirmations/{item}",
        about="acts",
        summary="Confirm or refuse what another one wants done, or withdraw one's own request.",
        words="Only a person who may do the same confirms it, and never who asked for it. It is done then, in the "
        "name of who asked.",
        place=(Parameter(name="item", words="The id of the act or command.", example="console-1-000042"),),
        body=Body(
            kind={
                "type": "object",
                "properties": {"confirm": {"type": "boolean"}},
                "required": ["confirm"],
                "additionalProperties": False,
            },
            name="Decision",
            largest=confirmations_api.LARGEST_BODY,
            examples={"confirm": {"confirm": True}, "refuse or withdraw": {"confirm": False}},
        ),
        answers={200: Answer(words="What became of it.", kind=DecidedBody)},
        problems={
            400: ("bad-decision",),
            403: _NO_PERSON,
            404: ("no-such-confirmation",),
            409: ("not-waiting",),
            500: ("hub-fault",),
        },
    ),
)

_NUMBER = Parameter(name="number", words="Of the sheet.", schema={"type": "integer", "minimum": 0}, example=1)

_HANDING: tuple[Operation, ...] = (
    Operation(
        id="handover",
        method="GET",
        path="/api/v1/handover",
        about="acts",
        summary="The sheet of a change of shift as it would be now.",
        answers={200: Answer(words="The sheet, and the newest that was signed.", kind=NowBody)},
        problems={503: ("store-down",)},
    ),
    Operation(
        id="giveHandover",
        method="POST",
        path="/api/v1/handover",
        about="acts",
        summary="Sign the sheet of this moment, as who goes.",
        body=Body(
            kind={
                "type": "object",
                "properties": {"notes": {"type": "string", "maxLength": handover_api.LONGEST_NOTES}},
                "required": ["notes"],
                "additionalProperties": False,
            },
            name="HandoverNotes",
            largest=handover_api.LARGEST_BODY,
            examples={"notes": {"notes": "Gate 2A jams; the fitter comes at ten."}},
        ),
        answers={200: Answer(words="It is kept.", kind=HandoverBody)},
        problems={
            400: ("bad-notes",),
            403: ("not-a-person",),
            413: ("notes-too-long",),
            500: ("hub-fault",),
            503: ("store-down",),
        },
    ),
    Operation(
        id="handovers",
        method="GET",
        path="/api/v1/handovers",
        about="acts",
        summary="Signed sheets, the newest first.",
        query=(
            Parameter(
                name="before",
                words="Sheets before this one only: `next` of the last page.",
                schema={"type": "integer", "minimum": 0, "maximum": 10**9 - 1},
            ),
        ),
        answers={200: Answer(words="A page.", kind=HandoversBody)},
        problems={400: ("bad-argument",), 503: ("store-down",)},
    ),
    Operation(
        id="handoverSheet",
        method="GET",
        path="/api/v1/handovers/{number}",
        about="acts",
        summary="One signed sheet.",
        place=(_NUMBER,),
        answers={200: Answer(words="The sheet as it was signed.", kind=HandoverBody)},
        problems={404: ("no-such-sheet",), 503: ("store-down",)},
    ),
    Operation(
        id="takeHandover",
        method="POST",
        path="/api/v1/handovers/{number}/signature",
        about="acts",
        summary="Take over, as who comes.",
        place=(_NUMBER,),
        answers={200: Answer(words="It is signed by both.", kind=HandoverBody)},
        problems={
            403: _NO_PERSON,
            404: ("no-such-sheet",),
            409: ("sheet-taken",),
            500: ("hub-fault",),
            503: ("store-down",),
        },
    ),
)

AUDIT_OPERATIONS: tuple[Operation, ...] = (*_READING, *_FACTORS, *_CONFIRMING, *_HANDING)
"""All of them."""
