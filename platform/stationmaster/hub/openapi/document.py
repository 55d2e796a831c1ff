"""The description of the hub's web API, as an OpenAPI 3.1 document, served at `/api/v1/openapi.json`.

It is made of the tables of operations and of the classes of what is told and taken. That every route, parameter,
status and code is in it, and nothing that is not there, is held by tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from stationmaster.hub import reload
from stationmaster.hub.alarms.bodies import AlarmsChanged
from stationmaster.hub.openapi.alarms import ALARMS
from stationmaster.hub.openapi.audit import AUDIT_OPERATIONS
from stationmaster.hub.openapi.broadcast import BROADCAST
from stationmaster.hub.openapi.consequences import CONSEQUENCES
from stationmaster.hub.openapi.doing import DOING
from stationmaster.hub.openapi.looking import LOOKING
from stationmaster.hub.openapi.operations import JSON, Answer, Body, Operation, Parameter
from stationmaster.hub.openapi.people import PEOPLE
from stationmaster.hub.openapi.permits import SCHEMES, refusals_of, security_of, words_of
from stationmaster.hub.openapi.plan_desk import PLAN_DESK
from stationmaster.hub.openapi.schemas import Schema, Schemas
from stationmaster.hub.openapi.track_plan import TRACK_PLAN, TrackPlanChanges
from stationmaster.hub.subsystems import board_difference
from stationmaster.hub.web.act_reading import LAST_REVISION, Revision
from stationmaster.hub.web.bodies import ChangesBody, Plain
from stationmaster.hub.web.meanwhile import ChangedMeanwhile
from stationmaster.hub.web.repeats import KEY_PATTERN, KEY_PROBLEMS, takes_keys
from stationmaster.hub.web.station_api import STATION
from stationmaster_protocol.scalars import Stamp
from stationmaster_service.answers import PROBLEM_TYPE, title_of
from stationmaster_service.face import Face
from stationmaster_service.interfaces import WebRequest
from stationmaster_telegram.records import DatabaseState

__all__ = ["OPERATIONS", "VERSION", "OpenApi", "api_document"]

VERSION = "1.0.0"
"""Of the API: the first number stands in its paths, the second grows with what is added."""

PROBLEM = "application/problem+json"
_INTERNAL, _NO_PATH = "internal", "no-such-path"

_ABOUT = {
    "day": "Trains, and what is done for them.",
    "plan": "Day plans, and what waits for a person.",
    "acts": "What people do.",
    "equipment": "Subsystems, devices, boards and commands to them.",
    "feed": "The dispatching feed.",
    "hub": "The hub itself.",
    "log": "Everything that was done, for those who look whether it was right.",
    "past": "What was.",
    "clock": "Masters of time.",
    "accounts": "Who may log in, and what may connect.",
    "process": "What every process has.",
}

_INTRODUCTION = """\
Instants are whole seconds since 1970-01-01T00:00:00Z and dates are ISO text, unless it is said otherwise.
Answers may have more fields than are described here; requests may not.
What goes wrong is a problem (RFC 9457) with a stable code as `error`, with what is wrong as `message`, and with what \
to do as `hint`.
Where there is `GET` there is `HEAD`."""

_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A word of the client's own, new for each request: sent again with it within ten minutes, the "
    "request is not carried out again and is answered as the first time.",
    "required": False,
    "schema": {"type": "string", "pattern": KEY_PATTERN},
}

OPERATIONS: tuple[Operation, ...] = (
    *ALARMS,
    *TRACK_PLAN,
    *BROADCAST,
    *LOOKING,
    *DOING,
    *PEOPLE,
    *CONSEQUENCES,
    *STATION,
    *PLAN_DESK,
    *AUDIT_OPERATIONS,
)
"""Every operation that there is."""


class OpenApi:
    """The route of the description.

    Args:
        face: where it goes.

    """

    def __init__(self, face: Face) -> None:
        face.app.route("/api/v1/openapi.json", methods=["GET"], endpoint="openapi")(self._get)

    def _get(self, request: WebRequest) -> bytes:
        request.setHeader(b"Content-Type", b"application/json; charset=utf-8")
        request.setHeader(b"Cache-Control", b"no-cache")
        return _document_text()


def api_document(operations: Iterable[Operation] = OPERATIONS) -> Schema:
    """The whole document."""
    schemas = Schemas(
        names={board_difference.Difference: "BoardDifference", reload.Difference: "ReloadDifference"},
        given={
            DatabaseState: {"type": "string", "enum": [state.name.lower() for state in DatabaseState]},
            Plain: {},
            Revision: {"type": "integer", "minimum": 0, "maximum": LAST_REVISION},
            Stamp: {"type": "integer", "description": "Microseconds since 1970-01-01T00:00:00Z."},
        },
    )
    schemas.own("Problem", _problem(schemas))
    schemas.told(ChangesBody)  # an event's, and so in no answer
    schemas.told(AlarmsChanged)  # the same
    schemas.told(TrackPlanChanges)
    paths: dict[str, Schema] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Stationmaster hub",
            "version": VERSION,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": words} for name, words in _ABOUT.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "securitySchemes": SCHEMES,
        },
    }


@cache
def _document_text() -> bytes:
    return json.dumps(api_document(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _operation(operation: Operation, schemas: Schemas) -> Schema:
    words = "\n\n".join(text for text in (operation.words, *words_of(operation.id)) if text)
    found: Schema = {
        "operationId": operation.id,
        "tags": [operation.about],
        "summary": operation.summary,
        "security": security_of(operation.id),
        "responses": _responses(operation, schemas),
    }
    if words:
        found["description"] = words
    parameters = [
        *([_KEY] if _takes_key(operation) else []),
        *(_parameter(each, "path") for each in operation.place),
        *(_parameter(each, "query") for each in operation.query),
        *(_parameter(each, "header") for each in operation.header),
    ]
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        found["requestBody"] = _body(operation.body, schemas)
    return found


def _parameter(parameter: Parameter, where: str) -> Schema:
    schema = parameter.schema
    if parameter.many:
        schema = {"type": "array", "items": schema}
    found: Schema = {
        "name": parameter.name,
        "in": where,
        "description": parameter.words,
        "required": parameter.needed or where == "path",
        "schema": schema,
    }
    if parameter.example is not None:
        found["example"] = parameter.example
    return found


def _body(body: Body, schemas: Schemas) -> Schema:
    schema = schemas.own(body.name, body.kind) if body.name else schemas.sent(body.kind)
    examples = {name: {"value": value} for name, value in body.examples.items()}
    what = " of JSON in UTF-8" if body.media == JSON else ""
    return {
        "required": True,
        "description": f"At most {body.largest} bytes{what}.",
        "content": {body.media: {"schema": schema, "examples": examples}},
    }


def _responses(operation: Operation, schemas: Schemas) -> Schema:
    found: dict[int, Schema] = {}
    for status, answer in operation.answers.items():
        found[status] = {"description": answer.words, "content": {answer.media: {"schema": _told(answer, schemas)}}}
    problems = dict(operation.problems)
    for status, codes in refusals_of(operation).items():
        problems[status] = (*problems.get(status, ()), *codes)
    problems[500] = (*problems.get(500, ()), _INTERNAL)
    if _takes_key(operation):
        for status, codes in KEY_PROBLEMS.items():
            problems[status] = (*problems.get(status, ()), *codes)
    if operation.place:  # a slash or the end of a line where none may be makes it another path
        problems[404] = (*problems.get(404, ()), _NO_PATH)
    for status, codes in problems.items():
        response = found.setdefault(status, {"description": ", ".join(map(title_of, codes)) + ".", "content": {}})
        response["content"][PROBLEM] = {"schema": _problem_of(status, codes)}
    return {str(status): found[status] for status in sorted(found)}


def _takes_key(operation: Operation) -> bool:
    return operation.method != "GET" and takes_keys(operation.path)


def _told(answer: Answer, schemas: Schemas) -> Schema:
    return answer.kind if isinstance(answer.kind, dict) else schemas.told(answer.kind)


def _problem_of(status: int, codes: Iterable[str]) -> Schema:
    told: Schema = {"status": {"const": status}, "error": {"enum": sorted(codes)}}
    return {"allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": told}]}


def _problem(schemas: Schemas) -> Schema:
    fault: dict[str, Any] = {name: {"type": "string"} for name in ("file", "place", "problem", "allowed")}
    return {
        "description": "What went wrong (RFC 9457).",
        "type": "object",
        "properties": {
            "type": {"type": "string", "pattern": f"^{PROBLEM_TYPE}[a-z-]+$"},
            "title": {"type": "string", "description": "The code in words."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "error": {"type": "string", "description": "A stable code."},
            "message": {"type": "string", "description": "What is wrong, with what."},
            "hint": {"type": "string", "description": "What to do; may be empty."},
            "faults": {
                "type": "array",
                "description": "Each thing that is wrong, where there are several.",
                "items": {"type": "object", "properties": fault, "required": ["place", "problem", "allowed"]},
            },
            "changed": {
                "type": "array",
                "description": "With `changed-meanwhile`: each resource that is not as it was known.",
                "items": schemas.told(ChangedMeanwhile),
            },
        },
        "required": ["type", "title", "status", "error", "message", "hint"],
    }
