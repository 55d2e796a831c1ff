"""Whether a request comes from a program on the hub's own machine."""

from __future__ import annotations

from typing import Any

from stationmaster_service.interfaces import WebRequest

__all__ = ["on_this_machine"]

FROM_ELSEWHERE = ("origin", "forwarded", "x-forwarded-for", "via")
"""Headers that browsers and proxies add."""


def on_this_machine(request: WebRequest) -> bool:
    """Whether a program on the hub's own machine asks: no page that a browser shows, and nobody through a proxy."""
    wire: Any = request
    host = str(wire.getClientAddress().host)
    near = host == "::1" or host.startswith(("127.", "::ffff:127.")) or host == str(wire.getHost().host)
    return near and all(request.getHeader(header) is None for header in FROM_ELSEWHERE)
