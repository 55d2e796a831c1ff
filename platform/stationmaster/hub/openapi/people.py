"""The operations of the web API that have to do with people, as a table."""

from __future__ import annotations

from stationmaster.hub.openapi.operations import Answer, Body, Operation, Parameter
from stationmaster.hub.openapi.plain import ACCOUNT, ACCOUNT_SENT, ACCOUNTS
from stationmaster.hub.people.person_bodies import LoginRequest, PasswordRequest, SessionBody, SessionsBody
from stationmaster.hub.people.preferences import LARGEST_VALUE
from stationmaster.hub.people.request_reading import LARGEST_BODY
from stationmaster.hub.web.preconditions import MATCH_PATTERN

__all__ = ["PEOPLE"]

_STARTING = ("hub-starting",)
_FAULT = ("hub-fault",)
_LOGIN = Parameter(name="login", words="The login name.", example="li")
_SESSION = Parameter(name="name", words="The session's id.", example="0f" * 16)
_KEY = Parameter(name="key", words="1 to 64 letters, digits, '.', '_', ':', '-'.", example="legend")
_ANY: dict[str, object] = {}
_ALL = {"type": "object", "additionalProperties": True}
_ONE = {"type": "object", "properties": {"key": {"type": "string"}, "value": _ANY}, "required": ["key", "value"]}
_AS_SEEN = tuple(
    Parameter(name=name, words=words, schema={"type": "string", "pattern": MATCH_PATTERN})
    for name, words in (
        ("If-Match", "The `ETag` of what was seen, which is its revision in quotation marks: else nothing is done."),
        ("If-None-Match", "`*`: only if there is none."),
    )
)
_ACCOUNT_PROBLEMS = {
    403: ("not-yourself",),
    404: ("account-unknown",),
    409: (
        "account-changed",
        "account-exists",
        "account-last-administrator",
        "account-last-security",
        "name-used",
        "quarantined",
        "roles-apart",
    ),
    422: ("account-impossible",),
    500: ("hub-fault", "kernel-failed"),
    503: ("store-down",),
}
_TOO_OFTEN = {429: ("login-too-often",)}

