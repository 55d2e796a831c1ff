"""What can go wrong between two peers: we erred, or they erred. Nothing else leaves the sessions.

The codes are part of the protocol: they stand in `error` messages and in the vendor's document, and never change
their meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

from stationmaster_base.errors import StationError

__all__ = ["ERROR_CODES", "ErrorCode", "LocalProtocolError", "RemoteProtocolError", "Trouble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """One code of an `error` message: when it is sent, and what its reader can do."""

    code: str
    meaning: str
    hint: str


ERROR_CODES: dict[str, ErrorCode] = {
    item.code: item
    for item in (
        ErrorCode(
            code="too-large",
            meaning="A message is longer than its reader takes.",
            hint="Send no message longer than the limit that `welcome` gives.",
        ),
        ErrorCode(
            code="empty-message",
            meaning="A frame has length 0.",
            hint="Each frame is a 4-byte big-endian length and one XML document.",
        ),
        ErrorCode(
            code="not-utf8",
            meaning="A message is not UTF-8.",
            hint="Send UTF-8 without a byte order mark.",
        ),
        ErrorCode(
            code="not-xml",
            meaning="A message is not one well-formed XML document, or is nested too deeply.",
            hint="Escape &, < and > in texts; leave out the characters that XML cannot carry.",
        ),
        ErrorCode(
            code="doctype",
            meaning="A message has a document type declaration.",
            hint="Leave it out: the protocol has no DTD and no entities.",
        ),
        ErrorCode(
            code="invalid",
            meaning="A message is not valid against the schema.",
            hint="Validate with open-protocol-1.xsd before sending.",
        ),
        ErrorCode(
            code="bad-value",
            meaning="A message is valid against the schema, but a value in it cannot be.",
            hint="See the field's description in the document.",
        ),
        ErrorCode(
            code="unexpected-message",
            meaning="This message may not be sent now, or not in this direction.",
            hint="See the table of states in the document.",
        ),
        ErrorCode(
            code="version",
            meaning="The hub does not speak this major version.",
            hint="Connect with a version that the hub speaks.",
        ),
        ErrorCode(
            code="not-authenticated",
            meaning="The identity is unknown or the token is not its own.",
            hint="Enter the subsystem's identity and token as the hub's operator gave them.",
        ),
        ErrorCode(
            code="not-enrolled",
            meaning="The one-time code is unknown, was used already, or has expired.",
            hint="Have the hub's operator give a new code.",
        ),
        ErrorCode(
            code="revoked",
            meaning="The operator has taken away the identity's secret.",
            hint="Do not try again with this secret: have the operator enrol the subsystem anew.",
        ),
        ErrorCode(
            code="forbidden",
            meaning="The identity has no right to this.",
            hint="Ask for no more than the operator granted to this kind of subsystem.",
        ),
        ErrorCode(
            code="too-often",
            meaning="This was tried, or messages were sent, more often than is allowed.",
            hint="Wait a minute, and send less.",
        ),
        ErrorCode(
            code="unknown-sequence",
            meaning="An acknowledgement or an update names a sequence that was never sent.",
            hint="Acknowledge the position of a snapshot, or the `to` of an update.",
        ),
        ErrorCode(
            code="snapshot-order",
            meaning="The parts of a snapshot do not follow each other.",
            hint="Parts count from 1 and have one position and digest.",
        ),
        ErrorCode(
            code="too-slow",
            meaning="The connection was not welcomed and subscribed in time.",
            hint="Send `hello` at once and `subscribe` as soon as `welcome` has come.",
        ),
        ErrorCode(
            code="silent",
            meaning="Nothing was heard for three heartbeats.",
            hint="Send a heartbeat at least as often as `welcome` says.",
        ),
        ErrorCode(
            code="too-many",
            meaning="The hub has no room for another connection, or for so many reports at once.",
            hint="Try again later, each time after a longer wait.",
        ),
        ErrorCode(
            code="internal",
            meaning="The sender has a fault of its own.",
            hint="Connect again; tell the operator if it happens again.",
        ),
    )
}
"""Every code, in the document's order."""


class Trouble(StationError):
    """A protocol error; `code` is one of `ERROR_CODES`."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(code, message, ERROR_CODES[code].hint if hint is None else hint)


class LocalProtocolError(Trouble):
    """Our own side tried what the protocol does not allow. Nothing was sent."""


class RemoteProtocolError(Trouble):
    """The peer did what the protocol does not allow."""
