"""The operations of the web API about the log, as a table."""

from __future__ import annotations

from typing import Any

from stationmaster.hub.audit.log_api import MOST_RECORDS, USUAL_RECORDS, LogBody, LogCheckBody
from stationmaster.hub.openapi_operations import Answer, Operation, Parameter

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


AUDIT_OPERATIONS: tuple[Operation, ...] = (
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
"""All of them."""
