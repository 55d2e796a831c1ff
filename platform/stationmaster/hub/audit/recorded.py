"""Deeds that no journal has and whose routes keep no record of their own: recorded around the routes, once done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from twisted.internet.defer import Deferred

from stationmaster.hub.audit.audit_log import AuditLog
from stationmaster.hub.openapi.operations import Operation
from stationmaster.hub.people.askers import Askers
from stationmaster_people.ways import browser_of
from stationmaster_service.interfaces import WebRequest

__all__ = ["RECORDED", "RecordedDeeds"]

RECORDED: Mapping[str, str] = {
    "acceptTime": "clock",
    "doIdentity": "identity",
    "reload": "reload",
}
"""The kind of record that is made of an operation; others are in the journal, or recorded where they are done."""

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")

_SAID = ("do", "identity", "kind")
"""What is told of a request's body: none of it is a secret."""

_LONGEST = 10_000

Answer = Callable[[], Any]
Around = Callable[[WebRequest, str, Answer], Any]


class RecordedDeeds:
    """To be put around every route.

    Args:
        inner: what else is around them.
        log: the log.
        askers: say who asks.
        operations: everything that the description of the API has.

    """

    def __init__(self, inner: Around, log: AuditLog, askers: Askers, operations: Iterable[Operation]) -> None:
        self._inner = inner
        self._log = log
        self._askers = askers
        self._ids = {(each.method, each.path): each.id for each in operations if each.id in RECORDED}

    def __call__(self, request: WebRequest, path: str, answer: Answer) -> Any:
        """What `inner` answers; if it went well it is recorded."""
        operation = self._ids.get((request.method.decode("ascii", "replace"), _PLACE.sub(r"{\1}", path)))
        if operation is None:
            return self._inner(request, path, answer)
        result = self._inner(request, path, answer)
        if isinstance(result, Deferred):
            return result.addCallback(self._done, request, operation)
        return self._done(result, request, operation)

    def _done(self, result: Any, request: Any, operation: str) -> Any:
        if request.code < 400:
            asker = self._askers.asker(request)
            who, login = ("", "") if asker is None else (asker.name, asker.login)
            request.content.seek(0)
            words = _words(operation, request.content.read(_LONGEST))
            self._log.record(
                RECORDED[operation],
                who=who,
                login=login,
                origin=browser_of(request),
                words=words,
            )
        return result


def _words(operation: str, body: bytes) -> str:
    try:
        plain = json.loads(body)
    except ValueError:
        return operation
    said = [str(plain[key]) for key in _SAID if key in plain] if isinstance(plain, dict) else []
    return " ".join(said) or operation
