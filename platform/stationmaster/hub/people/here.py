"""Whether a request comes from a program, or a person, on the hub's own machine."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from stationmaster_people.ways import Way, header_of, way_of
from stationmaster_service.interfaces import WebRequest

__all__ = ["on_this_machine"]


def on_this_machine(request: WebRequest) -> bool:
    """Whether it was asked on the hub's own machine: by no page of another site, and by nobody through a proxy.

    A page of another site may have its own name stand for this machine's address (DNS rebinding), and would then be
    the browser's word for ours; so the hub has to be called by a name that only this machine can mean.
    """
    return way_of(request) is Way.NEAR and not header_of(request, "origin") and _called_by_its_name(request)


def _called_by_its_name(request: WebRequest) -> bool:
    wire: Any = request
    name = header_of(request, "host").strip()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name.lower() in ("", "localhost") or name == str(wire.getHost().host):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
