"""How a request came to a process's pages, and whose it is: from this machine, encrypted, or in plain text.

Plain HTTP does not leave the machine with a password in it: from elsewhere a login comes over TLS, or through a proxy
with TLS on this machine. What a proxy says is believed from this machine alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from stationmaster_service.interfaces import WebRequest

__all__ = ["Way", "address_of", "browser_of", "header_of", "same_origin", "way_of"]

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "via")
"""Headers that a proxy adds."""

_LONGEST_ADDRESS = 64


class Way(StrEnum):
    """How a request came: from this machine, encrypted through a proxy, or over a network in plain text."""

    NEAR = "near"
    ENCRYPTED = "encrypted"
    PLAIN = "plain"


def way_of(request: WebRequest) -> Way:
    """How a request came; what a proxy says is believed from this machine alone."""
    wire: Any = request
    if wire.isSecure():
        return Way.ENCRYPTED
    if not _near(request):
        return Way.PLAIN
    if not any(header_of(request, name) for name in FORWARDED):
        return Way.NEAR
    said = header_of(request, "x-forwarded-proto").rpartition(",")[2].strip().lower()
    return Way.ENCRYPTED if said == "https" else Way.PLAIN


def address_of(request: WebRequest) -> str:
    """Whose connection it is: the browser's, or the proxy's."""
    wire: Any = request
    return str(wire.getClientAddress().host)


def browser_of(request: WebRequest) -> str:
    """Whose browser it is: of what comes through a proxy on this machine, whom that proxy says it is for."""
    said = header_of(request, "x-forwarded-for").rpartition(",")[2].strip()
    return said[:_LONGEST_ADDRESS] if said and _near(request) else address_of(request)


def same_origin(request: WebRequest) -> bool:
    """Whether the page that asks was loaded from here; a program that is no browser says nothing of it."""
    if header_of(request, "sec-fetch-site") not in ("", "same-origin"):
        return False
    origin = header_of(request, "origin")
    if not origin:
        return True
    hosts = {header_of(request, "host")}
    if way_of(request) is Way.ENCRYPTED:
        hosts.add(header_of(request, "x-forwarded-host"))
    try:
        return urlsplit(origin).netloc.lower() in {host.lower() for host in hosts if host}
    except ValueError:
        return False


def header_of(request: WebRequest, name: str) -> str:
    """A header of the request; empty without one."""
    value = request.getHeader(name)
    if value is None:
        return ""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _near(request: WebRequest) -> bool:
    wire: Any = request
    host = address_of(request)
    return host == "::1" or host.startswith(("127.", "::ffff:127.")) or host == str(wire.getHost().host)
