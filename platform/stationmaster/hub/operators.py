"""Who may act: operators by name, each with a token that his console sends with every request."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from stationmaster.hub.settings import Operator
from stationmaster_service.interfaces import WebRequest

__all__ = ["Operators"]

_SCHEME = "bearer"


class Operators:
    """The operators that the settings name.

    Args:
        operators: who may act; with nobody, nobody may.

    """

    def __init__(self, operators: Sequence[Operator]) -> None:
        self._operators = tuple((operator.name, operator.token.encode()) for operator in operators)

    def __bool__(self) -> bool:
        return bool(self._operators)

    def who(self, request: WebRequest) -> str | None:
        """The operator whose token the request bears; None without one, or with one of nobody's.

        Every token is compared, in the same time for any of one length.
        """
        header = request.getHeader("authorization")
        scheme, _, given = (header or "").strip().partition(" ")
        token = given.strip().encode("utf-8", "surrogateescape")
        found = None
        for name, known in self._operators:
            if hmac.compare_digest(known, token):
                found = name
        return found if scheme.lower() == _SCHEME and token else None
