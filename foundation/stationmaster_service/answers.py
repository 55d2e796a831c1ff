"""What routes of a web API answer with: values as JSON, and refusals as problem details.

A refusal has one shape whoever refuses (RFC 9457, `application/problem+json`): `type`, `title` and `status` as the
standard has them, and our `error` (a stable code for programs), `message` (what is wrong) and `hint` (what to do).
Requests that no route takes, and those on which a route fails, are answered so too, wherever programs ask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from klein import Klein
from twisted.python.failure import Failure
from werkzeug.exceptions import HTTPException

from stationmaster_base.health import JsonValue
from stationmaster_base.logging import get_logger
from stationmaster_service.interfaces import WebRequest

__all__ = ["PROBLEM_TYPE", "answer_problems", "json_answer", "problem_answer", "title_of"]

_LOG = get_logger("web")

PROBLEM_TYPE = "urn:stationmaster:problem:"
"""What stands before the code in `type`."""

_FOR_PROGRAMS = b"/api/"
"""Where paths begin whose every answer is for programs; elsewhere a person reads it."""

_CODES = {404: "no-such-path", 405: "method-not-allowed"}


def json_answer(request: WebRequest, body: JsonValue, code: int = 200) -> bytes:
    """`body` as JSON, with its headers set on `request`; to be returned from a route."""
    return _answer(request, body, code, b"application/json; charset=utf-8")


def problem_answer(
    request: WebRequest,
    status: int,
    code: str,
    message: str,
    hint: str = "",
    *,
    faults: Sequence[JsonValue] = (),
    more: Mapping[str, JsonValue] = MappingProxyType({}),
) -> bytes:
    """A refusal or a failure as problem details; to be returned from a route.

    Args:
        request: what is answered.
        status: of HTTP, 400 to 599.
        code: a stable word for programs.
        message: what is wrong, with what.
        hint: what to do about it.
        faults: each thing that is wrong, where there are several; left out if there is none.
        more: what problems with this code say besides.

    """
    body: dict[str, JsonValue] = {
        "type": PROBLEM_TYPE + code,
        "title": title_of(code),
        "status": status,
        "error": code,
        "message": message,
        "hint": hint,
        **more,
    }
    if faults:
        body["faults"] = list(faults)
    return _answer(request, body, status, b"application/problem+json")


def title_of(code: str) -> str:
    """The code in words; the same for every problem with this code."""
    return code.replace("-", " ").capitalize()


def answer_problems(app: Klein) -> None:
    """Have `app` answer with problem details when no route takes what a program asks, or when a route fails."""

    def no_route(request: WebRequest, failure: Failure) -> Any:
        error = failure.value
        if not _program_asks(request) or not isinstance(error, HTTPException) or (error.code or 0) < 400:
            return failure
        for name, value in error.get_headers():
            if name.lower() != "content-type":
                request.setHeader(name.encode(), value.encode())
        code = error.code or 404
        return problem_answer(request, code, _CODES.get(code, "bad-request"), str(error.description), _SEE)

    def failed(request: WebRequest, failure: Failure) -> Any:
        if not _program_asks(request) or isinstance(failure.value, HTTPException):
            return failure  # of the latter only redirections are left
        _LOG.error("request-failed", problem=failure.getTraceback(), todo="report this to the maker")
        return problem_answer(request, 500, "internal", "It failed.", "Report this with the log.")

    app.handle_errors(HTTPException)(no_route)
    app.handle_errors(Exception)(failed)


_SEE = "See the description of this API."


def _program_asks(request: Any) -> bool:
    return bool(request.path.startswith(_FOR_PROGRAMS))


def _answer(request: WebRequest, body: JsonValue, code: int, kind: bytes) -> bytes:
    request.setResponseCode(code)
    request.setHeader(b"Content-Type", kind)
    request.setHeader(b"Cache-Control", b"no-store")
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
