"""The clauses that the kit proves: the ids are the document's, the names are those by which scenarios speak of them."""

from __future__ import annotations

from collections.abc import Mapping

from stationmaster_protocol.clauses import CLAUSES

__all__ = ["of_code", "of_hub_code", "text_of"]

ACK = "OP-ACK-1"
ACTS = "OP-ALONE-6"
ALONE = "OP-ALONE-1"
BEGUN_FIRST = "OP-REP-1"
CLOCK_BACK = "OP-TIME-2"
COMMAND = "OP-CMD-1"
COMMAND_AGAIN = "OP-CMD-3"
COMMAND_EXPIRED = "OP-CMD-2"
COMMAND_REFUSED = "OP-CMD-4"
DIGEST = "OP-BEAT-1"
DIGEST_DIFFERS = "OP-BEAT-4"
DO = "OP-TASK-3"
DONE_ALREADY = "OP-TASK-7"
EPOCH = "OP-UPD-6"
ERROR_CODE = "OP-STATE-4"
EXTENSION = "OP-EXT-1"
FEED = "OP-TASK-6"
FRAMES = "OP-FRAME-2"
GAP = "OP-UPD-3"
HEARTBEAT = "OP-BEAT-1"
HELD = "OP-TASK-5"
HELD_POSITION = "OP-SUB-2"
HELLO = "OP-AUTH-1"
INTERVAL = "OP-TASK-2"
OBSERVED = "OP-OBS-1"
ORDER_OF_PARTS = "OP-SNAP-3"
PASSED_BY = "OP-SUB-5"
PROVED = "OP-BEAT-5"
PUT = "OP-UPD-4"
READ_BACK = "OP-OBS-4"
RECEIVED = "OP-REP-4"
RECONNECT = "OP-ALONE-2"
REDIRECT = "OP-BYE-2"
REFUSED = "OP-AUTH-9"
REJECT = "OP-ACK-3"
REPEATED = "OP-UPD-2"
REPLACED = "OP-AUTH-4"
RESULT_ID = "OP-REP-2"
RETURN = "OP-ALONE-4"
SILENCE = "OP-BEAT-3"
SNAPSHOT = "OP-SNAP-2"
STATES = "OP-STATE-1"
STATION_TIME = "OP-TASK-1"
UPDATE = "OP-UPD-1"
VALID_MESSAGE = "OP-XML-1"
VERSION = "OP-VER-1"
VERSION_TOO_HIGH = "OP-VER-5"


COMMITTED = "OP-REP-6"
COUNTS_ONCE = "OP-REP-7"
EQUIPMENT = "OP-OBS-6"
FILTERED = "OP-SUB-6"
FORBIDDEN = "OP-AUTH-7"
FRESH_SNAPSHOT = "OP-ACK-4"
HISTORY = "OP-SUB-4"
HUB_DIGEST = "OP-BEAT-6"
HUB_HEARTBEAT = "OP-BEAT-2"
LOWER_VERSION = "OP-VER-2"
MAJOR_VERSION = "OP-VER-3"
MINOR_VERSION = "OP-VER-1"
NEVER_SENT = "OP-ACK-5"
NO_GAPS = "OP-UPD-5"
NOT_AUTHENTICATED = "OP-AUTH-2"
OTHERS = "OP-LIMIT-1"
PARTS = "OP-SNAP-1"
REPLACES = "OP-AUTH-3"
SUBSCRIBED = "OP-SUB-3"
TIME_ANSWER = "OP-TIME-1"
TOO_SLOW = "OP-STATE-5"
WELCOME = "OP-VER-1"
WITHOUT_KINDS = "OP-SUB-7"

_OF_CODES: Mapping[str, str] = {
    "unexpected-message": STATES,
    "unknown-sequence": ACK,
    "version": VERSION,
    "too-large": "OP-FRAME-6",
    "empty-message": "OP-FRAME-1",
}


def of_code(code: str) -> str:
    """The clause that a client breaks whose message is refused with this error code."""
    return _OF_CODES.get(code, VALID_MESSAGE)


def of_hub_code(code: str) -> str:
    """The clause that a hub breaks whose message is refused with this error code."""
    return {"snapshot-order": PARTS, "too-large": "OP-FRAME-5", "version": LOWER_VERSION}.get(
        code, _OF_CODES.get(code, VALID_MESSAGE)
    )


def text_of(clause: str) -> str:
    """What must be so."""
    return CLAUSES[clause].text