PEOPLE: tuple[Operation, ...] = (
    Operation(
        id="session",
        method="GET",
        path="/api/v1/session",
        about="accounts",
        summary="Who is logged in in this browser.",
        words="A page of another site is told that nobody is.",
        answers={200: Answer(words="Who it is, and his proof; null without anybody.", kind=SessionBody)},
        problems={503: _STARTING},
    ),
    Operation(
        id="logIn",
        method="POST",
        path="/api/v1/session",
        about="accounts",
        summary="Log in.",
        words="Only from the hub's own pages or a program, on the hub's own machine or encrypted. The answer sets a "
        "cookie that is always new. What is wrong is not told, and takes as long for a name that there is not; wrong "
        "passwords are slowed down by name and by address. `code-needed`: send the same again with a code.",
        body=Body(
            kind=LoginRequest,
            largest=LARGEST_BODY,
            examples={
                "password": {"login": "li", "password": "seven cups of tea"},
                "with a code": {"login": "li", "password": "seven cups of tea", "code": "123456"},
            },
        ),
        answers={200: Answer(words="Who it is, and his proof.", kind=SessionBody)},
        problems={
            400: ("bad-login",),
            401: ("code-needed", "login-refused"),
            403: ("not-encrypted", "not-this-page"),
            413: ("login-too-large",),
            **_TOO_OFTEN,
            500: _FAULT,
            503: (*_STARTING, "logins-busy"),
        },
    ),
    Operation(
        id="stillHere",
        method="PUT",
        path="/api/v1/session",
        about="accounts",
        summary="Say that the person is still there.",
        words="A session ends when nothing was done for long. A page that sees its person at work, though he asks for "
        "nothing, says so now and then.",
        answers={200: Answer(words="Who it is.", kind=SessionBody)},
    ),
    Operation(
        id="logOut",
        method="DELETE",
        path="/api/v1/session",
        about="accounts",
        summary="Log out.",
        answers={200: Answer(words="Nobody is logged in.", kind=SessionBody)},
    ),
    Operation(
        id="changePassword",
        method="PUT",
        path="/api/v1/session/password",
        about="accounts",
        summary="Change one's own password.",
        words="All other sessions of the account end; this one goes on with another cookie and proof.",
        body=Body(
            kind=PasswordRequest,
            largest=LARGEST_BODY,
            examples={"other": {"old": "seven cups of tea", "new": "river and 9 lanterns"}},
        ),
        answers={200: Answer(words="Who it is, and his new proof.", kind=SessionBody)},
        problems={
            **_ACCOUNT_PROBLEMS,
            400: ("bad-login", "bad-password"),
            403: ("not-a-person",),
            409: ("account-changed", "password-wrong", "quarantined"),
            413: ("login-too-large",),
            **_TOO_OFTEN,
            503: ("logins-busy", "store-down"),
        },
    ),
    Operation(
        id="sessions",
        method="GET",
        path="/api/v1/sessions",
        about="accounts",
        summary="Who is logged in where.",
        words="One's own sessions; to the role security all.",
        answers={200: Answer(words="The sessions that go on.", kind=SessionsBody)},
    ),
    Operation(
        id="endSession",
        method="DELETE",
        path="/api/v1/sessions/{name}",
        about="accounts",
        summary="End a session.",
        words="One's own; with the role security any.",
        place=(_SESSION,),
        answers={200: Answer(words="The sessions that still go on.", kind=SessionsBody)},
        problems={404: ("no-such-session",)},
    ),
    Operation(
        id="accounts",
        method="GET",
        path="/api/v1/accounts",
        about="accounts",
        summary="Who may log in, without verifiers.",
        answers={200: Answer(words="The accounts, by login name.", kind=ACCOUNTS)},
    ),
    Operation(
        id="putAccount",
        method="PUT",
        path="/api/v1/accounts/{login}",
        about="accounts",
        summary="Make or change an account.",
        words="What is absent stays as it was; a new account needs name, roles and password. With `one_time` the "
        "password has to be changed at the first login. Names are unique, since acts are known by them. Where the "
        "administrations are kept apart, nobody has two of their roles or changes his own.",
        place=(_LOGIN,),
        header=_AS_SEEN,
        body=Body(
            kind=ACCOUNT_SENT,
            name="SentAccount",
            largest=LARGEST_BODY,
            examples={
                "new": {
                    "name": "李站长",
                    "roles": ["supervisor"],
                    "subsystems": ["broadcast", "guidance"],
                    "password": "seven cups of tea",
                    "one_time": True,
                },
                "locked": {"locked": True},
            },
        ),
        answers={
            200: Answer(words="It is changed.", kind=ACCOUNT),
            201: Answer(words="It is made.", kind=ACCOUNT),
        },
        problems={**_ACCOUNT_PROBLEMS, 400: ("bad-account",), 412: ("not-as-seen",), 413: ("account-too-large",)},
    ),
    Operation(
        id="deleteAccount",
        method="DELETE",
        path="/api/v1/accounts/{login}",
        about="accounts",
        summary="Take an account away.",
        place=(_LOGIN,),
        header=_AS_SEEN[:1],
        answers={200: Answer(words="It is gone.", kind=ACCOUNT)},
        problems={**_ACCOUNT_PROBLEMS, 412: ("not-as-seen",)},
    ),
    Operation(
        id="preferences",
        method="GET",
        path="/api/v1/preferences",
        about="accounts",
        summary="How the person who asks has set up his console.",
        answers={200: Answer(words="Any JSON, by key.", kind=_ALL)},
        problems={403: ("not-a-person",), 500: _FAULT, 503: ("store-down",)},
    ),
    Operation(
        id="putPreference",
        method="PUT",
        path="/api/v1/preferences/{key}",
        about="accounts",
        summary="Keep a value by a key.",
        place=(_KEY,),
        body=Body(kind=_ANY, name="SentPreference", largest=LARGEST_VALUE, examples={"colours": {"late": "#c00"}}),
        answers={200: Answer(words="It is kept.", kind=_ONE)},
        problems={
            400: ("bad-preference",),
            403: ("not-a-person",),
            409: ("too-many-preferences",),
            413: ("preference-too-large",),
            500: _FAULT,
            503: ("store-down",),
        },
    ),
    Operation(
        id="deletePreference",
        method="DELETE",
        path="/api/v1/preferences/{key}",
        about="accounts",
        summary="Keep a value no longer.",
        place=(_KEY,),
        answers={200: Answer(words="It is gone.", kind=_ONE)},
        problems={403: ("not-a-person",), 500: _FAULT, 503: ("store-down",)},
    ),
)
"""Logging in and out, accounts, and preferences."""
