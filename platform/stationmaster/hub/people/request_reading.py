"""Reading small JSON objects of texts that people's pages send; what is wrong is never said in words of the body."""

from __future__ import annotations

from stationmaster.hub.web.json_reading import plain_json
from stationmaster_base.configuration import Faults
from stationmaster_service.interfaces import WebRequest

__all__ = ["LARGEST_BODY", "LONGEST_TEXT", "TooLarge", "body_of", "read_texts"]

LARGEST_BODY = 10_000
"""Bytes of one request."""

LONGEST_TEXT = 1000


class TooLarge(Exception):
    """A body is larger than allowed."""


def body_of(request: WebRequest, largest: int = LARGEST_BODY) -> bytes:
    """A request's body.

    Raises:
        TooLarge: it has more bytes than allowed.

    """
    body: bytes = request.content.read(largest + 1)
    if len(body) > largest:
        raise TooLarge
    return body


def read_texts(
    body: bytes, file: str, needed: tuple[str, ...], more: tuple[str, ...], faults: Faults
) -> dict[str, str]:
    """An object of texts; those of `needed` have to be there. If there are faults, it is not to be used."""
    known = (*needed, *more)
    try:
        plain = plain_json(body)
    except ValueError:  # what is wrong is not told in the parser's words: it would quote a password
        plain = None
    if not isinstance(plain, dict):
        faults.add(file, "body", "is no JSON object", f"an object with {', '.join(known)}")
        return {}
    for key in plain:
        if key not in known:
            faults.add(file, f"{key!r:.60}", "is not known", ", ".join(known))
    found: dict[str, str] = {}
    for key in known:
        if key not in plain:
            if key in needed:
                faults.add(file, key, "is missing", "text")
            continue
        value = plain[key]
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            faults.add(file, key, "is not possible", f"text of at most {LONGEST_TEXT} characters")
            continue
        found[key] = value
    return found
