"""Messages in words, for transcripts and complaints: the XML as it goes over the wire, cut short, without secrets."""

from __future__ import annotations

import re

from stationmaster_protocol.errors import LocalProtocolError
from stationmaster_protocol.messages import NAMESPACE, Message
from stationmaster_protocol.writing import document_text

__all__ = ["counted", "in_words"]

LONGEST = 300
_SECRET = re.compile(r' (token|code)="[^"]*"')
_SECRETS = re.compile(r"^<(hello|enrol|enrolled)\b")


def in_words(message: Message) -> str:
    """One line for a message."""
    try:
        text = document_text(message)
    except LocalProtocolError as error:
        return f"<{type(message).__name__}> that cannot be written: {error.message}"
    text = text.replace(f' xmlns="{NAMESPACE}"', "").replace("\n", " ")
    if _SECRETS.match(text):
        text = _SECRET.sub(r' \1="…"', text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def counted(lines: list[str], longest: int = 5) -> str:
    """What came, for a complaint: the last few lines, and how many were before them."""
    if not lines:
        return "nothing"
    last = "; ".join(lines[-longest:])
    return last if len(lines) <= longest else f"{len(lines)} messages, at last {last}"
