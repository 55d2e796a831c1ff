"""Holds what a hub answers against the description of its API."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from stationmaster.hub.openapi.document import api_document

__all__ = ["DOCUMENT", "check_answer", "check_event", "operation_of", "strict"]

DOCUMENT = api_document()


def strict(schema: Any) -> Any:
    """The same schema, but that nothing may stand in an object that is not described."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if found.get("type") == "object" and "properties" in found and isinstance(found["properties"], dict):
        found.setdefault("additionalProperties", False)
    return found


@cache
def _components() -> Any:
    return {"schemas": strict(DOCUMENT["components"]["schemas"])}


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """What finds the path of an operation; words before those that anything may stand for."""
    return [
        (re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(path)) + r"\Z"), path)
        for path in sorted(DOCUMENT["paths"], key=lambda path: ("{" in path, -path.count("/"), path))
    ]


def operation_of(method: str, url: str) -> dict[str, Any] | None:
    """The operation that a request asks for; None if that is described nowhere."""
    path = urlsplit(url).path
    for pattern, found in _patterns():
        if pattern.match(path):
            operation: dict[str, Any] | None = DOCUMENT["paths"][found].get(method.lower())
            return operation
    return None


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(
        {**strict(json.loads(schema)), "components": _components()}, validate_formats=True
    )


def check_answer(method: str, url: str, status: int, media: str, body: bytes) -> None:
    """Fail if an answer of the hub is not as described; what is no operation is not looked at."""
    operation = operation_of(method, url)
    if operation is None:
        return
    responses = operation["responses"]
    assert str(status) in responses, f"{method} {url} answers {status}, which is not described: {body[:300]!r}"
    content = responses[str(status)]["content"]
    plain = media.partition(";")[0]
    assert plain in content, f"{method} {url} answers {status} with {media}, which is not described"
    if plain.endswith("json"):
        _check(content[plain]["schema"], json.loads(body), f"{method} {url} {status}")


def check_event(name: str, data: object) -> None:
    """Fail if the value of an event is not as described."""
    kind = {"whole": "StateBody", "state": "StateBody", "changes": "ChangesBody"}[name]
    _check({"$ref": f"#/components/schemas/{kind}"}, data, name)


def _check(schema: Any, value: object, where: str) -> None:
    faults = [
        f"{list(each.instance_path)}: {each.message:.300}" for each in _validator(json.dumps(schema)).iter_errors(value)
    ]
    assert not faults, f"{where} is not as described: {faults[:3]}"
