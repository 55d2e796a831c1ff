"""`If-Match`: a change is made only to what it was meant for (RFC 9110, section 13).

Whoever changes a resource may say in which revision he saw it, as its `ETag` did; `If-None-Match: *` says that there
was none. Where it is another by now, nothing is done and the answer is 412. Acts say the same in their bodies, of
several resources at once; see `meanwhile`.
"""

from __future__ import annotations

import re

from stationmaster_base.errors import StationError
from stationmaster_service.interfaces import WebRequest

__all__ = ["MATCH_PATTERN", "check_match", "tag"]

MATCH_PATTERN = r'^(\*|"[0-9]{1,16}"(, ?"[0-9]{1,16}")*)$'
_TAG = re.compile(r'"([0-9]{1,16})"')


def tag(revision: int) -> bytes:
    """The `ETag` of a resource in this revision."""
    return f'"{revision}"'.encode()


def check_match(request: WebRequest, revision: int | None, what: str) -> None:
    """See to it that a resource is as the request's headers say that it was.

    Args:
        request: which may have `If-Match` or `If-None-Match`.
        revision: the present one; None: there is none.
        what: the resource, in words.

    Raises:
        StationError: `not-as-seen`.

    """
    match, none_match = request.getHeader("if-match"), request.getHeader("if-none-match")
    if match is not None and not _matches(match.strip(), revision):
        raise _changed(what)
    if none_match is not None and _matches(none_match.strip(), revision):
        raise _changed(what)


def _matches(given: str, revision: int | None) -> bool:
    if given == "*":
        return revision is not None
    return str(revision) in _TAG.findall(given)


def _changed(what: str) -> StationError:
    return StationError(
        "not-as-seen", f"{what} is not as you saw it.", "Read it again, and change it if that is right."
    )
