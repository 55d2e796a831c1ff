"""What the web API can be asked, as values: operations with their parameters, bodies, answers and problems.

These values say what OpenAPI says, in the few forms that our routes have. The tables are in `looking`, `doing` and
their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stationmaster.hub.openapi.schemas import Schema

__all__ = ["JSON", "Answer", "Body", "Operation", "Parameter"]

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A word in the path, after `?` or in a header; `many`: it may be given more than once."""

    name: str
    words: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    needed: bool = False
    many: bool = False
    example: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent: a class that is read, or a schema with its name; `largest` in bytes."""

    kind: Any
    largest: int
    examples: Mapping[str, object]
    name: str = ""
    media: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered when it goes well: a class that is told, or a schema."""

    words: str
    kind: Any
    media: str = JSON
    retry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `problems` are the codes of each status that is no success."""

    id: str
    method: str
    path: str
    about: str
    summary: str
    words: str = ""
    place: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    header: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: Mapping[int, Answer]
    problems: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
