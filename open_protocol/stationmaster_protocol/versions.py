"""Which version two peers speak with each other.

Minor versions of one major version understand each other: the lower of the two is spoken, and a peer sends only what
that version has. `hello` and `enrol` come before that is known, and so they are in every minor version what they are in
the first; what is new there stands in `extension`.
"""

from __future__ import annotations

from stationmaster_protocol.errors import RemoteProtocolError

__all__ = ["agreed", "parsed"]


def parsed(version: str) -> tuple[int, int]:
    """Major and minor of a `Version`."""
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def agreed(ours: str, theirs: str) -> str:
    """The version that is spoken.

    Raises:
        RemoteProtocolError: `version` if the major versions differ.

    """
    mine, other = parsed(ours), parsed(theirs)
    if mine[0] != other[0]:
        raise RemoteProtocolError("version", f"Version {theirs} was offered; {ours} is spoken here.")
    major, minor = min(mine, other)
    return f"{major}.{minor}"
